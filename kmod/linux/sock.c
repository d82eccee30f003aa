// SPDX-License-Identifier: GPL-2.0-only
/*
 * The calls of a PIKA socket, in process context under the socket's lock: where
 * Linux's own helpers for stream sockets do what is wanted they are used.
 */

#include "sock.h"

#include <asm/ioctls.h>
#include <linux/module.h>
#include <linux/random.h>
#include <net/inet_common.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/tcp_states.h>
#include <uapi/linux/pika.h>

#include "accept.h"
#include "compat.h"
#include "netdev.h"
#include "option.h"
#include "stack.h"

static void destruct(struct sock *sk)
{
	struct pika_sock *ps = pika_sk(sk);

	pika_sock_free_pieces(ps);
	inet_sock_destruct(sk);
	pika_stack_add_live(ps->stack, -1);
}

static void adopt(struct pika_sock *ps, struct pika_endpoint *ep)
{
	pika_sock_setup(ps, ep);
	pika_stack_add_live(ps->stack, 1);
	pika_sock_sk(ps)->sk_destruct = destruct;
}

/* Who may use PIKA: for now, root. */
static bool is_allowed(void)
{
	return uid_eq(current_euid(), GLOBAL_ROOT_UID);
}

static int init(struct sock *sk)
{
	struct pika_stack *stack;

	if (!is_allowed())
		return -EPROTONOSUPPORT;
	stack = pika_stack_open(sock_net(sk));
	if (!stack)
		return -EPROTONOSUPPORT;
	adopt(pika_sk(sk), stack->endpoints[raw_smp_processor_id()]);
	return 0;
}

/* The program holds it no more; also after init() or later steps failed. */
static void destroy(struct sock *sk)
{
	struct pika_sock *ps = pika_sk(sk);

	if (ps->stack)
		pika_stack_close(ps->stack);
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
	struct sock *sk = sk_alloc(sock_net(listener), PF_INET, GFP_KERNEL,
				   listener->sk_prot, 0);
	struct pika_sock *ps = pika_sk(sk);

	if (!sk)
		return NULL;
	sock_init_data(NULL, sk);
	sk->sk_protocol = listener->sk_protocol;
	ps->inet.uc_ttl = -1;
	adopt(ps, ep);
	memcpy(ps->options, pika_sk(listener)->options, sizeof(ps->options));
	ps->options_set = pika_sk(listener)->options_set;
	ps->options_due = ps->options_set;
	inet_sk_set_state(sk, TCP_ESTABLISHED);
	return ps;
}

static void release_inner(struct pika_sock *ps)
{
	if (ps->inner)
		sock_release(ps->inner);
	ps->inner = NULL;
}

static void close_sock(struct sock *sk, long timeout)
{
	struct pika_sock *ps = pika_sk(sk);
	bool reset = sock_flag(sk, SOCK_LINGER) && !timeout;

	lock_sock(sk);
	sk->sk_shutdown = SHUTDOWN_MASK;
	if (ps->listening)
		pika_accept_unlisten(ps);
	pika_endpoint_lock(ps->endpoint);
	pika_sock_close_flow(ps, reset ? PIKA_CLOSE_RESET : 0);
	inet_sk_set_state(sk, TCP_CLOSE);
	pika_endpoint_unlock(ps->endpoint);
	release_inner(ps);
	release_sock(sk);
	sk_common_release(sk);
}

/* A Linux socket that has our port: Linux's rules decide who may have it. */
static int bind_inner(struct pika_sock *ps, struct pika_sockaddr *addr, int len)
{
	struct sock *sk = pika_sock_sk(ps);
	struct sockaddr_in name;
	int err;

	err = sock_create_kern(sock_net(sk), AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &ps->inner);
	if (err)
		return err;
	ps->inner->sk->sk_reuse = sk->sk_reuse;
	ps->inner->sk->sk_reuseport = sk->sk_reuseport;
	err = kernel_bind(ps->inner, addr, len);
	if (!err)
		err = kernel_getsockname(ps->inner, (struct sockaddr *)&name);
	if (err < 0) {
		release_inner(ps);
		return err;
	}
	ps->inet.inet_rcv_saddr = name.sin_addr.s_addr;
	ps->inet.inet_saddr = name.sin_addr.s_addr;
	ps->inet.inet_sport = name.sin_port;
	ps->inet.inet_num = ntohs(name.sin_port);
	ps->local_port = ps->inet.inet_num;
	return 0;
}

static int bind(struct sock *sk, struct pika_sockaddr *addr, int len)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	struct pika_sock *ps = pika_sk(sk);
	int err = -EINVAL;

	if (len < (int)sizeof(*in))
		return -EINVAL;
	if (in->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	lock_sock(sk);
	if (sk->sk_state == TCP_CLOSE && !ps->inet.inet_num)
		err = bind_inner(ps, addr, len);
	release_sock(sk);
	return err;
}

static int bind_any(struct pika_sock *ps)
{
	struct sockaddr_in any = { .sin_family = AF_INET };

	return bind_inner(ps, (struct pika_sockaddr *)&any, sizeof(any));
}

