// SPDX-License-Identifier: GPL-2.0-only
/*
 * Setting pools up. Clears no object.
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
