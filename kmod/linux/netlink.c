// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink, the control plane's door: one handler for each operation
 * of Documentation/netlink/specs/pika.yaml. Runs in the sender's context; what
 * must not run at once locks itself. Attribute types and lengths are checked
 * before a handler runs, by the policies generated from the spec.
 */

#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/stringify.h>

#include "acceptors.h"
#include "compat.h"
#include "connections.h"
#include "listeners.h"
#include "netdev.h"
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
	.mcgrps		= pika_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(pika_nl_mcgrps),
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
		.firewall = number_of(info, PIKA_A_STACK_FIREWALL),
		.allow = text_of(info, PIKA_A_STACK_ALLOW),
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
	return pika_stack_stop(genl_info_net(info),
			       info->attrs[PIKA_A_STACK_FORCE], info->extack);
}

/* Has @change made to the stack's links. */
static int change_link(struct genl_info *info,
		       int (*change)(struct pika_stack *stack, const char *name,
				     struct netlink_ext_ack *extack))
{
	const char *name = text_of(info, PIKA_A_STACK_LINK);
	struct pika_stack *stack;
	int err;

	err = check_abi(info, PIKA_A_STACK_ABI);
	if (err)
		return err;
	if (!name) {
		pika_refuse(info->extack, "expected the name of a link");
		return -EINVAL;
	}
	stack = pika_stack_hold(genl_info_net(info), info->extack);
	if (!stack)
		return -ESRCH;
	rtnl_lock();
	err = change(stack, name, info->extack);
	rtnl_unlock();
	pika_stack_let_go(stack);
	return err;
}

int pika_nl_link_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	return change_link(info, pika_netdev_add);
}

int pika_nl_link_remove_doit(struct sk_buff *skb, struct genl_info *info)
{
	return change_link(info, pika_netdev_remove);
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
	       nla_put_u32(skb, PIKA_A_STACK_FLOWS, state->flows) ||
	       nla_put_u32(skb, PIKA_A_STACK_FIREWALL, state->firewall) ||
	       nla_put_string(skb, PIKA_A_STACK_ALLOW, state->allow);
}

/**
 * struct question - what a program may ask
 * @command: PIKA_CMD_*
 * @abi: the attribute with the asker's
 * @size: bytes of what is read
 * @room: bytes of the answer at most
 * @read: fills in zeroed memory from the stack, or says what is wrong
 * @put: writes the answer from there
 */
struct question {
	u8 command;
	int abi;
	size_t size;
	size_t room;
	int (*read)(struct pika_stack *stack, struct genl_info *info,
		    void *state);
	int (*put)(struct sk_buff *skb, const void *state);
};

static int look(struct genl_info *info, const struct question *question,
		void *state)
{
	struct pika_stack *stack;
	int err;

	stack = pika_stack_hold(genl_info_net(info), info->extack);
	if (!stack)
		return -ESRCH;
	err = question->read(stack, info, state);
	pika_stack_let_go(stack);
	return err;
}

static int answer(struct genl_info *info, const struct question *question)
{
	void *state;
	int err;

	err = check_abi(info, question->abi);
	if (err)
		return err;
	state = kzalloc(question->size, GFP_KERNEL);
	if (!state)
		return -ENOMEM;
	err = look(info, question, state);
	if (!err)
		err = reply(info, question->command, question->room,
			    question->put, state);
	kfree(state);
	return err;
}

static int read_stack(struct pika_stack *stack, struct genl_info *info,
		      void *state)
{
	pika_stack_read_state(stack, state);
	return 0;
}

static const struct question about_stack = {
	.command	= PIKA_CMD_STACK_GET,
	.abi		= PIKA_A_STACK_ABI,
	.size		= sizeof(struct pika_stack_state),
	.room		= GENLMSG_DEFAULT_SIZE,
	.read		= read_stack,
	.put		= put_stack,
};

int pika_nl_stack_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, &about_stack);
}

static int read_stats(struct pika_stack *stack, struct genl_info *info,
		      void *stats)
{
	u32 address = number_of(info, PIKA_A_STATS_ADDRESS);

	if (address >= stack->addresses) {
		pika_refuse(info->extack, "address %u: there are %u, from 0",
			    address, stack->addresses);
		return -ERANGE;
	}
	pika_stats_read(stack, address, stats);
	return 0;
}

