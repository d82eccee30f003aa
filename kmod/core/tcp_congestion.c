// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much may be in flight, and what a row of duplicate ACKs means: NewReno
 * (RFC 5681, RFC 6582, RFC 6928). Another algorithm, CUBIC (RFC 9438) next,
 * replaces pika_tcp_congestion_acked() and _timeout(). How losses are found
 * with SACK is in tcp_recovery.c. Runs on its server's core only.
 */

#include "tcp_sack.h"

#define DUPLICATES	3	/* DupThresh, RFC 5681 3.2 */

/* RFC 6928 2; RFC 5681 3.1 if the SYN was lost. */
static u32 initial_window(const struct pika_tcb *tcb)
{
	const u32 mss = tcb->mss;

	if (tcb->syn_retries)
		return mss;
	return min(10 * mss, max(2 * mss, 14600u));
}

/* RFC 5681 3.1 (4), without what RFC 3042 let out beyond the window (3.2). */
static u32 half_of_flight(const struct pika_tcb *tcb)
{
	u32 flight = min(pika_tcp_flight(tcb), tcb->cwnd);

	return max_t(u32, flight / 2, 2 * tcb->mss);
}

/**
 * pika_tcp_congestion_init() - the handshake is done
 * @tcb: the flow
 */
void pika_tcp_congestion_init(struct pika_tcb *tcb)
{
	tcb->cwnd = initial_window(tcb);
	tcb->ssthresh = 0x7fffffff;
	tcb->recover = tcb->snd_una - 1;
}

/*
 * A window that is not used says nothing about the path, and must not grow
 * (RFC 7661 1).
 */
static bool is_limit(const struct pika_tcb *tcb, u32 bytes)
{
	u32 flight = pika_tcp_flight(tcb) + bytes;

	if (tcb->cwnd < tcb->ssthresh)
		return flight >= tcb->cwnd / 2;
	return flight + tcb->mss >= tcb->cwnd;
}

/**
 * pika_tcp_congestion_acked() - data came through
 * @tcb: the flow, SND.UNA set
 * @bytes: acknowledged just now
 *
 * Slow start by what was acknowledged, at most two segments for an ACK; else
 * one segment for each window (RFC 5681 3.1, RFC 3465).
 */
void pika_tcp_congestion_acked(struct pika_tcb *tcb, u32 bytes)
{
	if (!is_limit(tcb, bytes))
		return;
	if (tcb->cwnd < tcb->ssthresh) {
		tcb->cwnd += min_t(u32, bytes, 2 * tcb->mss);
		return;
	}
	tcb->acked_window += bytes;
	if (tcb->acked_window < tcb->cwnd)
		return;
	tcb->acked_window -= tcb->cwnd;
	tcb->cwnd += tcb->mss;
}

/**
 * pika_tcp_congestion_timeout() - the RTO has fired
 * @tcb: the flow, this retry not yet counted
 *
 * RFC 5681 3.1: from one segment on; half of the flight is remembered once for
 * what was lost once, not for what a closed window refused. RFC 6582 4.1: no
 * recovery before all that is in flight now is acknowledged.
 */
void pika_tcp_congestion_timeout(struct pika_tcb *tcb)
{
	if (!tcb->retries && tcb->snd_wnd)
		tcb->ssthresh = half_of_flight(tcb);
	tcb->cwnd = tcb->mss;
	tcb->acked_window = 0;
	tcb->recover = tcb->snd_max;
	tcb->duplicates = 0;
	tcb->flags &= ~PIKA_TCB_RECOVERY;
}

/**
 * pika_tcp_congestion_idle() - something is to be sent after a pause of an RTO
 * @tcb: the flow, with nothing in flight
 *
 * What was known of the path is old: RFC 5681 4.1.
 */
void pika_tcp_congestion_idle(struct pika_tcb *tcb)
{
	tcb->cwnd = min(tcb->cwnd, initial_window(tcb));
}

/**
 * pika_tcp_congestion_lost() - recovery from a loss begins
 * @s: the flow's server
 * @tcb: the flow
 *
 * RFC 5681 3.2 (2), RFC 6582 3.2 (2), RFC 6675 5 (4.1, 4.2); cwnd is the
 * caller's to set.
 */
void pika_tcp_congestion_lost(struct pika_server *s, struct pika_tcb *tcb)
{
	s->ts->stats.fast_retransmits++;
	tcb->ssthresh = half_of_flight(tcb);
	tcb->recover = tcb->snd_max;
	tcb->flags |= PIKA_TCB_RECOVERY;
}

/**
 * pika_tcp_congestion_repaired() - what was lost has arrived already
 * @tcb: the flow
 */
void pika_tcp_congestion_repaired(struct pika_tcb *tcb)
{
	tcb->ssthresh = max_t(u32, tcb->cwnd / 2, 2 * tcb->mss);
	tcb->cwnd = tcb->ssthresh;
}

static void enter_recovery(struct pika_server *s, struct pika_tcb *tcb)
{
	pika_tcp_congestion_lost(s, tcb);
	tcb->cwnd = tcb->ssthresh + DUPLICATES * tcb->mss;
	pika_tcp_resend_first(s, tcb);
}

/**
 * pika_tcp_duplicate_ack() - a segment has left the network out of order
 * @s: the flow's server
 * @tcb: the flow
 *
 * RFC 5681 3.2, RFC 6582 3.2. One or two let new data follow (RFC 3042).
 */
void pika_tcp_duplicate_ack(struct pika_server *s, struct pika_tcb *tcb)
{
	if (tcb->board != PIKA_POOL_NONE && pika_board_of(s, tcb)->holes)
		return;	/* SACK tells more */
	if (tcb->duplicates < 255)
		tcb->duplicates++;
	if (tcb->flags & PIKA_TCB_RECOVERY)
		tcb->cwnd += tcb->mss;
	else if (tcb->duplicates == DUPLICATES &&
		 pika_seq_after(tcb->snd_una, tcb->recover))
		enter_recovery(s, tcb);
	tcb->flags |= PIKA_TCB_OUTPUT;
}

/*
 * A partial ACK names the next hole: RFC 6582 3.2 step 3. Its retransmission
 * timer was restarted like for any ACK ("slow-but-steady").
 */
static void partial_ack(struct pika_server *s, struct pika_tcb *tcb, u32 bytes)
{
	tcb->cwnd -= min(bytes, tcb->cwnd);
	if (bytes >= tcb->mss)
		tcb->cwnd += tcb->mss;
	tcb->cwnd = max_t(u32, tcb->cwnd, tcb->mss);
	pika_tcp_resend_first(s, tcb);
}

/**
 * pika_tcp_recover() - something new was acknowledged in recovery
 * @s: the flow's server
 * @tcb: the flow, SND.UNA set
 * @bytes: how much
 */
void pika_tcp_recover(struct pika_server *s, struct pika_tcb *tcb, u32 bytes)
{
	bool all = !pika_seq_before(tcb->snd_una, tcb->recover);
	u32 flight = pika_tcp_flight(tcb);

	if (all)
		tcb->flags &= ~PIKA_TCB_RECOVERY;
	if (pika_recovery_is_on(s, tcb))
		return;
	if (all)
		tcb->cwnd = min(tcb->ssthresh,
				max_t(u32, flight, tcb->mss) + tcb->mss);
	else
		partial_ack(s, tcb, bytes);
}
