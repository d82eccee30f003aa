// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the last of what is in flight is lost nothing shows it, and when a
 * retransmission is, nothing may. Before the RTO, which is long, one segment is
 * sent as a probe (RFC 8985 7): its acknowledgment tells what is missing. Only
 * flows that have lost something before do so: the others' clocks have less to
 * do. Runs on its server's core only.
 */

#include "tcp_sack.h"

#define TICKS	2	/* ms that a clock may be wrong by */

/* PTO, in ms. */
static u32 probe_after(const struct pika_tcb *tcb)
{
	return tcb->srtt_us / 4 / 1000 + TICKS;
}

/*
 * A single segment's ACK may be delayed by as much as the RTO has at least. A
 * probe that is out has not helped.
 */
static bool may_probe(const struct pika_server *s, const struct pika_tcb *tcb)
{
	if (!(tcb->flags & PIKA_TCB_SACK) || !tcb->srtt_us || tcb->backoff ||
	    pika_tcp_flight(tcb) <= tcb->mss)
		return false;
	return tcb->board == PIKA_POOL_NONE ||
	       !pika_board_of(s, tcb)->probing;
}

/**
 * pika_probe_arm() - set the clock of a flow that has lost something before
 * @s: its server
 * @tcb: the flow, with something in flight
 */
void pika_probe_arm(struct pika_server *s, struct pika_tcb *tcb)
{
	u32 after_ms = pika_tcp_rto(tcb);

	tcb->flags &= ~PIKA_TCB_PROBE;
	if (may_probe(s, tcb) && probe_after(tcb) < after_ms) {
		tcb->flags |= PIKA_TCB_PROBE;
		after_ms = probe_after(tcb);
	}
	pika_tcp_clock_set(s, tcb, PIKA_CLOCK_RETRANSMIT, after_ms);
}

/**
 * pika_probe_follow() - one more segment was sent
 * @s: the flow's server
 * @tcb: the flow, its clock set
 *
 * The RTO counts from what was sent first (RFC 6298 5.1).
 */
void pika_probe_follow(struct pika_server *s, struct pika_tcb *tcb)
{
	u32 deadline = s->now_ms + probe_after(tcb);

	if (tcb->flags & PIKA_TCB_PROBE || !may_probe(s, tcb) ||
	    !pika_ms_before(deadline, tcb->deadline[PIKA_CLOCK_RETRANSMIT]))
		return;
	tcb->flags |= PIKA_TCB_PROBE;
	pika_tcp_clock_set(s, tcb, PIKA_CLOCK_RETRANSMIT, probe_after(tcb));
}

/*
 * The first segment if it was sent again already, else the last. Returns false
 * if it could not be sent.
 */
static bool send_one(struct pika_server *s, struct pika_tcb *tcb,
		     struct pika_board *board)
{
	struct pika_place place = tcb->head;
	u32 seq = tcb->snd_una;
	u32 len;

	if (board->holes && board->hole[0].start == seq) {
		len = min_t(u32, board->hole[0].end - seq, tcb->mss);
	} else {
		len = min_t(u32, pika_tcp_flight(tcb), tcb->mss);
		seq = tcb->snd_max - len;
		pika_tcp_queue_skip(s, &place, seq - tcb->snd_una);
	}
	len = pika_tcp_resend(s, tcb, &place, seq, len);
	board->probe_end = seq + len;
	return len;
}

/**
 * pika_probe_send() - nothing was heard for two round trips
 * @s: the flow's server
 * @tcb: the flow
 */
void pika_probe_send(struct pika_server *s, struct pika_tcb *tcb)
{
	u32 quiet_ms = s->now_ms - tcb->sent_ms;
	struct pika_board *board;

	tcb->flags &= ~PIKA_TCB_PROBE;
	if (quiet_ms < probe_after(tcb)) {
		tcb->flags |= PIKA_TCB_PROBE;
		pika_tcp_clock_set(s, tcb, PIKA_CLOCK_RETRANSMIT,
				   probe_after(tcb) - quiet_ms);
		return;
	}
	pika_tcp_clock_set(s, tcb, PIKA_CLOCK_RETRANSMIT, pika_tcp_rto(tcb));
	if (tcb->snd_nxt != tcb->snd_max || pika_tcp_flight(tcb) > tcb->snd_wnd)
		return;
	board = pika_sack_board(s, tcb);
	if (!board || !send_one(s, tcb, board))
		return;
	s->ts->stats.tail_probes++;
	board->probing = true;
	board->probe_mark = tcb->snd_max;
	board->probe_ts = pika_tcp_ts_now(s, tcb);
}

/* It was not the probe that arrived, but what it was a copy of. */
static bool was_needless(const struct pika_tcb *tcb,
			 const struct pika_board *board,
			 const struct pika_arrival *in)
{
	if (tcb->flags & PIKA_TCB_TIMESTAMPS &&
	    in->options.present & PIKA_OPTION_TIMESTAMP)
		return pika_seq_before(in->options.ts_echo, board->probe_ts);
	return in->options.present & PIKA_OPTION_SACK && in->options.sacks &&
	       !pika_seq_after(in->options.sack[0].end, in->seg->ack);
}

/* What was sent before the probe and is still missing is lost. */
static void all_before_is_lost(struct pika_board *board)
{
	u32 i;

	board->lost_to = board->probe_mark;
	for (i = 0; i < board->holes; i++)
		board->hole[i].resend = board->hole[i].start;
}

/**
 * pika_probe_check() - has a probe arrived?
 * @tcb: the flow
 * @board: its board; a probe is out
 * @in: the ACK, taken
 *
 * If all is acknowledged that was in flight, the probe may have been what was
 * lost, which must not go unnoticed (RFC 8985 7.4.2).
 */
void pika_probe_check(struct pika_tcb *tcb, struct pika_board *board,
		      const struct pika_arrival *in)
{
	bool reached = !pika_seq_before(tcb->snd_una, board->probe_end);

	if (!reached && !pika_holes_has(board, board->probe_end - 1))
		return;
	board->probing = false;
	if (reached && was_needless(tcb, board, in))
		return;
	if (board->holes)
		all_before_is_lost(board);
	else if (!(tcb->flags & PIKA_TCB_RECOVERY))
		pika_tcp_congestion_repaired(tcb);
}
