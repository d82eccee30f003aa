// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loss recovery by SACK (RFC 6675): what the peer said becomes a decision what
 * to send again and how much may be in flight; and back, if it turns out that
 * nothing was lost (RFC 3522, RFC 4015). Flows without SACK do with duplicate
 * ACKs (tcp_congestion.c). Runs on its server's core only.
 */

#include "tcp_sack.h"

/* Of a retransmission, until it is taken for lost as well. */
#define LOST_AGAIN	3	/* segments that have overtaken it */

static bool is_possible(const struct pika_tcb *tcb,
			const struct pika_sack *block)
{
	return pika_seq_before(block->start, block->end) &&
	       !pika_seq_after(block->end, tcb->snd_max);
}

/**
 * pika_recovery_blocks() - an ACK has SACK blocks
 * @s: the flow's server
 * @tcb: the flow; SND.UNA is what it was before this ACK
 * @in: the ACK, an acceptable one
 *
 * While all is sent again from SND.UNA on, without a board, they are not used.
 *
 * Return: true if the blocks tell what duplicate ACKs otherwise would.
 */
bool pika_recovery_blocks(struct pika_server *s, struct pika_tcb *tcb,
			  const struct pika_arrival *in)
{
	struct pika_board *board;
	u32 i;

	if (!(tcb->flags & PIKA_TCB_SACK) || tcb->snd_nxt != tcb->snd_max)
		return false;
	for (i = 0; i < in->options.sacks; i++) {
		struct pika_sack block = in->options.sack[i];

		if (!is_possible(tcb, &block)) {
			s->ts->stats.sacks_ignored++;
			continue;
		}
		/* What came twice, most likely (RFC 2883). */
		if (!pika_seq_after(block.end, in->seg->ack))
			continue;
		board = pika_sack_board(s, tcb);
		if (!board)
			return false;
		if (pika_seq_before(block.start, tcb->snd_una))
			block.start = tcb->snd_una;
		pika_holes_sack(board, block.start, block.end);
		tcb->flags |= PIKA_TCB_LOSSY;
	}
	return true;
}

/**
 * pika_recovery_is_on() - is a recovery, or was it until this ACK, by SACK?
 * @s: the flow's server
 * @tcb: the flow
 *
 * Return: true if so; false: it is by duplicate ACKs.
 */
bool pika_recovery_is_on(const struct pika_server *s,
			 const struct pika_tcb *tcb)
{
	return tcb->board != PIKA_POOL_NONE &&
	       pika_board_of(s, tcb)->recovering;
}

static void remember(struct pika_server *s, struct pika_tcb *tcb,
		     struct pika_board *board)
{
	board->undo = tcb->flags & PIKA_TCB_TIMESTAMPS;
	board->undo_cwnd = tcb->cwnd;
	board->undo_ssthresh = tcb->ssthresh;
	board->undo_ts = pika_tcp_ts_now(s, tcb);
}

static void enter(struct pika_server *s, struct pika_tcb *tcb,
		  struct pika_board *board)
{
	remember(s, tcb, board);
	pika_tcp_congestion_lost(s, tcb);
	tcb->cwnd = tcb->ssthresh;
	board->recovering = true;
	board->urge = true;
	pika_probe_arm(s, tcb);
}

/*
 * RFC 4015 3.2. What the peer has of what was sent until now shows that the
 * path reorders, and not that anything was lost.
 */
static void undo(struct pika_server *s, struct pika_tcb *tcb,
		 struct pika_board *board)
{
	struct pika_hole *last = &board->hole[board->holes - 1];

	s->ts->stats.undone++;
	tcb->cwnd = max(tcb->cwnd, board->undo_cwnd);
	tcb->ssthresh = max(tcb->ssthresh, board->undo_ssthresh);
	tcb->flags &= ~PIKA_TCB_RECOVERY;
	tcb->recover = tcb->snd_una;
	board->recovering = false;
	board->lost_to = tcb->snd_una;
	board->spare = tcb->snd_max;
	/* What a time-out took for lost is in flight. */
	if (board->holes && last->end == board->edge) {
		board->edge = last->start;
		board->holes--;
	}
}

