// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who takes which connection from a listening socket. Arrivals come in the
 * endpoints' tasklets; accept() and poll() claim them in process context and
 * report only what the server has confirmed. A connection is for the acceptor
 * that it was offered to; others may have it if that has no waiter, or has let
 * its lease pass.
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

#define READY	(EPOLLIN | EPOLLRDNORM)

/* How long a claim is worth waiting for without sleeping. */
#define CLAIM_SPIN_NS	5000

static struct pika_app_acceptor *find(struct pika_accept_queue *q, u32 id)
{
	struct pika_app_acceptor *a;

	list_for_each_entry(a, &q->acceptors, link)
		if (a->id == id)
			return a;
	return NULL;
}

static void wake_all(struct pika_accept_queue *q)
{
	struct pika_app_acceptor *a;

	list_for_each_entry(a, &q->acceptors, link)
		wake_up_interruptible_poll(&a->wait, READY);
}

/* All threads that wait, also for exclusive wake-ups: there will be none. */
static void hang_up(struct pika_accept_queue *q)
{
	struct pika_app_acceptor *a;

	list_for_each_entry(a, &q->acceptors, link)
		__wake_up(&a->wait, TASK_INTERRUPTIBLE, 0,
			  poll_to_key(READY | EPOLLHUP));
}

/* Its acceptor, and after the lease all; at once all if it has no waiter. */
static void wake_for(struct pika_accept_queue *q, u32 acceptor)
{
	struct pika_app_acceptor *a = find(q, acceptor);

	if (!a || !wq_has_sleeper(&a->wait)) {
		wake_all(q);
		return;
	}
	wake_up_interruptible_poll(&a->wait, READY);
	if (!list_is_singular(&q->acceptors) && !timer_pending(&q->lease))
		mod_timer(&q->lease,
			  jiffies + msecs_to_jiffies(PIKA_LEASE_MS) + 1);
}

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
	a = find(q, acceptor);
	/* Only who may be first: wake_for() has woken whoever waits. */
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
		wake_all(q);
		mod_timer(&q->lease,
			  jiffies + msecs_to_jiffies(PIKA_LEASE_MS) + 1);
	}
	spin_unlock(&q->lock);
}

static void arrive(struct pika_accept_queue *q, struct pika_arrival *arrival)
{
	spin_lock(&q->lock);
	if (q->sockets) {
		list_add_tail(&arrival->link, &q->offers);
		wake_for(q, arrival->offer.available.acceptor);
		arrival = NULL;
	}
	spin_unlock(&q->lock);
	kfree(arrival);
}

/**
 * pika_accept_available() - CONNECTION_AVAILABLE
 * @ep: whose
 * @msg: the message; without memory it is offered again, when the claim is late
 */
void pika_accept_available(struct pika_endpoint *ep, const struct pika_msg *msg)
{
	struct pika_arrival *arrival = kmalloc(sizeof(*arrival), GFP_ATOMIC);
	struct pika_accept_queue *q;

	if (!arrival) {
		ep->lost++;
		return;
	}
	arrival->offer = *msg;
	arrival->endpoint = ep;
	arrival->since = jiffies;
	rcu_read_lock();
	q = xa_load(&ep->stack->listeners, msg->available.listener);
	if (q)
		arrive(q, arrival);
	else
		kfree(arrival);
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
		wake_all(q);
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
	if (q) {
		spin_lock(&q->lock);
		list_for_each_entry(a, &q->acceptors, link)
			a->registered = false;
		wake_all(q);
		spin_unlock(&q->lock);
	}
	rcu_read_unlock();
}

/* No longer on its way to accept(): nobody's, if its queue has ended. */
static void leave_queue(struct pika_sock *ps)
{
	struct pika_accept_queue *q = ps->from;

	ps->from = NULL;
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
	leave_queue(ps);
	pika_sock_close_flow(ps, PIKA_CLOSE_RESET);
	bury(ps);
}

