/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring memory of one owner, a server or an endpoint: for each peer the ring
 * to it and the tail of the ring from it. Nobody else writes there.
 */
#ifndef PIKA_LINUX_RINGS_H
#define PIKA_LINUX_RINGS_H

#include "../core/bell.h"
#include "../core/ring.h"

#include "memory.h"

/**
 * struct pika_rings - see above
 * @bell: the owner's
 * @memory: its bell, then a block for each peer
 */
struct pika_rings {
	struct pika_bell *bell;
	u8 *memory;
};

static inline size_t pika_rings_block(void)
{
	return pika_ring_out_size(PIKA_RING_SLOTS) +
	       sizeof(struct pika_ring_in);
}

static inline int pika_rings_init(struct pika_rings *rings, u32 peers, int cpu)
{
	rings->memory = pika_lines_alloc(sizeof(struct pika_bell) +
					 peers * pika_rings_block(), cpu);
	rings->bell = (struct pika_bell *)rings->memory;
	return rings->memory ? 0 : -ENOMEM;
}

static inline void pika_rings_free(struct pika_rings *rings)
{
	vfree(rings->memory);
}

static inline struct pika_ring_out *
pika_rings_out(const struct pika_rings *rings, u32 peer)
{
	return (struct pika_ring_out *)(rings->memory +
					sizeof(struct pika_bell) +
					peer * pika_rings_block());
}

static inline struct pika_ring_in *
pika_rings_in(const struct pika_rings *rings, u32 peer)
{
	return (struct pika_ring_in *)((u8 *)pika_rings_out(rings, peer) +
				       pika_ring_out_size(PIKA_RING_SLOTS));
}

#endif /* PIKA_LINUX_RINGS_H */
