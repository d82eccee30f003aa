// SPDX-License-Identifier: GPL-2.0-only
/*
 * socket() and the calls on what it returns. A socket that connects to where no
 * link leads becomes Linux's TCP socket, as does each one when its stack is
 * stopped by force, perhaps in the midst of another thread's call: so each call
 * holds whatever socket it finds, and goes where that belongs.
 */

#include "sock.h"

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <net/inet_common.h>
#include <net/ipv6.h>
#include <net/protocol.h>
#include <net/tcp_states.h>
#include <net/transp_v6.h>
#include <uapi/linux/pika.h>

#include "accept.h"
#include "address.h"
#include "compat.h"
#include "force.h"
#include "inner.h"
#include "sock_memory.h"

static bool is_pika(const struct sock *sk)
{
	return sk->sk_prot->owner == THIS_MODULE;
}

static const struct proto_ops *held_ops_of(const struct sock *sk);

/* Calls in progress, to be summed up: they return through this module. */
static DEFINE_PER_CPU(int, calls);

/* With a reference. One that was replaced lasts for a grace period. */
static struct sock *hold(struct socket *sock)
{
	struct sock *sk;

	this_cpu_inc(calls);
	rcu_read_lock();
	do
		sk = READ_ONCE(sock->sk);
	while (!refcount_inc_not_zero(&sk->sk_refcnt));
	rcu_read_unlock();
	return sk;
}

static void let_go(struct sock *sk)
{
	sock_put(sk);
	this_cpu_dec(calls);
}

/* Of a socket that has become Linux's. The two pointers change together. */
static const struct proto_ops *ops_of_linux(struct socket *sock)
{
	const struct proto_ops *ops;

	for (;;) {
		/* Of the socket that was found there. */
		ops = smp_load_acquire(&sock->ops);
		if (ops->owner != THIS_MODULE)
			return ops;
		cpu_relax();
	}
}

static int held_bind(struct socket *sock, struct pika_sockaddr *addr, int len)
{
	struct sock *sk = hold(sock);
	int err = is_pika(sk) ? sk->sk_prot->bind(sk, addr, len) :
		ops_of_linux(sock)->bind(sock, addr, len);

	let_go(sk);
	return err;
}

/* If no link leads to @addr, Linux's TCP takes over. */
static int choose_way(struct socket *sock, struct sock *sk,
		      struct pika_sockaddr *addr, int len)
{
	bool taken = false;
	int err = 0;

	lock_sock(sk);
	if (sk->sk_socket == sock && sock->state == SS_UNCONNECTED &&
	    sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DEAD) &&
	    pika_address_route(pika_sk(sk), addr, len) == PIKA_ELSEWHERE) {
		err = pika_inner_take_over(pika_sk(sk), sock);
		taken = !err;
	}
	release_sock(sk);
	if (taken)
		sk_common_release(sk);
	return err;
}

/* As inet_stream_connect(), and 1 if @sk is the socket's no more. */
static int connect_here(struct socket *sock, struct sock *sk,
			struct pika_sockaddr *addr, int len, int flags)
{
	int err = 1;

	lock_sock(sk);
	if (READ_ONCE(sock->sk) == sk)
		err = __inet_stream_connect(sock, addr, len, flags, 0);
	release_sock(sk);
	return err;
}

static int held_connect(struct socket *sock, struct pika_sockaddr *addr,
			int len, int flags)
{
	struct sock *sk = hold(sock);
	int err = is_pika(sk) ? choose_way(sock, sk, addr, len) : 1;

	if (!err)
		err = connect_here(sock, sk, addr, len, flags);
	if (err > 0)
		err = ops_of_linux(sock)->connect(sock, addr, len, flags);
	let_go(sk);
	return err;
}

static int held_listen(struct socket *sock, int backlog)
{
	struct sock *sk = hold(sock);
	int err = is_pika(sk) ? pika_sock_listen(sk, sock, backlog) :
		ops_of_linux(sock)->listen(sock, backlog);

	let_go(sk);
	return err;
}

/* Of what was accepted. What came by no link is Linux's already. */
static void give_ops(struct socket *newsock, const struct proto_ops *linux_ops)
{
	if (is_pika(newsock->sk)) {
		newsock->ops = held_ops_of(newsock->sk);
		pika_force_enlist(pika_sk(newsock->sk));
		return;
	}
	__module_get(linux_ops->owner);
	newsock->ops = linux_ops;
	module_put(THIS_MODULE);
}

static int held_accept(struct socket *sock, struct socket *newsock,
		       PIKA_SOCK_ACCEPT_ARGS)
{
	struct sock *sk = hold(sock);
	int err;

	if (is_pika(sk)) {
		err = pika_sock_accept(inet_accept, sock, newsock);
		if (!err)
			give_ops(newsock, pika_sk(sk)->inner->ops);
	} else {
		err = pika_sock_accept(ops_of_linux(sock)->accept, sock,
				       newsock);
		if (!err)
			give_ops(newsock, ops_of_linux(sock));
	}
	let_go(sk);
	return err;
}

static int held_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	struct sock *sk = hold(sock);
	int len = sk->sk_family == AF_INET6 ? inet6_getname(sock, addr, peer) :
		inet_getname(sock, addr, peer);

	let_go(sk);
	return len;
}

static __poll_t held_poll(struct file *file, struct socket *sock,
			  struct poll_table_struct *wait)
{
	struct sock *sk = hold(sock);
	__poll_t mask;

