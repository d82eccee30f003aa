// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows in TIME_WAIT that no socket has any more: how many there may be, and
 * who goes first when there is no room. Runs on its server's core only.
 */

#include "tcp.h"

#define RECYCLE_TRIES	16u

static struct pika_tcb *at(struct pika_server *s, u32 index)
{
	return pika_pool_at(&s->ts->tcbs, index);
}

static void append(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_ts *ts = s->ts;

	tcb->wait_prev = ts->waiting.last;
	tcb->wait_next = PIKA_POOL_NONE;
	if (ts->waiting.first == PIKA_POOL_NONE)
		ts->waiting.first = tcb->index;
	else
		at(s, ts->waiting.last)->wait_next = tcb->index;
	ts->waiting.last = tcb->index;
	ts->waiting_len++;
}

/**
 * pika_ts_wait() - a flow is in TIME_WAIT and without an owner
 * @s: its server
 * @tcb: the flow; made the youngest of them
 *
 * If there are too many, the oldest ends.
 */
void pika_ts_wait(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_ts *ts = s->ts;

	if (ts->waiting_len >= ts->config.max_time_wait)
		pika_ts_recycle(s);
	append(s, tcb);
}

/**
 * pika_ts_unwait() - a flow leaves TIME_WAIT
 * @s: its server
 * @tcb: one that pika_ts_wait() was called for
 */
void pika_ts_unwait(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_ts *ts = s->ts;

	if (tcb->wait_prev == PIKA_POOL_NONE)
		ts->waiting.first = tcb->wait_next;
	else
		at(s, tcb->wait_prev)->wait_next = tcb->wait_next;
	if (tcb->wait_next == PIKA_POOL_NONE)
		ts->waiting.last = tcb->wait_prev;
	else
		at(s, tcb->wait_next)->wait_prev = tcb->wait_prev;
	ts->waiting_len--;
}

/* Nobody must still be told about it, and no LS has a frame of it. */
static bool may_end(const struct pika_tcb *tcb)
{
	return !tcb->tell && !tcb->at_link &&
	       !(tcb->flags & (PIKA_TCB_CHANGED | PIKA_TCB_BLOCKED));
}

/**
 * pika_ts_recycle() - end the oldest TIME_WAIT
 * @s: its server
 *
 * The peer may then find that its last segments are answered by the host. One
 * that cannot end now goes behind the others: an endpoint that does not look at
 * its ring must not stop those of all.
 *
 * Return: false if none was found that could end. If true its TCB is free now.
 */
bool pika_ts_recycle(struct pika_server *s)
{
	struct pika_ts *ts = s->ts;
	struct pika_tcb *tcb;
	u32 tries;

	for (tries = min(ts->waiting_len, RECYCLE_TRIES); tries; tries--) {
		tcb = at(s, ts->waiting.first);
		if (may_end(tcb)) {
			ts->stats.time_wait_recycled++;
			pika_tcp_forget(s, tcb);
			pika_ts_free(s, tcb);
			return true;
		}
		pika_ts_unwait(s, tcb);
		append(s, tcb);
	}
	return false;
}
