// SPDX-License-Identifier: GPL-2.0-only
/*
 * What servers say to a listening socket: connections arrive, and claims are
 * answered. Runs with the endpoint locked, in its tasklet or in a system call.
 */

#include "accept.h"

#include <linux/slab.h>
#include <net/tcp_states.h>

#include "accept_queue.h"
#include "sock.h"
#include "stack.h"

/* Kept for each queue. */
#define SPARES	64

/**
 * pika_accept_lease() - something may have waited for its acceptor too long
 * @timer: a queue's
 */
void pika_accept_lease(struct timer_list *timer)
{
	struct pika_accept_queue *q = container_of(timer,
						   struct pika_accept_queue,
						   lease);

	spin_lock(&q->lock);
	if (q->sockets &&
	    !(list_empty(&q->offers) && list_empty(&q->claimed))) {
		pika_accept_wake_all(q);
		mod_timer(&q->lease,
			  jiffies + msecs_to_jiffies(PIKA_LEASE_MS) + 1);
	}
	spin_unlock(&q->lock);
}

/* Locked. NULL: no memory. */
static struct pika_arrival *take_spare(struct pika_accept_queue *q)
{
	struct pika_arrival *arrival;

	arrival = list_first_entry_or_null(&q->spares, struct pika_arrival,
					   link);
	if (!arrival)
		return kmalloc(sizeof(*arrival), GFP_ATOMIC);
	list_del(&arrival->link);
	q->spares_len--;
	return arrival;
}

/**
 * pika_accept_spare() - an arrival is needed no more
 * @q: its queue, locked
 * @arrival: on no list; freed, or kept for the next
 */
void pika_accept_spare(struct pika_accept_queue *q,
		       struct pika_arrival *arrival)
{
	if (!q->sockets || q->spares_len == SPARES) {
		kfree(arrival);
		return;
	}
	list_add(&arrival->link, &q->spares);
	q->spares_len++;
}

/* False: no memory. */
static bool arrive(struct pika_accept_queue *q, struct pika_endpoint *ep,
		   const struct pika_msg *msg)
{
	struct pika_arrival *arrival = NULL;
	bool ends;

	spin_lock(&q->lock);
	ends = !q->sockets;
	if (!ends)
		arrival = take_spare(q);
	if (arrival) {
		arrival->offer = *msg;
		arrival->endpoint = ep;
		arrival->since = jiffies;
		list_add_tail(&arrival->link, &q->offers);
		pika_accept_wake_for(q, msg->available.acceptor);
	}
	spin_unlock(&q->lock);
	return arrival || ends;
}

/**
 * pika_accept_available() - CONNECTION_AVAILABLE
 * @ep: whose
 * @msg: the message; without memory it is offered again, when the claim is late
 */
void pika_accept_available(struct pika_endpoint *ep, const struct pika_msg *msg)
{
	struct pika_accept_queue *q;

	rcu_read_lock();
	q = xa_load(&ep->stack->listeners, msg->available.listener);
	if (q && !arrive(q, ep, msg))
		ep->lost++;
	rcu_read_unlock();
}

/**
 * pika_accept_elsewhere() - Linux's TCP has a connection
 * @q: of the socket that it is for
 *
 * Context: softirq; under RCU.
 */
void pika_accept_elsewhere(struct pika_accept_queue *q)
{
	spin_lock_bh(&q->lock);
	if (q->sockets)
		pika_accept_wake_all(q);
	spin_unlock_bh(&q->lock);
}

/**
 * pika_accept_wake() - WAKE
 * @ep: whose
 * @msg: the message
 */
void pika_accept_wake(struct pika_endpoint *ep, const struct pika_msg *msg)
{
	struct pika_app_acceptor *a;
	struct pika_accept_queue *q;

	rcu_read_lock();
	q = xa_load(&ep->stack->listeners, msg->acceptor.listener);
	if (q && !WARN_ON_ONCE(msg->from >= PIKA_SERVERS)) {
		spin_lock(&q->lock);
		__set_bit(msg->from, q->asking);
		list_for_each_entry(a, &q->acceptors, link)
			a->registered = false;
		pika_accept_wake_all(q);
		spin_unlock(&q->lock);
	}
	rcu_read_unlock();
}

