// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to a flow when nothing happens: retransmission, probes, delayed
 * ACKs, keep-alive, and the ends of waiting. One timer serves all clocks of a
 * flow. It is not moved when a clock is put off, only when one is to strike
 * earlier; so most ACKs touch no list. Runs on its server's core only.
 */

#include "tcp_sack.h"

/**
 * pika_tcp_arm() - the timer strikes for the earliest clock
 * @s: the flow's server
 * @tcb: the flow
 *
 * It is not put off: what it strikes for may have become void.
 */
void pika_tcp_arm(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_timer *timer = &tcb->timer;
	u32 clocks = tcb->clocks;
	u32 first, clock;

	tcb->flags &= ~PIKA_TCB_ARM;
	if (!clocks)
		return;
	first = tcb->deadline[__builtin_ctz(clocks)];
	while (clocks &= clocks - 1) {
		clock = __builtin_ctz(clocks);
		if (pika_ms_before(tcb->deadline[clock], first))
			first = tcb->deadline[clock];
	}
	if (!pika_timer_armed(timer) ||
	    pika_ms_before(first, timer->expires_ms))
		pika_timer_arm(&s->wheel, timer, first);
}

/* How long the peer has not moved anything on. */
static bool user_gives_up(const struct pika_server *s,
			  const struct pika_tcb *tcb, u32 since_ms)
{
	return tcb->user_timeout_ms &&
	       s->now_ms - since_ms >= tcb->user_timeout_ms;
}

static void give_up(struct pika_server *s, struct pika_tcb *tcb)
{
	s->ts->stats.user_timeouts++;
	pika_tcp_die(s, tcb, tcb->soft_error ?: ETIMEDOUT);
}

/* RFC 9293 3.8.3: R2, for a SYN and for the rest. */
static u8 most_retries(const struct pika_tcb *tcb)
{
	if (tcb->state == PIKA_TCP_SYN_SENT)
		return PIKA_SYN_RETRIES;
	if (tcb->state == PIKA_TCP_SYN_RECEIVED)
		return PIKA_SYN_ACK_RETRIES;
	if (tcb->flags & PIKA_TCB_CLOSED)
		return PIKA_ORPHAN_RETRIES;
	return PIKA_DATA_RETRIES;
}

/* One that answers may keep its window shut for ever, but not to an orphan. */
static bool is_out_of_retries(const struct pika_tcb *tcb)
{
	return tcb->retries >= most_retries(tcb) ||
	       (tcb->flags & PIKA_TCB_CLOSED && !tcb->snd_wnd &&
		tcb->backoff >= PIKA_ORPHAN_RETRIES);
}

/* The next wait, but not beyond what the user allows. */
static void wait_again(struct pika_server *s, struct pika_tcb *tcb)
{
	u32 passed = s->now_ms - tcb->progress_ms;
	u32 after_ms;

	tcb->retries++;
	tcb->backoff = min(tcb->backoff + 1, 255);
	after_ms = pika_tcp_rto(tcb);
	tcb->flags &= ~PIKA_TCB_PROBE;

	if (tcb->user_timeout_ms && tcb->user_timeout_ms > passed)
		after_ms = min(after_ms, tcb->user_timeout_ms - passed);
	pika_tcp_clock_set(s, tcb, PIKA_CLOCK_RETRANSMIT, after_ms);
}

static void resend_syn(struct pika_server *s, struct pika_tcb *tcb)
{
	tcb->syn_retries++;
	wait_again(s, tcb);
	pika_tcp_send_syn(s, tcb);
}

/**
 * pika_tcp_go_back() - what had been sent is forgotten and sent again
 * @s: the flow's server
 * @tcb: the flow
 */
void pika_tcp_go_back(struct pika_server *s, struct pika_tcb *tcb)
{
	tcb->flags &= ~PIKA_TCB_RTT;
	tcb->snd_nxt = tcb->snd_una;
	pika_tcp_queue_rewind(tcb);
	tcb->flags |= PIKA_TCB_OUTPUT;
	pika_ts_changed(s, tcb);
}

/* RFC 6298 5.4 to 5.6; with SACK what of it is missing. */
static void resend(struct pika_server *s, struct pika_tcb *tcb)
{
	bool sack = pika_recovery_timeout(s, tcb);

	pika_tcp_congestion_timeout(tcb);
	wait_again(s, tcb);
	if (!sack) {
		pika_tcp_go_back(s, tcb);
		return;
	}
	tcb->flags &= ~PIKA_TCB_RTT;
	tcb->flags |= PIKA_TCB_OUTPUT;
	pika_ts_changed(s, tcb);
}

