/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects of one size in memory that a shell gave at start: taken and put back
 * by index, without allocation. An index that is free is on a list threaded
 * through a table beside the objects, with the generation that makes handles
 * to its former lives stale. Private to one server.
 */
#ifndef PIKA_CORE_POOL_H
#define PIKA_CORE_POOL_H

#include "env.h"

#define PIKA_POOL_NONE	(~0u)	/* no index */
#define PIKA_POOL_TAKEN	(~1u)	/* in place of the next free index */

/* Handles have 24 bits for an index. */
#define PIKA_POOL_MAX	0x1000000u

/**
 * struct pika_pool_slot - what the pool knows of one object
 * @next: the next free index, or PIKA_POOL_NONE; PIKA_POOL_TAKEN while in use
 * @generation: of the object's present or next life, 24 bits, never 0
 */
struct pika_pool_slot {
	u32 next;
	u32 generation;
};

/**
 * struct pika_pool - see above; private to one server
 * @objects: @count objects of @size bytes
 * @slots: @count of them
 * @size: bytes from one object to the next
 * @count: how many there are
 * @free: the first free index, or PIKA_POOL_NONE
 * @used: how many are taken
 */
struct pika_pool {
	void *objects;
	struct pika_pool_slot *slots;
	u32 size;
	u32 count;
	u32 free;
	u32 used;
};

void pika_pool_init(struct pika_pool *pool, void *objects,
		    struct pika_pool_slot *slots, u32 size, u32 count);

/**
 * pika_pool_take() - an object that was free, the warmest one
 * @pool: the pool
 *
 * Context: the server's core.
 * Return: its index, the caller's until pika_pool_put(), with whatever its last
 * life left in it; PIKA_POOL_NONE if none is free, which the caller counts.
 */
static inline u32 pika_pool_take(struct pika_pool *pool)
{
	u32 index = pool->free;

	if (unlikely(index == PIKA_POOL_NONE))
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
static inline void pika_pool_put(struct pika_pool *pool, u32 index)
{
	struct pika_pool_slot *slot;

	if (WARN_ON_ONCE(index >= pool->count))
		return;
	slot = &pool->slots[index];
	if (WARN_ON_ONCE(slot->next != PIKA_POOL_TAKEN))
		return;
	/* 0 stays out: no handle to a taken object is PIKA_HANDLE_NONE. */
	slot->generation = (slot->generation + 1) & 0xffffff;
	if (unlikely(!slot->generation))
		slot->generation = 1;
	slot->next = pool->free;
	pool->free = index;
	pool->used--;
}

/**
 * pika_pool_at() - the object at an index
 * @pool: the pool
 * @index: below the pool's count; not checked
 *
 * Return: the object, taken or not.
 */
static inline void *pika_pool_at(const struct pika_pool *pool, u32 index)
{
	return (char *)pool->objects + (size_t)index * pool->size;
}

/**
 * pika_pool_generation() - what makes a handle to an object good
 * @pool: the pool
 * @index: of an object that is taken
 *
 * Return: the generation of its present life, which pika_pool_put() ends.
 */
static inline u32 pika_pool_generation(const struct pika_pool *pool, u32 index)
{
	return pool->slots[index].generation;
}

/**
 * pika_pool_find() - the object that a handle names, if it still lives
 * @pool: the pool
 * @index: from the handle, so any number
 * @generation: likewise
 *
 * Return: the object, or NULL if it was put since, or never was.
 */
static inline void *pika_pool_find(const struct pika_pool *pool, u32 index,
				   u32 generation)
{
	const struct pika_pool_slot *slot;

	if (unlikely(index >= pool->count))
		return NULL;
	slot = &pool->slots[index];
	if (slot->next != PIKA_POOL_TAKEN || slot->generation != generation)
		return NULL;
	return pika_pool_at(pool, index);
}

#endif /* PIKA_CORE_POOL_H */
