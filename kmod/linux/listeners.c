// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listening sockets, read and told one by one, in the order of their numbers.
 * What is read of one is of one moment.
 */

#include "listeners.h"

#include <net/netlink.h>
#include <uapi/linux/pika.h>

#include "accept_queue.h"
#include "stack.h"

static void read_acceptor(const struct pika_app_acceptor *a,
			  struct pika_listener_info *info)
{
	u32 i = info->acceptors_len++;

	if (i >= PIKA_LISTENER_ACCEPTORS)
		return;
	info->acceptors[i] = (struct pika_acceptor_info) {
		.pid = pid_vnr(a->pid),
		.server = a->cm,
		.registered = a->registered,
	};
}

static u32 count(const struct list_head *list)
{
	const struct list_head *each;
	u32 n = 0;

	list_for_each(each, list)
		n++;
	return n;
}

/* False: it is closed. */
static bool read_queue(struct pika_accept_queue *q,
		       struct pika_listener_info *info)
{
	const struct pika_app_acceptor *a;
	bool open;

	spin_lock_bh(&q->lock);
	open = q->sockets;
	if (open) {
		info->number = q->id;
		info->addr = q->addr;
		info->port = q->port;
		info->v6only = q->v6only;
		info->backlog = q->backlog;
		info->offered = count(&q->offers);
		info->claimed = count(&q->claimed);
		list_for_each_entry(a, &q->acceptors, link)
			read_acceptor(a, info);
	}
	spin_unlock_bh(&q->lock);
	return open;
}

/**
 * pika_listener_info_read() - take a snapshot of the next listener
 * @stack: stays meanwhile
 * @after: the one before it, by number; 0: the first
 * @info: zeroed; filled in
 *
 * Context: process.
 * Return: 0 or -ENOENT: there is no more.
 */
int pika_listener_info_read(struct pika_stack *stack, u32 after,
			    struct pika_listener_info *info)
{
	struct pika_accept_queue *q;
	unsigned long index;
	int err = -ENOENT;

	rcu_read_lock();
	xa_for_each_start(&stack->listeners, index, q,
			  (unsigned long)after + 1) {
		if (read_queue(q, info)) {
			err = 0;
			break;
		}
	}
	rcu_read_unlock();
	return err;
}

static int put_acceptor(struct sk_buff *skb, const struct pika_acceptor_info *a)
{
	struct nlattr *nest = nla_nest_start(skb, PIKA_A_LISTENER_ACCEPTOR);

	if (!nest || nla_put_u32(skb, PIKA_A_ACCEPTOR_PID, a->pid) ||
	    nla_put_u8(skb, PIKA_A_ACCEPTOR_REGISTERED, a->registered) ||
	    nla_put_u32(skb, PIKA_A_ACCEPTOR_SERVER, a->server))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * pika_listener_info_put() - tell a snapshot
 * @skb: a message with at least PIKA_LISTENER_ROOM bytes left
 * @info: the snapshot
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE, and then @skb is of no use.
 */
int pika_listener_info_put(struct sk_buff *skb,
			   const struct pika_listener_info *info)
{
	u32 told = min_t(u32, info->acceptors_len, PIKA_LISTENER_ACCEPTORS);
	u32 i;

	if (nla_put_u32(skb, PIKA_A_LISTENER_NUMBER, info->number) ||
	    nla_put(skb, PIKA_A_LISTENER_ADDR, sizeof(info->addr),
		    &info->addr) ||
	    nla_put_u16(skb, PIKA_A_LISTENER_PORT, info->port) ||
	    nla_put_u8(skb, PIKA_A_LISTENER_V6ONLY, info->v6only) ||
	    nla_put_u32(skb, PIKA_A_LISTENER_BACKLOG, info->backlog) ||
	    nla_put_u32(skb, PIKA_A_LISTENER_OFFERED, info->offered) ||
	    nla_put_u32(skb, PIKA_A_LISTENER_CLAIMED, info->claimed) ||
	    nla_put_u32(skb, PIKA_A_LISTENER_ACCEPTORS, info->acceptors_len))
		return -EMSGSIZE;
	for (i = 0; i < told; i++)
		if (put_acceptor(skb, &info->acceptors[i]))
			return -EMSGSIZE;
	return 0;
}