	if (is_pika(sk) && !sock_flag(sk, SOCK_DEAD))
		mask = pika_sock_poll(file, sock, sk, wait);
	else
		mask = ops_of_linux(sock)->poll(file, sock, wait);
	let_go(sk);
	return mask;
}

static int held_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = hold(sock);
	int err = is_pika(sk) ? pika_sock_ioctl(sock, sk, cmd, arg) :
		ops_of_linux(sock)->ioctl(sock, cmd, arg);

	let_go(sk);
	return err;
}

static int held_gettstamp(struct socket *sock, void __user *stamp,
			  bool timeval, bool time32)
{
	struct sock *sk = hold(sock);
	int err = sock_gettstamp(sock, stamp, timeval, time32);

	let_go(sk);
	return err;
}

static int held_shutdown(struct socket *sock, int how)
{
	struct sock *sk = hold(sock);
	int err = inet_shutdown(sock, how);

	let_go(sk);
	return err;
}

static int held_setsockopt(struct socket *sock, int level, int option,
			   sockptr_t value, unsigned int len)
{
	struct sock *sk = hold(sock);
	int err = sk->sk_prot->setsockopt(sk, level, option, value, len);

	let_go(sk);
	return err;
}

static int held_getsockopt(struct socket *sock, int level, int option,
			   char __user *value, int __user *len)
{
	struct sock *sk = hold(sock);
	int err = sk->sk_prot->getsockopt(sk, level, option, value, len);

	let_go(sk);
	return err;
}

static int held_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = hold(sock);
	int sent = is_pika(sk) ? pika_sock_sendmsg(sk, msg, len) :
		ops_of_linux(sock)->sendmsg(sock, msg, len);

	let_go(sk);
	return sent;
}

static int held_recvmsg(struct socket *sock, struct msghdr *msg, size_t len,
			int flags)
{
	struct sock *sk = hold(sock);
	int read = is_pika(sk) ? pika_sock_recvmsg(sk, msg, len, flags) :
		ops_of_linux(sock)->recvmsg(sock, msg, len, flags);

	let_go(sk);
	return read;
}

#define PIKA_HELD_OPS						\
	.owner		= THIS_MODULE,				\
	.bind		= held_bind,				\
	.connect	= held_connect,				\
	.socketpair	= sock_no_socketpair,			\
	.accept		= held_accept,				\
	.getname	= held_getname,				\
	.poll		= held_poll,				\
	.ioctl		= held_ioctl,				\
	.gettstamp	= held_gettstamp,			\
	.listen		= held_listen,				\
	.shutdown	= held_shutdown,			\
	.setsockopt	= held_setsockopt,			\
	.getsockopt	= held_getsockopt,			\
	.sendmsg	= held_sendmsg,				\
	.recvmsg	= held_recvmsg,				\
	.mmap		= sock_no_mmap

static const struct proto_ops held_ops4 = {
	PIKA_HELD_OPS,
	.family		= PF_INET,
	.release	= inet_release,
};

static const struct proto_ops held_ops6 = {
	PIKA_HELD_OPS,
	.family		= PF_INET6,
	.release	= inet6_release,
};

static const struct proto_ops *held_ops_of(const struct sock *sk)
{
	return sk->sk_family == AF_INET6 ? &held_ops6 : &held_ops4;
}

static struct inet_protosw protosw4 = {
	.type		= SOCK_STREAM,
	.protocol	= PIKA_IPPROTO,
	.prot		= &pika_prot4,
	.ops		= &held_ops4,
};

static struct inet_protosw protosw6 = {
	.type		= SOCK_STREAM,
	.protocol	= PIKA_IPPROTO,
	.prot		= &pika_prot6,
	.ops		= &held_ops6,
};

/**
 * pika_sock_register() - socket() knows the protocol from now on
 *
 * Context: module load.
 * Return: 0 or an error.
 */
int __init pika_sock_register(void)
{
	int err;

	pika_memory_init(&pika_prot4);
	pika_memory_init(&pika_prot6);
	pika_set_pinfo_offset(&pika_prot6, offsetof(struct pika_sock6, inet6));
	err = proto_register(&pika_prot4, 1);
	if (err)
		return err;
	err = proto_register(&pika_prot6, 1);
	if (err)
		goto unregister_prot4;
	err = inet6_register_protosw(&protosw6);
	if (err)
		goto unregister_prot6;
	inet_register_protosw(&protosw4);
	return 0;

unregister_prot6:
	proto_unregister(&pika_prot6);
unregister_prot4:
	proto_unregister(&pika_prot4);
	return err;
}

static int calls_in_progress(void)
{
	int sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(calls, cpu));
	return sum;
}

/*
 * A call that found a socket's operations before the socket was replaced may
 * not have begun, or not quite have ended: neither sleeps there, and in between
 * it is counted.
 */
static void wait_for_calls(void)
{
	synchronize_rcu_tasks();
	while (calls_in_progress())
		msleep(20);
	synchronize_rcu_tasks();
}

/* No socket is left, as each holds the module. */
void pika_sock_unregister(void)
{
	if (pika_inner_replaced())
		wait_for_calls();
	inet_unregister_protosw(&protosw4);
	inet6_unregister_protosw(&protosw6);
	proto_unregister(&pika_prot6);
	proto_unregister(&pika_prot4);
}
