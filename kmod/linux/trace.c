// SPDX-License-Identifier: GPL-2.0-only
/*
 * What servers do, as tracepoints show it. Runs wherever a server does. The
 * core knows a drop by its counter, whose names are those of pikactl stats.
 */

#include "executor.h"
#include "stats.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static void show_message(struct pika_server *s, enum pika_way way, u16 to,
			 const struct pika_msg *msg)
{
	trace_pika_message(way, msg, to);
}

static void show_drop(struct pika_server *s, const u64 *reason)
{
	const char *where, *name;

	if (!trace_pika_drop_enabled())
		return;
	name = pika_stats_name(s, reason, &where);
	trace_pika_drop(where, name);
}

const struct pika_trace pika_trace_shown = {
	.message = show_message,
	.drop = show_drop,
};
