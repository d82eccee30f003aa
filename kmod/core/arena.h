/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of a server: one piece, given by its shell before the server runs,
 * from which its components take what they need while they are set up. Nothing
 * is taken later and nothing is given back.
 */
#ifndef PIKA_CORE_ARENA_H
#define PIKA_CORE_ARENA_H

#include "env.h"

/**
 * struct pika_arena - what is left of a server's memory
 * @at: next free byte, or NULL to only count
 * @left: free bytes
 * @taken: bytes taken so far, alignment included
 *
 * With @at NULL and @left at its greatest value, setting a component up costs
 * nothing and leaves in @taken how much it needs.
 */
struct pika_arena {
	u8 *at;
	size_t left;
	size_t taken;
};

/**
 * pika_arena_take() - memory for a component
 * @arena: see above
 * @size: bytes wanted; rounded up to whole cache lines
 *
 * Context: set-up only.
 * Return: zeroed memory that starts on a cache line, or NULL: nothing left, or
 * only counting.
 */
static inline void *pika_arena_take(struct pika_arena *arena, size_t size)
{
	u8 *memory = arena->at;

	size = (size + PIKA_LINE - 1) & ~(size_t)(PIKA_LINE - 1);
	if (size > arena->left)
		return NULL;
	arena->left -= size;
	arena->taken += size;
	if (!memory)
		return NULL;
	arena->at += size;
	return memset(memory, 0, size);
}

#endif /* PIKA_CORE_ARENA_H */
