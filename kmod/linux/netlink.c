// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink, the control plane's door: one handler for each operation
 * of Documentation/netlink/specs/pika.yaml. Runs in the sender's context,
 * under the family's lock. Attribute types and lengths are checked before
 * a handler runs, by the policies generated from the spec.
 */

#include <linux/module.h>
#include <linux/stringify.h>

#include "netlink.h"
#include "netlink_policy.h"

static struct genl_family pika_nl_family __ro_after_init = {
	.name		= PIKA_GENL_NAME,
	.version	= PIKA_GENL_VERSION,
	.netnsok	= true,
	.module		= THIS_MODULE,
	.ops		= pika_nl_ops,
	.n_ops		= ARRAY_SIZE(pika_nl_ops),
	.resv_start_op	= PIKA_CMD_MODULE_GET,
};

/* A program and a module of different ABI would misread each other. */
static int check_abi(struct genl_info *info)
{
	struct nlattr *abi = info->attrs[PIKA_A_MODULE_ABI];

	if (!abi || nla_get_u32(abi) == PIKA_ABI)
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, abi,
			    "this module (" PIKA_VERSION ") speaks abi "
			    __stringify(PIKA_ABI)
			    "; load the one that belongs to the program");
	return -EPROTONOSUPPORT;
}

static int put_module(struct sk_buff *skb)
{
	if (nla_put_string(skb, PIKA_A_MODULE_VERSION, PIKA_VERSION) ||
	    nla_put_u32(skb, PIKA_A_MODULE_ABI, PIKA_ABI))
		return -EMSGSIZE;
	return 0;
}

int pika_nl_module_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;
	int err;

	err = check_abi(info);
	if (err)
		return err;
	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = -EMSGSIZE;
	header = genlmsg_put_reply(reply, info, &pika_nl_family, 0,
				   PIKA_CMD_MODULE_GET);
	if (!header)
		goto free_reply;
	err = put_module(reply);
	if (err)
		goto free_reply;
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);

free_reply:
	nlmsg_free(reply);
	return err;
}

int __init pika_nl_register(void)
{
	return genl_register_family(&pika_nl_family);
}

void pika_nl_unregister(void)
{
	genl_unregister_family(&pika_nl_family);
}
