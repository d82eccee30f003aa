// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a PIKA socket is made, named, connected and closed, in process context
 * under the socket's lock: where Linux's own helpers for stream sockets do what
 * is wanted they are used.
 */

#include "sock.h"

#include <asm/ioctls.h>
#include <linux/module.h>
#include <linux/random.h>
#include <net/inet_common.h>
#include <net/ipv6.h>
#include <net/tcp_states.h>

#include "accept.h"
#include "address.h"
#include "compat.h"
#include "force.h"
#include "inner.h"
#include "option.h"
#include "sock_memory.h"
#include "sock_urgent.h"
#include "stack.h"

static void destruct(struct sock *sk)
{
	struct pika_sock *ps = pika_sk(sk);
	struct pika_stack *stack = ps->stack;

	pika_sock_free_pieces(ps);
	pika_sock_free_received(ps);
	pika_memory_end(ps);
	ps->destruct(sk);
	pika_stack_add_live(stack, -1);
}

/* Taken before the locks of Linux's sockets: of a class of their own. */
static struct lock_class_key slock_key;
static struct lock_class_key sk_lock_key;

static void adopt(struct pika_sock *ps, struct pika_endpoint *ep,
		  void (*family_destruct)(struct sock *sk))
{
	struct sock *sk = pika_sock_sk(ps);

	pika_sock_setup(ps, ep);
	pika_memory_begin(ps);
	pika_stack_add_live(ps->stack, 1);
	ps->destruct = family_destruct;
	sock_lock_init_class_and_name(sk, "slock-PIKA", &slock_key,
				      "sk_lock-PIKA", &sk_lock_key);
	sk->sk_destruct = destruct;
}

static int init(struct sock *sk)
{
	struct pika_stack *stack = pika_stack_open(sock_net(sk));

	if (!stack)
		return -EPROTONOSUPPORT;
	adopt(pika_sk(sk), stack->endpoints[raw_smp_processor_id()],
	      sk->sk_destruct);
	pika_force_enlist(pika_sk(sk));
	return 0;
}

/* The program holds it no more; also after init() or later steps failed. */
static void destroy(struct sock *sk)
{
	struct pika_sock *ps = pika_sk(sk);

	if (!ps->stack)
		return;
	pika_force_delist(ps);
	pika_stack_close(ps->stack);
}

/* What Linux's own set-up of a socket of this family does. */
static void begin_family(struct sock *sk, const struct sock *listener)
{
	const struct ipv6_pinfo *from = inet6_sk(listener);
	struct inet_sock *inet = inet_sk(sk);

	if (sk->sk_family != AF_INET6)
		return;
	inet->pinet6 = &((struct pika_sock6 *)sk)->inet6;
	inet->pinet6->mcast_hops = from->mcast_hops;
	sk->sk_ipv6only = listener->sk_ipv6only;
}

/**
 * pika_sock_make_child() - a socket to be accepted
 * @listener: the listening socket
 * @ep: the socket's endpoint
 *
 * Context: process, may sleep.
 * Return: a connected socket without addresses, or NULL: no memory.
 */
struct pika_sock *pika_sock_make_child(struct sock *listener,
				       struct pika_endpoint *ep)
{
	struct sock *sk = sk_alloc(sock_net(listener), listener->sk_family,
				   GFP_KERNEL, listener->sk_prot, 0);
	struct pika_sock *ps = pika_sk(sk);

	if (!sk)
		return NULL;
	sock_init_data(NULL, sk);
	sk->sk_protocol = listener->sk_protocol;
	begin_family(sk, listener);
	adopt(ps, ep, pika_sk(listener)->destruct);
	pika_option_inherit(ps, pika_sk(listener));
	inet_sk_set_state(sk, TCP_ESTABLISHED);
	return ps;
}

/* Until the peer has acknowledged all, or its time has come. */
static void linger(struct pika_sock *ps, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	struct sock *sk = pika_sock_sk(ps);

	add_wait_queue(sk_sleep(sk), &wait);
	while (timeout && READ_ONCE(ps->id) && !signal_pending(current))
		sk_wait_event(sk, &timeout, !READ_ONCE(ps->id), &wait);
	remove_wait_queue(sk_sleep(sk), &wait);
}

static void close_flow(struct pika_sock *ps, long timeout)
{
	struct sock *sk = pika_sock_sk(ps);
	bool reset = sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime;
	long most = msecs_to_jiffies(U32_MAX / 4);

	pika_endpoint_lock(ps->endpoint);
	ps->linger_ms = jiffies_to_msecs(min(timeout, most));
	pika_sock_close_flow(ps, reset ? PIKA_CLOSE_RESET : 0);
	inet_sk_set_state(sk, TCP_CLOSE);
	pika_endpoint_unlock(ps->endpoint);
	if (timeout)
		linger(ps, timeout);
}

