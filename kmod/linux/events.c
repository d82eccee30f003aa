// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes each event's message. Who listens, and to what, is netlink.c's.
 */

#include "events.h"

#include <net/netlink.h>
#include <uapi/linux/pika.h>

#include "accept_queue.h"
#include "netlink.h"
#include "stack.h"

/**
 * struct event - what has happened
 * @kind: and to what of the following:
 * @stack: it was started or stopped, or NULL
 * @forced: although programs held sockets
 * @link: name of a device or NULL
 * @listener: or NULL
 * @core: if @kind says that it is one's
 */
struct event {
	enum pika_event kind;
	const struct pika_stack *stack;
	bool forced;
	const char *link;
	const struct pika_accept_queue *listener;
	u32 core;
};

static int put_stack(struct sk_buff *skb, const struct event *event)
{
	return nla_put_string(skb, PIKA_A_EVENT_COMPOSITION,
			      event->stack->text) ||
	       (event->forced && nla_put_flag(skb, PIKA_A_EVENT_FORCED));
}

static int put_listener(struct sk_buff *skb, const struct pika_accept_queue *q)
{
	return nla_put_u32(skb, PIKA_A_EVENT_NUMBER, q->id) ||
	       nla_put(skb, PIKA_A_EVENT_ADDR, sizeof(q->addr), &q->addr) ||
	       nla_put_u16(skb, PIKA_A_EVENT_PORT, q->port) ||
	       nla_put_u8(skb, PIKA_A_EVENT_V6ONLY, q->v6only);
}

static int put(struct sk_buff *skb, const void *pointer)
{
	const struct event *event = pointer;

	return nla_put_u32(skb, PIKA_A_EVENT_KIND, event->kind) ||
	       (event->stack && put_stack(skb, event)) ||
	       (event->link &&
		nla_put_string(skb, PIKA_A_EVENT_LINK, event->link)) ||
	       (event->listener && put_listener(skb, event->listener)) ||
	       (event->kind == PIKA_EVENT_CORE_KEPT &&
		nla_put_u32(skb, PIKA_A_EVENT_CORE, event->core));
}

/**
 * pika_event_started() - a stack was started
 * @stack: serves already
 *
 * Context: process, may sleep.
 */
void pika_event_started(const struct pika_stack *stack)
{
	const struct event event = {
		.kind = PIKA_EVENT_STACK_STARTED,
		.stack = stack,
	};

	pika_nl_tell(stack->net, put, &event, GFP_KERNEL);
}

/**
 * pika_event_stopped() - a stack was stopped
 * @stack: of no namespace any more
 * @forced: although programs held sockets
 *
 * Context: process, may sleep.
 */
void pika_event_stopped(const struct pika_stack *stack, bool forced)
{
	const struct event event = {
		.kind = PIKA_EVENT_STACK_STOPPED,
		.stack = stack,
		.forced = forced,
	};

	pika_nl_tell(stack->net, put, &event, GFP_KERNEL);
}

static void tell_link(const struct pika_stack *stack,
		      const struct net_device *dev, enum pika_event kind)
{
	const struct event event = { .kind = kind, .link = dev->name };

	pika_nl_tell(stack->net, put, &event, GFP_KERNEL);
}

/**
 * pika_event_link_up() - a link can carry packets again, or no more
 * @stack: whose
 * @dev: the link
 * @up: it can
 *
 * Context: process, under RTNL, may sleep.
 */
void pika_event_link_up(const struct pika_stack *stack,
			const struct net_device *dev, bool up)
{
	tell_link(stack, dev, up ? PIKA_EVENT_LINK_UP : PIKA_EVENT_LINK_DOWN);
}

/**
 * pika_event_link_gone() - a device is no link any more
 * @stack: whose it was
 * @dev: the device
 *
 * Context: process, under RTNL, may sleep.
 */
void pika_event_link_gone(const struct pika_stack *stack,
			  const struct net_device *dev)
{
	tell_link(stack, dev, PIKA_EVENT_LINK_GONE);
}

/**
 * pika_event_link_added() - somebody has added a link, or removed one
 * @stack: whose
 * @dev: the device
 * @added: it is a link now
 *
 * Context: process, under RTNL, may sleep.
 */
void pika_event_link_added(const struct pika_stack *stack,
			   const struct net_device *dev, bool added)
{
	tell_link(stack, dev, added ? PIKA_EVENT_LINK_ADDED :
		  PIKA_EVENT_LINK_REMOVED);
}

/**
 * pika_event_listener() - a port is listened on, or no more
 * @q: held by the caller
 * @added: it is
 *
 * Context: process, may sleep.
 */
void pika_event_listener(const struct pika_accept_queue *q, bool added)
{
	const struct event event = {
		.kind = added ? PIKA_EVENT_LISTENER_ADDED :
			PIKA_EVENT_LISTENER_REMOVED,
		.listener = q,
	};

	pika_nl_tell(q->stack->net, put, &event, GFP_KERNEL);
}

/**
 * pika_event_core_kept() - a core was not let go offline
 * @stack: has a server there
 * @core: the CPU
 *
 * Context: any that may allocate.
 */
void pika_event_core_kept(const struct pika_stack *stack, int core)
{
	const struct event event = {
		.kind = PIKA_EVENT_CORE_KEPT,
		.core = core,
	};

	pika_nl_tell(stack->net, put, &event, GFP_ATOMIC);
}
