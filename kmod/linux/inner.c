// SPDX-License-Identifier: GPL-2.0-only
/*
 * See inner.h. In process context under the PIKA socket's lock, which comes
 * before that of the TCP socket; but for on_ready().
 */

#include "inner.h"

#include <linux/module.h>
#include <net/inet_connection_sock.h>
#include <net/ipv6.h>
#include <net/tcp_states.h>

#include "accept.h"
#include "address.h"
#include "option.h"
#include "sock.h"

/* What Linux's sockets have for sk_data_ready: the same for all of them. */
static void (*linux_ready)(struct sock *sk);

static int make(struct pika_sock *ps, struct socket **tcp)
{
	struct sock *sk = pika_sock_sk(ps);

	/* Not a kernel's socket: its children keep their namespace. */
	return __sock_create(sock_net(sk), sk->sk_family, SOCK_STREAM,
			     IPPROTO_TCP, tcp, 0);
}

/* Those that decide who may have a port. */
static void copy_rules(struct sock *to, const struct sock *from)
{
	lock_sock(to);
	to->sk_reuse = from->sk_reuse;
	to->sk_reuseport = from->sk_reuseport;
	to->sk_ipv6only = from->sk_ipv6only;
	to->sk_bound_dev_if = from->sk_bound_dev_if;
	to->sk_mark = from->sk_mark;
	release_sock(to);
}

/**
 * pika_inner_bind() - bind(), as Linux would
 * @ps: without a name
 * @addr: of the program's choice
 * @len: of @addr
 *
 * Context: process, may sleep.
 * Return: 0 or an error.
 */
int pika_inner_bind(struct pika_sock *ps, struct pika_sockaddr *addr, int len)
{
	int err = make(ps, &ps->inner);

	if (err)
		return err;
	copy_rules(ps->inner->sk, pika_sock_sk(ps));
	err = kernel_bind(ps->inner, addr, len);
	if (err) {
		pika_inner_release(ps);
		return err;
	}
	pika_address_copy(ps, ps->inner->sk);
	ps->local_port = ps->inet.inet_num;
	return 0;
}

/* In softirq: a connection waits for accept(), or has data before that. */
static void on_ready(struct sock *sk)
{
	struct pika_accept_queue *q;

	if (sk->sk_state == TCP_LISTEN) {
		rcu_read_lock();
		q = rcu_dereference_sk_user_data(sk);
		if (q)
			pika_accept_elsewhere(q);
		rcu_read_unlock();
	}
	/* Children have this function, too, until they are accepted. */
	READ_ONCE(linux_ready)(sk);
}

/**
 * pika_inner_listen() - listen()
 * @ps: bound; may listen already
 * @backlog: as the program says
 *
 * Context: process, may sleep.
 * Return: 0 or an error.
 */
int pika_inner_listen(struct pika_sock *ps, int backlog)
{
	pika_option_copy(ps->inner->sk, ps);
	return kernel_listen(ps->inner, backlog);
}

/**
 * pika_inner_hear() - tell a queue what comes
 * @ps: listens
 * @q: to be told; by RCU
 *
 * Context: process.
 */
void pika_inner_hear(struct pika_sock *ps, struct pika_accept_queue *q)
{
	struct sock *tcp = ps->inner->sk;

	write_lock_bh(&tcp->sk_callback_lock);
	WRITE_ONCE(linux_ready, tcp->sk_data_ready);
	__rcu_assign_sk_user_data_with_flags(tcp, q, SK_USER_DATA_NOCOPY);
	WRITE_ONCE(tcp->sk_data_ready, on_ready);
	write_unlock_bh(&tcp->sk_callback_lock);
}

static void hear_no_more(struct sock *tcp)
{
	write_lock_bh(&tcp->sk_callback_lock);
	if (tcp->sk_data_ready == on_ready) {
		WRITE_ONCE(tcp->sk_data_ready, linux_ready);
		rcu_assign_sk_user_data(tcp, NULL);
	}
	write_unlock_bh(&tcp->sk_callback_lock);
}

/**
 * pika_inner_end_listen() - the port stays, and listens no more
 * @ps: listens
 *
 * Context: process, may sleep.
 */
void pika_inner_end_listen(struct pika_sock *ps)
{
	hear_no_more(ps->inner->sk);
	kernel_sock_shutdown(ps->inner, SHUT_RDWR);
}

/**
 * pika_inner_release() - give the port back
 * @ps: may have none
 *
 * Context: process, may sleep.
 */
void pika_inner_release(struct pika_sock *ps)
{
	if (!ps->inner)
		return;
	hear_no_more(ps->inner->sk);
	sock_release(ps->inner);
	ps->inner = NULL;
}

