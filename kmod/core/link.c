// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets from the card to the component that they are for, frames from
 * transport servers to the card. Runs on the server's own core. What is not TCP
 * goes back to the host; what finds a ring full is dropped, as networks do.
 */

#include "link.h"

#include "drop.h"
#include "icmp.h"
#include "listen.h"
#include "tcp.h"

/**
 * struct pika_link_frame - a frame of another server's
 * @link: on the list of those that wait for the card
 * @retry: SENT waits for room
 * @frame: the frame, in the sender's memory
 * @flow: from TRANSMIT, goes back with SENT
 * @queue: likewise
 * @from: the sender
 */
struct pika_link_frame {
	struct pika_list link;
	struct pika_retry retry;
	struct pika_frame *frame;
	u64 flow;
	u16 queue;
	u16 from;
};

static bool opens_connection(const struct pika_segment *seg)
{
	const u8 mask = PIKA_TCP_SYN | PIKA_TCP_ACK | PIKA_TCP_RST |
			PIKA_TCP_FIN;

	return (seg->flags & mask) == PIKA_TCP_SYN;
}

/* All that such a message has; clearing the rest would cost more than it. */
static inline void fill(struct pika_msg *msg, u8 type, struct pika_packet *pkt)
{
	msg->type = type;
	msg->flow = PIKA_HANDLE_NONE;
	msg->packet.packet = pkt;
}

static void send_syn(struct pika_server *s, struct pika_packet *pkt)
{
	struct pika_link_stats *stats = &s->link->stats;
	struct pika_msg msg;

	fill(&msg, PIKA_MSG_SYN, pkt);
	if (!pika_send(s, s->cm, &msg))
		pika_drop(s, pkt, &stats->syn_ring_full);
	else
		stats->syns++;
}

static void send_segment(struct pika_server *s, struct pika_packet *pkt,
			 u16 remote_port)
{
	struct pika_link_stats *stats = &s->link->stats;
	struct pika_msg msg;

	fill(&msg, PIKA_MSG_SEGMENT, pkt);
	if (!pika_send(s, s->ts_of[remote_port % PIKA_GROUPS], &msg))
		pika_drop(s, pkt, &stats->segment_ring_full);
	else
		stats->segments++;
}

/* A component of this server need not read the headers again. */
static void forward(struct pika_server *s, struct pika_packet *pkt)
{
	const struct pika_segment *seg = s->segment;

	pkt->flags |= PIKA_PACKET_CHECKED;
	s->parsed = pkt;
	if (opens_connection(seg) && s->link->listeners[seg->key.local_port])
		send_syn(s, pkt);
	else
		send_segment(s, pkt, seg->key.remote_port);
	s->parsed = NULL;
}

/* What finds no room is lost, as ICMP may be. */
static void send_icmp(struct pika_server *s,
		      const struct pika_icmp_error *error)
{
	const struct pika_flow_key *key = &error->key;
	struct pika_msg msg = {
		.type = PIKA_MSG_ICMP,
		.icmp = {
			.local = key->local,
			.remote = key->remote,
			.local_port = key->local_port,
			.remote_port = key->remote_port,
			.seq = error->seq,
			.error = error->error,
			.mtu = error->mtu,
		},
	};

	s->link->stats.icmp += pika_send(s, s->ts_of[key->remote_port %
						     PIKA_GROUPS], &msg);
}

static __pika_apart void give_back(struct pika_server *s,
				   struct pika_packet *pkt)
{
	struct pika_icmp_error error;

	if (pika_icmp_parse(pkt, &error))
		send_icmp(s, &error);
	if (pkt->flags & PIKA_PACKET_COPY) {
		s->env->ops->free_packet(s->env, pkt);
		return;
	}
	s->link->stats.passed++;
	s->env->ops->pass(s->env, pkt);
}

/* @ts: in the same server, or NULL. */
static inline void read_headers(const struct pika_ts *ts,
				const struct pika_packet *pkt,
				struct pika_headers *headers)
{
	struct pika_segment *seg = &headers->segment;

	headers->parse = pika_packet_parse(pkt, seg);
	if (likely(headers->parse == PIKA_PARSE_OK && ts))
		pika_ts_expect(ts, seg);
}

static void classify(struct pika_server *s, struct pika_packet *pkt,
		     struct pika_headers *headers)
{
	struct pika_link_stats *stats = &s->link->stats;

	if (likely(headers->parse == PIKA_PARSE_OK)) {
		s->segment = &headers->segment;
		forward(s, pkt);
		return;
	}
	switch (headers->parse) {
	case PIKA_PARSE_SHORT:
		pika_drop(s, pkt, &stats->malformed);
		break;
	case PIKA_PARSE_CHECKSUM:
		pika_drop(s, pkt, &stats->checksum);
		break;
	default:
		give_back(s, pkt);
	}
}