/*
 * RFC 3522 3.2: the first ACK of something new after something was sent again
 * tells by its timestamp which of the two has arrived.
 */
static void judge(struct pika_server *s, struct pika_tcb *tcb,
		  struct pika_board *board, const struct pika_arrival *in)
{
	if (!board->undo)
		return;
	board->undo = false;
	if (in->options.present & PIKA_OPTION_TIMESTAMP &&
	    pika_seq_before(in->options.ts_echo, board->undo_ts))
		undo(s, tcb, board);
}

/* What was sent after it has arrived: it was lost like the one before. */
static void find_lost_again(struct pika_server *s, struct pika_tcb *tcb,
			    struct pika_board *board)
{
	u32 i;

	for (i = 0; i < board->holes; i++) {
		struct pika_hole *hole = &board->hole[i];

		if (hole->resend == hole->start ||
		    !pika_seq_after(board->edge,
				    hole->mark + LOST_AGAIN * tcb->mss))
			continue;
		s->ts->stats.lost_again++;
		hole->resend = hole->start;
	}
}

/**
 * pika_recovery_check() - an ACK was taken
 * @s: the flow's server
 * @tcb: the flow, with a board
 * @in: the ACK
 */
void pika_recovery_check(struct pika_server *s, struct pika_tcb *tcb,
			 const struct pika_arrival *in)
{
	struct pika_board *board = pika_board_of(s, tcb);

	if (tcb->snd_una != board->una) {
		pika_holes_trim(board, tcb->snd_una);
		judge(s, tcb, board, in);
	}
	if (!(tcb->flags & PIKA_TCB_RECOVERY))
		board->recovering = false;
	if (board->probing)
		pika_probe_check(tcb, board, in);
	find_lost_again(s, tcb, board);
	if (!(tcb->flags & PIKA_TCB_RECOVERY) &&
	    !pika_seq_before(tcb->snd_una, tcb->recover) &&
	    pika_holes_lost(board, tcb->mss))
		enter(s, tcb, board);
	tcb->flags |= PIKA_TCB_OUTPUT;
	pika_sack_tidy(s, tcb);
}

/**
 * pika_recovery_timeout() - the RTO has fired
 * @s: the flow's server
 * @tcb: the flow, its congestion window as before
 *
 * What the peer said to have is not sent again (RFC 6675 5.1), unless it seems
 * to have dropped it.
 *
 * Return: false if all has to be sent again from SND.UNA on: there is no SACK,
 * or no memory for it.
 */
bool pika_recovery_timeout(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_board *board;

	if (tcb->snd_nxt != tcb->snd_max)
		return false;
	board = pika_sack_board(s, tcb);
	if (!board)
		return false;
	if (!tcb->retries)
		remember(s, tcb, board);
	pika_holes_all(board, tcb->snd_una, tcb->snd_max);
	board->recovering = false;
	board->probing = false;
	board->urge = true;
	tcb->flags |= PIKA_TCB_LOSSY;
	return true;
}

/* What counts against the congestion window. */
static u32 in_flight(const struct pika_tcb *tcb,
		     const struct pika_board *board)
{
	if (tcb->snd_nxt != tcb->snd_max)
		return tcb->snd_nxt - tcb->snd_una;
	return pika_holes_pipe(board, pika_holes_lost(board, tcb->mss),
			       tcb->snd_max);
}

/**
 * pika_recovery_room() - how much more may be in flight
 * @s: the flow's server
 * @tcb: the flow, with a board
 *
 * Return: bytes, by both windows; as in pika_tcp_output(), also if the peer has
 * taken its window back and all is sent again.
 */
