// SPDX-License-Identifier: GPL-2.0-only
/*
 * socket() and the calls on what it returns. A socket that connects to where no
 * link leads becomes Linux's TCP socket, perhaps in the midst of another
 * thread's call: so each call holds whatever socket it finds, and goes where
 * that belongs. What accept() returns never changes and goes a shorter way.
 */

#include "sock.h"

#include <linux/module.h>
#include <net/inet_common.h>
#include <net/ipv6.h>
#include <net/protocol.h>
#include <net/tcp_states.h>
#include <net/transp_v6.h>
#include <uapi/linux/pika.h>

#include "accept.h"
#include "address.h"
#include "compat.h"
#include "inner.h"

static bool is_pika(const struct sock *sk)
{
	return sk->sk_prot->owner == THIS_MODULE;
}

static int child_listen(struct socket *sock, int backlog)
{
	return pika_sock_listen(sock->sk, sock, backlog);
}

static __poll_t child_poll(struct file *file, struct socket *sock,
			   struct poll_table_struct *wait)
{
	return pika_sock_poll(file, sock, sock->sk, wait);
}

static int child_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	return pika_sock_ioctl(sock, sock->sk, cmd, arg);
}

static int child_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	return pika_sock_sendmsg(sock->sk, msg, len);
}

static int child_recvmsg(struct socket *sock, struct msghdr *msg, size_t len,
			 int flags)
{
	return pika_sock_recvmsg(sock->sk, msg, len, flags);
}

#define PIKA_CHILD_OPS						\
	.owner		= THIS_MODULE,				\
	.bind		= inet_bind,				\
	.connect	= inet_stream_connect,			\
	.socketpair	= sock_no_socketpair,			\
	.accept		= sock_no_accept,			\
	.poll		= child_poll,				\
	.ioctl		= child_ioctl,				\
	.gettstamp	= sock_gettstamp,			\
	.listen		= child_listen,				\
	.shutdown	= inet_shutdown,			\
	.setsockopt	= sock_common_setsockopt,		\
	.getsockopt	= sock_common_getsockopt,		\
	.sendmsg	= child_sendmsg,			\
	.recvmsg	= child_recvmsg,			\
	.mmap		= sock_no_mmap

static const struct proto_ops child_ops4 = {
	PIKA_CHILD_OPS,
	.family		= PF_INET,
	.release	= inet_release,
	.getname	= inet_getname,
};

static const struct proto_ops child_ops6 = {
	PIKA_CHILD_OPS,
	.family		= PF_INET6,
	.release	= inet6_release,
	.getname	= inet6_getname,
};

static const struct proto_ops *child_ops_of(const struct sock *sk)
{
	return sk->sk_family == AF_INET6 ? &child_ops6 : &child_ops4;
}

/* With a reference. One that was replaced lasts for a grace period. */
static struct sock *hold(struct socket *sock)
{
	struct sock *sk;

	rcu_read_lock();
	do
		sk = READ_ONCE(sock->sk);
	while (!refcount_inc_not_zero(&sk->sk_refcnt));
	rcu_read_unlock();
	return sk;
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

	sock_put(sk);
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
	    sk->sk_state == TCP_CLOSE &&
	    pika_address_route(pika_sk(sk), addr, len) == PIKA_ELSEWHERE) {
		err = pika_inner_take_over(pika_sk(sk), sock);
		taken = !err;
	}
	release_sock(sk);
	if (taken)
		sk_common_release(sk);
	return err;
}

static int held_connect(struct socket *sock, struct pika_sockaddr *addr,
			int len, int flags)
{
	struct sock *sk = hold(sock);
	int err = is_pika(sk) ? choose_way(sock, sk, addr, len) : 0;

	/* Waits for either socket. */
	if (!err)
		err = inet_stream_connect(sock, addr, len, flags);
	sock_put(sk);
	return err;
}

static int held_listen(struct socket *sock, int backlog)
{
	struct sock *sk = hold(sock);
	int err = is_pika(sk) ? pika_sock_listen(sk, sock, backlog) :
		ops_of_linux(sock)->listen(sock, backlog);

	sock_put(sk);
	return err;
}

/* What came by no link is Linux's already. */
static void give_ops(struct socket *sock, struct socket *newsock)
{
	const struct proto_ops *ops;

	if (is_pika(newsock->sk)) {
		newsock->ops = child_ops_of(newsock->sk);
		return;
	}
	ops = pika_sk(sock->sk)->inner->ops;
	__module_get(ops->owner);
	newsock->ops = ops;
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
			give_ops(sock, newsock);
	} else {
		err = pika_sock_accept(ops_of_linux(sock)->accept, sock,
				       newsock);
	}
	sock_put(sk);
	return err;
}

static int held_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	struct sock *sk = hold(sock);
	int len = sk->sk_family == AF_INET6 ? inet6_getname(sock, addr, peer) :
		inet_getname(sock, addr, peer);

	sock_put(sk);
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
	sock_put(sk);
	return mask;
}

static int held_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = hold(sock);
	int err = is_pika(sk) ? pika_sock_ioctl(sock, sk, cmd, arg) :
		ops_of_linux(sock)->ioctl(sock, cmd, arg);

	sock_put(sk);
	return err;
}

static int held_gettstamp(struct socket *sock, void __user *stamp,
			  bool timeval, bool time32)
{
	struct sock *sk = hold(sock);
	int err = sock_gettstamp(sock, stamp, timeval, time32);

	sock_put(sk);
	return err;
}

static int held_shutdown(struct socket *sock, int how)
{
	struct sock *sk = hold(sock);
	int err = inet_shutdown(sock, how);

	sock_put(sk);
	return err;
}

static int held_setsockopt(struct socket *sock, int level, int option,
			   sockptr_t value, unsigned int len)
{
	struct sock *sk = hold(sock);
	int err = sk->sk_prot->setsockopt(sk, level, option, value, len);

	sock_put(sk);
	return err;
}

static int held_getsockopt(struct socket *sock, int level, int option,
			   char __user *value, int __user *len)
{
	struct sock *sk = hold(sock);
	int err = sk->sk_prot->getsockopt(sk, level, option, value, len);

	sock_put(sk);
	return err;
}

static int held_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = hold(sock);
	int sent = is_pika(sk) ? pika_sock_sendmsg(sk, msg, len) :
		ops_of_linux(sock)->sendmsg(sock, msg, len);

	sock_put(sk);
	return sent;
}

static int held_recvmsg(struct socket *sock, struct msghdr *msg, size_t len,
			int flags)
{
	struct sock *sk = hold(sock);
	int read = is_pika(sk) ? pika_sock_recvmsg(sk, msg, len, flags) :
		ops_of_linux(sock)->recvmsg(sock, msg, len, flags);

	sock_put(sk);
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

/* No socket is left, as each holds the module. */
void pika_sock_unregister(void)
{
	inet_unregister_protosw(&protosw4);
	inet6_unregister_protosw(&protosw6);
	proto_unregister(&pika_prot6);
	proto_unregister(&pika_prot4);
}
