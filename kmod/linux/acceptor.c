// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processes that accept from a listening socket: who they are, that a
 * connection manager knows of them, and how they are woken.
 */

#include <linux/delay.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "accept_queue.h"
#include "sock.h"
#include "stack.h"

/* How long those who wait for a listener that goes may take to notice. */
#define LEAVE_MS	5000

/**
 * pika_app_acceptor_find() - an acceptor by its number
 * @q: its queue, locked
 * @id: the number
 *
 * Return: the acceptor or NULL.
 */
struct pika_app_acceptor *pika_app_acceptor_find(struct pika_accept_queue *q,
						 u32 id)
{
	struct pika_app_acceptor *a;

	list_for_each_entry(a, &q->acceptors, link)
		if (a->id == id)
			return a;
	return NULL;
}

/**
 * pika_accept_wake_all() - somebody of a queue may have something to accept
 * @q: the queue, locked
 */
void pika_accept_wake_all(struct pika_accept_queue *q)
{
	struct pika_app_acceptor *a;

	list_for_each_entry(a, &q->acceptors, link)
		wake_up_interruptible_poll(&a->wait, PIKA_ACCEPT_READY);
}

/**
 * pika_accept_hang_up() - a queue's socket listens no more
 * @q: the queue, locked
 *
 * All threads that wait, also for exclusive wake-ups: there will be none.
 */
void pika_accept_hang_up(struct pika_accept_queue *q)
{
	struct pika_app_acceptor *a;

	list_for_each_entry(a, &q->acceptors, link)
		__wake_up(&a->wait, TASK_INTERRUPTIBLE, 0,
			  poll_to_key(PIKA_ACCEPT_READY | EPOLLHUP));
}

/* Who else may have it once its acceptor has let it wait hears of it then. */
static void arm_lease(struct pika_accept_queue *q)
{
	if (!list_is_singular(&q->acceptors) && !timer_pending(&q->lease))
		mod_timer(&q->lease,
			  jiffies + msecs_to_jiffies(PIKA_LEASE_MS) + 1);
}

/**
 * pika_accept_wake_for() - there is something to accept
 * @q: the queue, locked
 * @acceptor: whose it is before others'
 *
 * Its acceptor, and after the lease all; at once all if it has no waiter.
 */
void pika_accept_wake_for(struct pika_accept_queue *q, u32 acceptor)
{
	struct pika_app_acceptor *a = pika_app_acceptor_find(q, acceptor);

	if (!a || !wq_has_sleeper(&a->wait)) {
		pika_accept_wake_all(q);
		return;
	}
	wake_up_interruptible_poll(&a->wait, PIKA_ACCEPT_READY);
	arm_lease(q);
}

/**
 * pika_accept_answered() - a claim is answered
 * @q: the queue, locked
 * @claimer: the acceptor that sent it, where somebody is about to look at the
 *	answer, unless all were told to wait for it
 */
void pika_accept_answered(struct pika_accept_queue *q, u32 claimer)
{
	struct pika_app_acceptor *a = pika_app_acceptor_find(q, claimer);

	if (a && !a->awaited) {
		arm_lease(q);
		return;
	}
	if (a)
		a->awaited = false;
	pika_accept_wake_for(q, claimer);
}

static bool post_register(struct pika_app_acceptor *a, u16 cm)
{
	struct pika_msg msg = {
		.type = PIKA_MSG_ACCEPT_CONNECTION,
		.acceptor.listener = a->queue->id,
		.acceptor.acceptor = a->id,
	};

	if (pika_endpoint_post(a->endpoint, cm, &msg))
		return true;
	pika_endpoint_wait(a->endpoint, cm, &a->waiter);
	return false;
}

static bool post_due(struct pika_app_acceptor *a)
{
	unsigned long cm;

	for_each_set_bit(cm, a->due, PIKA_SERVERS) {
		if (!post_register(a, cm))
			return false;
		__clear_bit(cm, a->due);
	}
	return true;
}

static bool register_again(struct pika_waiter *waiter)
{
	return post_due(container_of(waiter, struct pika_app_acceptor,
				     waiter));
}

/**
 * pika_app_acceptor_register() - let connections be offered to an acceptor
 * @a: the acceptor; may be registered
 *
 * By the manager of its CPU, and by those that had nobody at all.
 *
 * Context: process.
 */
void pika_app_acceptor_register(struct pika_app_acceptor *a)
{
	struct pika_accept_queue *q = a->queue;
	DECLARE_BITMAP(cms, PIKA_SERVERS);
	bool registered;

	spin_lock_bh(&q->lock);
	registered = a->registered;
	a->registered = true;
	bitmap_copy(cms, q->asking, PIKA_SERVERS);
	spin_unlock_bh(&q->lock);
	if (registered)
		return;
	__set_bit(a->cm, cms);
	pika_endpoint_lock(a->endpoint);
	bitmap_or(a->due, a->due, cms, PIKA_SERVERS);
	post_due(a);
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

/**
 * pika_app_acceptor_mine() - the acceptor of this process
 * @q: the queue
 * @ps: the listening socket
 *
 * Context: process.
 * Return: the acceptor, which lives as long as the socket; NULL: no memory.
 */
struct pika_app_acceptor *pika_app_acceptor_mine(struct pika_accept_queue *q,
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

/* A file that waits there is closed, or its socket was aborted. */
static void send_off(struct pika_app_acceptor *a)
{
	__wake_up(&a->wait, TASK_NORMAL, 0,
		  poll_to_key(PIKA_ACCEPT_READY | EPOLLHUP | EPOLLERR |
			      POLLFREE));
}

static bool has_waiter(struct pika_app_acceptor *a)
{
	/* Nobody comes any more, so it is enough to look. */
	return waitqueue_active(&a->wait);
}

/*
 * An epoll leaves at once. Who is in poll() looks at the socket once more,
 * finds that it has hung up and leaves; in select(), for exceptions alone, he
 * stays.
 */
static bool is_left_alone(struct pika_app_acceptor *a)
{
	u32 waited = 0;

	if (!has_waiter(a))
		return true;
	send_off(a);
	synchronize_rcu();
	while (has_waiter(a) && waited++ < LEAVE_MS / 20)
		msleep(20);
	return !has_waiter(a);
}

static void free_acceptors(struct list_head *acceptors)
{
	struct pika_app_acceptor *a, *next;

	list_for_each_entry_safe(a, next, acceptors, link) {
		pika_endpoint_lock(a->endpoint);
		list_del_init(&a->waiter.link);
		pika_endpoint_unlock(a->endpoint);
		put_pid(a->pid);
		/* Better lost than pulled from under somebody's feet. */
		if (is_left_alone(a))
			kfree(a);
		else
			pr_notice("pika: somebody waits for a closed listener\n");
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
	pika_accept_wake_all(q);
	spin_unlock_bh(&q->lock);
	free_acceptors(&mine);
}