u32 pika_recovery_room(const struct pika_server *s, const struct pika_tcb *tcb)
{
	u32 pipe = in_flight(tcb, pika_board_of(s, tcb));
	u32 sent = tcb->snd_nxt - tcb->snd_una;
	u32 window = tcb->snd_wnd;

	if (!sent)
		window = max(window, pika_tcp_flight(tcb));
	return min(tcb->cwnd - min(tcb->cwnd, pipe),
		   window - min(window, sent));
}

/**
 * pika_recovery_frame() - what one frame may hold after a loss
 * @s: the flow's server
 * @tcb: the flow
 *
 * A frame may be lost as a whole, or its segments one after the other: if it
 * were all that is in flight nothing would tell.
 *
 * Return: bytes, whole segments.
 */
u32 pika_recovery_frame(const struct pika_server *s,
			const struct pika_tcb *tcb)
{
	u32 segments = max(tcb->cwnd / 2 / tcb->mss, 1u);

	return min_t(u32, segments, s->ts->max_segments) * tcb->mss;
}

/* The place of a byte, found from where the last one was if that is nearer. */
static struct pika_place place_of(const struct pika_server *s,
				  const struct pika_tcb *tcb,
				  const struct pika_board *board, u32 seq)
{
	struct pika_place place = tcb->head;
	u32 at = tcb->snd_una;

	if (!pika_seq_before(board->cursor, at) &&
	    !pika_seq_after(board->cursor, seq) &&
	    board->cursor_place.chunk != PIKA_POOL_NONE) {
		place = board->cursor_place;
		at = board->cursor;
	}
	pika_tcp_queue_skip(s, &place, seq - at);
	return place;
}

/* How much of a hole goes with the next frame. */
static u32 part_of(const struct pika_server *s, const struct pika_tcb *tcb,
		   const struct pika_board *board,
		   const struct pika_hole *hole, u32 room)
{
	u32 len = hole->end - hole->resend;
	u32 window = tcb->snd_wnd;
	u32 before = hole->resend - tcb->snd_una;

	if (room < min_t(u32, len, tcb->mss)) {
		if (!board->urge)
			return 0;
		room = tcb->mss;
	}
	/* As in pika_tcp_output(): the first may go though it is shut. */
	if (!before)
		window = max_t(u32, window, tcb->mss);
	len = min(len, window - min(window, before));
	len = min(len, min(room, pika_recovery_frame(s, tcb)));
	return len > tcb->mss ? len - len % tcb->mss : len;
}

/* False: no more may go, or nothing more can. */
static bool resend_part(struct pika_server *s, struct pika_tcb *tcb,
			struct pika_board *board, struct pika_hole *hole,
			u32 *room)
{
	u32 len = part_of(s, tcb, board, hole, *room);
	struct pika_place place;

	if (!len)
		return false;
	place = place_of(s, tcb, board, hole->resend);
	len = pika_tcp_resend(s, tcb, &place, hole->resend, len);
	if (!len)
		return false;
	hole->resend += len;
	hole->mark = tcb->snd_max;
	board->cursor = hole->resend;
	board->cursor_place = place;
	board->urge = false;
	*room -= min(*room, len);
	return true;
}

/**
 * pika_recovery_output() - send again what is lost
 * @s: the flow's server
 * @tcb: the flow, with a board or without
 *
 * NextSeg() of RFC 6675, (1); what was never sent follows if there is room (2).
 */
void pika_recovery_output(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_board *board;
	u32 lost, pipe, room;
	u32 i;

	if (tcb->board == PIKA_POOL_NONE || tcb->snd_nxt != tcb->snd_max)
		return;
	board = pika_board_of(s, tcb);
	lost = pika_holes_lost(board, tcb->mss);
	pipe = pika_holes_pipe(board, lost, tcb->snd_max);
	room = tcb->cwnd - min(tcb->cwnd, pipe);
	for (i = 0; i < lost; i++)
		while (board->hole[i].resend != board->hole[i].end)
			if (!resend_part(s, tcb, board, &board->hole[i], &room))
				return;
}