/**
 * pika_accept_claimed() - CLAIM_RESULT: the connection is ours
 * @ps: its socket, on its queue's claiming list
 */
void pika_accept_claimed(struct pika_sock *ps)
{
	struct pika_accept_queue *q = ps->from;
	bool ended;

	spin_lock(&q->lock);
	ended = !q->sockets;
	if (ended) {
		list_del_init(&ps->arrived);
	} else {
		ps->claimed_at = jiffies;
		list_move_tail(&ps->arrived, &q->claimed);
		wake_for(q, ps->claimer);
	}
	spin_unlock(&q->lock);
	if (ended)
		abandon(ps);
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
	a = find(q, ps->acceptor);
	if (a)
		a->registered = false;
	if (q->sockets)
		wake_for(q, ps->claimer);
	spin_unlock(&q->lock);
	leave_queue(ps);
	ps->closed = true;
	bury(ps);
}

static bool post_register(struct pika_app_acceptor *a)
{
	struct pika_msg msg = {
		.type = PIKA_MSG_ACCEPT_CONNECTION,
		.acceptor.listener = a->queue->id,
		.acceptor.acceptor = a->id,
	};

	if (pika_endpoint_post(a->endpoint, a->cm, &msg))
		return true;
	pika_endpoint_wait(a->endpoint, a->cm, &a->waiter);
	return false;
}

static bool register_again(struct pika_waiter *waiter)
{
	return post_register(container_of(waiter, struct pika_app_acceptor,
					  waiter));
}

static void register_acceptor(struct pika_app_acceptor *a)
{
	struct pika_accept_queue *q = a->queue;
	bool registered;

	spin_lock_bh(&q->lock);
	registered = a->registered;
	a->registered = true;
	spin_unlock_bh(&q->lock);
	if (registered)
		return;
	pika_endpoint_lock(a->endpoint);
	post_register(a);
	pika_endpoint_unlock(a->endpoint);
}

/* The CMs are dealt out to the CPUs in turn. */
static u16 cm_of(const struct pika_endpoint *ep)
{
	const struct pika_composition *c = &ep->stack->composition;
	u32 turn = ep->cpu % pika_composition_count(c, PIKA_COMPONENT_CM);
	u16 i;

	for (i = 0; i < c->servers; i++)
		if (c->components[i] & BIT(PIKA_COMPONENT_CM) && !turn--)
			break;
	return i;
}

static struct pika_app_acceptor *make_acceptor(struct pika_accept_queue *q)
{
	struct pika_app_acceptor *a = kzalloc(sizeof(*a), GFP_KERNEL_ACCOUNT);

	if (!a)
		return NULL;
	a->queue = q;
	a->endpoint = q->stack->endpoints[raw_smp_processor_id()];
	a->cm = cm_of(a->endpoint);
	init_waitqueue_head(&a->wait);
	pika_waiter_init(&a->waiter, register_again);
	return a;
}

/* The caller's, or one whose process has ended. */
static struct pika_app_acceptor *reuse_acceptor(struct pika_accept_queue *q,
						const struct pika_sock *ps)
{
	struct pid *me = task_tgid(current);
	struct pika_app_acceptor *a, *dead = NULL;

	list_for_each_entry(a, &q->acceptors, link) {
		if (a->socket != ps)
			continue;
		if (a->pid == me)
			return a;
		if (pid_has_task(a->pid, PIDTYPE_TGID))
			continue;
		/* It may have left a shared epoll behind. */
		if (!waitqueue_active(&a->wait))
			dead = a;
	}
	if (dead) {
		put_pid(dead->pid);
		dead->pid = get_pid(me);
	}
	return dead;
}

