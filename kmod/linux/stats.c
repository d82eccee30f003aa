// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters, read and told. They are read while their servers go on: each is
 * right, but two need not be of the same moment. Names and meanings are those
 * of the tables that declare the counters.
 */

#include "stats.h"

#include <linux/build_bug.h>
#include <net/netlink.h>
#include <uapi/linux/pika.h>

#include "../core/composition.h"
#include "endpoint.h"
#include "executor.h"
#include "stack.h"

/**
 * struct counter - what is told of one
 * @name: in its component
 * @meaning: in a few words; NULL: the name says it
 */
struct counter {
	const char *name;
	const char *meaning;
};

#define X(id, text) { .name = #id, .meaning = text },
static const struct counter link_counters[] = { PIKA_LINK_COUNTERS(X) };
static const struct counter ts_counters[] = { PIKA_TS_STATS(X) };
static const struct counter cm_counters[] = { PIKA_CM_COUNTERS(X) };
static const struct counter dispatch_counters[] = { PIKA_SERVER_COUNTERS(X) };
#undef X

/* By type, of which there is none with the number 0. */
#define X(id, ...) { .name = #id },
static const struct counter messages[] = { PIKA_MESSAGES(X) };
#undef X

static const struct counter device_counters[] = {
	{ "ring_full", "received, dropped: no room in the ring to the LS" },
	{ "malformed", "received, dropped: shorter than its headers say" },
	{ "checksum", "received, dropped: wrong checksum" },
	{ "unroutable", "frames dropped: no way for them" },
	{ "no_memory", "packets and frames dropped: no memory" },
	{ "no_neighbour", "frames dropped: no entry for the neighbour" },
	{ "passed_late", "not ours, dropped: their device has gone" },
	{ "forbidden", "SYNs dropped by a rule of the host's, or for NAT" },
};

static const struct counter endpoint_counters[] = {
	{ "stray", "messages about something unknown here" },
	{ "lost", "connections not taken for want of memory, offered again" },
	{ "closed", "packets dropped: the program had closed their socket" },
};

/* A struct of counters is read as an array of as many. */
static_assert(sizeof(struct pika_link_stats) ==
	      ARRAY_SIZE(link_counters) * sizeof(u64));
static_assert(sizeof(struct pika_ts_stats) ==
	      ARRAY_SIZE(ts_counters) * sizeof(u64));
static_assert(sizeof(struct pika_cm_stats) ==
	      ARRAY_SIZE(cm_counters) * sizeof(u64));
static_assert(sizeof(struct pika_server_stats) ==
	      ARRAY_SIZE(dispatch_counters) * sizeof(u64));
static_assert(sizeof(struct pika_link_drops) ==
	      ARRAY_SIZE(device_counters) * sizeof(u64));
static_assert(sizeof(struct pika_endpoint_stats) ==
	      ARRAY_SIZE(endpoint_counters) * sizeof(u64));
static_assert(ARRAY_SIZE(messages) == PIKA_MSG_TYPES - 1);

/* Their owner writes them meanwhile. */
static void copy_counters(void *to, const void *from, size_t size)
{
	const u64 *counter = from;
	u64 *copy = to;
	size_t i;

	for (i = 0; i < size / sizeof(*copy); i++)
		copy[i] = READ_ONCE(counter[i]);
}

static void read_server(const struct pika_executor *e, struct pika_stats *stats)
{
	const struct pika_server *s = e->server;

	stats->core = e->core;
	if (e->rx)
		pika_rx_add_drops(e->rx, &stats->device);
	pika_routes_add_drops(e->routes, &stats->device);
	stats->device.passed_late = READ_ONCE(e->passed_late);
	copy_counters(&stats->dispatch, &s->stats, sizeof(stats->dispatch));
	copy_counters(stats->received, s->received, sizeof(stats->received));
	copy_counters(stats->sent, s->sent, sizeof(stats->sent));
	if (s->link) {
		stats->has |= BIT(PIKA_COMPONENT_LS);
		copy_counters(&stats->link, &s->link->stats,
			      sizeof(stats->link));
	}
	if (s->ts) {
		stats->has |= BIT(PIKA_COMPONENT_TS);
		copy_counters(&stats->ts, pika_ts_read_stats(s),
			      sizeof(stats->ts));
	}
	if (s->manager) {
		stats->has |= BIT(PIKA_COMPONENT_CM);
		copy_counters(&stats->cm, &s->manager->stats,
			      sizeof(stats->cm));
	}
}

/**
 * pika_stats_read() - take a snapshot
 * @stack: stays meanwhile
 * @address: less than the stack's addresses
 * @stats: zeroed; filled in. A CPU that cannot be has counted nothing
 *
 * Context: any.
 */
void pika_stats_read(const struct pika_stack *stack, u32 address,
		     struct pika_stats *stats)
{
	u32 servers = pika_stack_servers(stack);
	const struct pika_endpoint *ep;

