// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink, the control plane's door: one handler for each operation
 * of Documentation/netlink/specs/pika.yaml. Runs in the sender's context; what
 * must not run at once locks itself. Attribute types and lengths are checked
 * before a handler runs, by the policies generated from the spec.
 */

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/stringify.h>

#include "netlink.h"
#include "netlink_policy.h"
#include "stack.h"

static struct genl_family pika_nl_family __ro_after_init = {
	.name		= PIKA_GENL_NAME,
	.version	= PIKA_GENL_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= pika_nl_ops,
	.n_ops		= ARRAY_SIZE(pika_nl_ops),
	.resv_start_op	= PIKA_CMD_MODULE_GET,
};

/* A program and a module of different ABI would misread each other. */
static int check_abi(struct genl_info *info, int attribute)
{
	struct nlattr *abi = info->attrs[attribute];

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

	err = check_abi(info, PIKA_A_MODULE_ABI);
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

static u32 number_of(struct genl_info *info, int attribute)
{
	struct nlattr *number = info->attrs[attribute];

	return number ? nla_get_u32(number) : 0;
}

static const char *text_of(struct genl_info *info, int attribute)
{
	struct nlattr *text = info->attrs[attribute];

	return text ? nla_data(text) : NULL;
}

int pika_nl_stack_start_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct pika_stack_config config = {
		.composition = text_of(info, PIKA_A_STACK_COMPOSITION),
		.links = text_of(info, PIKA_A_STACK_LINKS),
		.cores = text_of(info, PIKA_A_STACK_CORES),
		.idle_us = number_of(info, PIKA_A_STACK_IDLE_US),
		.max_conns = number_of(info, PIKA_A_STACK_MAX_CONNS),
	};
	int err;

	err = check_abi(info, PIKA_A_STACK_ABI);
	if (err)
		return err;
	return pika_stack_start(genl_info_net(info), &config, info->extack);
}

int pika_nl_stack_stop_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err;

	err = check_abi(info, PIKA_A_STACK_ABI);
	if (err)
		return err;
	return pika_stack_stop(genl_info_net(info), info->extack);
}

static int put_stack(struct sk_buff *skb, const struct pika_stack_state *state)
{
	if (nla_put_string(skb, PIKA_A_STACK_COMPOSITION, state->composition) ||
	    nla_put_string(skb, PIKA_A_STACK_LINKS, state->links) ||
	    nla_put_string(skb, PIKA_A_STACK_CORES, state->cores) ||
	    nla_put_u32(skb, PIKA_A_STACK_IDLE_US, state->idle_us) ||
	    nla_put_u32(skb, PIKA_A_STACK_MAX_CONNS, state->max_conns) ||
	    nla_put_u32(skb, PIKA_A_STACK_SERVERS, state->servers) ||
	    nla_put_u32(skb, PIKA_A_STACK_SOCKETS, state->sockets) ||
	    nla_put_u32(skb, PIKA_A_STACK_LINGERING, state->lingering) ||
	    nla_put_u32(skb, PIKA_A_STACK_FLOWS, state->flows))
		return -EMSGSIZE;
	return 0;
}

static int reply_stack(struct genl_info *info,
		       const struct pika_stack_state *state)
{
	struct sk_buff *reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *header;
	int err = -EMSGSIZE;

	if (!reply)
		return -ENOMEM;
	header = genlmsg_put_reply(reply, info, &pika_nl_family, 0,
				   PIKA_CMD_STACK_GET);
	if (!header)
		goto free_reply;
	err = put_stack(reply, state);
	if (err)
		goto free_reply;
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);

free_reply:
	nlmsg_free(reply);
	return err;
}

int pika_nl_stack_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct pika_stack_state *state;
	int err;

	err = check_abi(info, PIKA_A_STACK_ABI);
	if (err)
		return err;
	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (!state)
		return -ENOMEM;
	err = pika_stack_get_state(genl_info_net(info), state);
	if (err)
		NL_SET_ERR_MSG(info->extack,
			       "no stack is started in this namespace");
	else
		err = reply_stack(info, state);
	kfree(state);
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
