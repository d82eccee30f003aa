// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a flow ends: FINs in either order or at once, TIME_WAIT, resets (RFC 9293
 * 3.6, 3.10.4, 3.10.5). Runs on its server's core only.
 */

#include "tcp_sack.h"

static void free_early(struct pika_server *s, struct pika_tcb *tcb)
{
	if (likely(!tcb->early))
		return;
	pika_ts_free_packets(s, tcb->early);
	tcb->early = NULL;
	tcb->early_packets = 0;
	pika_sack_pruned(s, tcb);
}

/**
 * pika_tcp_forget() - nothing more is sent for or taken by a flow
 * @s: its server
 * @tcb: the flow, not CLOSED yet; it is now
 *
 * Tells nobody. What has been received stays until it is handed over.
 */
void pika_tcp_forget(struct pika_server *s, struct pika_tcb *tcb)
{
	if (tcb->state == PIKA_TCP_TIME_WAIT && tcb->flags & PIKA_TCB_GONE)
		pika_ts_unwait(s, tcb);
	pika_flow_remove(&s->ts->flows, tcb->hash, tcb->index);
	tcb->state = PIKA_TCP_CLOSED;
	/* An offer stands, and so does its clock. */
	tcb->clocks &= 1u << PIKA_CLOCK_CLAIM;
	tcb->flags &= ~(PIKA_TCB_OUTPUT | PIKA_TCB_ACK_NOW | PIKA_TCB_LINGER);
	pika_tcp_queue_drop(s, tcb);
	free_early(s, tcb);
	pika_sack_drop(s, tcb);
}

/*
 * A socket that never was connected is told so and has no more to do with the
 * flow; any other keeps the flow until it closes.
 */
static void tell_of_death(struct pika_server *s, struct pika_tcb *tcb,
			  u16 error)
{
	bool connecting = tcb->flags & PIKA_TCB_OWNED &&
			  !(tcb->flags & PIKA_TCB_AGREED);

	if (!(tcb->flags & PIKA_TCB_CLOSED)) {
		tcb->error = error;
		pika_ts_update(s, tcb);
	}
	if (connecting) {
		s->ts->stats.connect_failed++;
		tcb->flags |= PIKA_TCB_CLOSED;
	}
	if (!(tcb->flags & PIKA_TCB_AGREED))
		pika_ts_closed(s, tcb);
	pika_ts_check_gone(s, tcb);
}

/**
 * pika_tcp_die() - a flow is over
 * @s: its server
 * @tcb: the flow, not CLOSED yet
 * @error: positive errno for the application, or 0
 *
 * Its memory is free when all who have to be told were told.
 */
void pika_tcp_die(struct pika_server *s, struct pika_tcb *tcb, u16 error)
{
	pika_tcp_forget(s, tcb);
	tell_of_death(s, tcb, error);
	pika_ts_changed(s, tcb);
}

/**
 * pika_tcp_abort() - end a flow at once, and tell the peer
 * @s: its server
 * @tcb: the flow; one that is CLOSED is left alone
 * @error: positive errno for the application, or 0
 */
void pika_tcp_abort(struct pika_server *s, struct pika_tcb *tcb, u16 error)
{
	if (tcb->state == PIKA_TCP_CLOSED)
		return;
	if (tcb->state != PIKA_TCP_SYN_SENT &&
	    tcb->state != PIKA_TCP_TIME_WAIT)
		pika_tcp_send_reset(s, tcb, tcb->snd_max, PIKA_TCP_ACK);
	pika_tcp_die(s, tcb, error);
}

/* RFC 9293 does not limit FIN_WAIT_2; without an owner nobody else would. */
static void limit_fin_wait_2(struct pika_server *s, struct pika_tcb *tcb)
{
	if (tcb->state == PIKA_TCP_FIN_WAIT_2 && tcb->flags & PIKA_TCB_CLOSED)
		pika_tcp_clock_set(s, tcb, PIKA_CLOCK_LIFE, PIKA_FIN_WAIT_2);
}