static int listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	struct pika_sock *ps = pika_sk(sk);
	u32 most = READ_ONCE(sock_net(sk)->core.sysctl_somaxconn);
	int err = 0;

	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN)
		goto unlock;
	err = -EINVAL;
	if (sk->sk_state != TCP_CLOSE || sock->state != SS_UNCONNECTED)
		goto unlock;
	err = ps->inet.inet_num ? 0 : bind_any(ps);
	if (!err)
		err = pika_accept_listen(ps, min_t(u32, backlog, most));
	if (!err)
		inet_sk_set_state(sk, TCP_LISTEN);
unlock:
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

/* Sets the local address if the program has not. */
static int route_to(struct pika_sock *ps, __be32 daddr)
{
	struct sock *sk = pika_sock_sk(ps);
	struct flowi4 fl4 = {
		.daddr = daddr ?: htonl(INADDR_LOOPBACK),
		.saddr = ps->inet.inet_saddr,
		.flowi4_proto = IPPROTO_TCP,
	};
	struct rtable *rt = ip_route_output_key(sock_net(sk), &fl4);
	int err = 0;

	if (IS_ERR(rt))
		return PTR_ERR(rt);
	/* Linux's own TCP would have to take over: not yet. */
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST | RTCF_LOCAL) ||
	    !pika_netdev_is_link(ps->stack, rt->dst.dev))
		err = -ENETUNREACH;
	ip_rt_put(rt);
	if (err)
		return err;
	ps->inet.inet_saddr = fl4.saddr;
	ps->inet.inet_rcv_saddr = fl4.saddr;
	ps->inet.inet_daddr = daddr;
	return 0;
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

/* inet_stream_connect() does the waiting. */
static int connect(struct sock *sk, struct pika_sockaddr *addr, int len)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	struct pika_sock *ps = pika_sk(sk);
	int err;

	if (len < (int)sizeof(*in))
		return -EINVAL;
	if (in->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	if (sk->sk_state != TCP_CLOSE)
		return -EISCONN;
	err = route_to(ps, in->sin_addr.s_addr);
	if (err)
		return err;
	ps->inet.inet_dport = in->sin_port;
	return begin_connect(ps);
}

/* After a failed connect(), or a shutdown() in the midst of it. */
static int disconnect(struct sock *sk, int flags)
{
	struct pika_sock *ps = pika_sk(sk);

	if (ps->listening)
		return -EOPNOTSUPP;
	pika_endpoint_lock(ps->endpoint);
	pika_sock_close_flow(ps, PIKA_CLOSE_RESET);
	inet_sk_set_state(sk, TCP_CLOSE);
	pika_endpoint_unlock(ps->endpoint);
	return 0;
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

static int ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct pika_sock *ps = pika_sk(sock->sk);
	int __user *answer = (int __user *)arg;

	switch (cmd) {
	case SIOCINQ:
		if (ps->listening)
			return -EINVAL;
		return put_user((int)READ_ONCE(ps->readable), answer);
	case SIOCOUTQ:
		if (ps->listening)
			return -EINVAL;
		return put_user((int)READ_ONCE(ps->unacked), answer);
	default:
		return inet_ioctl(sock, cmd, arg);
	}
}

static struct proto prot = {
	.name		= "PIKA",
	.owner		= THIS_MODULE,
	.close		= close_sock,
	.connect	= connect,
	.disconnect	= disconnect,
	.accept		= accept_sock,
	.init		= init,
	.destroy	= destroy,
	.shutdown	= shutdown,
	.setsockopt	= pika_option_set,
	.getsockopt	= pika_option_get,
	.keepalive	= pika_option_keepalive,
	.bind		= bind,
	.unhash		= unhash,
	.no_autobind	= true,
	.obj_size	= sizeof(struct pika_sock),
};

static const struct proto_ops ops = {
	.family		= PF_INET,
	.owner		= THIS_MODULE,
	.release	= inet_release,
	.bind		= inet_bind,
	.connect	= inet_stream_connect,
	.socketpair	= sock_no_socketpair,
	.accept		= inet_accept,
	.getname	= inet_getname,
	.poll		= pika_sock_poll,
	.ioctl		= ioctl,
	.gettstamp	= sock_gettstamp,
	.listen		= listen,
	.shutdown	= inet_shutdown,
	.setsockopt	= sock_common_setsockopt,
	.getsockopt	= sock_common_getsockopt,
	.sendmsg	= pika_sock_sendmsg,
	.recvmsg	= pika_sock_recvmsg,
	.mmap		= sock_no_mmap,
};

static struct inet_protosw protosw = {
	.type		= SOCK_STREAM,
	.protocol	= PIKA_IPPROTO,
	.prot		= &prot,
	.ops		= &ops,
};

/**
 * pika_sock_register() - socket() knows the protocol from now on
 *
 * Context: module load.
 * Return: 0 or an error.
 */
int __init pika_sock_register(void)
{
	int err = proto_register(&prot, 1);

	if (!err)
		inet_register_protosw(&protosw);
	return err;
}

/* No socket is left, as each holds the module. */
void pika_sock_unregister(void)
{
	inet_unregister_protosw(&protosw);
	proto_unregister(&prot);
}
