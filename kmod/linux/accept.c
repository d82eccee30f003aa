// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who takes which connection from a listening socket. accept() and poll()
 * claim what was offered, in process context, and report only what the server
 * has confirmed. A connection is for the acceptor that it was offered to;
 * others may have it if that has no waiter, or has let its lease pass.
 */

#include "accept.h"

#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <net/tcp_states.h>

#include "accept_queue.h"
#include "address.h"
#include "inner.h"
#include "sock.h"
#include "stack.h"

/* How long a claim is worth waiting for without sleeping. */
#define CLAIM_SPIN_NS	5000

static bool has_lapsed(unsigned long since)
{
	return time_after(jiffies, since + msecs_to_jiffies(PIKA_LEASE_MS));
}

/* May @me take what is for @acceptor? */
static bool may_take(struct pika_accept_queue *q, u32 me, u32 acceptor,
		     unsigned long since)
{
	struct pika_app_acceptor *a;

	if (me == acceptor || has_lapsed(since))
		return true;
	a = pika_app_acceptor_find(q, acceptor);
	/* Only who may be first: whoever waits was woken on arrival. */
	return !a || !waitqueue_active(&a->wait);
}

static struct pika_arrival *best_offer(struct pika_accept_queue *q, u32 me)
{
	struct pika_arrival *arrival, *other = NULL;
	u32 acceptor;

	list_for_each_entry(arrival, &q->offers, link) {
		acceptor = arrival->offer.available.acceptor;
		if (acceptor == me)
			return arrival;
		if (!other && may_take(q, me, acceptor, arrival->since))
			other = arrival;
	}
	return other;
}

static struct pika_sock *best_claimed(struct pika_accept_queue *q, u32 me)
{
	struct pika_sock *ps, *other = NULL;

	list_for_each_entry(ps, &q->claimed, arrived) {
		if (ps->claimer == me)
			return ps;
		if (!other && may_take(q, me, ps->claimer, ps->claimed_at))
			other = ps;
	}
	return other;
}

static void fill_child(struct pika_sock *ps, const struct pika_arrival *arrival)
{
	const struct pika_msg_available *offer = &arrival->offer.available;

	pika_address_child(ps, offer);
	ps->local_port = offer->local_port;
	ps->flow = arrival->offer.flow;
	ps->server = arrival->offer.from;
	ps->acceptor = offer->acceptor;
}

static void give_back(struct pika_accept_queue *q, struct pika_arrival *arrival)
{
	spin_lock_bh(&q->lock);
	list_add(&arrival->link, &q->offers);
	spin_unlock_bh(&q->lock);
}

/* @arrival is the queue's again. */
static void send_claim(struct pika_accept_queue *q, struct pika_sock *ps,
		       u32 me, struct pika_arrival *arrival)
{
	refcount_inc(&q->refs);
	ps->from = q;
	ps->claimer = me;
	spin_lock_bh(&q->lock);
	list_add_tail(&ps->arrived, &q->claiming);
	pika_accept_spare(q, arrival);
	spin_unlock_bh(&q->lock);
	pika_endpoint_lock(ps->endpoint);
	pika_sock_name(ps);
	ps->due |= PIKA_DUE_CLAIM;
	pika_sock_flush(ps);
	pika_endpoint_unlock(ps->endpoint);
}

static bool is_unanswered(const struct pika_sock *ps)
{
	return READ_ONCE(ps->from) && !READ_ONCE(ps->claimed_at);
}

/* A server of this CPU has answered; that of one that polls comes soon. */
static void spin_for_answer(struct pika_sock *ps)
{
	u64 until = 0;

	while (is_unanswered(ps)) {
		if (!until)
			until = local_clock() + CLAIM_SPIN_NS;
		else if (local_clock() >= until)
			break;
		pika_endpoint_drain(ps->endpoint);
	}
}