static void close_sock(struct sock *sk, long timeout)
{
	struct pika_sock *ps = pika_sk(sk);

	lock_sock(sk);
	sk->sk_shutdown = SHUTDOWN_MASK;
	if (ps->heard)
		pika_accept_unlisten(ps);
	close_flow(ps, timeout);
	pika_inner_release(ps);
	release_sock(sk);
	sk_common_release(sk);
}

static int bind(struct sock *sk, struct pika_sockaddr *addr, int len)
{
	struct pika_sock *ps = pika_sk(sk);
	int err = -EINVAL;

	lock_sock(sk);
	if (sk->sk_state == TCP_CLOSE && !ps->inet.inet_num &&
	    !sock_flag(sk, SOCK_DEAD))
		err = pika_inner_bind(ps, addr, len);
	release_sock(sk);
	return err;
}

/* To any address, which is zeroes in both families. */
static int bind_any(struct pika_sock *ps)
{
	struct sockaddr_in6 any = {
		.sin6_family = pika_sock_sk(ps)->sk_family,
	};

	return pika_inner_bind(ps, (struct pika_sockaddr *)&any, sizeof(any));
}

/* Linux's own TCP first: its errors are the program's. */
static int begin_listen(struct pika_sock *ps, int backlog)
{
	int err = ps->inner ? 0 : bind_any(ps);

	if (!err)
		err = pika_inner_listen(ps, backlog);
	if (err)
		return err;
	err = pika_accept_listen(ps, backlog);
	/* After a signal listen() is begun anew, and the port is the same. */
	if (err && err != -ERESTARTNOINTR)
		pika_inner_end_listen(ps);
	if (err)
		return err;
	pika_inner_hear(ps, ps->listening);
	inet_sk_set_state(pika_sock_sk(ps), TCP_LISTEN);
	return 0;
}

/* From now on, with another backlog. */
static int listen_again(struct pika_sock *ps, int backlog)
{
	int err = pika_inner_listen(ps, backlog);

	return err ?: pika_accept_backlog(ps, backlog);
}

/**
 * pika_sock_listen() - listen()
 * @sk: the socket
 * @sock: likewise
 * @backlog: connections that may wait
 *
 * Context: process, may sleep.
 * Return: 0 or an error.
 */
int pika_sock_listen(struct sock *sk, struct socket *sock, int backlog)
{
	u32 most = READ_ONCE(sock_net(sk)->core.sysctl_somaxconn);
	struct pika_sock *ps = pika_sk(sk);
	int err = -EINVAL;

	backlog = min_t(u32, backlog, most);
	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN)
		err = listen_again(ps, backlog);
	else if (sk->sk_state == TCP_CLOSE && sk->sk_socket == sock &&
		 sock->state == SS_UNCONNECTED && !sock_flag(sk, SOCK_DEAD))
		err = begin_listen(ps, backlog);
	release_sock(sk);
	return err;
}

static struct sock *accept_sock(struct sock *sk, PIKA_ACCEPT_ARGS)
{
	return pika_accept(sk, pika_accept_flags, &pika_accept_error);
}

/**
 * pika_sock_pick_port() - a local port for an active open, another each time
 * @ps: the socket; @ps->tries says how many were tried
 */
void pika_sock_pick_port(struct pika_sock *ps)
{
	const u32 ports = PIKA_PORT_LAST - PIKA_PORT_FIRST + 1;
	u16 port;

	if (!ps->tries)
		port = PIKA_PORT_FIRST + get_random_u32() % ports;
	else if (ps->local_port == PIKA_PORT_LAST)
		port = PIKA_PORT_FIRST;
	else
		port = ps->local_port + 1;
	ps->local_port = port;
	ps->picks_port = true;
	ps->inet.inet_num = port;
	ps->inet.inet_sport = htons(port);
	set_bit(port, ps->stack->ports);
}

static int begin_connect(struct pika_sock *ps)
{
	struct sock *sk = pika_sock_sk(ps);
	int err = 0;

	pika_endpoint_lock(ps->endpoint);
	if (ps->id) {
		/* The flow of an attempt that was given up. */
		err = -EALREADY;
		goto unlock;
	}
	ps->closed = false;
	ps->tries = 0;
	if (!ps->inner)
		pika_sock_pick_port(ps);
	else
		set_bit(ps->local_port, ps->stack->ports);
	ps->server = ps->stack->ts_of[ntohs(ps->inet.inet_dport) % PIKA_GROUPS];
	sk->sk_shutdown = 0;
	inet_sk_set_state(sk, TCP_SYN_SENT);
	ps->options_due = ps->options_set;
	pika_sock_name(ps);
	ps->due = PIKA_DUE_CONNECT;
	pika_sock_flush(ps);
unlock:
	pika_endpoint_unlock(ps->endpoint);
	return err;
}

