// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scoreboard of RFC 6675 as a sorted list of holes: what the peer has not,
 * while it has something beyond. Pure functions on a board; there are few
 * holes, so that whatever a peer says is little work. Runs on the core of the
 * server whose flow it is.
 */

#include "tcp_sack.h"

#define DUPLICATES	3	/* DupThresh, RFC 6675 2 */

/**
 * pika_holes_init() - nothing is missing
 * @board: to be filled in, all zeroes
 * @una: SND.UNA
 */
void pika_holes_init(struct pika_board *board, u32 una)
{
	board->edge = una;
	board->una = una;
	board->lost_to = una;
	board->spare = una;
	board->cursor = una - 1;
}

static void remove_holes(struct pika_board *board, u32 i, u32 n)
{
	board->holes -= n;
	memmove(&board->hole[i], &board->hole[i + n],
		(board->holes - i) * sizeof(board->hole[0]));
}

/* False: too many. */
static bool insert_hole(struct pika_board *board, u32 i, u32 start, u32 end)
{
	if (board->holes == PIKA_HOLES)
		return false;
	memmove(&board->hole[i + 1], &board->hole[i],
		(board->holes - i) * sizeof(board->hole[0]));
	board->holes++;
	board->hole[i] = (struct pika_hole){
		.start = start, .end = end, .resend = start, .mark = end,
	};
	return true;
}

static u32 later(u32 a, u32 b)
{
	return pika_seq_after(a, b) ? a : b;
}

static u32 earlier(u32 a, u32 b)
{
	return pika_seq_before(a, b) ? a : b;
}

static void set_extent(struct pika_hole *hole, u32 start, u32 end)
{
	hole->start = start;
	hole->end = end;
	hole->resend = earlier(later(hole->resend, start), end);
}

/* The peer has what is in the middle. False: there is no room for two. */
static bool split(struct pika_board *board, u32 i, u32 start, u32 end)
{
	struct pika_hole *hole = &board->hole[i];

	if (!insert_hole(board, i + 1, end, hole->end))
		return false;
	hole[1].resend = earlier(later(hole->resend, end), hole->end);
	hole[1].mark = hole->mark;
	set_extent(hole, hole->start, start);
	return true;
}

/* Takes what the peer has out of the holes. Returns true if any of it was. */
static bool cut(struct pika_board *board, u32 start, u32 end)
{
	struct pika_hole *hole;
	bool news = false;
	u32 i = 0;

	while (i < board->holes) {
		hole = &board->hole[i];
		if (!pika_seq_before(hole->start, end))
			break;
		if (!pika_seq_after(hole->end, start)) {
			i++;
			continue;
		}
		if (pika_seq_before(hole->start, start) &&
		    pika_seq_after(hole->end, end))
			return split(board, i, start, end);
		news = true;
		if (pika_seq_before(hole->start, start)) {
			set_extent(hole, hole->start, start);
			i++;
		} else if (pika_seq_after(hole->end, end)) {
			set_extent(hole, end, hole->end);
			i++;
		} else {
			remove_holes(board, i, 1);
		}
	}
	return news;
}

/**
 * pika_holes_sack() - the peer has a block
 * @board: the flow's
 * @start: of the block, not before SND.UNA
 * @end: after @start, not beyond what was sent
 *
 * What there is no room to note is as if the peer had not said it.
 *
 * Return: true if that is news.
 */
bool pika_holes_sack(struct pika_board *board, u32 start, u32 end)
{
	bool news = cut(board, start, end);

	if (!pika_seq_after(end, board->edge))
		return news;
	if (pika_seq_after(start, board->edge) &&
	    !insert_hole(board, board->holes, board->edge, start))
		return news;
	board->edge = end;
	return true;
}

/**
 * pika_holes_trim() - more was acknowledged
 * @board: the flow's
 * @una: SND.UNA
 */
void pika_holes_trim(struct pika_board *board, u32 una)
{
	u32 n = 0;

	while (n < board->holes && !pika_seq_after(board->hole[n].end, una))
		n++;
	remove_holes(board, 0, n);
	if (board->holes && pika_seq_before(board->hole[0].start, una))
		set_extent(&board->hole[0], una, board->hole[0].end);
	board->una = una;
	board->edge = later(board->edge, una);
	board->lost_to = later(board->lost_to, una);
	board->spare = later(board->spare, una);
	board->cursor = later(board->cursor, una - 1);
}

/**
 * pika_holes_all() - nothing that is in flight will arrive any more
 * @board: the flow's
 * @una: SND.UNA
 * @max: what was sent ends here
 *
 * What the peer said to have it must have still: only if that begins with
 * SND.UNA it must have dropped it (RFC 2018 8), and all is sent again.
 */
void pika_holes_all(struct pika_board *board, u32 una, u32 max)
{
	u32 i;

	if (!board->holes || board->hole[0].start != una) {
		board->holes = 0;
		board->edge = una;
	}
	if (pika_seq_before(board->edge, max) &&
	    !insert_hole(board, board->holes, board->edge, max))
		board->hole[PIKA_HOLES - 1].end = max;
	for (i = 0; i < board->holes; i++)
		board->hole[i].resend = board->hole[i].start;
	board->edge = max;
	board->lost_to = max;
	board->spare = una;
}

/**
 * pika_holes_has() - does the peer say that it has a sequence number?
 * @board: the flow's
 * @seq: not before SND.UNA
 *
 * Return: true if so.
 */
bool pika_holes_has(const struct pika_board *board, u32 seq)
{
	u32 i;

	for (i = 0; i < board->holes; i++)
		if (seq - board->hole[i].start <
		    board->hole[i].end - board->hole[i].start)
			return false;
	return pika_seq_before(seq, board->edge);
}

/**
 * pika_holes_lost() - IsLost() of RFC 6675
 * @board: the flow's
 * @mss: of the flow
 *
 * The peer has enough beyond a hole, in number of blocks or in bytes; then it
 * has beyond all before it.
 *
 * Return: how many holes, from the first on, are lost.
 */
u32 pika_holes_lost(const struct pika_board *board, u32 mss)
{
	u32 top = board->edge;
	u32 blocks = 0;
	u32 bytes = 0;
	u32 i, from;

	for (i = board->holes; i > 0; i--) {
		const struct pika_hole *hole = &board->hole[i - 1];

		from = later(hole->end, board->spare);
		if (pika_seq_after(top, from)) {
			bytes += top - from;
			blocks++;
		}
		if (blocks >= DUPLICATES || bytes > (DUPLICATES - 1) * mss ||
		    pika_seq_before(hole->start, board->lost_to))
			return i;
		top = hole->start;
	}
	return 0;
}

/**
 * pika_holes_pipe() - SetPipe() of RFC 6675: what is in flight
 * @board: the flow's
 * @lost: how many holes are lost
 * @max: what was sent ends here
 *
 * Return: bytes.
 */
u32 pika_holes_pipe(const struct pika_board *board, u32 lost, u32 max)
{
	u32 pipe = max - board->edge;
	u32 i;

	for (i = 0; i < board->holes; i++) {
		const struct pika_hole *hole = &board->hole[i];

		pipe += hole->resend - hole->start;
		if (i >= lost)
			pipe += hole->end - hole->start;
	}
	return pipe;
}