static void send_sent(struct pika_server *s, struct pika_link_frame *sent)
{
	struct pika_pool *frames = &s->link->frames;
	struct pika_link_frame *all = frames->objects;
	struct pika_msg msg = {
		.type = PIKA_MSG_SENT,
		.flow = sent->flow,
		.transmit = { .frame = sent->frame, .queue = sent->queue },
	};

	if (!pika_send(s, sent->from, &msg))
		pika_send_later(s, sent->from, &sent->retry);
	else
		pika_pool_put(frames, sent - all);
}

static void sent_again(struct pika_server *s, struct pika_retry *retry)
{
	send_sent(s, container_of(retry, struct pika_link_frame, retry));
}

static void transmit_waiting(struct pika_server *s)
{
	struct pika_list *unsent = &s->link->unsent;
	struct pika_link_frame *first;

	while (!pika_list_empty(unsent)) {
		first = pika_list_first(unsent, struct pika_link_frame, link);
		if (!pika_link_transmit(s, s->link->queue, first->frame))
			return;
		pika_list_remove(&first->link);
		send_sent(s, first);
	}
}

/* A frame beyond what its sender may have here is lost, as on a wire. */
static void on_transmit(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_link *link = s->link;
	struct pika_link_frame *frame;
	struct pika_msg sent = *msg;
	u32 index = pika_pool_take(&link->frames);

	if (unlikely(index == PIKA_POOL_NONE)) {
		pika_count_drop(s, &link->stats.overrun);
		sent.type = PIKA_MSG_SENT;
		pika_send(s, msg->from, &sent);
		return;
	}
	frame = pika_pool_at(&link->frames, index);
	frame->retry = (struct pika_retry) { .again = sent_again };
	frame->frame = msg->transmit.frame;
	frame->flow = msg->flow;
	frame->queue = msg->transmit.queue;
	frame->from = msg->from;
	pika_list_init(&frame->link);
	pika_list_add(&link->unsent, &frame->link);
	transmit_waiting(s);
}

/**
 * pika_link_init() - give a server a link server
 * @s: after pika_server_init()
 * @arena: memory
 * @queue: of the card
 *
 * Context: set-up.
 * Return: 0, or -ENOMEM; then @arena knows how much was wanted.
 */
int pika_link_init(struct pika_server *s, struct pika_arena *arena, u16 queue)
{
	u32 count = s->servers * PIKA_LINK_FRAMES;
	struct pika_link *link = pika_arena_take(arena, sizeof(*link));
	u16 *listeners = pika_arena_take(arena, 65536 * sizeof(*listeners));
	void *frames =
		pika_arena_take(arena, count * sizeof(struct pika_link_frame));
	struct pika_pool_slot *slots =
		pika_arena_take(arena, count * sizeof(*slots));

	if (!link || !listeners || !frames || !slots)
		return -ENOMEM;
	link->queue = queue;
	link->listeners = listeners;
	pika_pool_init(&link->frames, frames, slots,
		       sizeof(struct pika_link_frame), count);
	pika_list_init(&link->unsent);
	s->handlers[PIKA_MSG_TRANSMIT] = on_transmit;
	pika_listen_init(s);
	s->link = link;
	return 0;
}

/**
 * pika_link_listen() - SYNs to @port are a CM's from now on
 * @link: the link server
 * @port: in host order; may have listeners already
 *
 * Return: 0, or -ENOSPC: it has too many.
 */
int pika_link_listen(struct pika_link *link, u16 port)
{
	if (link->listeners[port] == 0xffff)
		return -ENOSPC;
	link->listeners[port]++;
	return 0;
}

/**
 * pika_link_unlisten() - one listener of @port has gone
 * @link: the link server
 * @port: in host order; need not have any
 */
void pika_link_unlisten(struct pika_link *link, u16 port)
{
	if (link->listeners[port])
		link->listeners[port]--;
}

/**
 * pika_link_waits() - does a frame wait for the card?
 * @s: a server with a link server
 *
 * Return: true if one does: run the server again.
 */
bool pika_link_waits(const struct pika_server *s)
{
	return !pika_list_empty(&s->link->unsent);
}

/**
 * pika_link_poll() - what has come from the card, and what it had no room for
 * @s: a server with a link server
 * @budget: packets at most
 *
 * Return: packets taken.
 */
u32 pika_link_poll(struct pika_server *s, u32 budget)
{
	struct pika_link *link = s->link;
	u32 n = s->env->ops->rx_burst(s->env, link->queue, link->burst,
				      min_t(u32, budget, PIKA_LINK_BURST));
	u32 i;

	link->stats.received += n;
	for (i = 0; i < n; i++)
		read_headers(s->ts, link->burst[i], &link->headers[i]);
	for (i = 0; i < n; i++)
		classify(s, link->burst[i], &link->headers[i]);
	if (pika_link_waits(s))
		transmit_waiting(s);
	return n;
}

/**
 * pika_link_flush() - the end of a run: let the card send
 * @s: a server with a link server
 */
void pika_link_flush(struct pika_server *s)
{
	struct pika_link *link = s->link;

	if (!link->dirty)
		return;
	link->dirty = false;
	s->env->ops->flush(s->env, link->queue);
}
