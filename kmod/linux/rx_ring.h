/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings of received packets, one for each CPU that receives, in which they wait
 * for a link server. A packet is the skb itself.
 */
#ifndef PIKA_LINUX_RX_RING_H
#define PIKA_LINUX_RX_RING_H

#include <linux/skbuff.h>

#include "../core/bell.h"
#include "../core/packet.h"

#include "doorbell.h"
#include "drops.h"
#include "memory.h"

struct pika_rx;

/* Why a packet does not even get into a ring. */
enum pika_rx_drop {
	PIKA_RX_OK,
	PIKA_RX_FULL,
	PIKA_RX_MALFORMED,
	PIKA_RX_CHECKSUM,
	PIKA_RX_NO_MEMORY,
	PIKA_RX_DROPS
};

static inline struct pika_packet *pika_packet_of(struct sk_buff *skb)
{
	return (struct pika_packet *)skb->cb;
}

static inline struct sk_buff *pika_packet_skb(struct pika_packet *pkt)
{
	return container_of((void *)pkt, struct sk_buff, cb);
}

struct pika_rx *pika_rx_make(struct tasklet_struct *tasklet,
			     const struct pika_bell *bell, int core);
void pika_rx_wait(struct pika_rx *rx);
void pika_rx_free(struct pika_rx *rx);
void pika_rx_put(struct pika_rx *rx, struct sk_buff *skb);
void pika_rx_drop(struct pika_rx *rx, struct sk_buff *skb,
		  enum pika_rx_drop why);
void pika_rx_add_drops(const struct pika_rx *rx, struct pika_link_drops *drops);
u32 pika_rx_burst(struct pika_rx *rx, struct pika_packet **pkts, u32 n);
bool pika_rx_waits(const struct pika_rx *rx);

#endif /* PIKA_LINUX_RX_RING_H */
