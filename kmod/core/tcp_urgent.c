// SPDX-License-Identifier: GPL-2.0-only
/*
 * The urgent pointer of arriving segments, as Linux reads it: one byte, the one
 * before the pointer, is urgent; a newer one replaces it (RFC 6093). The bytes
 * stay in the stream; the application side takes the urgent one out unless
 * SO_OOBINLINE is set. Runs on its server's core only.
 */

#include "tcp.h"

/**
 * pika_tcp_urgent() - the sixth step of RFC 9293 3.10.7.4
 * @s: the flow's server
 * @tcb: the flow
 * @seg: with URG
 *
 * The application is told at once, perhaps before the byte itself comes.
 */
void pika_tcp_urgent(struct pika_server *s, struct pika_tcb *tcb,
		     const struct pika_segment *seg)
{
	u32 up = seg->seq + seg->urgent - !!seg->urgent;

	if (pika_seq_before(up, tcb->rcv_nxt))
		return;
	if (tcb->flags & PIKA_TCB_URGENT_IN &&
	    !pika_seq_after(up, tcb->rcv_up))
		return;
	tcb->rcv_up = up;
	tcb->flags |= PIKA_TCB_URGENT_IN;
	tcb->update |= PIKA_UPDATE_URGENT;
	pika_ts_update(s, tcb);
}

/**
 * pika_tcp_urgent_arrived() - what is urgent may have been delivered
 * @tcb: the flow; RCV.NXT has moved on
 *
 * An urgent byte that has come is compared with no more: 2^31 bytes later it
 * would seem to lie ahead.
 */
void pika_tcp_urgent_arrived(struct pika_tcb *tcb)
{
	if (pika_seq_after(tcb->rcv_nxt, tcb->rcv_up))
		tcb->flags &= ~PIKA_TCB_URGENT_IN;
}