/**
 * pika_accept_leave() - a socket is no longer on its way to accept()
 * @ps: the socket, its endpoint locked
 */
void pika_accept_leave(struct pika_sock *ps)
{
	struct pika_accept_queue *q = ps->from;

	WRITE_ONCE(ps->from, NULL);
	pika_accept_queue_put(q);
}

/* Ends a socket that no program ever had. May free it. */
static void bury(struct pika_sock *ps)
{
	struct sock *sk = pika_sock_sk(ps);

	sock_set_flag(sk, SOCK_DEAD);
	inet_sk_set_state(sk, TCP_CLOSE);
	sock_put(sk);
}

/* Closes a socket that was never accepted. May free it. */
static void abandon(struct pika_sock *ps)
{
	pika_accept_leave(ps);
	pika_sock_close_flow(ps, PIKA_CLOSE_RESET);
	bury(ps);
}

/**
 * pika_accept_claimed() - CLAIM_RESULT: the connection is ours
 * @ps: its socket, on its queue's claiming list
 *
 * Return: false if nobody listens any more: it was closed, and may be freed.
 */
bool pika_accept_claimed(struct pika_sock *ps)
{
	struct pika_accept_queue *q = ps->from;
	bool ended;

	spin_lock(&q->lock);
	ended = !q->sockets;
	if (ended) {
		list_del_init(&ps->arrived);
	} else {
		WRITE_ONCE(ps->claimed_at, jiffies);
		list_move_tail(&ps->arrived, &q->claimed);
		pika_accept_answered(q, ps->claimer);
	}
	spin_unlock(&q->lock);
	if (ended)
		abandon(ps);
	return !ended;
}

/**
 * pika_accept_too_late() - CLAIM_RESULT: the connection is another's
 * @ps: its socket, which a reference is dropped of
 */
void pika_accept_too_late(struct pika_sock *ps)
{
	struct pika_accept_queue *q = ps->from;
	struct pika_app_acceptor *a;

	spin_lock(&q->lock);
	list_del_init(&ps->arrived);
	a = pika_app_acceptor_find(q, ps->acceptor);
	if (a)
		a->registered = false;
	if (q->sockets)
		pika_accept_answered(q, ps->claimer);
	spin_unlock(&q->lock);
	pika_accept_leave(ps);
	ps->closed = true;
	bury(ps);
}

static void abandon_all(struct list_head *claimed)
{
	struct pika_endpoint *ep;
	struct pika_sock *ps, *next;

	list_for_each_entry_safe(ps, next, claimed, arrived) {
		list_del_init(&ps->arrived);
		ep = ps->endpoint;
		pika_endpoint_lock(ep);
		abandon(ps);
		pika_endpoint_unlock(ep);
	}
}

/**
 * pika_accept_queue_end() - one of a queue's sockets listens no more
 * @q: the queue; if that was the last, what is being claimed now is reset when
 *	that is answered
 *
 * Context: process, may sleep.
 * Return: true if it was the last.
 */
bool pika_accept_queue_end(struct pika_accept_queue *q)
{
	struct pika_arrival *arrival, *next;
	LIST_HEAD(claimed);
	LIST_HEAD(offers);
	bool last;

	spin_lock_bh(&q->lock);
	last = !--q->sockets;
	if (last) {
		list_splice_init(&q->claimed, &claimed);
		list_splice_init(&q->offers, &offers);
		list_splice_init(&q->spares, &offers);
		q->spares_len = 0;
	}
	pika_accept_hang_up(q);
	spin_unlock_bh(&q->lock);
	if (!last)
		return false;
	timer_delete_sync(&q->lease);
	list_for_each_entry_safe(arrival, next, &offers, link)
		kfree(arrival);
	abandon_all(&claimed);
	return true;
}
