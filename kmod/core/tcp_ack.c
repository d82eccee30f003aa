// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a segment's ACK and window fields say (RFC 9293 3.10.7.4, fifth), for
 * flows whose handshake is done. Runs on its server's core only.
 */

#include "drop.h"
#include "tcp_sack.h"

/* RFC 5681 2: (a) to (e). */
static bool is_duplicate(const struct pika_tcb *tcb,
			 const struct pika_segment *seg)
{
	return seg->ack == tcb->snd_una && !seg->bytes &&
	       tcb->snd_max != tcb->snd_una &&
	       !(seg->flags & (PIKA_TCP_SYN | PIKA_TCP_FIN)) &&
	       (u32)seg->window << tcb->snd_shift == tcb->snd_wnd;
}

/*
 * RFC 6298 5.2, 5.3. The RTO stays doubled until a round trip was measured
 * (5.7, Karn): else a path that has become longer would never be.
 */
static void restart_clock(struct pika_server *s, struct pika_tcb *tcb)
{
	tcb->retries = 0;
	tcb->flags &= ~(PIKA_TCB_PERSIST | PIKA_TCB_PROBE);
	if (tcb->snd_una == tcb->snd_max)
		pika_tcp_clock_clear(tcb, PIKA_CLOCK_RETRANSMIT);
	else if (unlikely(tcb->flags & PIKA_TCB_LOSSY))
		pika_probe_arm(s, tcb);
	else
		pika_tcp_clock_set(s, tcb, PIKA_CLOCK_RETRANSMIT,
				   pika_tcp_rto(tcb));
}

/*
 * What lies far behind would seem to lie ahead 2^31 bytes later: Nagle's rule
 * would hold everything, and no loss would be found by duplicate ACKs.
 */
static void keep_up(struct pika_tcb *tcb)
{
	if (pika_seq_before(tcb->snd_small, tcb->snd_una))
		tcb->snd_small = tcb->snd_una;
	if (pika_seq_before(tcb->recover, tcb->snd_una - 1))
		tcb->recover = tcb->snd_una - 1;
}

/* Takes what @ack covers out of the queue. Returns the bytes of data in it. */
static u32 take_out(struct pika_server *s, struct pika_tcb *tcb, u32 ack)
{
	u32 bytes = ack - tcb->snd_una;

	if (pika_seq_after(ack, tcb->snd_end))
		bytes--;	/* the FIN */
	if (bytes)
		pika_tcp_queue_acked(s, tcb, bytes);
	tcb->snd_una = ack;
	if (pika_seq_before(tcb->snd_nxt, ack)) {
		tcb->snd_nxt = ack;
		pika_tcp_queue_rewind(tcb);
	}
	return bytes;
}

static inline void acked(struct pika_server *s, struct pika_tcb *tcb,
			 const struct pika_arrival *in)
{
	u32 bytes = take_out(s, tcb, in->seg->ack);

	tcb->progress_ms = s->now_ms;
	tcb->soft_error = 0;
	/* Behind a FIN nothing is sent that might be lost. */
	if (!pika_tcp_fin_acked(tcb))
		pika_tcp_rtt_acked(s, tcb, &in->options);
	restart_clock(s, tcb);
	pika_tcp_recovery_acked(s, tcb, bytes);
	keep_up(tcb);
	if (tcb->flags & PIKA_TCB_URGENT_OUT &&
	    !pika_seq_after(tcb->snd_up, tcb->snd_una))
		tcb->flags &= ~PIKA_TCB_URGENT_OUT;
	if (bytes) {
		tcb->acked += bytes;
		pika_ts_update(s, tcb);
	}
	if (pika_tcp_fin_acked(tcb))
		pika_tcp_fin_was_acked(s, tcb);
	pika_ts_check_gone(s, tcb);
}

/* RFC 5961 5.2: an ACK this old was never ours to expect. */
static bool is_too_old(const struct pika_tcb *tcb, u32 ack)
{
	return pika_seq_before(ack, tcb->snd_una - tcb->snd_wnd_max);
}

/**
 * pika_tcp_ack() - use a segment's acknowledgment and window
 * @s: the flow's server
 * @tcb: the flow, synchronized
 * @in: an acceptable segment with ACK
 *
 * Return: false if the rest of the segment must not be looked at: the ACK was
 * not acceptable, or it ended the flow.
 */
bool pika_tcp_ack(struct pika_server *s, struct pika_tcb *tcb,
		  struct pika_arrival *in)
{
	const struct pika_segment *seg = in->seg;
	bool told = false;

	if (pika_seq_after(seg->ack, tcb->snd_max) ||
	    is_too_old(tcb, seg->ack)) {
		pika_count_drop(s, &s->ts->stats.dropped_ack);
		pika_tcp_challenge(s, tcb);
		return false;
	}
	if (pika_seq_before(seg->ack, tcb->snd_una))
		return true;
	pika_tcp_still_there(tcb);
	if (unlikely(in->options.present & PIKA_OPTION_SACK))
		told = pika_recovery_blocks(s, tcb, in);
	if (seg->ack != tcb->snd_una)
		acked(s, tcb, in);
	else if (!told && is_duplicate(tcb, seg))
		pika_tcp_duplicate_ack(s, tcb);
	pika_tcp_window(tcb, seg);
	if (unlikely(tcb->board != PIKA_POOL_NONE))
		pika_recovery_check(s, tcb, in);
	if (pika_tcp_has_unsent(tcb))
		tcb->flags |= PIKA_TCB_OUTPUT;
	return tcb->state != PIKA_TCP_CLOSED;
}