/* It is perhaps answered on return. Returns 0 or an error. */
static int claim(struct pika_sock *listener, struct pika_accept_queue *q,
		 u32 me, struct pika_arrival *arrival)
{
	struct pika_sock *ps;

	ps = pika_sock_make_child(pika_sock_sk(listener), arrival->endpoint);
	if (!ps) {
		give_back(q, arrival);
		return -ENOMEM;
	}
	fill_child(ps, arrival);
	sock_hold(pika_sock_sk(ps));
	send_claim(q, ps, me, arrival);
	spin_for_answer(ps);
	sock_put(pika_sock_sk(ps));
	return 0;
}

/* Its reference is the caller's. */
static struct pika_sock *take_claimed(struct pika_accept_queue *q, u32 me)
{
	struct pika_sock *ps;

	spin_lock_bh(&q->lock);
	ps = best_claimed(q, me);
	if (ps)
		list_del_init(&ps->arrived);
	spin_unlock_bh(&q->lock);
	return ps;
}

static bool claims(struct pika_accept_queue *q, u32 me)
{
	const struct pika_sock *ps;

	list_for_each_entry(ps, &q->claiming, arrived)
		if (ps->claimer == me)
			return true;
	return false;
}

/* What there is for an acceptor, the best first. */
enum outlook {
	CLAIMED,	/* a connection to be accepted */
	STRANGER,	/* nothing, as it is not registered */
	CLAIMING,	/* an answer to wait for */
	OFFERED,	/* a connection to be claimed */
	NOTHING,
};

/* Locked. @offer: the one if it is OFFERED. */
static enum outlook look(struct pika_app_acceptor *a,
			 struct pika_arrival **offer)
{
	struct pika_accept_queue *q = a->queue;

	if (best_claimed(q, a->id))
		return CLAIMED;
	if (!a->registered)
		return STRANGER;
	if (claims(q, a->id)) {
		a->awaited = true;
		return CLAIMING;
	}
	*offer = best_offer(q, a->id);
	return *offer ? OFFERED : NOTHING;
}

/* @offer is the caller's. */
static enum outlook look_and_take(struct pika_app_acceptor *a,
				  struct pika_arrival **offer)
{
	enum outlook outlook;

	spin_lock_bh(&a->queue->lock);
	outlook = look(a, offer);
	if (outlook == OFFERED)
		list_del(&(*offer)->link);
	spin_unlock_bh(&a->queue->lock);
	return outlook;
}

/* Would next() do something? */
static bool has_work(struct pika_sock *listener, struct pika_accept_queue *q,
		     struct pika_app_acceptor *a)
{
	struct pika_arrival *offer;
	enum outlook outlook;

	spin_lock_bh(&q->lock);
	outlook = look(a, &offer);
	spin_unlock_bh(&q->lock);
	return (outlook != CLAIMING && outlook != NOTHING) ||
	       !READ_ONCE(q->sockets) || pika_inner_waits(listener);
}

/*
 * Until there is something to accept, or an answer or an arrival to wait for.
 * Returns 0 or an error.
 */
static int seek(struct pika_sock *listener, struct pika_app_acceptor *a,
		enum outlook *outlook)
{
	struct pika_arrival *offer;
	int error = 0;

	while (!error) {
		*outlook = look_and_take(a, &offer);
		if (*outlook == STRANGER)
			pika_app_acceptor_register(a);
		else if (*outlook == OFFERED)
			error = claim(listener, a->queue, a->id, offer);
		else
			break;
	}
	return error;
}

/* One that is ours now, or NULL and, if there can be none, @error. */
static struct pika_sock *try_accept(struct pika_sock *listener,
				    struct pika_app_acceptor *a, int *error)
{
	struct pika_accept_queue *q = a->queue;
	struct pika_sock *ps = take_claimed(q, a->id);
	enum outlook outlook = CLAIMED;

	/* Another thread of the process may be faster. */
	while (!ps && !*error && outlook == CLAIMED) {
		*error = seek(listener, a, &outlook);
		ps = take_claimed(q, a->id);
	}
	return ps;
}

/* An accepted socket is the program's, and no longer the queue's. */
static struct sock *hand_over(struct pika_sock *ps)
{
	pika_endpoint_lock(ps->endpoint);
	pika_accept_leave(ps);
	pika_endpoint_unlock(ps->endpoint);
	this_cpu_inc(*ps->stack->open);
	return pika_sock_sk(ps);
}

