/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PIKA_LINUX_NETLINK_H
#define PIKA_LINUX_NETLINK_H

#include <linux/types.h>

struct net;
struct sk_buff;

/**
 * pika_nl_register() - start to answer the generic netlink family "pika"
 *
 * Everything that a handler reads must be set up before. Requests run in the
 * sender's context.
 *
 * Context: process, may sleep.
 * Return: 0, or the negative error of genl_register_family().
 */
int pika_nl_register(void);

/**
 * pika_nl_unregister() - stop to answer
 *
 * When it returns no handler runs, and none will.
 *
 * Context: process, may sleep.
 */
void pika_nl_unregister(void);

void pika_nl_tell(struct net *net,
		  int (*put)(struct sk_buff *skb, const void *event),
		  const void *event, gfp_t flags);

#endif /* PIKA_LINUX_NETLINK_H */
