// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps acceptors findable and on the right list. Runs on the server's own
 * core. Decides nothing about connections.
 */

#include "acceptor.h"

#include "hash.h"

static struct pika_acceptor **chain_of(const struct pika_acceptors *acceptors,
				       const struct pika_listener *listener,
				       u32 id, u16 endpoint)
{
	u64 key = (u64)listener->id << 32 ^ (u64)endpoint << 20 ^ id;

	return &acceptors->chains[pika_hash(key, acceptors->mask)];
}

/**
 * pika_acceptors_init() - no acceptors yet
 * @acceptors: to be filled in, all but its list of idle ones
 * @arena: memory
 * @count: at most so many
 *
 * Return: false if @arena has too little.
 */
bool pika_acceptors_init(struct pika_acceptors *acceptors,
			 struct pika_arena *arena, u32 count)
{
	u32 n = pika_hash_chains(count);
	void *objects =
		pika_arena_take(arena, count * sizeof(struct pika_acceptor));
	struct pika_pool_slot *slots =
		pika_arena_take(arena, count * sizeof(*slots));
	struct pika_acceptor **chains =
		pika_arena_take(arena, n * sizeof(*chains));

	if (!objects || !slots || !chains)
		return false;
	pika_pool_init(&acceptors->pool, objects, slots,
		       sizeof(struct pika_acceptor), count);
	acceptors->chains = chains;
	acceptors->mask = n - 1;
	return true;
}

/**
 * pika_acceptor_find() - the acceptor that a message names
 * @acceptors: the CM's
 * @listener: what it accepts from
 * @id: its number
 * @endpoint: its address
 *
 * Return: the acceptor, or NULL: it is not, or no longer, known.
 */
struct pika_acceptor *pika_acceptor_find(const struct pika_acceptors *acceptors,
					 const struct pika_listener *listener,
					 u32 id, u16 endpoint)
{
	struct pika_acceptor *each = *chain_of(acceptors, listener, id,
					       endpoint);

	while (each && !(each->listener == listener && each->id == id &&
			 each->endpoint == endpoint))
		each = each->next;
	return each;
}

static struct pika_acceptor *add(struct pika_acceptors *acceptors, u32 index,
				 struct pika_listener *listener, u32 id,
				 u16 endpoint)
{
	struct pika_acceptor *acceptor = pika_pool_at(&acceptors->pool, index);
	struct pika_acceptor **chain = chain_of(acceptors, listener, id,
						endpoint);

	*acceptor = (struct pika_acceptor) {
		.next = *chain,
		.id = id,
		.endpoint = endpoint,
	};
	/* cm_info.c: who sees it sees the rest. */
	smp_store_release(&acceptor->listener, listener);
	*chain = acceptor;
	pika_list_init(&acceptor->link);
	pika_list_init(&acceptor->idle);
	pika_acceptor_place(acceptors, acceptor);
	return acceptor;
}

/**
 * pika_acceptor_get() - an acceptor, known already or new
 * @acceptors: the CM's
 * @listener: what it accepts from
 * @id: its number
 * @endpoint: its address
 *
 * Return: the acceptor, or NULL: too many hold something or are registered.
 */
struct pika_acceptor *pika_acceptor_get(struct pika_acceptors *acceptors,
					struct pika_listener *listener, u32 id,
					u16 endpoint)
{
	struct pika_acceptor *acceptor;
	u32 index;

	acceptor = pika_acceptor_find(acceptors, listener, id, endpoint);
	if (acceptor)
		return acceptor;
	index = pika_pool_take(&acceptors->pool);
	if (index == PIKA_POOL_NONE && !pika_list_empty(&acceptors->idle)) {
		acceptor = pika_list_first(&acceptors->idle,
					   struct pika_acceptor, idle);
		pika_acceptor_put(acceptors, acceptor);
		index = pika_pool_take(&acceptors->pool);
	}
	if (index == PIKA_POOL_NONE)
		return NULL;
	return add(acceptors, index, listener, id, endpoint);
}

/**
 * pika_acceptor_put() - forget an acceptor
 * @acceptors: the CM's
 * @acceptor: no connection is offered to it
 */
void pika_acceptor_put(struct pika_acceptors *acceptors,
		       struct pika_acceptor *acceptor)
{
	struct pika_acceptor **at = chain_of(acceptors, acceptor->listener,
					     acceptor->id, acceptor->endpoint);
	struct pika_acceptor *all = acceptors->pool.objects;

	while (*at != acceptor)
		at = &(*at)->next;
	*at = acceptor->next;
	pika_list_remove(&acceptor->link);
	pika_list_remove(&acceptor->idle);
	WRITE_ONCE(acceptor->listener, NULL);
	pika_pool_put(&acceptors->pool, acceptor - all);
}
