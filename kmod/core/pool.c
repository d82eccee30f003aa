// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools. Runs on the core of the server whose pool it is; clears no object.
 */

#include "pool.h"

/**
 * pika_pool_init() - all objects are free
 * @pool: to be filled in
 * @objects: @count of @size bytes each, the pool's from now on; not touched
 * @slots: @count of them, the pool's from now on
 * @size: bytes from one object to the next
 * @count: at most PIKA_POOL_MAX
 */
void pika_pool_init(struct pika_pool *pool, void *objects,
		    struct pika_pool_slot *slots, u32 size, u32 count)
{
	u32 i;

	*pool = (struct pika_pool) {
		.objects = objects,
		.slots = slots,
		.size = size,
		.count = count,
		.free = count ? 0 : PIKA_POOL_NONE,
	};
	for (i = 0; i < count; i++) {
		slots[i].next = i + 1 < count ? i + 1 : PIKA_POOL_NONE;
		slots[i].generation = 1;
	}
}

/**
 * pika_pool_take() - an object that was free, the warmest one
 * @pool: the pool
 *
 * Context: the server's core.
 * Return: its index, the caller's until pika_pool_put(), with whatever its last
 * life left in it; PIKA_POOL_NONE if none is free, which the caller counts.
 */
u32 pika_pool_take(struct pika_pool *pool)
{
	u32 index = pool->free;

	if (index == PIKA_POOL_NONE)
		return PIKA_POOL_NONE;
	pool->free = pool->slots[index].next;
	pool->slots[index].next = PIKA_POOL_TAKEN;
	pool->used++;
	return index;
}

/**
 * pika_pool_put() - an object's life ends
 * @pool: the pool
 * @index: of an object that is taken
 *
 * Handles to it are stale from now on. Context: the server's core.
 */
void pika_pool_put(struct pika_pool *pool, u32 index)
{
	struct pika_pool_slot *slot;

	if (WARN_ON_ONCE(index >= pool->count))
		return;
	slot = &pool->slots[index];
	if (WARN_ON_ONCE(slot->next != PIKA_POOL_TAKEN))
		return;
	/* 0 stays out: no handle to a taken object is PIKA_HANDLE_NONE. */
	slot->generation = (slot->generation + 1) & 0xffffff;
	if (!slot->generation)
		slot->generation = 1;
	slot->next = pool->free;
	pool->free = index;
	pool->used--;
}
