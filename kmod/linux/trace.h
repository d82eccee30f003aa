/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: /sys/kernel/tracing/events/pika. Nothing is done for one that is
 * off but to step over it.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pika

#if !defined(PIKA_LINUX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define PIKA_LINUX_TRACE_H

#include <linux/tracepoint.h>

#include "../core/server.h"

/* Tools read the numbers from the event's format, and must know their names. */
#undef X
#define X(name, ...) TRACE_DEFINE_ENUM(PIKA_MSG_##name);
PIKA_MESSAGES(X)
#undef X
TRACE_DEFINE_ENUM(PIKA_WAY_SENT);
TRACE_DEFINE_ENUM(PIKA_WAY_RECEIVED);
TRACE_DEFINE_ENUM(PIKA_WAY_DIRECT);

#ifndef PIKA_SHOW_WAY
#define PIKA_SHOW_WAY \
	{ PIKA_WAY_SENT, "sent" }, \
	{ PIKA_WAY_RECEIVED, "received" }, \
	{ PIKA_WAY_DIRECT, "direct" }
#define PIKA_SHOW_TYPE(name, ...) { PIKA_MSG_##name, #name },
#endif

/*
 * A message between two servers, or a server and an endpoint: sent, received,
 * or direct, if it is a call, as both live in the same server.
 */
TRACE_EVENT(pika_message,
	TP_PROTO(u8 way, const struct pika_msg *msg, u16 to),
	TP_ARGS(way, msg, to),
	TP_STRUCT__entry(
		__field(u8, way)
		__field(u8, type)
		__field(u16, from)
		__field(u16, to)
		__field(u64, flow)
	),
	TP_fast_assign(
		__entry->way = way;
		__entry->type = msg->type;
		__entry->from = msg->from;
		__entry->to = to;
		__entry->flow = msg->flow;
	),
	TP_printk("%s type=%s from=%u to=%u flow=%u/%u/%u",
		  __print_symbolic(__entry->way, PIKA_SHOW_WAY),
		  __print_symbolic(__entry->type, PIKA_MESSAGES(PIKA_SHOW_TYPE)
				   { PIKA_MSG_NONE, "NONE" }),
		  __entry->from, __entry->to,
		  (u32)(__entry->flow >> 48),
		  (u32)(__entry->flow >> 24) & 0xffffff,
		  (u32)__entry->flow & 0xffffff)
);

/* A packet or a frame that came to nothing: component and counter. */
TRACE_EVENT(pika_drop,
	TP_PROTO(const char *where, const char *reason),
	TP_ARGS(where, reason),
	TP_STRUCT__entry(
		__array(char, where, 12)
		__array(char, reason, 24)
	),
	TP_fast_assign(
		strscpy(__entry->where, where, sizeof(__entry->where));
		strscpy(__entry->reason, reason, sizeof(__entry->reason));
	),
	TP_printk("where=%s reason=%s", __entry->where, __entry->reason)
);

#endif /* PIKA_LINUX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
