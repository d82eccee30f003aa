/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netfilter's hooks: where a connection that comes or goes is shown to the
 * host's rules, and where what the rx handler left to Linux is taken after all.
 */
#ifndef PIKA_LINUX_FIREWALL_H
#define PIKA_LINUX_FIREWALL_H

#include <linux/types.h>

struct dst_entry;
struct net;
struct netlink_ext_ack;
struct pika_stack;
struct sk_buff;

void pika_firewall_prepare(void);
int pika_firewall_attach(struct pika_stack *stack,
			 struct netlink_ext_ack *extack);
void pika_firewall_detach(struct pika_stack *stack);
bool pika_firewall_send(struct net *net, struct sk_buff *skb,
			struct dst_entry *dst);

#endif /* PIKA_LINUX_FIREWALL_H */