static void on_rto(struct pika_server *s, struct pika_tcb *tcb)
{
	if (is_out_of_retries(tcb) ||
	    user_gives_up(s, tcb, tcb->progress_ms)) {
		give_up(s, tcb);
		return;
	}
	s->ts->stats.timeouts++;
	if (tcb->state <= PIKA_TCP_SYN_RECEIVED)
		resend_syn(s, tcb);
	else
		resend(s, tcb);
}

/* RFC 9293 3.8.6.1. A window that is open, but not wide, gets what fits. */
static void on_persist(struct pika_server *s, struct pika_tcb *tcb)
{
	if (is_out_of_retries(tcb) ||
	    (tcb->retries && user_gives_up(s, tcb, tcb->progress_ms))) {
		give_up(s, tcb);
		return;
	}
	if (tcb->snd_wnd) {
		tcb->flags |= PIKA_TCB_PUSH | PIKA_TCB_OUTPUT;
		pika_ts_changed(s, tcb);
		return;
	}
	s->ts->stats.probes++;
	wait_again(s, tcb);
	pika_tcp_send_probe(s, tcb);
}

static void on_ack_clock(struct pika_server *s, struct pika_tcb *tcb)
{
	s->ts->stats.delayed_acks++;
	tcb->flags |= PIKA_TCB_ACK_NOW;
	pika_ts_changed(s, tcb);
}

static bool keep_alive_fails(const struct pika_server *s,
			     const struct pika_tcb *tcb)
{
	if (tcb->user_timeout_ms)
		return tcb->keep_probes &&
		       user_gives_up(s, tcb, tcb->heard_ms);
	return tcb->keep_probes >= (tcb->keep_count ?: PIKA_KEEP_COUNT);
}

/* RFC 9293 3.8.4: only when idle, and never while something is in flight. */
static void on_keep_clock(struct pika_server *s, struct pika_tcb *tcb)
{
	u32 idle_ms = tcb->keep_idle_ms ?: PIKA_KEEP_IDLE;
	u32 quiet_ms = s->now_ms - tcb->heard_ms;

	if (tcb->state < PIKA_TCP_ESTABLISHED ||
	    tcb->snd_max != tcb->snd_una || quiet_ms < idle_ms) {
		if (quiet_ms < idle_ms)
			idle_ms -= quiet_ms;
		pika_tcp_clock_set(s, tcb, PIKA_CLOCK_KEEP, idle_ms);
		return;
	}
	if (keep_alive_fails(s, tcb)) {
		s->ts->stats.user_timeouts++;
		pika_tcp_abort(s, tcb, ETIMEDOUT);
		return;
	}
	tcb->keep_probes++;
	s->ts->stats.keep_probes++;
	pika_tcp_clock_set(s, tcb, PIKA_CLOCK_KEEP,
			   tcb->keep_interval_ms ?: PIKA_KEEP_INTERVAL);
	pika_tcp_send_probe(s, tcb);
}

static void on_life_clock(struct pika_server *s, struct pika_tcb *tcb)
{
	if (tcb->flags & PIKA_TCB_LINGER) {
		tcb->flags &= ~PIKA_TCB_LINGER;
		pika_ts_check_gone(s, tcb);
		return;
	}
	pika_tcp_die(s, tcb, 0);
}

static void strike(struct pika_server *s, struct pika_tcb *tcb,
		   enum pika_clock clock)
{
	switch (clock) {
	case PIKA_CLOCK_RETRANSMIT:
		if (tcb->flags & PIKA_TCB_PERSIST)
			on_persist(s, tcb);
		else if (tcb->flags & PIKA_TCB_PROBE)
			pika_probe_send(s, tcb);
		else
			on_rto(s, tcb);
		break;
	case PIKA_CLOCK_ACK:
		on_ack_clock(s, tcb);
		break;
	case PIKA_CLOCK_KEEP:
		on_keep_clock(s, tcb);
		break;
	case PIKA_CLOCK_LIFE:
		on_life_clock(s, tcb);
		break;
	case PIKA_CLOCK_CLAIM:
		pika_ts_claim_clock(s, tcb);
		break;
	case PIKA_CLOCKS:
		break;
	}
}

/**
 * pika_tcp_fire() - a flow's timer has fired
 * @server: the flow's
 * @timer: the TCB's
 */
void pika_tcp_fire(void *server, struct pika_timer *timer)
{
	struct pika_tcb *tcb = container_of(timer, struct pika_tcb, timer);
	struct pika_server *s = server;
	u32 clock;

	for (clock = 0; clock < PIKA_CLOCKS; clock++) {
		if (!pika_tcp_clock_is_set(tcb, clock) ||
		    pika_ms_before(s->now_ms, tcb->deadline[clock]))
			continue;
		pika_tcp_clock_clear(tcb, clock);
		strike(s, tcb, clock);
	}
	pika_tcp_arm(s, tcb);
}
