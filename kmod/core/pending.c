// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for connections that are not yet claimed. Runs at set-up.
 */

#include "pending.h"

#include "hash.h"

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