static int put_stats(struct sk_buff *skb, const void *stats)
{
	return pika_stats_put(skb, stats);
}

static const struct question about_stats = {
	.command	= PIKA_CMD_STATS_GET,
	.abi		= PIKA_A_STATS_ABI,
	.size		= sizeof(struct pika_stats),
	.room		= PIKA_STATS_ROOM,
	.read		= read_stats,
	.put		= put_stats,
};

int pika_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, &about_stats);
}

static int read_listener(struct pika_stack *stack, struct genl_info *info,
			 void *listener)
{
	return pika_listener_info_read(stack,
				       number_of(info, PIKA_A_LISTENER_AFTER),
				       listener);
}

static int put_listener(struct sk_buff *skb, const void *listener)
{
	return pika_listener_info_put(skb, listener);
}

static const struct question about_listener = {
	.command	= PIKA_CMD_LISTENER_GET,
	.abi		= PIKA_A_LISTENER_ABI,
	.size		= sizeof(struct pika_listener_info),
	.room		= PIKA_LISTENER_ROOM,
	.read		= read_listener,
	.put		= put_listener,
};

int pika_nl_listener_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, &about_listener);
}

static u64 cursor_of(struct genl_info *info, int attribute)
{
	struct nlattr *cursor = info->attrs[attribute];

	return cursor ? nla_get_u64(cursor) : 0;
}

static int read_connections(struct pika_stack *stack, struct genl_info *info,
			    void *connections)
{
	pika_connections_read(stack,
			      cursor_of(info, PIKA_A_CONNECTIONS_CURSOR),
			      connections);
	return 0;
}

static int put_connections(struct sk_buff *skb, const void *connections)
{
	return pika_connections_put(skb, connections);
}

static const struct question about_connections = {
	.command	= PIKA_CMD_CONNECTION_GET,
	.abi		= PIKA_A_CONNECTIONS_ABI,
	.size		= sizeof(struct pika_connections),
	.room		= PIKA_CONNECTIONS_ROOM,
	.read		= read_connections,
	.put		= put_connections,
};

int pika_nl_connection_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, &about_connections);
}

static int read_acceptors(struct pika_stack *stack, struct genl_info *info,
			  void *acceptors)
{
	pika_acceptors_read(stack, cursor_of(info, PIKA_A_ACCEPTORS_CURSOR),
			    acceptors);
	return 0;
}

static int put_acceptors(struct sk_buff *skb, const void *acceptors)
{
	return pika_acceptors_put(skb, acceptors);
}

static const struct question about_acceptors = {
	.command	= PIKA_CMD_ACCEPTOR_GET,
	.abi		= PIKA_A_ACCEPTORS_ABI,
	.size		= sizeof(struct pika_told_acceptors),
	.room		= PIKA_ACCEPTORS_ROOM,
	.read		= read_acceptors,
	.put		= put_acceptors,
};

int pika_nl_acceptor_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return answer(info, &about_acceptors);
}

/**
 * pika_nl_tell() - tell programs of a namespace of an event
 * @net: the namespace
 * @put: writes it, in at most GENLMSG_DEFAULT_SIZE bytes
 * @event: what @put is given
 * @flags: how to allocate
 *
 * Whoever has no room left for it is told that he has missed something.
 *
 * Context: as @flags say; the family is registered.
 */
void pika_nl_tell(struct net *net,
		  int (*put)(struct sk_buff *skb, const void *event),
		  const void *event, gfp_t flags)
{
	struct sk_buff *skb;
	void *header;

	if (!genl_has_listeners(&pika_nl_family, net, PIKA_NLGRP_EVENTS))
		return;
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, flags);
	if (!skb)
		goto missed;
	header = genlmsg_put(skb, 0, 0, &pika_nl_family, 0, PIKA_CMD_EVENT);
	if (!header || put(skb, event)) {
		nlmsg_free(skb);
		goto missed;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast_netns(&pika_nl_family, net, skb, 0,
				PIKA_NLGRP_EVENTS, flags);
	return;

missed:
	genl_set_err(&pika_nl_family, net, 0, PIKA_NLGRP_EVENTS, -ENOBUFS);
}

int __init pika_nl_register(void)
{
	return genl_register_family(&pika_nl_family);
}

void pika_nl_unregister(void)
{
	genl_unregister_family(&pika_nl_family);
}
