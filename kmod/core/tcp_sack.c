// SPDX-License-Identifier: GPL-2.0-only
/*
 * What we tell the peer of its segments that came out of order (RFC 2018) or
 * twice (RFC 2883), and the memory that loss takes. What the peer tells us is
 * in tcp_holes.c. Runs on its server's core only.
 */

#include "tcp_sack.h"

/**
 * pika_sack_board() - a flow's memory for what is missing
 * @s: its server
 * @tcb: the flow
 *
 * Return: the board it has, or a new one; NULL if both sides did not permit
 * SACK, or none is free, which is counted: the flow then does without.
 */
struct pika_board *pika_sack_board(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_board *board;
	u32 index = tcb->board;

	if (index != PIKA_POOL_NONE)
		return pika_pool_at(&s->ts->boards, index);
	if (!(tcb->flags & PIKA_TCB_SACK))
		return NULL;
	index = pika_pool_take(&s->ts->boards);
	if (index == PIKA_POOL_NONE) {
		s->ts->stats.no_board++;
		return NULL;
	}
	tcb->board = index;
	board = pika_pool_at(&s->ts->boards, index);
	memset(board, 0, sizeof(*board));
	pika_holes_init(board, tcb->snd_una);
	return board;
}

/**
 * pika_sack_drop() - nothing is missing any more, or it does not matter
 * @s: the flow's server
 * @tcb: the flow, with a board or without
 */
void pika_sack_drop(struct pika_server *s, struct pika_tcb *tcb)
{
	if (likely(tcb->board == PIKA_POOL_NONE))
		return;
	pika_pool_put(&s->ts->boards, tcb->board);
	tcb->board = PIKA_POOL_NONE;
}

static bool is_empty(const struct pika_sack *block)
{
	return block->start == block->end;
}

/* Of ours is nothing missing, and nothing waited for that would tell. */
static bool sends_well(const struct pika_board *board,
		       const struct pika_tcb *tcb)
{
	return !board->holes && !board->recovering && !board->probing &&
	       !pika_seq_after(board->edge, tcb->snd_una);
}

/**
 * pika_sack_tidy() - give the board back if it says nothing
 * @s: the flow's server
 * @tcb: the flow, with a board or without
 */
void pika_sack_tidy(struct pika_server *s, struct pika_tcb *tcb)
{
	const struct pika_board *board;

	if (tcb->board == PIKA_POOL_NONE)
		return;
	board = pika_board_of(s, tcb);
	if (!board->recents && is_empty(&board->twice) &&
	    sends_well(board, tcb))
		pika_sack_drop(s, tcb);
}

static void forget(struct pika_board *board, u32 i)
{
	board->recents--;
	memmove(&board->recent[i], &board->recent[i + 1],
		(board->recents - i) * sizeof(board->recent[0]));
}

/* Blocks that touch or overlap become one. */
static bool join(struct pika_sack *block, const struct pika_sack *other)
{
	if (pika_seq_after(block->start, other->end) ||
	    pika_seq_before(block->end, other->start))
		return false;
	if (pika_seq_before(other->start, block->start))
		block->start = other->start;
	if (pika_seq_after(other->end, block->end))
		block->end = other->end;
	return true;
}

/**
 * pika_sack_kept() - a segment beyond a hole is kept
 * @s: the flow's server
 * @tcb: the flow
 * @start: its first sequence number
 * @end: after its last one
 *
 * Its block is told first, then those that were told last, as the ACKs with
 * them may have been lost (RFC 2018 4).
 */
void pika_sack_kept(struct pika_server *s, struct pika_tcb *tcb, u32 start,
		    u32 end)
{
	struct pika_sack block = { .start = start, .end = end };
	struct pika_board *board;
	u32 i = 0;

	board = start == end ? NULL : pika_sack_board(s, tcb);
	if (!board)
		return;
	while (i < board->recents) {
		if (join(&block, &board->recent[i])) {
			forget(board, i);
			i = 0;	/* it may reach another now */
		} else {
			i++;
		}
	}
	if (board->recents < ARRAY_SIZE(board->recent))
		board->recents++;
	memmove(&board->recent[1], &board->recent[0],
		(board->recents - 1) * sizeof(block));
	board->recent[0] = block;
}

/**
 * pika_sack_twice() - a segment had nothing new
 * @s: the flow's server
 * @tcb: the flow, which will send an ACK
 * @start: its first sequence number
 * @end: after its last one
 *
 * RFC 2883 4: so the peer learns that it had no need to send it again.
 */
void pika_sack_twice(struct pika_server *s, struct pika_tcb *tcb, u32 start,
		     u32 end)
{
	struct pika_board *board = pika_sack_board(s, tcb);

	if (board)
		board->twice = (struct pika_sack){ .start = start, .end = end };
}

/**
 * pika_sack_advanced() - RCV.NXT has reached what was beyond a hole
 * @s: the flow's server
 * @tcb: the flow, with a board or without
 */
void pika_sack_advanced(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_board *board;
	u32 i = 0;

	if (tcb->board == PIKA_POOL_NONE)
		return;
	board = pika_board_of(s, tcb);
	while (i < board->recents) {
		if (pika_seq_after(board->recent[i].end, tcb->rcv_nxt))
			i++;
		else
			forget(board, i);
	}
	pika_sack_tidy(s, tcb);
}

/**
 * pika_sack_pruned() - something that was kept beyond a hole was dropped
 * @s: the flow's server
 * @tcb: the flow, with a board or without
 *
 * The peer must not be told any more that we have it; what else was told, it
 * knows.
 */
void pika_sack_pruned(struct pika_server *s, struct pika_tcb *tcb)
{
	if (tcb->board == PIKA_POOL_NONE)
		return;
	pika_board_of(s, tcb)->recents = 0;
	pika_sack_tidy(s, tcb);
}

/* Those that have room beside the timestamp. Returns how many. */
static u32 choose(const struct pika_tcb *tcb, const struct pika_board *board,
		  struct pika_sack *out)
{
	u32 most = tcb->flags & PIKA_TCB_TIMESTAMPS ?
		PIKA_OPTIONS_SACKS - 1 : PIKA_OPTIONS_SACKS;
	u32 n = 0;
	u32 i;

	if (!is_empty(&board->twice))
		out[n++] = board->twice;
	for (i = 0; i < board->recents && n < most; i++)
		out[n++] = board->recent[i];
	return n;
}

/**
 * pika_sack_write() - tell the peer, in an ACK without data
 * @s: the flow's server
 * @tcb: the flow, with a board
 * @frame: the ACK, from pika_tcp_frame(); its options grow
 */
void pika_sack_write(struct pika_server *s, struct pika_tcb *tcb,
		     struct pika_frame *frame)
{
	struct pika_board *board = pika_board_of(s, tcb);
	struct pika_sack blocks[PIKA_OPTIONS_SACKS];
	u32 n = choose(tcb, board, blocks);

	if (!n)
		return;
	pika_frame_grow(frame, pika_options_write_sacks(frame->header +
							frame->header_len,
							blocks, n));
	board->twice.end = board->twice.start;
	pika_sack_tidy(s, tcb);
}
