// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listening socket comes and goes: every server that must know is told, one
 * after the other, and answers. listen() waits for the answers, in process
 * context, and begins anew after a signal; close() waits as well, but not for
 * long.
 */

#include <linux/slab.h>

#include "accept.h"
#include "accept_queue.h"
#include "address.h"
#include "events.h"
#include "sock.h"
#include "stack.h"

/* A dying process must not wait for servers that have too much to do. */
#define PATIENCE_MS	100

#define TOLD	(BIT(PIKA_COMPONENT_LS) | BIT(PIKA_COMPONENT_CM))

/**
 * pika_accept_queue_put() - drop a reference
 * @q: freed with the last one
 */
void pika_accept_queue_put(struct pika_accept_queue *q)
{
	if (refcount_dec_and_test(&q->refs))
		kfree_rcu(q, rcu);
}

static bool must_know(const struct pika_accept_queue *q, u16 server)
{
	if (q->bound_dev_if)
		return false;
	if (q->ending)
		return test_bit(server, q->told);
	if (q->again)
		return q->stack->composition.components[server] &
		       BIT(PIKA_COMPONENT_CM);
	return q->stack->composition.components[server] & TOLD;
}

static bool all_answered(const struct pika_accept_queue *q)
{
	return q->next_server == pika_stack_servers(q->stack) && !q->awaited;
}

static void fill(struct pika_msg *msg, const struct pika_accept_queue *q)
{
	*msg = (struct pika_msg) {
		.type = q->ending ? PIKA_MSG_UNLISTEN : PIKA_MSG_LISTEN,
		.listen = {
			.addr = q->addr,
			.cookie = q->id,
			.listener = q->id,
			.backlog = q->backlog,
			.port = q->port,
			.v6only = q->v6only,
		},
	};
}

/* All have answered. The last word about @q if it was to end. */
static void finish(struct pika_accept_queue *q)
{
	if (!q->ending) {
		wake_up(&q->answered);
		return;
	}
	WRITE_ONCE(q->ended, true);
	wake_up(&q->answered);
	xa_erase_bh(&q->stack->listeners, q->id);
	pika_stack_add_live(q->stack, -1);
	pika_accept_queue_put(q);
}

/* Those that were not yet told; false: the next one's ring is full. */
static bool tell_rest(struct pika_accept_queue *q)
{
	struct pika_msg msg;
	u16 to;

	for (; q->next_server < pika_stack_servers(q->stack);
	     q->next_server++) {
		to = q->next_server;
		if (!must_know(q, to))
			continue;
		fill(&msg, q);
		if (!pika_endpoint_post(q->endpoint, to, &msg)) {
			pika_endpoint_wait(q->endpoint, to, &q->waiter);
			return false;
		}
		__set_bit(to, q->told);
		q->awaited++;
	}
	if (all_answered(q))
		finish(q);
	return true;
}

static bool tell_again(struct pika_waiter *waiter)
{
	return tell_rest(container_of(waiter, struct pika_accept_queue,
				      waiter));
}

static void tell(struct pika_accept_queue *q, bool ending)
{
	pika_endpoint_lock(q->endpoint);
	/* It may wait for room for what it does not say any more. */
	list_del_init(&q->waiter.link);
	q->ending = ending;
	q->next_server = 0;
	tell_rest(q);
	pika_endpoint_unlock(q->endpoint);
}

/**
 * pika_accept_listening() - LISTENING
 * @ep: whose
 * @msg: the message
 */
void pika_accept_listening(struct pika_endpoint *ep, const struct pika_msg *msg)
{
	struct pika_accept_queue *q;

	rcu_read_lock();
	q = xa_load(&ep->stack->listeners, msg->listening.listener);
	if (!q || q->endpoint != ep || !q->awaited) {
		ep->stray++;
		goto unlock;
	}
	q->awaited--;
	if (msg->listening.error)
		q->error = msg->listening.error;
	if (all_answered(q))
		finish(q);
unlock:
	rcu_read_unlock();
}

static struct pika_accept_queue *make_queue(struct pika_sock *ps, u32 backlog)
{
	struct pika_accept_queue *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return NULL;
	refcount_set(&q->refs, 2);
	q->stack = ps->stack;
	q->endpoint = ps->endpoint;
	pika_waiter_init(&q->waiter, tell_again);
	init_waitqueue_head(&q->answered);
	pika_address_local(ps, &q->addr);
	q->v6only = pika_sock_sk(ps)->sk_ipv6only;
	q->port = ps->inet.inet_num;
	q->backlog = backlog;
	spin_lock_init(&q->lock);
	q->sockets = 1;
	q->bound_dev_if = pika_sock_sk(ps)->sk_bound_dev_if;
	q->owner = pika_sock_sk(ps)->sk_uid;
	q->reuseport = pika_sock_sk(ps)->sk_reuseport;
	INIT_LIST_HEAD(&q->acceptors);
	INIT_LIST_HEAD(&q->offers);
	INIT_LIST_HEAD(&q->spares);
	INIT_LIST_HEAD(&q->claiming);
	INIT_LIST_HEAD(&q->claimed);
	timer_setup(&q->lease, pika_accept_lease, 0);
	return q;
}

static bool has_answers(struct pika_accept_queue *q)
{
	bool all;

	pika_endpoint_lock(q->endpoint);
	all = all_answered(q);
	pika_endpoint_unlock(q->endpoint);
	return all;
}