/* inet_stream_connect() does the waiting, and sock_ops.c chooses the way. */
static int connect(struct sock *sk, struct pika_sockaddr *addr, int len)
{
	struct pika_sock *ps = pika_sk(sk);
	int err;

	if (sk->sk_state != TCP_CLOSE)
		return -EISCONN;
	err = pika_address_route(ps, addr, len);
	if (err)
		return err == PIKA_ELSEWHERE ? -ENETUNREACH : err;
	return begin_connect(ps);
}

static void end_listen(struct pika_sock *ps)
{
	inet_sk_set_state(pika_sock_sk(ps), TCP_CLOSE);
	pika_inner_end_listen(ps);
	pika_accept_stop(ps);
}

/*
 * After a failed connect(), a shutdown() in the midst of it, or one of a
 * listening socket, which keeps its port.
 */
static int disconnect(struct sock *sk, int flags)
{
	struct pika_sock *ps = pika_sk(sk);

	if (sk->sk_state == TCP_LISTEN) {
		end_listen(ps);
		return 0;
	}
	pika_endpoint_lock(ps->endpoint);
	pika_sock_close_flow(ps, PIKA_CLOSE_RESET);
	inet_sk_set_state(sk, TCP_CLOSE);
	pika_endpoint_unlock(ps->endpoint);
	return 0;
}

/**
 * pika_sock_abort() - close a socket that its program goes on holding
 * @ps: locked; calls in progress wake up
 *
 * Context: process, may sleep.
 */
void pika_sock_abort(struct pika_sock *ps)
{
	struct sock *sk = pika_sock_sk(ps);

	WRITE_ONCE(sk->sk_err, ECONNABORTED);
	sk->sk_shutdown = SHUTDOWN_MASK;
	if (sk->sk_state == TCP_LISTEN)
		end_listen(ps);
	pika_endpoint_lock(ps->endpoint);
	pika_sock_close_flow(ps, PIKA_CLOSE_RESET);
	inet_sk_set_state(sk, TCP_CLOSE);
	pika_endpoint_unlock(ps->endpoint);
}

static void shutdown(struct sock *sk, int how)
{
	struct pika_sock *ps = pika_sk(sk);

	if (!(how & SEND_SHUTDOWN) || (sk->sk_state != TCP_ESTABLISHED &&
				       sk->sk_state != TCP_CLOSE_WAIT))
		return;
	pika_endpoint_lock(ps->endpoint);
	ps->due |= PIKA_DUE_SHUTDOWN;
	pika_sock_flush(ps);
	pika_endpoint_unlock(ps->endpoint);
}

static void unhash(struct sock *sk)
{
}

/**
 * pika_sock_ioctl() - ioctl()
 * @sock: the socket
 * @sk: likewise
 * @cmd: what to do
 * @arg: for it
 *
 * Context: process, may sleep.
 * Return: 0 or an error.
 */
int pika_sock_ioctl(struct socket *sock, struct sock *sk, unsigned int cmd,
		    unsigned long arg)
{
	struct pika_sock *ps = pika_sk(sk);
	int __user *answer = (int __user *)arg;
	int n;

	switch (cmd) {
	case SIOCINQ:
		if (sk->sk_state == TCP_LISTEN)
			return -EINVAL;
		pika_endpoint_lock(ps->endpoint);
		n = pika_urgent_readable(ps);
		pika_endpoint_unlock(ps->endpoint);
		return put_user(n, answer);
	case SIOCATMARK:
		pika_endpoint_lock(ps->endpoint);
		n = pika_urgent_is_next(ps, 0);
		pika_endpoint_unlock(ps->endpoint);
		return put_user(n, answer);
	case SIOCOUTQ:
		if (sk->sk_state == TCP_LISTEN)
			return -EINVAL;
		return put_user((int)READ_ONCE(ps->unacked), answer);
	default:
		return sk->sk_family == AF_INET6 ?
			inet6_ioctl(sock, cmd, arg) :
			inet_ioctl(sock, cmd, arg);
	}
}

#define PIKA_PROTO						\
	.owner		= THIS_MODULE,				\
	.close		= close_sock,				\
	.connect	= connect,				\
	.disconnect	= disconnect,				\
	.accept		= accept_sock,				\
	.init		= init,					\
	.destroy	= destroy,				\
	.shutdown	= shutdown,				\
	.setsockopt	= pika_option_set,			\
	.getsockopt	= pika_option_get,			\
	.keepalive	= pika_option_keepalive,		\
	.bind		= bind,					\
	.unhash		= unhash,				\
	.release_cb	= pika_memory_settle,			\
	.useroffset	= offsetof(struct pika_sock, spare.bytes), \
	.usersize	= sizeof_field(struct pika_sock, spare.bytes), \
	.no_autobind	= true

struct proto pika_prot4 = {
	PIKA_PROTO,
	.name		= "PIKA",
	.obj_size	= sizeof(struct pika_sock),
};

struct proto pika_prot6 = {
	PIKA_PROTO,
	.name		= "PIKAv6",
	.obj_size	= sizeof(struct pika_sock6),
};
