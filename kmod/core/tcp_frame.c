// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flow's headers: what TCB becomes what field, and how the frame gets to the
 * link server. Says nothing about when. Runs on its server's core only.
 */

#include "tcp.h"

#include "frame.h"
#include "link.h"

#define WINDOW_MAX	0xffffu

/**
 * pika_tcp_receive_room() - how far the window could be open
 * @tcb: the flow
 *
 * What payload leaves, or half of what its packets leave of memory: small ones
 * need much. None at all rather than little: RFC 9293 3.8.6.2.2.
 *
 * Return: bytes after RCV.NXT.
 */
u32 pika_tcp_receive_room(const struct pika_tcb *tcb)
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
	if (room > WINDOW_MAX << tcb->rcv_shift)
		room = WINDOW_MAX << tcb->rcv_shift;
	return room;
}

/* SEG.WND as it goes on the wire. The right edge never moves left. */
static u16 window(struct pika_tcb *tcb, bool syn)
{
	u32 room = pika_tcp_receive_room(tcb);

	if (syn)
		room = min(room, WINDOW_MAX);
	if (pika_seq_after(tcb->rcv_nxt + room, tcb->rcv_edge))
		tcb->rcv_edge = tcb->rcv_nxt + room;
	room = tcb->rcv_edge - tcb->rcv_nxt;
	if (!syn)
		room >>= tcb->rcv_shift;
	return room < WINDOW_MAX ? room : WINDOW_MAX;
}

/* What a SYN offers, and a SYN-ACK answers. */
static u32 write_syn_options(const struct pika_server *s,
			     const struct pika_tcb *tcb, u8 *bytes)
{
	u32 headers = pika_addr_is_v4(&tcb->key.local) ? 40 : 60;
	struct pika_tcp_options options = {
		.present = PIKA_OPTION_MSS,
		.mss = s->ts->config.mtu - headers,
		.window_scale = tcb->rcv_shift,
		.ts_value = pika_tcp_ts_now(s, tcb),
		.ts_echo = tcb->ts_recent,
	};

	if (tcb->flags & PIKA_TCB_TIMESTAMPS)
		options.present |= PIKA_OPTION_TIMESTAMP;
	if (tcb->flags & PIKA_TCB_SCALED)
		options.present |= PIKA_OPTION_WINDOW_SCALE;
	if (tcb->flags & PIKA_TCB_SACK)
		options.present |= PIKA_OPTION_SACK_PERMITTED;
	return pika_options_write_syn(bytes, &options);
}

static u32 write_options(const struct pika_server *s,
			 const struct pika_tcb *tcb, u8 flags, u8 *bytes)
{
	if (flags & PIKA_TCP_SYN)
		return write_syn_options(s, tcb, bytes);
	if (tcb->flags & PIKA_TCB_TIMESTAMPS)
		return pika_options_write_timestamp(bytes,
						    pika_tcp_ts_now(s, tcb),
						    tcb->ts_recent);
	return 0;
}

/*
 * The pointer is to the byte after the urgent one, as everybody has it (RFC
 * 6093 3.1); as far as it can reach if that is far away.
 */
static void point_to_urgent(const struct pika_tcb *tcb,
			    struct pika_tcp_header *header)
{
	if (!pika_seq_after(tcb->snd_up, header->seq))
		return;
	header->urgent = min(tcb->snd_up - header->seq, 0xffffu);
	header->flags |= PIKA_TCP_URG;
}

/* A frame of our own to build in: an LS elsewhere keeps it until SENT. */
static struct pika_frame *take_frame(struct pika_server *s,
				     struct pika_tcb *tcb)
{
	u32 index;

	if (s->ls == s->id)
		return &s->ts->scratch;
	index = pika_pool_take(&s->ts->frames);
	if (index != PIKA_POOL_NONE)
		return pika_pool_at(&s->ts->frames, index);
	s->ts->stats.no_frame++;
	pika_ts_block(s, tcb);
	return NULL;
}

/**
 * pika_tcp_frame() - begin a segment
 * @s: the flow's server
 * @tcb: the flow
 * @seq: SEG.SEQ
 * @flags: PIKA_TCP_*
 *
 * Return: a frame without payload, for pika_tcp_transmit(); NULL if none is
 * free: the flow's output is then looked at again when one is.
 */
struct pika_frame *pika_tcp_frame(struct pika_server *s, struct pika_tcb *tcb,
				  u32 seq, u8 flags)
{
	bool is_v4 = pika_addr_is_v4(&tcb->key.local);
	struct pika_frame *frame = take_frame(s, tcb);
	struct pika_tcp_header header = {
		.seq = seq,
		.ack = flags & PIKA_TCP_ACK ? tcb->rcv_nxt : 0,
		.flags = flags,
		.tos = tcb->tos,
		.ttl = tcb->ttl,
	};
	u8 *options;

	if (unlikely(!frame))
		return NULL;
	options = frame->header + TCP_HEADER + (is_v4 ? V4_HEADER : V6_HEADER);
	if (!(flags & PIKA_TCP_RST))
		header.window = window(tcb, flags & PIKA_TCP_SYN);
	header.options_len = write_options(s, tcb, flags, options);
	if (unlikely(tcb->flags & PIKA_TCB_URGENT_OUT))
		point_to_urgent(tcb, &header);
	pika_frame_write(frame, &tcb->key, &header, is_v4);
	return frame;
}

static bool send_to_link(struct pika_server *s, struct pika_tcb *tcb,
			 struct pika_frame *frame)
{
	struct pika_pool *frames = &s->ts->frames;
	struct pika_msg msg = {
		.type = PIKA_MSG_TRANSMIT,
		.flow = PIKA_HANDLE_NONE,
		.transmit.frame = frame,
	};

	if (frame->bytes)
		msg.flow = pika_ts_handle(s, tcb);
	if (pika_send(s, s->ls, &msg)) {
		tcb->at_link += !!frame->bytes;
		return true;
	}
	pika_pool_put(frames, frame - (struct pika_frame *)frames->objects);
	s->ts->stats.no_frame++;
	pika_ts_block(s, tcb);
	pika_send_later(s, s->ls, &s->ts->link_retry);
	return false;
}

/* Whatever else a segment is for, it acknowledges too. */
static void has_acked(struct pika_tcb *tcb)
{
	tcb->last_ack = tcb->rcv_nxt;
	tcb->flags &= ~(PIKA_TCB_ACK_NOW | PIKA_TCB_ACK_DELAYED);
	pika_tcp_clock_clear(tcb, PIKA_CLOCK_ACK);
}

/**
 * pika_tcp_transmit() - a segment is complete
 * @s: the flow's server
 * @tcb: the flow
 * @frame: from pika_tcp_frame(), with its payload; not the caller's any more
 *
 * Return: false if the LS's ring, or the card's queue of an LS in this server,
 * is full: nothing was sent, and the flow's output is looked at again when
 * there is room.
 */
bool pika_tcp_transmit(struct pika_server *s, struct pika_tcb *tcb,
		       struct pika_frame *frame)
{
	pika_frame_sum(frame);
	if (s->ls != s->id) {
		if (!send_to_link(s, tcb, frame))
			return false;
	} else if (!pika_link_transmit(s, s->link->queue, frame)) {
		s->ts->stats.no_frame++;
		pika_ts_block(s, tcb);
		return false;
	}
	s->ts->stats.frames_out++;
	has_acked(tcb);
	return true;
}
