// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/pika.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_policy.h"

#include <uapi/linux/pika.h>

/* PIKA_CMD_MODULE_GET - do */
const struct nla_policy pika_module_get_nl_policy[PIKA_A_MODULE_ABI + 1] = {
	[PIKA_A_MODULE_ABI] = { .type = NLA_U32, },
};

/* PIKA_CMD_STACK_START - do */
const struct nla_policy pika_stack_start_nl_policy[PIKA_A_STACK_ALLOW + 1] = {
	[PIKA_A_STACK_ABI] = { .type = NLA_U32, },
	[PIKA_A_STACK_COMPOSITION] = { .type = NLA_NUL_STRING, },
	[PIKA_A_STACK_LINKS] = { .type = NLA_NUL_STRING, },
	[PIKA_A_STACK_CORES] = { .type = NLA_NUL_STRING, },
	[PIKA_A_STACK_IDLE_US] = { .type = NLA_U32, },
	[PIKA_A_STACK_MAX_CONNS] = { .type = NLA_U32, },
	[PIKA_A_STACK_FIREWALL] = NLA_POLICY_MAX(NLA_U32, 1),
	[PIKA_A_STACK_ALLOW] = { .type = NLA_NUL_STRING, },
};

/* PIKA_CMD_STACK_STOP - do */
const struct nla_policy pika_stack_stop_nl_policy[PIKA_A_STACK_FORCE + 1] = {
	[PIKA_A_STACK_ABI] = { .type = NLA_U32, },
	[PIKA_A_STACK_FORCE] = { .type = NLA_FLAG, },
};

/* PIKA_CMD_STACK_GET - do */
const struct nla_policy pika_stack_get_nl_policy[PIKA_A_STACK_ABI + 1] = {
	[PIKA_A_STACK_ABI] = { .type = NLA_U32, },
};

/* PIKA_CMD_STATS_GET - do */
const struct nla_policy pika_stats_get_nl_policy[PIKA_A_STATS_ADDRESS + 1] = {
	[PIKA_A_STATS_ABI] = { .type = NLA_U32, },
	[PIKA_A_STATS_ADDRESS] = { .type = NLA_U32, },
};

/* PIKA_CMD_LISTENER_GET - do */
const struct nla_policy pika_listener_get_nl_policy[PIKA_A_LISTENER_AFTER + 1] = {
	[PIKA_A_LISTENER_ABI] = { .type = NLA_U32, },
	[PIKA_A_LISTENER_AFTER] = { .type = NLA_U32, },
};

/* PIKA_CMD_CONNECTION_GET - do */
const struct nla_policy pika_connection_get_nl_policy[PIKA_A_CONNECTIONS_CURSOR + 1] = {
	[PIKA_A_CONNECTIONS_ABI] = { .type = NLA_U32, },
	[PIKA_A_CONNECTIONS_CURSOR] = { .type = NLA_U64, },
};

/* PIKA_CMD_ACCEPTOR_GET - do */
const struct nla_policy pika_acceptor_get_nl_policy[PIKA_A_ACCEPTORS_CURSOR + 1] = {
	[PIKA_A_ACCEPTORS_ABI] = { .type = NLA_U32, },
	[PIKA_A_ACCEPTORS_CURSOR] = { .type = NLA_U64, },
};

/* PIKA_CMD_LINK_ADD - do */
const struct nla_policy pika_link_add_nl_policy[PIKA_A_STACK_LINK + 1] = {
	[PIKA_A_STACK_ABI] = { .type = NLA_U32, },
	[PIKA_A_STACK_LINK] = { .type = NLA_NUL_STRING, },
};

/* PIKA_CMD_LINK_REMOVE - do */
const struct nla_policy pika_link_remove_nl_policy[PIKA_A_STACK_LINK + 1] = {
	[PIKA_A_STACK_ABI] = { .type = NLA_U32, },
	[PIKA_A_STACK_LINK] = { .type = NLA_NUL_STRING, },
};

/* Ops table for pika */
const struct genl_ops pika_nl_ops[10] = {
	{
		.cmd		= PIKA_CMD_MODULE_GET,
		.doit		= pika_nl_module_get_doit,
		.policy		= pika_module_get_nl_policy,
		.maxattr	= PIKA_A_MODULE_ABI,
	},
	{
		.cmd		= PIKA_CMD_STACK_START,
		.doit		= pika_nl_stack_start_doit,
		.policy		= pika_stack_start_nl_policy,
		.maxattr	= PIKA_A_STACK_ALLOW,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= PIKA_CMD_STACK_STOP,
		.doit		= pika_nl_stack_stop_doit,
		.policy		= pika_stack_stop_nl_policy,
		.maxattr	= PIKA_A_STACK_FORCE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= PIKA_CMD_STACK_GET,
		.doit		= pika_nl_stack_get_doit,
		.policy		= pika_stack_get_nl_policy,
		.maxattr	= PIKA_A_STACK_ABI,
	},
	{
		.cmd		= PIKA_CMD_STATS_GET,
		.doit		= pika_nl_stats_get_doit,
		.policy		= pika_stats_get_nl_policy,
		.maxattr	= PIKA_A_STATS_ADDRESS,
	},
	{
		.cmd		= PIKA_CMD_LISTENER_GET,
		.doit		= pika_nl_listener_get_doit,
		.policy		= pika_listener_get_nl_policy,
		.maxattr	= PIKA_A_LISTENER_AFTER,
	},
	{
		.cmd		= PIKA_CMD_CONNECTION_GET,
		.doit		= pika_nl_connection_get_doit,
		.policy		= pika_connection_get_nl_policy,
		.maxattr	= PIKA_A_CONNECTIONS_CURSOR,
	},
	{
		.cmd		= PIKA_CMD_ACCEPTOR_GET,
		.doit		= pika_nl_acceptor_get_doit,
		.policy		= pika_acceptor_get_nl_policy,
		.maxattr	= PIKA_A_ACCEPTORS_CURSOR,
	},
	{
		.cmd		= PIKA_CMD_LINK_ADD,
		.doit		= pika_nl_link_add_doit,
		.policy		= pika_link_add_nl_policy,
		.maxattr	= PIKA_A_STACK_LINK,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= PIKA_CMD_LINK_REMOVE,
		.doit		= pika_nl_link_remove_doit,
		.policy		= pika_link_remove_nl_policy,
		.maxattr	= PIKA_A_STACK_LINK,
		.flags		= GENL_ADMIN_PERM,
	},
};

const struct genl_multicast_group pika_nl_mcgrps[] = {
	[PIKA_NLGRP_EVENTS] = { "events", },
};
