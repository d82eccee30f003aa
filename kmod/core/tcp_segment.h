/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a TCB to a frame at the link server, as code that becomes part of its
 * caller: of tcp_output.c for segments with data, else of tcp_frame.c. Nobody
 * else includes it.
 */
#ifndef PIKA_CORE_TCP_SEGMENT_H
#define PIKA_CORE_TCP_SEGMENT_H

#include "frame.h"
#include "link.h"
#include "tcp.h"

#define PIKA_WINDOW_MAX	0xffffu

/* See pika_tcp_receive_room(). */
static inline u32 pika_segment_room(const struct pika_tcb *tcb)
{
	u32 most = tcb->rcv_memory_most;
	u32 room = 0, memory = 0;

	if (likely(tcb->unread < most / 2))
		room = most / 2 - tcb->unread;
	if (likely(tcb->rcv_memory < most))
		memory = (most - tcb->rcv_memory) / 2;
	if (memory < room)
		room = memory;
	if (unlikely(room < tcb->mss && room < most / 4))
		return 0;
	if (room > PIKA_WINDOW_MAX << tcb->rcv_shift)
		room = PIKA_WINDOW_MAX << tcb->rcv_shift;
	return room;
}

/* SEG.WND as it goes on the wire. The right edge never moves left. */
static inline u16 pika_segment_window(struct pika_tcb *tcb, bool syn)
{
	u32 room = pika_segment_room(tcb);

	if (syn)
		room = min(room, PIKA_WINDOW_MAX);
	if (pika_seq_after(tcb->rcv_nxt + room, tcb->rcv_edge))
		tcb->rcv_edge = tcb->rcv_nxt + room;
	room = tcb->rcv_edge - tcb->rcv_nxt;
	if (!syn)
		room >>= tcb->rcv_shift;
	return room < PIKA_WINDOW_MAX ? room : PIKA_WINDOW_MAX;
}

/* A frame of our own to build in: an LS elsewhere keeps it until SENT. */
static inline struct pika_frame *pika_segment_take(struct pika_server *s,
						   struct pika_tcb *tcb)
{
	return likely(s->ls == s->id) ? &s->ts->scratch :
		pika_tcp_far_frame(s, tcb);
}

static inline u32 pika_segment_options(const struct pika_server *s,
				       const struct pika_tcb *tcb, u8 *bytes)
{
	if (unlikely(!(tcb->flags & PIKA_TCB_TIMESTAMPS)))
		return 0;
	return pika_options_write_timestamp(bytes, pika_tcp_ts_now(s, tcb),
					    tcb->ts_recent);
}

/* @flags have a SYN in them or not, which the compiler knows. */
static __always_inline struct pika_frame *
pika_segment_build(struct pika_server *s, struct pika_tcb *tcb, u32 seq,
		   u8 flags, bool syn)
{
	bool is_v4 = pika_addr_is_v4(&tcb->key.local);
	struct pika_frame *frame = pika_segment_take(s, tcb);
	struct pika_tcp_header header;
	u8 *options;

	if (unlikely(!frame))
		return NULL;
	options = frame->header + TCP_HEADER + (is_v4 ? V4_HEADER : V6_HEADER);
	header.options_len = syn ? pika_tcp_syn_options(s, tcb, options) :
		pika_segment_options(s, tcb, options);
	header.seq = seq;
	header.ack = flags & PIKA_TCP_ACK ? tcb->rcv_nxt : 0;
	header.window = 0;
	if (!(flags & PIKA_TCP_RST))
		header.window = pika_segment_window(tcb, syn);
	header.urgent = 0;
	header.flags = flags;
	header.tos = tcb->tos;
	header.ttl = tcb->ttl;
	if (unlikely(tcb->flags & PIKA_TCB_URGENT_OUT))
		pika_tcp_point_to_urgent(tcb, &header);
	pika_frame_write(frame, &tcb->key, &header, is_v4);
	return frame;
}

/* Whatever else a segment is for, it acknowledges too. */
static inline void pika_segment_acked(struct pika_tcb *tcb)
{
	tcb->last_ack = tcb->rcv_nxt;
	tcb->flags &= ~(PIKA_TCB_ACK_NOW | PIKA_TCB_ACK_DELAYED);
	pika_tcp_clock_clear(tcb, PIKA_CLOCK_ACK);
}

/* See pika_tcp_transmit(). */
static __always_inline bool pika_segment_transmit(struct pika_server *s,
						  struct pika_tcb *tcb,
						  struct pika_frame *frame)
{
	pika_frame_sum(frame);
	if (unlikely(s->ls != s->id)) {
		if (!pika_tcp_send_to_link(s, tcb, frame))
			return false;
	} else if (unlikely(!pika_link_transmit(s, s->link->queue, frame))) {
		s->ts->stats.no_frame++;
		pika_ts_block(s, tcb);
		return false;
	}
	s->ts->stats.frames_out++;
	pika_segment_acked(tcb);
	return true;
}

#endif /* PIKA_CORE_TCP_SEGMENT_H */