/* Of ours and Linux's in turn, so that neither waits for ever. */
static struct sock *next(struct pika_sock *listener,
			 struct pika_app_acceptor *a, int *error)
{
	struct pika_accept_queue *q = a->queue;
	struct pika_sock *ps = NULL;
	struct sock *sk = NULL;

	*error = 0;
	if (q->linux_first)
		sk = pika_inner_accept(listener);
	if (!sk) {
		ps = try_accept(listener, a, error);
		sk = ps ? hand_over(ps) : pika_inner_accept(listener);
	}
	q->linux_first = ps;
	return sk;
}

/* Once there was none. */
static struct sock *wait_and_accept(struct pika_sock *listener,
				    struct pika_app_acceptor *a,
				    long timeout, int *error)
{
	struct sock *lsk = pika_sock_sk(listener);
	struct sock *sk = NULL;
	DEFINE_WAIT(wait);

	while (!sk && !*error) {
		*error = timeout ? sock_intr_errno(timeout) : -EAGAIN;
		if (!timeout || signal_pending(current))
			break;
		prepare_to_wait_exclusive(&a->wait, &wait, TASK_INTERRUPTIBLE);
		release_sock(lsk);
		if (!has_work(listener, a->queue, a))
			timeout = schedule_timeout(timeout);
		__set_current_state(TASK_RUNNING);
		lock_sock(lsk);
		/* shutdown() */
		*error = -EINVAL;
		if (lsk->sk_state != TCP_LISTEN || listener->listening !=
		    a->queue)
			break;
		/* Who waits keeps what is for it to itself. */
		prepare_to_wait_exclusive(&a->wait, &wait, TASK_INTERRUPTIBLE);
		__set_current_state(TASK_RUNNING);
		sk = next(listener, a, error);
	}
	finish_wait(&a->wait, &wait);
	return sk;
}

static struct sock *accept_or_wait(struct pika_sock *listener, long timeout,
				   int *error)
{
	struct pika_app_acceptor *a;
	struct sock *sk;

	*error = -ENOMEM;
	a = pika_app_acceptor_mine(listener->listening, listener);
	if (!a)
		return NULL;
	sk = next(listener, a, error);
	if (sk || *error)
		return sk;
	return wait_and_accept(listener, a, timeout, error);
}

/**
 * pika_accept() - accept()
 * @sk: the listening socket
 * @flags: O_NONBLOCK or not
 * @error: set if there is no connection
 *
 * Context: process, may sleep.
 * Return: a socket, ours or TCP's, or NULL.
 */
struct sock *pika_accept(struct sock *sk, int flags, int *error)
{
	struct sock *child = NULL;

	lock_sock(sk);
	*error = -EINVAL;
	if (sk->sk_state == TCP_LISTEN)
		child = accept_or_wait(pika_sk(sk),
				       sock_rcvtimeo(sk, flags & O_NONBLOCK),
				       error);
	release_sock(sk);
	return child;
}

/**
 * pika_accept_poll() - poll() of a listening socket
 * @file: its file
 * @ps: the socket
 * @wait: where to wait
 *
 * Context: process, may sleep.
 * Return: readable, if accept() will not wait.
 */
__poll_t pika_accept_poll(struct file *file, struct pika_sock *ps,
			  struct poll_table_struct *wait)
{
	struct pika_accept_queue *q = READ_ONCE(ps->listening);
	struct pika_app_acceptor *a;
	enum outlook outlook;

	/* shutdown(), just now */
	if (!q)
		return EPOLLHUP;
	a = pika_app_acceptor_mine(q, ps);
	if (!a)
		return PIKA_ACCEPT_READY;
	poll_wait(file, &a->wait, wait);
	if (pika_inner_waits(ps) || seek(ps, a, &outlook))
		return PIKA_ACCEPT_READY;
	return outlook == CLAIMED ? PIKA_ACCEPT_READY : 0;
}