	stats->address = address;
	stats->addresses = stack->addresses;
	stats->servers = servers;
	if (address < servers) {
		read_server(stack->executors[address], stats);
		return;
	}
	stats->core = address - servers;
	ep = stack->endpoints[stats->core];
	if (!ep)
		return;
	stats->endpoint.stray = READ_ONCE(ep->stray);
	stats->endpoint.lost = READ_ONCE(ep->lost);
	stats->endpoint.closed = READ_ONCE(ep->closed);
}

/* Of one of @n counters from @first on, or NULL. */
static const char *name_in(const u64 *counter, const void *first,
			   const struct counter *counters, u32 n)
{
	uintptr_t at = (uintptr_t)counter - (uintptr_t)first;

	return at < n * sizeof(u64) ? counters[at / sizeof(u64)].name : NULL;
}

/**
 * pika_stats_name() - what a counter is called
 * @s: a server
 * @counter: one of its components'
 * @component: set to the component's name
 *
 * Context: the server's core.
 * Return: its name in the component, or "?".
 */
const char *pika_stats_name(const struct pika_server *s, const u64 *counter,
			    const char **component)
{
	const char *name = NULL;

	*component = "link";
	if (s->link)
		name = name_in(counter, &s->link->stats, link_counters,
			       ARRAY_SIZE(link_counters));
	if (name)
		return name;
	*component = "ts";
	if (s->ts)
		name = name_in(counter, pika_ts_read_stats(s), ts_counters,
			       ARRAY_SIZE(ts_counters));
	if (name)
		return name;
	*component = "cm";
	if (s->manager)
		name = name_in(counter, &s->manager->stats, cm_counters,
			       ARRAY_SIZE(cm_counters));
	return name ?: "?";
}

static int put_counter(struct sk_buff *skb, const struct counter *counter,
		       u64 value)
{
	struct nlattr *nest = nla_nest_start(skb, PIKA_A_COMPONENT_COUNTER);

	if (!nest ||
	    nla_put_string(skb, PIKA_A_COUNTER_NAME, counter->name) ||
	    nla_put_u64_64bit(skb, PIKA_A_COUNTER_VALUE, value,
			      PIKA_A_COUNTER_PAD) ||
	    (counter->meaning &&
	     nla_put_string(skb, PIKA_A_COUNTER_MEANING, counter->meaning)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_component(struct sk_buff *skb, const char *name,
			 const void *values, const struct counter *counters,
			 u32 n)
{
	struct nlattr *nest = nla_nest_start(skb, PIKA_A_STATS_COMPONENT);
	const u64 *value = values;
	u32 i;

	if (!nest || nla_put_string(skb, PIKA_A_COMPONENT_NAME, name))
		return -EMSGSIZE;
	for (i = 0; i < n; i++)
		if (put_counter(skb, &counters[i], value[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_server(struct sk_buff *skb, const struct pika_stats *stats)
{
	int err = 0;

	if (stats->has & BIT(PIKA_COMPONENT_LS))
		err = put_component(skb, "link", &stats->link, link_counters,
				    ARRAY_SIZE(link_counters));
	if (!err && stats->has & BIT(PIKA_COMPONENT_TS))
		err = put_component(skb, "ts", &stats->ts, ts_counters,
				    ARRAY_SIZE(ts_counters));
	if (!err && stats->has & BIT(PIKA_COMPONENT_CM))
		err = put_component(skb, "cm", &stats->cm, cm_counters,
				    ARRAY_SIZE(cm_counters));
	if (!err)
		err = put_component(skb, "device", &stats->device,
				    device_counters,
				    ARRAY_SIZE(device_counters));
	if (!err)
		err = put_component(skb, "dispatch", &stats->dispatch,
				    dispatch_counters,
				    ARRAY_SIZE(dispatch_counters));
	if (!err)
		err = put_component(skb, "received", stats->received + 1,
				    messages, ARRAY_SIZE(messages));
	if (!err)
		err = put_component(skb, "sent", stats->sent + 1, messages,
				    ARRAY_SIZE(messages));
	return err;
}

/**
 * pika_stats_put() - tell a snapshot
 * @skb: a message with at least PIKA_STATS_ROOM bytes left
 * @stats: the snapshot
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE, and then @skb is of no use.
 */
int pika_stats_put(struct sk_buff *skb, const struct pika_stats *stats)
{
	if (nla_put_u32(skb, PIKA_A_STATS_ADDRESS, stats->address) ||
	    nla_put_u32(skb, PIKA_A_STATS_ADDRESSES, stats->addresses) ||
	    nla_put_u32(skb, PIKA_A_STATS_SERVERS, stats->servers) ||
	    nla_put_u32(skb, PIKA_A_STATS_CORE, stats->core))
		return -EMSGSIZE;
	if (stats->address < stats->servers)
		return put_server(skb, stats);
	return put_component(skb, "endpoint", &stats->endpoint,
			     endpoint_counters, ARRAY_SIZE(endpoint_counters));
}
