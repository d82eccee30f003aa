// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waits, in process context, while servers still run, until all peers know of
 * the end of their connections. Many a flow has no socket any more by then, so
 * flows are looked at as "pikactl connections" does. Which are not done in time
 * is told to their servers in the name of the sockets that they had.
 */

#include "drain.h"

#include <linux/delay.h>
#include <linux/jiffies.h>

#include "../core/ts_info.h"

#include "endpoint.h"
#include "executor.h"
#include "stack.h"

/* How long it may take until all flows are reset. */
#define RESET_MS	1000

/* What finds the ring full is said the next time. */
static void reset(struct pika_stack *stack, u16 server,
		  const struct pika_flow_info *flow)
{
	struct pika_endpoint *ep = pika_stack_endpoint(stack, flow->endpoint);
	struct pika_msg msg = {
		.type = PIKA_MSG_CLOSE,
		.flow = flow->handle,
		.close.flags = PIKA_CLOSE_RESET,
	};

	if (!flow->owned || !ep)
		return;
	pika_endpoint_lock(ep);
	pika_endpoint_post(ep, server, &msg);
	pika_endpoint_unlock(ep);
}

static void reset_flows(struct pika_stack *stack)
{
	const struct pika_server *s;
	struct pika_flow_info flow;
	u32 at;
	u16 i;

	for (i = 0; i < pika_stack_servers(stack); i++) {
		s = stack->executors[i]->server;
		for (at = 0; s->ts && at < pika_ts_places(s); at++) {
			at = pika_ts_find_sending(s, at, &flow);
			if (at < pika_ts_places(s))
				reset(stack, i, &flow);
			cond_resched();
		}
	}
}

static bool has_sending(const struct pika_stack *stack)
{
	const struct pika_server *s;
	struct pika_flow_info flow;
	u16 i;

	for (i = 0; i < pika_stack_servers(stack); i++) {
		s = stack->executors[i]->server;
		if (s->ts &&
		    pika_ts_find_sending(s, 0, &flow) < pika_ts_places(s))
			return true;
		cond_resched();
	}
	return false;
}

/* Sockets wait for pages of theirs, flows for ACKs. */
static bool is_drained(const struct pika_stack *stack)
{
	return !pika_stack_count_live(stack) && !has_sending(stack);
}

/**
 * pika_drain() - what programs have closed comes to its end
 * @stack: programs hold no socket of it, but for those that they just close
 * @patience_ms: what has not been acknowledged by then is reset
 *
 * Context: process, may sleep.
 */
void pika_drain(struct pika_stack *stack, u32 patience_ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(patience_ms);

	while (!is_drained(stack) && time_before(jiffies, end))
		msleep(20);
	end = jiffies + msecs_to_jiffies(RESET_MS);
	while (!is_drained(stack) && time_before(jiffies, end)) {
		reset_flows(stack);
		usleep_range(1000, 2000);
	}
}
