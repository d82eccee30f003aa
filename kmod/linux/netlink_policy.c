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

/* Ops table for pika */
const struct genl_ops pika_nl_ops[1] = {
	{
		.cmd		= PIKA_CMD_MODULE_GET,
		.doit		= pika_nl_module_get_doit,
		.policy		= pika_module_get_nl_policy,
		.maxattr	= PIKA_A_MODULE_ABI,
	},
};