/* Linux has agreed already that both may have the port. */
static bool may_join(const struct pika_accept_queue *q,
		     const struct pika_sock *ps, const struct pika_addr *addr)
{
	const struct sock *sk = &ps->inet.sk;

	return q->reuseport && sk->sk_reuseport &&
	       q->port == ps->inet.inet_num && q->v6only == sk->sk_ipv6only &&
	       q->bound_dev_if == sk->sk_bound_dev_if &&
	       uid_eq(q->owner, sk->sk_uid) &&
	       !memcmp(&q->addr, addr, sizeof(*addr));
}

/* False: its last socket was closed meanwhile. */
static bool join(struct pika_accept_queue *q)
{
	bool joined;

	spin_lock_bh(&q->lock);
	joined = q->sockets;
	if (joined) {
		q->sockets++;
		refcount_inc(&q->refs);
	}
	spin_unlock_bh(&q->lock);
	return joined;
}

/* The queue of its SO_REUSEPORT group, if there is one. */
static struct pika_accept_queue *join_group(const struct pika_sock *ps)
{
	struct pika_accept_queue *q;
	struct pika_addr addr;
	unsigned long id;

	pika_address_local(ps, &addr);
	rcu_read_lock();
	xa_for_each(&ps->stack->listeners, id, q)
		if (may_join(q, ps, &addr) && join(q))
			break;
	rcu_read_unlock();
	return q;
}

static void leave(struct pika_accept_queue *q)
{
	if (!pika_accept_queue_end(q))
		return;
	tell(q, true);
	/* Who connects after close() is refused, not accepted and reset. */
	wait_event_timeout(q->answered, READ_ONCE(q->ended),
			   msecs_to_jiffies(PATIENCE_MS));
	if (q->announced)
		pika_event_listener(q, false);
}

/* All servers listen. */
static void settle(struct pika_accept_queue *q, bool joined)
{
	if (!q->bound_dev_if)
		set_bit(q->port, q->stack->ports);
	if (joined)
		return;
	q->announced = true;
	pika_event_listener(q, true);
}

static int begin(struct pika_accept_queue *q)
{
	struct pika_stack *stack = q->stack;
	int err;

	err = xa_alloc_cyclic_bh(&stack->listeners, &q->id, q, xa_limit_32b,
				 &stack->next_listener, GFP_KERNEL);
	if (err < 0)
		return -ENOBUFS;
	pika_stack_add_live(stack, 1);
	tell(q, false);
	return 0;
}

/*
 * A process that waits here must not hold up those who freeze it, as the host's
 * suspension does after the servers are parked.
 */
static int wait_for_answers(struct pika_accept_queue *q)
{
	const struct pika_stack *stack = q->stack;

	if (wait_event_interruptible(q->answered, has_answers(q) ||
				     READ_ONCE(stack->lost)))
		return -ERESTARTNOINTR;
	return has_answers(q) ? q->error : -ENETDOWN;
}

/**
 * pika_accept_listen() - listen()
 * @ps: bound, does not listen
 * @backlog: connections that may wait
 *
 * Context: process, may sleep.
 * Return: 0 or an error.
 */
int pika_accept_listen(struct pika_sock *ps, u32 backlog)
{
	struct pika_heard *heard = kmalloc(sizeof(*heard), GFP_KERNEL_ACCOUNT);
	struct pika_accept_queue *q = join_group(ps);
	bool joined = q;
	int err = -ENOBUFS;

	if (!q)
		q = make_queue(ps, backlog);
	if (!heard || !q || (!joined && begin(q)))
		goto free;
	heard->queue = q;
	heard->previous = ps->heard;
	ps->heard = heard;
	ps->listening = q;
	err = wait_for_answers(q);
	if (err)
		pika_accept_stop(ps);
	else
		settle(q, joined);
	return err;

free:
	if (joined) {
		leave(q);
		pika_accept_queue_put(q);
	} else {
		kfree(q);
	}
	kfree(heard);
	return err;
}

/**
 * pika_accept_backlog() - listen(), once more
 * @ps: listens
 * @backlog: connections that may wait
 *
 * Context: process, may sleep.
 * Return: 0 or an error.
 */
int pika_accept_backlog(struct pika_sock *ps, u32 backlog)
{
	struct pika_accept_queue *q = ps->listening;

	q->backlog = backlog;
	q->again = true;
	tell(q, false);
	return wait_for_answers(q);
}

/**
 * pika_accept_stop() - a socket listens no more
 * @ps: the socket, which lives on
 *
 * What nobody has accepted is reset.
 *
 * Context: process, may sleep.
 */
void pika_accept_stop(struct pika_sock *ps)
{
	leave(ps->listening);
	WRITE_ONCE(ps->listening, NULL);
}

/**
 * pika_accept_unlisten() - close() of a socket that listens, or has
 * @ps: the socket
 *
 * Context: process, may sleep.
 */
void pika_accept_unlisten(struct pika_sock *ps)
{
	struct pika_heard *heard, *previous;

	if (ps->listening)
		pika_accept_stop(ps);
	for (heard = ps->heard; heard; heard = previous) {
		previous = heard->previous;
		pika_accept_queue_leave(heard->queue, ps);
		pika_accept_queue_put(heard->queue);
		kfree(heard);
	}
	ps->heard = NULL;
}

/**
 * pika_accept_lose_all() - the servers will not answer any more
 * @stack: lost
 *
 * Context: process.
 */
void pika_accept_lose_all(struct pika_stack *stack)
{
	struct pika_accept_queue *q;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(&stack->listeners, id, q)
		wake_up(&q->answered);
	rcu_read_unlock();
}

/**
 * pika_accept_forget_all() - the servers will say nothing any more
 * @stack: halted; all its sockets are closed
 *
 * Context: process.
 */
void pika_accept_forget_all(struct pika_stack *stack)
{
	struct pika_accept_queue *q;
	unsigned long id;

	xa_for_each(&stack->listeners, id, q)
		finish(q);
}
