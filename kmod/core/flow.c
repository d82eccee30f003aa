// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flow table. Runs on its server's core only; the keys themselves stay in
 * the TCBs, which are reached for only where all 32 bits of the hash agree.
 */

#include "flow.h"

/**
 * pika_flow_init() - an empty table
 * @table: to be filled in
 * @slots: @count of them, the table's from now on
 * @count: a power of two, at least twice the number of flows
 * @secret: fresh random bits, copied
 * @key_of: gives the key of the TCB at an index that is in the table
 * @owner: what @key_of is called with
 */
void pika_flow_init(struct pika_flow_table *table, struct pika_flow_slot *slots,
		    u32 count, const struct pika_flow_secret *secret,
		    pika_flow_key_fn key_of, void *owner)
{
	u32 i;

	*table = (struct pika_flow_table) {
		.slots = slots,
		.mask = count - 1,
		.secret = *secret,
		.key_of = key_of,
		.owner = owner,
	};
	for (i = 0; i < count; i++)
		slots[i].index = PIKA_POOL_NONE;
}

/**
 * pika_flow_find_hashed() - the TCB of a flow whose hash is known
 * @table: the table
 * @key: whose
 * @hash: pika_flow_hash() of @key with the table's secret
 *
 * Context: the server's core.
 * Return: the index given when it was added, or PIKA_POOL_NONE.
 */
u32 pika_flow_find_hashed(const struct pika_flow_table *table,
			  const struct pika_flow_key *key, u32 hash)
{
	return pika_flow_search(table, key, hash, table->key_of, table->owner);
}

/**
 * pika_flow_find() - the TCB of a flow
 * @table: the table
 * @key: whose
 *
 * Context: the server's core.
 * Return: the index given when it was added, or PIKA_POOL_NONE.
 */
u32 pika_flow_find(const struct pika_flow_table *table,
		   const struct pika_flow_key *key)
{
	return pika_flow_find_hashed(table, key,
				     pika_flow_hash(&table->secret, key));
}

/**
 * pika_flow_add_hashed() - let a flow be found that was just looked for in vain
 * @table: the table
 * @hash: of its key
 * @index: of its TCB
 *
 * Context: the server's core.
 * Return: false if half of the slots are taken.
 */
bool pika_flow_add_hashed(struct pika_flow_table *table, u32 hash, u32 index)
{
	u32 i = hash & table->mask;

	if (table->used > table->mask / 2)
		return false;
	while (table->slots[i].index != PIKA_POOL_NONE)
		i = (i + 1) & table->mask;
	table->slots[i].index = index;
	table->slots[i].hash = hash;
	table->used++;
	return true;
}

/**
 * pika_flow_add() - let a flow be found
 * @table: the table
 * @key: the flow's; what key_of() will say for @index
 * @index: of its TCB
 *
 * Context: the server's core.
 * Return: false if half of the slots are taken, or the flow is there already.
 */
bool pika_flow_add(struct pika_flow_table *table,
		   const struct pika_flow_key *key, u32 index)
{
	u32 hash = pika_flow_hash(&table->secret, key);

	return pika_flow_find_hashed(table, key, hash) == PIKA_POOL_NONE &&
	       pika_flow_add_hashed(table, hash, index);
}

/*
 * Fills the hole at @i with the next entry that probing would otherwise no
 * longer reach, then the hole that this one leaves, until a slot is empty. So
 * there are no tombstones, and searches stay short however many flows came and
 * went.
 */
static void close_hole(struct pika_flow_table *table, u32 i)
{
	u32 mask = table->mask;
	u32 j = i, home;

	for (;;) {
		j = (j + 1) & mask;
		if (table->slots[j].index == PIKA_POOL_NONE)
			break;
		home = table->slots[j].hash & mask;
		if (((j - home) & mask) < ((j - i) & mask))
			continue;
		table->slots[i] = table->slots[j];
		i = j;
	}
	table->slots[i].index = PIKA_POOL_NONE;
}

/**
 * pika_flow_remove() - the flow is found no more
 * @table: the table
 * @hash: of its key
 * @index: given when it was added
 *
 * Context: the server's core.
 * Return: false if it was not there.
 */
bool pika_flow_remove(struct pika_flow_table *table, u32 hash, u32 index)
{
	u32 i = hash & table->mask;

	for (; table->slots[i].index != index; i = (i + 1) & table->mask)
		if (table->slots[i].index == PIKA_POOL_NONE)
			return false;
	close_hole(table, i);
	table->used--;
	return true;
}