/* The acceptor of this process for @ps; NULL: no memory. */
static struct pika_app_acceptor *my_acceptor(struct pika_accept_queue *q,
					     const struct pika_sock *ps)
{
	struct pika_app_acceptor *a, *new;

	spin_lock_bh(&q->lock);
	a = reuse_acceptor(q, ps);
	spin_unlock_bh(&q->lock);
	if (a)
		return a;
	new = make_acceptor(q);
	if (!new)
		return NULL;
	spin_lock_bh(&q->lock);
	a = reuse_acceptor(q, ps);
	if (!a) {
		a = new;
		new = NULL;
		a->socket = ps;
		a->pid = get_pid(task_tgid(current));
		a->id = ++q->next_acceptor;
		list_add_tail(&a->link, &q->acceptors);
	}
	spin_unlock_bh(&q->lock);
	kfree(new);
	return a;
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

static struct pika_arrival *take_offer(struct pika_accept_queue *q, u32 me)
{
	struct pika_arrival *arrival;

	spin_lock_bh(&q->lock);
	arrival = best_offer(q, me);
	if (arrival)
		list_del(&arrival->link);
	spin_unlock_bh(&q->lock);
	return arrival;
}

static void give_back(struct pika_accept_queue *q, struct pika_arrival *arrival)
{
	spin_lock_bh(&q->lock);
	list_add(&arrival->link, &q->offers);
	spin_unlock_bh(&q->lock);
}

static void send_claim(struct pika_accept_queue *q, struct pika_sock *ps,
		       u32 me)
{
	refcount_inc(&q->refs);
	ps->from = q;
	ps->claimer = me;
	spin_lock_bh(&q->lock);
	list_add_tail(&ps->arrived, &q->claiming);
	spin_unlock_bh(&q->lock);
	pika_endpoint_lock(ps->endpoint);
	pika_sock_name(ps);
	ps->due |= PIKA_DUE_CLAIM;
	pika_sock_flush(ps);
	pika_endpoint_unlock(ps->endpoint);
}

/* The answer of a server that polls comes soon. */
static void spin_for_answer(struct pika_accept_queue *q, struct pika_sock *ps)
{
	u64 until = local_clock() + CLAIM_SPIN_NS;
	bool waits;

	do {
		pika_endpoint_drain(ps->endpoint);
		spin_lock_bh(&q->lock);
		waits = READ_ONCE(ps->from) && !ps->claimed_at;
		spin_unlock_bh(&q->lock);
	} while (waits && local_clock() < until);
}

/* 1: an offer was claimed, and perhaps answered; 0: there is none; or error. */
static int claim_one(struct pika_sock *listener, struct pika_accept_queue *q,
		     u32 me)
{
	struct pika_arrival *arrival = take_offer(q, me);
	struct pika_sock *ps;

	if (!arrival)
		return 0;
	ps = pika_sock_make_child(pika_sock_sk(listener), arrival->endpoint);
	if (!ps) {
		give_back(q, arrival);
		return -ENOMEM;
	}
	fill_child(ps, arrival);
	kfree(arrival);
	sock_hold(pika_sock_sk(ps));
	send_claim(q, ps, me);
	spin_for_answer(q, ps);
	sock_put(pika_sock_sk(ps));
	return 1;
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

/* Would next() do something? */
static bool has_work(struct pika_sock *listener, struct pika_accept_queue *q,
		     const struct pika_app_acceptor *a)
{
	bool has;

	spin_lock_bh(&q->lock);
	has = !q->sockets || !a->registered || best_claimed(q, a->id) ||
	      (!claims(q, a->id) && best_offer(q, a->id));
	spin_unlock_bh(&q->lock);
	return has || pika_inner_waits(listener);
}

static bool has_claimed(struct pika_accept_queue *q, u32 me)
{
	bool has;

	spin_lock_bh(&q->lock);
	has = best_claimed(q, me);
	spin_unlock_bh(&q->lock);
	return has;
}

static bool is_claiming(struct pika_accept_queue *q, u32 me)
{
	bool is;

	spin_lock_bh(&q->lock);
	is = claims(q, me);
	spin_unlock_bh(&q->lock);
	return is;
}

/* One that is ours now, or NULL and, if there can be none, @error. */
static struct pika_sock *try_accept(struct pika_sock *listener,
				    struct pika_app_acceptor *a, int *error)
{
	struct pika_accept_queue *q = a->queue;
	struct pika_sock *ps = take_claimed(q, a->id);
	int claimed = 1;

	if (ps)
		return ps;
	register_acceptor(a);
	while (!ps && claimed > 0 && !is_claiming(q, a->id)) {
		claimed = claim_one(listener, q, a->id);
		ps = take_claimed(q, a->id);
	}
	*error = min(claimed, 0);
	return ps;
}

/* An accepted socket is the program's, and no longer the queue's. */
static struct sock *hand_over(struct pika_sock *ps)
{
	pika_endpoint_lock(ps->endpoint);
	leave_queue(ps);
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

static struct sock *wait_and_accept(struct pika_sock *listener,
				    struct pika_app_acceptor *a,
				    long timeout, int *error)
{
	struct sock *lsk = pika_sock_sk(listener);
	struct sock *sk;
	DEFINE_WAIT(wait);

	for (;;) {
		prepare_to_wait_exclusive(&a->wait, &wait, TASK_INTERRUPTIBLE);
		__set_current_state(TASK_RUNNING);
		sk = next(listener, a, error);
		if (sk || *error)
			break;
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
	}
	finish_wait(&a->wait, &wait);
	return sk;
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
	struct pika_app_acceptor *a;
	struct sock *child = NULL;

	lock_sock(sk);
	*error = -EINVAL;
	if (sk->sk_state != TCP_LISTEN)
		goto unlock;
	*error = -ENOMEM;
	a = my_acceptor(pika_sk(sk)->listening, pika_sk(sk));
	if (a)
		child = wait_and_accept(pika_sk(sk), a,
					sock_rcvtimeo(sk, flags & O_NONBLOCK),
					error);
unlock:
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

	/* shutdown(), just now */
	if (!q)
		return EPOLLHUP;
	a = my_acceptor(q, ps);
	if (!a)
		return READY;
	poll_wait(file, &a->wait, wait);
	if (pika_inner_waits(ps) || has_claimed(q, a->id))
		return READY;
	register_acceptor(a);
	if (!is_claiming(q, a->id))
		claim_one(ps, q, a->id);
	return has_claimed(q, a->id) ? READY : 0;
}

static void free_acceptors(struct list_head *acceptors)
{
	struct pika_app_acceptor *a, *next;

	list_for_each_entry_safe(a, next, acceptors, link) {
		pika_endpoint_lock(a->endpoint);
		list_del_init(&a->waiter.link);
		pika_endpoint_unlock(a->endpoint);
		put_pid(a->pid);
		kfree(a);
	}
}

/**
 * pika_accept_queue_leave() - nobody waits for one of a queue's sockets
 * @q: the queue
 * @ps: the socket, which is being closed
 *
 * What was offered there others may take, if there are any.
 *
 * Context: process.
 */
void pika_accept_queue_leave(struct pika_accept_queue *q,
			     const struct pika_sock *ps)
{
	struct pika_app_acceptor *a, *next;
	LIST_HEAD(mine);

	spin_lock_bh(&q->lock);
	list_for_each_entry_safe(a, next, &q->acceptors, link)
		if (a->socket == ps)
			list_move(&a->link, &mine);
	wake_all(q);
	spin_unlock_bh(&q->lock);
	free_acceptors(&mine);
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
	}
	hang_up(q);
	spin_unlock_bh(&q->lock);
	if (!last)
		return false;
	timer_delete_sync(&q->lease);
	list_for_each_entry_safe(arrival, next, &offers, link)
		kfree(arrival);
	abandon_all(&claimed);
	return true;
}
