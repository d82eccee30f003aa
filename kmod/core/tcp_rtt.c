// SPDX-License-Identifier: GPL-2.0-only
/*
 * Round trips and the retransmission time-out that follows from them (RFC
 * 6298), and the clock of timestamps (RFC 7323). Arms nothing. Runs on its
 * server's core only.
 */

#include "tcp.h"

/**
 * pika_tcp_rtt_sample() - a round trip was measured
 * @tcb: the flow
 * @rtt_us: how long it took; counts as one if it seems less
 *
 * RFC 6298 2.2 and 2.3, with alpha 1/8 and beta 1/4; but as in Linux the least
 * is what is added to the smoothed time, so that a peer's delayed ACK never is
 * taken for a loss.
 */
void pika_tcp_rtt_sample(struct pika_tcb *tcb, u32 rtt_us)
{
	const u32 most_us = PIKA_RTO_MAX * 1000;
	u32 srtt_us = tcb->srtt_us;
	u32 var_us = tcb->rttvar_us;
	s32 error;

	if (unlikely(rtt_us - 1 >= most_us))
		rtt_us = rtt_us ? most_us : 1;
	if (srtt_us) {
		error = rtt_us - (srtt_us >> 3);
		srtt_us += error;
		var_us += (error < 0 ? -error : error) - (var_us >> 2);
	} else {
		srtt_us = rtt_us << 3;
		var_us = rtt_us << 1;
	}
	tcb->srtt_us = srtt_us;
	tcb->rttvar_us = var_us;
	srtt_us >>= 3;
	srtt_us += likely(var_us < PIKA_RTO_MIN * 1000) ?
		PIKA_RTO_MIN * 1000 : var_us;
	tcb->rto_ms = likely(srtt_us < most_us) ? srtt_us / 1000 : PIKA_RTO_MAX;
}

/**
 * pika_tcp_rtt_echoed() - pika_tcp_rtt_acked() where no segment is measured
 * @s: the flow's server
 * @tcb: the flow, backed off
 * @options: of the ACK
 */
void pika_tcp_rtt_echoed(struct pika_server *s, struct pika_tcb *tcb,
			 const struct pika_tcp_options *options)
{
	u32 ms = pika_tcp_ts_now(s, tcb) - options->ts_echo;

	if (!(tcb->flags & PIKA_TCB_TIMESTAMPS) ||
	    !(options->present & PIKA_OPTION_TIMESTAMP) || ms >= PIKA_RTO_MAX)
		return;
	tcb->backoff = 0;
	pika_tcp_rtt_sample(tcb, ms * 1000);
}
