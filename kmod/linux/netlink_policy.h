/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/pika.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_PIKA_GEN_H
#define _LINUX_PIKA_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/pika.h>

extern const struct nla_policy pika_module_get_nl_policy[PIKA_A_MODULE_ABI + 1];

extern const struct nla_policy pika_stack_start_nl_policy[PIKA_A_STACK_ALLOW + 1];

extern const struct nla_policy pika_stack_stop_nl_policy[PIKA_A_STACK_FORCE + 1];

extern const struct nla_policy pika_stack_get_nl_policy[PIKA_A_STACK_ABI + 1];

extern const struct nla_policy pika_stats_get_nl_policy[PIKA_A_STATS_ADDRESS + 1];

extern const struct nla_policy pika_listener_get_nl_policy[PIKA_A_LISTENER_AFTER + 1];

extern const struct nla_policy pika_connection_get_nl_policy[PIKA_A_CONNECTIONS_CURSOR + 1];

extern const struct nla_policy pika_acceptor_get_nl_policy[PIKA_A_ACCEPTORS_CURSOR + 1];

extern const struct nla_policy pika_link_add_nl_policy[PIKA_A_STACK_LINK + 1];

extern const struct nla_policy pika_link_remove_nl_policy[PIKA_A_STACK_LINK + 1];

/* Ops table for pika */
extern const struct genl_ops pika_nl_ops[10];

int pika_nl_module_get_doit(struct sk_buff *skb, struct genl_info *info);
int pika_nl_stack_start_doit(struct sk_buff *skb, struct genl_info *info);
int pika_nl_stack_stop_doit(struct sk_buff *skb, struct genl_info *info);
int pika_nl_stack_get_doit(struct sk_buff *skb, struct genl_info *info);
int pika_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int pika_nl_listener_get_doit(struct sk_buff *skb, struct genl_info *info);
int pika_nl_connection_get_doit(struct sk_buff *skb, struct genl_info *info);
int pika_nl_acceptor_get_doit(struct sk_buff *skb, struct genl_info *info);
int pika_nl_link_add_doit(struct sk_buff *skb, struct genl_info *info);
int pika_nl_link_remove_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	PIKA_NLGRP_EVENTS,
};

extern const struct genl_multicast_group pika_nl_mcgrps[1];

#endif /* _LINUX_PIKA_GEN_H */
