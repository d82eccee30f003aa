// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the application has given to be sent, as chunks in the order of their
 * sequence numbers, until it is acknowledged. Two places are remembered: the
 * first byte not acknowledged and the next to be sent, so nothing is searched.
 * Says nothing about when to send. Runs on its server's core only.
 */

#include "tcp.h"

static struct pika_chunk *chunk_at(const struct pika_server *s, u32 index)
{
	return pika_pool_at(&s->ts->chunks, index);
}

/* Short writes share a chunk as long as they fit. */
static bool add_to_last(struct pika_server *s, struct pika_tcb *tcb,
			const struct pika_msg_send *send)
{
	struct pika_chunk *last;

	if (tcb->tail == PIKA_POOL_NONE || send->len > PIKA_MSG_INLINE)
		return false;
	last = chunk_at(s, tcb->tail);
	if (!last->inline_bytes || last->len + send->len > PIKA_MSG_INLINE)
		return false;
	if (tcb->next.chunk == PIKA_POOL_NONE) {
		tcb->next.chunk = tcb->tail;
		tcb->next.skip = last->len;
	}
	memcpy(last->bytes + last->len, send->bytes, send->len);
	last->len += send->len;
	return true;
}

static void fill(struct pika_tcb *tcb, struct pika_chunk *chunk,
		 const struct pika_msg_send *send)
{
	chunk->next = PIKA_POOL_NONE;
	chunk->len = send->len;
	chunk->inline_bytes = send->len <= PIKA_MSG_INLINE;
	if (chunk->inline_bytes) {
		/* All of them: a copy of as many as there are is a call. */
		memcpy(chunk->bytes, send->bytes, sizeof(chunk->bytes));
		return;
	}
	chunk->buffer = send->buffer;
	chunk->offset = send->offset;
	tcb->borrowed++;
}

static void append(struct pika_server *s, struct pika_tcb *tcb, u32 index)
{
	const struct pika_place start = { .chunk = index };

	if (tcb->tail == PIKA_POOL_NONE)
		tcb->head = start;
	else
		chunk_at(s, tcb->tail)->next = index;
	tcb->tail = index;
	if (tcb->next.chunk == PIKA_POOL_NONE)
		tcb->next = start;
}

/**
 * pika_tcp_queue_add() - the application has more to send
 * @s: the flow's server
 * @tcb: the flow
 * @send: bytes, or where they are: that stays the application's to keep
 *	until an UPDATE has told that they are acknowledged
 *
 * Return: false if no chunk is free.
 */
bool pika_tcp_queue_add(struct pika_server *s, struct pika_tcb *tcb,
			const struct pika_msg_send *send)
{
	u32 index;

	if (!add_to_last(s, tcb, send)) {
		index = pika_pool_take(&s->ts->chunks);
		if (index == PIKA_POOL_NONE)
			return false;
		fill(tcb, chunk_at(s, index), send);
		append(s, tcb, index);
	}
	tcb->snd_end += send->len;
	return true;
}

static void release(struct pika_server *s, struct pika_tcb *tcb, u32 index)
{
	if (!chunk_at(s, index)->inline_bytes)
		tcb->borrowed--;
	pika_pool_put(&s->ts->chunks, index);
}

/*
 * A frame that waits at an LS elsewhere may refer to it, though the peer has it
 * from an earlier one, or says so.
 */
static void drop_first(struct pika_server *s, struct pika_tcb *tcb)
{
	u32 index = tcb->head.chunk;
	struct pika_chunk *chunk = chunk_at(s, index);

	tcb->head.chunk = chunk->next;
	tcb->head.skip = 0;
	if (chunk->next == PIKA_POOL_NONE)
		tcb->tail = PIKA_POOL_NONE;
	if (!tcb->at_link) {
		release(s, tcb, index);
		return;
	}
	chunk->next = tcb->held;
	tcb->held = index;
}

/**
 * pika_tcp_queue_release() - no frame refers to what was held for it any more
 * @s: the flow's server
 * @tcb: the flow, with no frame at an LS
 */
