// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps connections that are not yet claimed findable by their handle. Runs on
 * the server's own core.
 */

#include "pending.h"

#include "hash.h"

static struct pika_pending **chain_of(const struct pika_pendings *pendings,
				      u64 flow)
{
	return &pendings->chains[pika_hash(flow, pendings->mask)];
}

/**
 * pika_pendings_init() - no connections yet
 * @pendings: to be filled in
 * @arena: memory
 * @count: at most so many
 *
 * Return: false if @arena has too little.
 */
bool pika_pendings_init(struct pika_pendings *pendings,
			struct pika_arena *arena, u32 count)
{
	u32 n = pika_hash_chains(count);
	void *objects =
		pika_arena_take(arena, count * sizeof(struct pika_pending));
	struct pika_pool_slot *slots =
		pika_arena_take(arena, count * sizeof(*slots));
	struct pika_pending **chains =
		pika_arena_take(arena, n * sizeof(*chains));

	if (!objects || !slots || !chains)
		return false;
	pika_pool_init(&pendings->pool, objects, slots,
		       sizeof(struct pika_pending), count);
	pendings->chains = chains;
	pendings->mask = n - 1;
	return true;
}

/**
 * pika_pending_find() - the entry of a connection
 * @pendings: the CM's
 * @flow: the TS's handle
 *
 * Return: the entry, or NULL: not established, or claimed, or closed.
 */
struct pika_pending *pika_pending_find(const struct pika_pendings *pendings,
				       u64 flow)
{
	struct pika_pending *each = *chain_of(pendings, flow);

	while (each && each->flow != flow)
		each = each->next;
	return each;
}

/**
 * pika_pending_add() - a connection was established
 * @pendings: the CM's
 * @flow: the TS's handle, not yet known
 *
 * Return: an entry that is on no list, or NULL: there are too many.
 */
struct pika_pending *pika_pending_add(struct pika_pendings *pendings, u64 flow)
{
	struct pika_pending **chain = chain_of(pendings, flow);
	u32 index = pika_pool_take(&pendings->pool);
	struct pika_pending *pending;

	if (index == PIKA_POOL_NONE)
		return NULL;
	pending = pika_pool_at(&pendings->pool, index);
	*pending = (struct pika_pending) { .next = *chain, .flow = flow };
	*chain = pending;
	pika_list_init(&pending->link);
	return pending;
}

/**
 * pika_pending_put() - a connection was claimed or closed
 * @pendings: the CM's
 * @pending: nothing of it waits for room
 */
void pika_pending_put(struct pika_pendings *pendings,
		      struct pika_pending *pending)
{
	struct pika_pending **at = chain_of(pendings, pending->flow);
	struct pika_pending *all = pendings->pool.objects;

	while (*at != pending)
		at = &(*at)->next;
	*at = pending->next;
	pika_list_remove(&pending->link);
	pika_pool_put(&pendings->pool, pending - all);
}
