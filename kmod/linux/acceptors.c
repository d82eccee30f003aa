// SPDX-License-Identifier: GPL-2.0-only
/*
 * Acceptors, read and told: what connection managers know of them, read while
 * these go on, and which process each is, from the listening socket's queue.
 */

#include "acceptors.h"

#include <net/netlink.h>
#include <uapi/linux/pika.h>

#include "accept_queue.h"
#include "executor.h"
#include "stack.h"

static void find_pid(struct pika_accept_queue *q, struct pika_told_acceptor *a)
{
	const struct pika_app_acceptor *each;

	spin_lock_bh(&q->lock);
	a->addr = q->addr;
	a->port = q->port;
	list_for_each_entry(each, &q->acceptors, link)
		if (each->id == a->state.id)
			a->pid = pid_vnr(each->pid);
	spin_unlock_bh(&q->lock);
}

/* False: its listener has gone. */
static bool find_process(struct pika_stack *stack, struct pika_told_acceptor *a)
{
	struct pika_accept_queue *q;

	a->cpu = a->state.endpoint - pika_stack_servers(stack);
	rcu_read_lock();
	q = xa_load(&stack->listeners, a->state.listener);
	if (q)
		find_pid(q, a);
	rcu_read_unlock();
	return q;
}

/* Returns the place after the last that was looked at. */
static u32 read_some(struct pika_stack *stack, u16 server, u32 place,
		     u32 places, struct pika_told_acceptors *acceptors)
{
	const struct pika_server *s = stack->executors[server]->server;
	struct pika_told_acceptor *a;

	for (; place < places && acceptors->len < PIKA_ACCEPTORS; place++) {
		a = &acceptors->all[acceptors->len];
		if (!pika_cm_acceptor(s, place, &a->state) ||
		    !find_process(stack, a))
			continue;
		a->server = server;
		acceptors->len++;
	}
	return place;
}

/**
 * pika_acceptors_read() - read some acceptors
 * @stack: stays meanwhile
 * @cursor: of the answer before; 0: from the beginning. Any number will do
 * @acceptors: zeroed; filled in
 *
 * Context: process.
 */
void pika_acceptors_read(struct pika_stack *stack, u64 cursor,
			 struct pika_told_acceptors *acceptors)
{
	u32 server = cursor >> 32;
	u32 place = cursor;
	const struct pika_server *s;
	u32 places;

	for (; server < pika_stack_servers(stack); server++, place = 0) {
		s = stack->executors[server]->server;
		places = s->manager ? pika_cm_places(s) : 0;
		place = read_some(stack, server, place, places, acceptors);
		if (place < places) {
			acceptors->more = true;
			acceptors->cursor = (u64)server << 32 | place;
			return;
		}
	}
}

static int put_state(struct sk_buff *skb,
		     const struct pika_acceptor_state *state)
{
	return nla_put_u8(skb, PIKA_A_ACCEPTOR_REGISTERED,
			  state->registered) ||
	       nla_put_u32(skb, PIKA_A_ACCEPTOR_LISTENER, state->listener) ||
	       nla_put_u32(skb, PIKA_A_ACCEPTOR_OFFERS, state->offers) ||
	       nla_put_u32(skb, PIKA_A_ACCEPTOR_OPEN, state->open) ||
	       nla_put_u32(skb, PIKA_A_ACCEPTOR_SERVICE_US,
			   state->service_us) ||
	       nla_put_u32(skb, PIKA_A_ACCEPTOR_CLAIM_US, state->claim_us) ||
	       nla_put_u32(skb, PIKA_A_ACCEPTOR_CLAIMED, state->claimed) ||
	       nla_put_u32(skb, PIKA_A_ACCEPTOR_TIMEOUTS, state->timeouts);
}

static int put_one(struct sk_buff *skb, const struct pika_told_acceptor *a)
{
	struct nlattr *nest = nla_nest_start(skb, PIKA_A_ACCEPTORS_ACCEPTOR);

	if (!nest || nla_put_u32(skb, PIKA_A_ACCEPTOR_PID, a->pid) ||
	    nla_put_u32(skb, PIKA_A_ACCEPTOR_SERVER, a->server) ||
	    nla_put(skb, PIKA_A_ACCEPTOR_ADDR, sizeof(a->addr), &a->addr) ||
	    nla_put_u16(skb, PIKA_A_ACCEPTOR_PORT, a->port) ||
	    nla_put_u32(skb, PIKA_A_ACCEPTOR_CPU, a->cpu) ||
	    put_state(skb, &a->state))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * pika_acceptors_put() - tell what was read
 * @skb: a message with at least PIKA_ACCEPTORS_ROOM bytes left
 * @acceptors: what was read
 *
 * Context: any.
 * Return: 0 or -EMSGSIZE, and then @skb is of no use.
 */
int pika_acceptors_put(struct sk_buff *skb,
		       const struct pika_told_acceptors *acceptors)
{
	u32 i;

	if (acceptors->more &&
	    nla_put_u64_64bit(skb, PIKA_A_ACCEPTORS_CURSOR, acceptors->cursor,
			      PIKA_A_ACCEPTORS_PAD))
		return -EMSGSIZE;
	for (i = 0; i < acceptors->len; i++)
		if (put_one(skb, &acceptors->all[i]))
			return -EMSGSIZE;
	return 0;
}