void pika_tcp_queue_release(struct pika_server *s, struct pika_tcb *tcb)
{
	u32 index;

	while ((index = tcb->held) != PIKA_POOL_NONE) {
		tcb->held = chunk_at(s, index)->next;
		release(s, tcb, index);
	}
}

/**
 * pika_tcp_queue_acked() - the peer has some of the bytes
 * @s: the flow's server
 * @tcb: the flow; its next place must be set anew if it was passed
 * @len: how many, from the first on
 */
void pika_tcp_queue_acked(struct pika_server *s, struct pika_tcb *tcb, u32 len)
{
	u32 rest;

	while (len) {
		rest = chunk_at(s, tcb->head.chunk)->len - tcb->head.skip;
		if (len < rest) {
			tcb->head.skip += len;
			return;
		}
		len -= rest;
		drop_first(s, tcb);
	}
}

/**
 * pika_tcp_queue_rewind() - send again from the first byte
 * @tcb: the flow
 */
void pika_tcp_queue_rewind(struct pika_tcb *tcb)
{
	tcb->next = tcb->head;
}

/**
 * pika_tcp_queue_drop() - nothing of the queue will be sent any more
 * @s: the flow's server
 * @tcb: the flow
 */
void pika_tcp_queue_drop(struct pika_server *s, struct pika_tcb *tcb)
{
	while (tcb->head.chunk != PIKA_POOL_NONE)
		drop_first(s, tcb);
	tcb->next.chunk = PIKA_POOL_NONE;
}

/**
 * pika_tcp_queue_skip() - where a byte is
 * @s: the flow's server
 * @place: from where; moved
 * @len: so many bytes further, at most to the end of the queue
 */
void pika_tcp_queue_skip(const struct pika_server *s,
			 struct pika_place *place, u32 len)
{
	const struct pika_chunk *chunk;
	u32 rest;

	while (len) {
		chunk = chunk_at(s, place->chunk);
		rest = chunk->len - place->skip;
		if (len < rest) {
			place->skip += len;
			return;
		}
		len -= rest;
		place->chunk = chunk->next;
		place->skip = 0;
	}
}

/**
 * pika_tcp_queue_fit() - how much of the queue fits into one frame
 * @s: the flow's server
 * @place: from where
 * @len: wanted; there is that much
 *
 * Return: @len, or less if it lies in too many pieces.
 */
u32 pika_tcp_queue_fit(const struct pika_server *s,
		       const struct pika_place *place, u32 len)
{
	const struct pika_chunk *chunk;
	u32 index = place->chunk;
	u32 skip = place->skip;
	u32 fit = 0;
	u32 i;

	for (i = 0; i < PIKA_FRAME_FRAGMENTS && fit < len; i++) {
		chunk = chunk_at(s, index);
		fit += chunk->len - skip;
		index = chunk->next;
		skip = 0;
	}
	return min(fit, len);
}

static void refer(struct pika_fragment *fragment,
		  const struct pika_chunk *chunk, u32 skip, u32 len)
{
	fragment->len = len;
	if (chunk->inline_bytes) {
		fragment->buffer = 0;
		fragment->offset = 0;
		fragment->bytes = chunk->bytes + skip;
	} else {
		fragment->buffer = chunk->buffer;
		fragment->offset = chunk->offset + skip;
		fragment->bytes = NULL;
	}
}

/**
 * pika_tcp_queue_gather() - put bytes of the queue into a frame
 * @s: the flow's server
 * @place: from where; moved behind them
 * @len: how many; pika_tcp_queue_fit() says that they fit
 * @frame: without payload
 */
void pika_tcp_queue_gather(const struct pika_server *s,
			   struct pika_place *place, u32 len,
			   struct pika_frame *frame)
{
	const struct pika_chunk *chunk;
	u32 part;

	frame->bytes = len;
	while (len) {
		chunk = chunk_at(s, place->chunk);
		part = min(len, chunk->len - place->skip);
		refer(&frame->fragments[frame->fragments_len++], chunk,
		      place->skip, part);
		len -= part;
		place->skip += part;
		if (place->skip == chunk->len) {
			place->chunk = chunk->next;
			place->skip = 0;
		}
	}
}
