/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to a stack is told to programs of its network namespace that
 * listen to the netlink group "events". Told in process context, from where it
 * happens; where nobody listens nothing is made.
 */
#ifndef PIKA_LINUX_EVENTS_H
#define PIKA_LINUX_EVENTS_H

#include <linux/types.h>

struct net_device;
struct pika_accept_queue;
struct pika_stack;

void pika_event_started(const struct pika_stack *stack);
void pika_event_stopped(const struct pika_stack *stack, bool forced);
void pika_event_link_up(const struct pika_stack *stack,
			const struct net_device *dev, bool up);
void pika_event_link_gone(const struct pika_stack *stack,
			  const struct net_device *dev);
void pika_event_link_added(const struct pika_stack *stack,
			   const struct net_device *dev, bool added);
void pika_event_listener(const struct pika_accept_queue *q, bool added);
void pika_event_core_kept(const struct pika_stack *stack, int core);

#endif /* PIKA_LINUX_EVENTS_H */
