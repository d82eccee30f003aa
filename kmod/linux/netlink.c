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

#include "listeners.h"
#include "netlink.h"
#include "netlink_policy.h"
#include "stack.h"
#include "stats.h"

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

/* Answers with what @put writes of @state, at most @room bytes. */
static int reply(struct genl_info *info, u8 command, size_t room,
		 int (*put)(struct sk_buff *skb, const void *state),
		 const void *state)
{
	struct sk_buff *skb = genlmsg_new(room, GFP_KERNEL);
	void *header;

	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &pika_nl_family, 0, command);
	if (!header || put(skb, state)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

static int put_module(struct sk_buff *skb, const void *unused)
{
	return nla_put_string(skb, PIKA_A_MODULE_VERSION, PIKA_VERSION) ||
	       nla_put_u32(skb, PIKA_A_MODULE_ABI, PIKA_ABI);
}

int pika_nl_module_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	int err;

	err = check_abi(info, PIKA_A_MODULE_ABI);
	if (err)
		return err;
	return reply(info, PIKA_CMD_MODULE_GET, GENLMSG_DEFAULT_SIZE,
		     put_module, NULL);
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

static int put_stack(struct sk_buff *skb, const void *pointer)
{
	const struct pika_stack_state *state = pointer;

	return nla_put_string(skb, PIKA_A_STACK_COMPOSITION,
			      state->composition) ||
	       nla_put_string(skb, PIKA_A_STACK_LINKS, state->links) ||
	       nla_put_string(skb, PIKA_A_STACK_CORES, state->cores) ||
	       nla_put_u32(skb, PIKA_A_STACK_IDLE_US, state->idle_us) ||
	       nla_put_u32(skb, PIKA_A_STACK_MAX_CONNS, state->max_conns) ||
	       nla_put_u32(skb, PIKA_A_STACK_SERVERS, state->servers) ||
	       nla_put_u32(skb, PIKA_A_STACK_SOCKETS, state->sockets) ||
	       nla_put_u32(skb, PIKA_A_STACK_LINGERING, state->lingering) ||
	       nla_put_u32(skb, PIKA_A_STACK_FLOWS, state->flows);
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
		err = reply(info, PIKA_CMD_STACK_GET, GENLMSG_DEFAULT_SIZE,
			    put_stack, state);
	kfree(state);
	return err;
}

static int put_stats(struct sk_buff *skb, const void *stats)
{
	return pika_stats_put(skb, stats);
}

int pika_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct pika_stats *stats;
	int err;

	err = check_abi(info, PIKA_A_STATS_ABI);
	if (err)
		return err;
	stats = kzalloc(sizeof(*stats), GFP_KERNEL);
	if (!stats)
		return -ENOMEM;
	err = pika_stack_get_stats(genl_info_net(info),
				   number_of(info, PIKA_A_STATS_ADDRESS), stats,
				   info->extack);
	if (!err)
		err = reply(info, PIKA_CMD_STATS_GET, PIKA_STATS_ROOM,
			    put_stats, stats);
	kfree(stats);
	return err;
}

static int put_listener(struct sk_buff *skb, const void *info)
{
	return pika_listener_info_put(skb, info);
}

int pika_nl_listener_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct pika_listener_info *listener;
	int err;

	err = check_abi(info, PIKA_A_LISTENER_ABI);
	if (err)
		return err;
	listener = kzalloc(sizeof(*listener), GFP_KERNEL);
	if (!listener)
		return -ENOMEM;
	err = pika_stack_get_listener(genl_info_net(info),
				      number_of(info, PIKA_A_LISTENER_AFTER),
				      listener, info->extack);
	if (!err)
		err = reply(info, PIKA_CMD_LISTENER_GET, PIKA_LISTENER_ROOM,
			    put_listener, listener);
	kfree(listener);
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
