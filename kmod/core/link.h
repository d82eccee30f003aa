/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The link server (paper 3.1): takes packets from its queue of the card, finds
 * out whose they are, and sends frames for the transport servers. Knows
 * listening ports, but no flow.
 */
#ifndef PIKA_CORE_LINK_H
#define PIKA_CORE_LINK_H

#include "list.h"
#include "packet.h"
#include "pool.h"
#include "server.h"

/*
 * A TS may have so many TRANSMITs at an LS that were not answered with SENT:
 * the LS has a place for each, so that none is ever lost.
 */
#define PIKA_LINK_FRAMES	64

/* X(name, meaning): what a link server counts, by event. */
#define PIKA_LINK_COUNTERS(X) \
	X(received, "packets taken from the queue") \
	X(syns, "given to a connection manager") \
	X(segments, "given to a transport server") \
	X(passed, "not TCP: given back to the host") \
	X(icmp, "errors about segments, told to a transport server") \
	X(malformed, "dropped: shorter than its headers say") \
	X(checksum, "dropped: wrong checksum") \
	X(syn_ring_full, "dropped: no room in the ring to the CM") \
	X(segment_ring_full, "dropped: no room in the ring to the TS") \
	X(transmitted, "frames given to the card") \
	X(queue_full, "frames that had to wait for the card") \
	X(overrun, "dropped: a TS sent more frames than it may")

/* Packets taken from the card at a time. */
#define PIKA_LINK_BURST	32

struct pika_link_stats {
#define X(name, meaning) u64 name;
	PIKA_LINK_COUNTERS(X)
#undef X
};

/**
 * struct pika_headers - what was read of a packet
 * @segment: valid with PIKA_PARSE_OK
 * @parse: what it is
 */
struct pika_headers {
	struct pika_segment segment;
	enum pika_parse parse;
};

/**
 * struct pika_link - a link server
 * @queue: its queue of the card
 * @dirty: something was given to the card in this run
 * @listeners: how many listeners each port has, by port
 * @frames: pool of other servers' frames
 * @unsent: those that wait for the card, oldest first
 * @burst: packets that were just taken; here, as a kernel that clears its stack
 *	would clear them for each burst
 * @headers: of each of them
 * @stats: what happened
 */
struct pika_link {
	u16 queue;
	bool dirty;
	u16 *listeners;
	struct pika_pool frames;
	struct pika_list unsent;
	struct pika_packet *burst[PIKA_LINK_BURST];
	struct pika_headers headers[PIKA_LINK_BURST];
	struct pika_link_stats stats;
};

int pika_link_init(struct pika_server *s, struct pika_arena *arena, u16 queue);
int pika_link_listen(struct pika_link *link, u16 port);
void pika_link_unlisten(struct pika_link *link, u16 port);
u32 pika_link_poll(struct pika_server *s, u32 budget);
void pika_link_flush(struct pika_server *s);
bool pika_link_waits(const struct pika_server *s);

/**
 * pika_link_transmit() - give a frame to the card
 * @s: a server with a link server
 * @queue: the link server's own
 * @frame: the caller's again on return
 *
 * Return: false if the card's queue is full: try again in the next run.
 */
static inline bool pika_link_transmit(struct pika_server *s, u16 queue,
				      const struct pika_frame *frame)
{
	struct pika_link *link = s->link;

	if (unlikely(!s->env->ops->transmit(s->env, queue, frame))) {
		link->stats.queue_full++;
		return false;
	}
	link->stats.transmitted++;
	link->dirty = true;
	return true;
}

#endif /* PIKA_CORE_LINK_H */
