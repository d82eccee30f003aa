// SPDX-License-Identifier: GPL-2.0-only
/*
 * Round trips and the retransmission time-out that follows from them (RFC
 * 6298), and the clock of timestamps (RFC 7323). Arms nothing. Runs on its
 * server's core only.
 */

#include "tcp.h"

/*
 * RFC 6298 2.2 and 2.3, with alpha 1/8 and beta 1/4; but as in Linux the least
 * is what is added to the smoothed time, so that a peer's delayed ACK never is
 * taken for a loss.
 */
static void add_sample(struct pika_tcb *tcb, u32 rtt_us)
{
	s32 error;

	if (!tcb->srtt_us) {
		tcb->srtt_us = rtt_us << 3;
		tcb->rttvar_us = rtt_us << 1;
		return;
	}
	error = rtt_us - (tcb->srtt_us >> 3);
	tcb->srtt_us += error;
	if (error < 0)
		error = -error;
	tcb->rttvar_us += error - (s32)(tcb->rttvar_us >> 2);
}

/**
 * pika_tcp_rtt_sample() - a round trip was measured
 * @tcb: the flow
 * @rtt_us: how long it took; counts as one if it seems less
 */
void pika_tcp_rtt_sample(struct pika_tcb *tcb, u32 rtt_us)
{
	const u32 most_us = PIKA_RTO_MAX * 1000;
	u32 us;

	add_sample(tcb, min(max(rtt_us, 1u), most_us));
	us = (tcb->srtt_us >> 3) + max_t(u32, tcb->rttvar_us,
					 PIKA_RTO_MIN * 1000);
	tcb->rto_ms = min_t(u32, us / 1000, PIKA_RTO_MAX);
}

/**
 * pika_tcp_rtt_acked() - something new was acknowledged
 * @s: the flow's server
 * @tcb: the flow, SND.UNA set
 * @options: of the ACK
 *
 * One segment at a time is measured, and none that was sent twice. While that
 * leaves nothing to measure, the timestamp which comes back says when what is
 * acknowledged was sent (RFC 7323 4). Only a measurement ends the back-off.
 */
void pika_tcp_rtt_acked(struct pika_server *s, struct pika_tcb *tcb,
			const struct pika_tcp_options *options)
{
	if (tcb->flags & PIKA_TCB_RTT) {
		if (pika_seq_before(tcb->snd_una, tcb->rtt_seq))
			return;
		tcb->flags &= ~PIKA_TCB_RTT;
		tcb->backoff = 0;
		pika_tcp_rtt_sample(tcb, pika_now_us(s) - tcb->rtt_us);
	} else if (tcb->backoff && tcb->flags & PIKA_TCB_TIMESTAMPS &&
		   options->present & PIKA_OPTION_TIMESTAMP) {
		u32 ms = pika_tcp_ts_now(s, tcb) - options->ts_echo;

		if (ms >= PIKA_RTO_MAX)
			return;
		tcb->backoff = 0;
		pika_tcp_rtt_sample(tcb, ms * 1000);
	}
}
