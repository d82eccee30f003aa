/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tables of chains have in common. For keys that no client chooses; the
 * flow table has its own, keyed hash.
 */
#ifndef PIKA_CORE_HASH_H
#define PIKA_CORE_HASH_H

#include "env.h"

/* Chains for a table of at most @count objects: a power of two, at least 16. */
static inline u32 pika_hash_chains(u32 count)
{
	u32 chains = 16;

	while (chains < count)
		chains *= 2;
	return chains;
}

/* Fibonacci hashing (Knuth 6.4): @mask + 1 chains, at most 2^24. */
static inline u32 pika_hash(u64 key, u32 mask)
{
	return key * 0x9e3779b97f4a7c15ULL >> 40 & mask;
}

#endif /* PIKA_CORE_HASH_H */
