/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a segment's addresses and ports to a TCB's index: open addressing with
 * linear probing and backward-shift deletion, at most half full, so that the
 * cost does not grow with the number of connections. Private to one server.
 */
#ifndef PIKA_CORE_FLOW_H
#define PIKA_CORE_FLOW_H

#include "msg.h"
#include "pool.h"

/**
 * struct pika_flow_key - a flow as this host sees it; ports in host order
 * @local: this host's address
 * @remote: the peer's, of the same family
 * @local_port: this host's port
 * @remote_port: the peer's
 *
 * Compared and hashed as it lies in memory: there is no padding.
 */
struct pika_flow_key {
	struct pika_addr local;
	struct pika_addr remote;
	u16 local_port;
	u16 remote_port;
};

static_assert(sizeof(struct pika_flow_key) == 36, "no padding to compare");

/**
 * struct pika_flow_secret - keys the table's hash
 * @k: random bits, drawn at start
 */
struct pika_flow_secret {
	u64 k[10];
};

/**
 * struct pika_flow_slot - one place of the table
 * @index: the TCB's, or PIKA_POOL_NONE
 * @hash: of its key
 */
struct pika_flow_slot {
	u32 index;
	u32 hash;
};

typedef const struct pika_flow_key *(*pika_flow_key_fn)(void *owner, u32 index);

/**
 * struct pika_flow_table - see above
 * @slots: @mask + 1 of them, a power of two
 * @mask: number of slots - 1
 * @used: how many are taken; refused above half
 * @secret: keys the hash, so that a client cannot choose collisions
 * @key_of: the key of the TCB at @index, called with @owner
 * @owner: for @key_of
 */
struct pika_flow_table {
	struct pika_flow_slot *slots;
	u32 mask;
	u32 used;
	struct pika_flow_secret secret;
	pika_flow_key_fn key_of;
	void *owner;
};

/**
 * pika_addr_is_v4() - is this an IPv4 address, mapped into an IPv6 one?
 * @addr: the address
 *
 * Return: true if its last four bytes are all that matters.
 */
static inline bool pika_addr_is_v4(const struct pika_addr *addr)
{
	static const u8 prefix[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255 };

	return !memcmp(addr->b, prefix, sizeof(prefix));
}

static inline u64 pika_flow_pair(const u64 *k, const u8 *a, const u8 *b)
{
	u32 x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (k[0] + x) * (k[1] + y);
}

/**
 * pika_flow_hash() - where a flow table puts a flow
 * @secret: the table's
 * @key: the flow
 *
 * Multilinear hashing by half multiplications (Lemire and Kaser, *Strongly
 * universal string hashing is fast*, 2014): any two flows collide for one
 * secret of 2^32. A client that does not know it can do no better than guess,
 * and sees nothing of the hash but, at most, time.
 *
 * Return: the hash.
 */
static inline u32 pika_flow_hash(const struct pika_flow_secret *secret,
				 const struct pika_flow_key *key)
{
	const u8 *local = key->local.b, *remote = key->remote.b;
	const u64 *k = secret->k;
	u64 sum;

	sum = (k[0] + ((u32)key->local_port << 16 | key->remote_port)) * k[1];
	sum += pika_flow_pair(k + 2, local + 12, remote + 12);
	/* The rest of an IPv4 address is always the same. */
	if (unlikely(!pika_addr_is_v4(&key->local))) {
		sum += pika_flow_pair(k + 4, local, local + 4);
		sum += pika_flow_pair(k + 6, local + 8, remote);
		sum += pika_flow_pair(k + 8, remote + 4, remote + 8);
	}
	return sum >> 32;
}

static inline u64 pika_flow_word(const struct pika_flow_key *key, size_t offset)
{
	u64 word;

	memcpy(&word, (const u8 *)key + offset, sizeof(word));
	return word;
}

static inline u32 pika_flow_ports(const struct pika_flow_key *key)
{
	const u8 *at = (const u8 *)key;
	u32 ports;

	memcpy(&ports, at + offsetof(struct pika_flow_key, local_port),
	       sizeof(ports));
	return ports;
}

/* Without a branch for each word: keys that get here are nearly all equal. */
static inline bool pika_flow_same_key(const struct pika_flow_key *a,
				      const struct pika_flow_key *b)
{
	return !((pika_flow_word(a, 0) ^ pika_flow_word(b, 0)) |
		 (pika_flow_word(a, 8) ^ pika_flow_word(b, 8)) |
		 (pika_flow_word(a, 16) ^ pika_flow_word(b, 16)) |
		 (pika_flow_word(a, 24) ^ pika_flow_word(b, 24)) |
		 (pika_flow_ports(a) ^ pika_flow_ports(b)));
}

/* The first slot that a search for @hash will look at. */
static inline void pika_flow_prefetch(const struct pika_flow_table *table,
				      u32 hash)
{
	__builtin_prefetch(&table->slots[hash & table->mask]);
}

/**
 * pika_flow_search() - pika_flow_find_hashed() for whoever knows key_of()
 * @table: the table
 * @key: whose
 * @hash: of @key
 * @key_of: the table's, so that the compiler sees it
 * @owner: the table's
 *
 * Context: the server's core.
 * Return: the index given when it was added, or PIKA_POOL_NONE.
 */
static inline u32 pika_flow_search(const struct pika_flow_table *table,
				   const struct pika_flow_key *key, u32 hash,
				   pika_flow_key_fn key_of, void *owner)
{
	const struct pika_flow_slot *slot;
	u32 i = hash & table->mask;

	for (;; i = (i + 1) & table->mask) {
		slot = &table->slots[i];
		if (slot->index == PIKA_POOL_NONE)
			return PIKA_POOL_NONE;
		if (slot->hash == hash &&
		    likely(pika_flow_same_key(key_of(owner, slot->index), key)))
			return slot->index;
	}
}

void pika_flow_init(struct pika_flow_table *table, struct pika_flow_slot *slots,
		    u32 count, const struct pika_flow_secret *secret,
		    pika_flow_key_fn key_of, void *owner);
u32 pika_flow_find(const struct pika_flow_table *table,
		   const struct pika_flow_key *key);
u32 pika_flow_find_hashed(const struct pika_flow_table *table,
			  const struct pika_flow_key *key, u32 hash);
bool pika_flow_add(struct pika_flow_table *table,
		   const struct pika_flow_key *key, u32 index);
bool pika_flow_add_hashed(struct pika_flow_table *table, u32 hash, u32 index);
bool pika_flow_remove(struct pika_flow_table *table, u32 hash, u32 index);

#endif /* PIKA_CORE_FLOW_H */