/**
 * pika_inner_waits() - would pika_inner_accept() find something?
 * @ps: listens
 *
 * Context: any.
 * Return: true if there is a connection.
 */
bool pika_inner_waits(const struct pika_sock *ps)
{
	const struct sock *tcp = ps->inner->sk;

	return !reqsk_queue_empty(&inet_csk(tcp)->icsk_accept_queue);
}

/**
 * pika_inner_accept() - accept(), of what Linux's TCP serves
 * @ps: listens
 *
 * Context: process, may sleep, but not for a connection.
 * Return: a TCP socket's, or NULL.
 */
struct sock *pika_inner_accept(struct pika_sock *ps)
{
	struct sock *sk;

	if (!pika_inner_waits(ps))
		return NULL;
	sk = pika_accept_now(ps->inner->sk);
	if (!sk)
		return NULL;
	lock_sock(sk);
	sk->sk_data_ready = linux_ready;
	release_sock(sk);
	pika_option_copy(sk, ps);
	return sk;
}

static void move(struct sock *tcp, struct socket *from, struct socket *to)
{
	write_lock_bh(&tcp->sk_callback_lock);
	from->sk = NULL;
	rcu_assign_pointer(tcp->sk_wq, &to->wq);
	sk_set_socket(tcp, to);
	tcp->sk_uid = SOCK_INODE(to)->i_uid;
	security_sock_graft(tcp, to);
	WRITE_ONCE(to->sk, tcp);
	/* Who finds TCP's operations finds TCP's socket. */
	smp_store_release(&to->ops, from->ops);
	write_unlock_bh(&tcp->sk_callback_lock);
}

/* Since the module was loaded: calls may be where they would not go now. */
static bool replaced;

bool pika_inner_replaced(void)
{
	return READ_ONCE(replaced);
}

/*
 * Who finds neither socket waits for this to be over: see sock_ops.c. The
 * program may close @sock as soon as it is moved.
 */
static void replace(struct pika_sock *ps, struct socket *tcp,
		    struct socket *sock, void (*leave)(struct sock *sk))
{
	WRITE_ONCE(replaced, true);
	sock_set_flag(pika_sock_sk(ps), SOCK_RCU_FREE);
	__module_get(tcp->ops->owner);
	local_bh_disable();
	leave(pika_sock_sk(ps));
	move(tcp->sk, tcp, sock);
	local_bh_enable();
	sock_release(tcp);
	module_put(THIS_MODULE);
}

/**
 * pika_inner_take_over() - a PIKA socket becomes Linux's
 * @ps: neither connected nor listening; of no use on return
 * @sock: the program's
 *
 * Whoever waits for @sock goes on waiting for it. The caller drops the socket's
 * reference to @ps.
 *
 * Context: process, may sleep.
 * Return: 0 or an error.
 */
int pika_inner_take_over(struct pika_sock *ps, struct socket *sock)
{
	struct socket *inner;
	int err = ps->inner ? 0 : make(ps, &ps->inner);

	if (err)
		return err;
	inner = ps->inner;
	ps->inner = NULL;
	copy_rules(inner->sk, pika_sock_sk(ps));
	pika_option_copy(inner->sk, ps);
	replace(ps, inner, sock, sock_orphan);
	return 0;
}

/**
 * pika_inner_make_dead() - a socket of Linux's that was aborted
 * @ps: whose place it is to take
 * @error: what the program is told, once, or 0
 *
 * Context: process, may sleep.
 * Return: the socket or NULL.
 */
struct socket *pika_inner_make_dead(struct pika_sock *ps, int error)
{
	struct socket *dead;

	if (make(ps, &dead))
		return NULL;
	lock_sock(dead->sk);
	dead->sk->sk_err = error;
	dead->sk->sk_shutdown = SHUTDOWN_MASK;
	release_sock(dead->sk);
	return dead;
}

/* It keeps its wait queue, for calls in progress. */
static void mark_dead(struct sock *sk)
{
	sock_set_flag(sk, SOCK_DEAD);
}

/**
 * pika_inner_put_dead() - it takes a socket's place
 * @ps: the socket, which was aborted; its reference to @ps is the caller's
 * @dead: of pika_inner_make_dead(), which is of no use on return
 * @sock: the program's; the caller holds its file
 *
 * Calls that are in progress go on with @ps.
 *
 * Context: process, may sleep.
 */
void pika_inner_put_dead(struct pika_sock *ps, struct socket *dead,
			 struct socket *sock)
{
	replace(ps, dead, sock, mark_dead);
}
