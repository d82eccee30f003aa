// SPDX-License-Identifier: GPL-2.0-only
/*
 * Closes the sockets that programs hold, in process context, while servers
 * still run: flows are reset, and a TCP socket of Linux's takes each one's
 * place, so that nothing of the stack's is behind a descriptor any more. It is
 * one that was aborted, or a fresh one if the socket had not been used.
 */

#include "force.h"

#include <linux/delay.h>
#include <linux/file.h>
#include <net/tcp_states.h>

#include "accept.h"
#include "compat.h"
#include "inner.h"
#include "sock.h"
#include "stack.h"

/* Sockets that are being made or closed right now may take so long. */
#define PATIENCE_MS	5000

/**
 * pika_force_enlist() - a program holds a socket
 * @ps: complete, but that socket() may not yet have given it a file
 *
 * Context: process.
 */
void pika_force_enlist(struct pika_sock *ps)
{
	struct pika_endpoint *ep = ps->endpoint;

	spin_lock(&ep->open_lock);
	list_add_tail(&ps->opened, &ep->open);
	spin_unlock(&ep->open_lock);
}

/**
 * pika_force_delist() - the program holds it no more
 * @ps: may be on no list
 *
 * Context: process.
 */
void pika_force_delist(struct pika_sock *ps)
{
	struct pika_endpoint *ep = ps->endpoint;

	spin_lock(&ep->open_lock);
	list_del_init(&ps->opened);
	spin_unlock(&ep->open_lock);
}

/* A socket has a file once it is complete; the last close() leaves it none. */
static struct file *hold_file(const struct sock *sk)
{
	struct file *file = NULL;
	struct socket *sock;

	rcu_read_lock();
	sock = READ_ONCE(sk->sk_socket);
	if (sock)
		file = pika_hold_file(sock);
	rcu_read_unlock();
	return file;
}

/*
 * One that somebody has a descriptor of, off the list, with a reference to
 * both. Nobody closes it now.
 */
static struct pika_sock *take(struct pika_endpoint *ep, struct file **file)
{
	struct pika_sock *ps;

	spin_lock(&ep->open_lock);
	list_for_each_entry(ps, &ep->open, opened) {
		*file = hold_file(pika_sock_sk(ps));
		if (*file) {
			sock_hold(pika_sock_sk(ps));
			list_del_init(&ps->opened);
			goto unlock;
		}
	}
	ps = NULL;
unlock:
	spin_unlock(&ep->open_lock);
	return ps;
}

static bool is_unused(const struct pika_sock *ps)
{
	const struct sock *sk = &ps->inet.sk;

	return sk->sk_state == TCP_CLOSE && !sk->sk_err && !ps->heard &&
	       sk->sk_socket->state == SS_UNCONNECTED;
}

/* What a program is told that had something to lose. */
static int error_of(const struct pika_sock *ps)
{
	const struct sock *sk = &ps->inet.sk;

	return sk->sk_state != TCP_CLOSE || ps->readable ? ECONNABORTED :
		sk->sk_err;
}

static void wake(struct socket *sock)
{
	__wake_up(&sock->wq.wait, TASK_INTERRUPTIBLE, 0,
		  poll_to_key(EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM |
			      EPOLLRDHUP | EPOLLHUP | EPOLLERR));
}

/* Puts what calls may still be in progress on @aborted. */
static int abort_sock(struct pika_sock *ps, struct socket *sock,
		      struct list_head *aborted)
{
	struct socket *dead = pika_inner_make_dead(ps, error_of(ps));

	if (!dead)
		return -ENOMEM;
	pika_sock_abort(ps);
	pika_inner_put_dead(ps, dead, sock);
	wake(sock);
	pika_stack_close(ps->stack);
	list_add_tail(&ps->opened, aborted);
	return 0;
}

static int close_one(struct pika_sock *ps, struct socket *sock,
		     struct list_head *aborted)
{
	struct sock *sk = pika_sock_sk(ps);
	bool unused = false;
	int err = 0;

	lock_sock(sk);
	/* Not if connect() has just found that no link leads there. */
	if (sock->sk == sk) {
		unused = is_unused(ps);
		err = unused ? pika_inner_take_over(ps, sock) :
			abort_sock(ps, sock, aborted);
	}
	release_sock(sk);
	if (err)
		pika_force_enlist(ps);
	else if (unused)
		sk_common_release(sk);
	return err;
}

/* How many were closed, or an error. */
static int close_some(struct pika_stack *stack, struct list_head *aborted)
{
	struct pika_sock *ps;
	struct file *file;
	int closed = 0;
	int err = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		while (!err && (ps = take(stack->endpoints[cpu], &file))) {
			err = close_one(ps, sock_from_file(file), aborted);
			sock_put(pika_sock_sk(ps));
			fput(file);
			closed++;
			cond_resched();
		}
	}
	return err ?: closed;
}

/* Those in the midst of close(), perhaps lingering: they end by themselves. */
static int count_closing(struct pika_stack *stack)
{
	struct pika_endpoint *ep;
	struct pika_sock *ps;
	int closing = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		ep = stack->endpoints[cpu];
		spin_lock(&ep->open_lock);
		list_for_each_entry(ps, &ep->open, opened)
			closing += READ_ONCE(ps->closed);
		spin_unlock(&ep->open_lock);
	}
	return closing;
}

static bool is_in_use(struct pika_sock *ps)
{
	bool is;

	pika_endpoint_lock(ps->endpoint);
	is = refcount_read(&pika_sock_sk(ps)->sk_refcnt) > 1 + !!ps->id;
	pika_endpoint_unlock(ps->endpoint);
	return is;
}

/* Calls in progress were woken; when they have left, nobody knows of it. */
static void release_all(struct list_head *aborted)
{
	struct pika_sock *ps, *next;

	if (list_empty(aborted))
		return;
	synchronize_rcu();
	list_for_each_entry_safe(ps, next, aborted, opened) {
		while (is_in_use(ps))
			usleep_range(1000, 5000);
		list_del_init(&ps->opened);
		pika_accept_unlisten(ps);
		pika_inner_release(ps);
		sock_put(pika_sock_sk(ps));
	}
}

static int close_all(struct pika_stack *stack, struct list_head *aborted)
{
	u32 waited = 0;
	int closed;
	int left;

	do {
		closed = close_some(stack, aborted);
		if (closed < 0)
			return closed;
		left = pika_stack_count_open(stack) - count_closing(stack);
		if (left && !closed)
			msleep(20);
	} while (left && waited++ < PATIENCE_MS / 20);
	return left ? -EBUSY : 0;
}

/**
 * pika_force_close() - close all sockets of a stack
 * @stack: no new ones are made, and its servers run
 *
 * Sockets that a program has closed already send no more. On return some may be
 * in the midst of close(), which ends when the stack does.
 *
 * Context: process, may sleep.
 * Return: 0, or an error, and some sockets are still open.
 */
int pika_force_close(struct pika_stack *stack)
{
	LIST_HEAD(aborted);
	int cpu;
	int err;

	err = close_all(stack, &aborted);
	release_all(&aborted);
	if (err)
		return err;
	for_each_possible_cpu(cpu)
		pika_sock_reset_closed(stack->endpoints[cpu]);
	return 0;
}
