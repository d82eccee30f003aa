// SPDX-License-Identifier: GPL-2.0-only
/*
 * A flow's headers: what TCB becomes what field, and how the frame gets to the
 * link server. Says nothing about when. Runs on its server's core only.
 */

#include "tcp_segment.h"

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
	return pika_segment_room(tcb);
}

/**
 * pika_tcp_point_to_urgent() - with something urgent to be sent
 * @tcb: the flow
 * @header: of a segment, with its SEG.SEQ; gets the pointer
 *
 * That is to the byte after the urgent one, as everybody has it (RFC 6093 3.1);
 * as far as it can reach if that is far away.
 */
void pika_tcp_point_to_urgent(const struct pika_tcb *tcb,
			      struct pika_tcp_header *header)
{
	if (!pika_seq_after(tcb->snd_up, header->seq))
		return;
	header->urgent = min(tcb->snd_up - header->seq, 0xffffu);
	header->flags |= PIKA_TCP_URG;
}

/**
 * pika_tcp_far_frame() - a frame for an LS in another server
 * @s: the flow's server
 * @tcb: the flow
 *
 * Return: the frame; NULL if none is free: the flow waits for one.
 */
struct pika_frame *pika_tcp_far_frame(struct pika_server *s,
				      struct pika_tcb *tcb)
{
	u32 index = pika_pool_take(&s->ts->frames);

	if (index != PIKA_POOL_NONE)
		return pika_pool_at(&s->ts->frames, index);
	s->ts->stats.no_frame++;
	pika_ts_block(s, tcb);
	return NULL;
}

/**
 * pika_tcp_syn_options() - what a SYN offers, and a SYN-ACK answers
 * @s: the flow's server
 * @tcb: the flow
 * @bytes: room for PIKA_OPTIONS_SYN
 *
 * Return: how many bytes were written.
 */
u32 pika_tcp_syn_options(const struct pika_server *s,
			 const struct pika_tcb *tcb, u8 *bytes)
{
	struct pika_tcp_options options;

	options.present = PIKA_OPTION_MSS;
	options.mss = pika_tcp_link_mss(s, tcb);
	options.window_scale = tcb->rcv_shift;
	options.ts_value = pika_tcp_ts_now(s, tcb);
	options.ts_echo = tcb->ts_recent;
	if (tcb->flags & PIKA_TCB_TIMESTAMPS)
		options.present |= PIKA_OPTION_TIMESTAMP;
	if (tcb->flags & PIKA_TCB_SCALED)
		options.present |= PIKA_OPTION_WINDOW_SCALE;
	if (tcb->flags & PIKA_TCB_SACK)
		options.present |= PIKA_OPTION_SACK_PERMITTED;
	return pika_options_write_syn(bytes, &options);
}

static __pika_apart struct pika_frame *build_syn(struct pika_server *s,
						 struct pika_tcb *tcb, u32 seq,
						 u8 flags)
{
	return pika_segment_build(s, tcb, seq, flags, true);
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
	return unlikely(flags & PIKA_TCP_SYN) ?
		build_syn(s, tcb, seq, flags) :
		pika_segment_build(s, tcb, seq, flags, false);
}

/**
 * pika_tcp_send_to_link() - a segment is complete, and the LS elsewhere
 * @s: the flow's server
 * @tcb: the flow
 * @frame: as for pika_tcp_transmit()
 *
 * Return: as pika_tcp_transmit().
 */
bool pika_tcp_send_to_link(struct pika_server *s, struct pika_tcb *tcb,
			   struct pika_frame *frame)
{
	struct pika_pool *frames = &s->ts->frames;
	struct pika_msg msg = {
		.type = PIKA_MSG_TRANSMIT,
		.flow = PIKA_HANDLE_NONE,
		.transmit.frame = frame,
	};

	if (frame->bytes)
		msg.flow = tcb->handle;
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
	return pika_segment_transmit(s, tcb, frame);
}