/**
 * pika_tcp_finish() - the application sends no more
 * @s: the flow's server
 * @tcb: the flow
 *
 * A FIN follows what is queued.
 */
void pika_tcp_finish(struct pika_server *s, struct pika_tcb *tcb)
{
	switch (tcb->state) {
	case PIKA_TCP_SYN_SENT:
		pika_tcp_die(s, tcb, ECONNRESET);
		return;
	case PIKA_TCP_SYN_RECEIVED:
		break;
	case PIKA_TCP_ESTABLISHED:
		tcb->state = PIKA_TCP_FIN_WAIT_1;
		break;
	case PIKA_TCP_CLOSE_WAIT:
		tcb->state = PIKA_TCP_LAST_ACK;
		break;
	default:
		limit_fin_wait_2(s, tcb);
		return;
	}
	tcb->flags &= ~(PIKA_TCB_CORK | PIKA_TCB_MORE);
	tcb->flags |= PIKA_TCB_FIN | PIKA_TCB_OUTPUT;
	pika_ts_changed(s, tcb);
}

/**
 * pika_tcp_time_wait() - both FINs have been seen
 * @s: the flow's server
 * @tcb: the flow; if it is in TIME_WAIT that begins again
 */
void pika_tcp_time_wait(struct pika_server *s, struct pika_tcb *tcb)
{
	bool first = tcb->state != PIKA_TCP_TIME_WAIT;

	tcb->state = PIKA_TCP_TIME_WAIT;
	tcb->clocks = 0;
	pika_tcp_clock_set(s, tcb, PIKA_CLOCK_LIFE, PIKA_TIME_WAIT);
	if (first && tcb->flags & PIKA_TCB_GONE)
		pika_ts_wait(s, tcb);
}

/**
 * pika_tcp_fin_arrived() - the peer sends no more, and all of it is here
 * @s: the flow's server
 * @tcb: the flow; RCV.NXT is the FIN's
 *
 * The program is likely to close now: as in Linux, the ACK waits a little for
 * its FIN, like that of data.
 */
void pika_tcp_fin_arrived(struct pika_server *s, struct pika_tcb *tcb)
{
	tcb->rcv_nxt++;
	/* One that comes behind a full window counts, as it needs no room. */
	if (pika_seq_after(tcb->rcv_nxt, tcb->rcv_edge))
		tcb->rcv_edge = tcb->rcv_nxt;
	tcb->update |= PIKA_UPDATE_EOF;
	pika_ts_update(s, tcb);
	free_early(s, tcb);
	if (tcb->state != PIKA_TCP_ESTABLISHED)
		tcb->flags |= PIKA_TCB_ACK_NOW;
	switch (tcb->state) {
	case PIKA_TCP_ESTABLISHED:
		tcb->state = PIKA_TCP_CLOSE_WAIT;
		break;
	case PIKA_TCP_FIN_WAIT_1:
		tcb->state = PIKA_TCP_CLOSING;
		break;
	case PIKA_TCP_FIN_WAIT_2:
		pika_tcp_time_wait(s, tcb);
		break;
	}
}

/**
 * pika_tcp_fin_was_acked() - the peer knows that we send no more
 * @s: the flow's server
 * @tcb: the flow
 */
void pika_tcp_fin_was_acked(struct pika_server *s, struct pika_tcb *tcb)
{
	if (tcb->flags & PIKA_TCB_LINGER) {
		tcb->flags &= ~PIKA_TCB_LINGER;
		pika_tcp_clock_clear(tcb, PIKA_CLOCK_LIFE);
	}
	switch (tcb->state) {
	case PIKA_TCP_FIN_WAIT_1:
		tcb->state = PIKA_TCP_FIN_WAIT_2;
		limit_fin_wait_2(s, tcb);
		break;
	case PIKA_TCP_CLOSING:
		pika_tcp_time_wait(s, tcb);
		break;
	case PIKA_TCP_LAST_ACK:
		pika_tcp_die(s, tcb, 0);
		break;
	}
}
