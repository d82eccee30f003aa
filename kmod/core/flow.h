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

void pika_flow_init(struct pika_flow_table *table, struct pika_flow_slot *slots,
		    u32 count, const struct pika_flow_secret *secret,
		    pika_flow_key_fn key_of, void *owner);
u32 pika_flow_hash(const struct pika_flow_secret *secret,
		   const struct pika_flow_key *key);
u32 pika_flow_find(const struct pika_flow_table *table,
		   const struct pika_flow_key *key);
u32 pika_flow_find_hashed(const struct pika_flow_table *table,
			  const struct pika_flow_key *key, u32 hash);
bool pika_flow_add(struct pika_flow_table *table,
		   const struct pika_flow_key *key, u32 index);
bool pika_flow_add_hashed(struct pika_flow_table *table, u32 hash, u32 index);
bool pika_flow_remove(struct pika_flow_table *table, u32 hash, u32 index);

#endif /* PIKA_CORE_FLOW_H */
