// SPDX-License-Identifier: GPL-2.0-only
/*
 * A socket's addresses, and which way connect() goes. In process context under
 * the socket's lock, or before anybody else knows the socket.
 */

#include "address.h"

#include <linux/bpf-cgroup.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "netdev.h"
#include "sock.h"
#include "transmit.h"

static bool is_v6(const struct sock *sk)
{
	return sk->sk_family == AF_INET6;
}

static void map_v4(struct pika_addr *addr, __be32 v4)
{
	ipv6_addr_set_v4mapped(v4, (struct in6_addr *)addr);
}

/**
 * pika_address_local() - a socket's own address, as messages have it
 * @ps: the socket
 * @addr: filled in; perhaps any address of the socket's family
 */
void pika_address_local(const struct pika_sock *ps, struct pika_addr *addr)
{
	const struct sock *sk = &ps->inet.sk;

	if (is_v6(sk))
		memcpy(addr, &sk->sk_v6_rcv_saddr, sizeof(*addr));
	else
		map_v4(addr, ps->inet.inet_rcv_saddr);
}

/**
 * pika_address_remote() - the peer's address, as messages have it
 * @ps: the socket
 * @addr: filled in
 */
void pika_address_remote(const struct pika_sock *ps, struct pika_addr *addr)
{
	const struct sock *sk = &ps->inet.sk;

	if (is_v6(sk))
		memcpy(addr, &sk->sk_v6_daddr, sizeof(*addr));
	else
		map_v4(addr, ps->inet.inet_daddr);
}

static void set_v4(struct pika_sock *ps, __be32 local, __be32 remote)
{
	ps->inet.inet_saddr = local;
	ps->inet.inet_rcv_saddr = local;
	ps->inet.inet_daddr = remote;
}

static void set_v6(struct pika_sock *ps, const struct in6_addr *local,
		   const struct in6_addr *remote)
{
	struct sock *sk = pika_sock_sk(ps);

	inet6_sk(sk)->saddr = *local;
	sk->sk_v6_rcv_saddr = *local;
	sk->sk_v6_daddr = *remote;
}

/* An IPv6 socket has them in both forms. */
static void set_mapped(struct pika_sock *ps, __be32 local, __be32 remote)
{
	struct in6_addr local6, remote6;

	set_v4(ps, local, remote);
	if (!is_v6(pika_sock_sk(ps)))
		return;
	ipv6_addr_set_v4mapped(local, &local6);
	ipv6_addr_set_v4mapped(remote, &remote6);
	set_v6(ps, &local6, &remote6);
}

/**
 * pika_address_child() - the addresses of a socket to be accepted
 * @ps: its listener's family is its own
 * @offer: names them
 */
void pika_address_child(struct pika_sock *ps,
			const struct pika_msg_available *offer)
{
	const struct in6_addr *local = (const struct in6_addr *)&offer->local;
	const struct in6_addr *remote = (const struct in6_addr *)&offer->remote;

	if (ipv6_addr_v4mapped(remote))
		set_mapped(ps, local->s6_addr32[3], remote->s6_addr32[3]);
	else
		set_v6(ps, local, remote);
	ps->inet.inet_num = offer->local_port;
	ps->inet.inet_sport = htons(offer->local_port);
	ps->inet.inet_dport = htons(offer->remote_port);
}

/**
 * pika_address_copy() - have the name that a socket of Linux's is bound to
 * @ps: of the same family
 * @bound: a TCP socket
 */
void pika_address_copy(struct pika_sock *ps, const struct sock *bound)
{
	const struct inet_sock *inet = inet_sk(bound);
	struct sock *sk = pika_sock_sk(ps);

	ps->inet.inet_rcv_saddr = inet->inet_rcv_saddr;
	ps->inet.inet_saddr = inet->inet_saddr;
	ps->inet.inet_sport = inet->inet_sport;
	ps->inet.inet_num = inet->inet_num;
	if (!is_v6(sk))
		return;
	sk->sk_v6_rcv_saddr = bound->sk_v6_rcv_saddr;
	inet6_sk(sk)->saddr = inet6_sk(bound)->saddr;
}

/* The program's own choice of a local address, if it has made one. */
static const struct sock *bound_of(const struct pika_sock *ps)
{
	return ps->inner ? ps->inner->sk : NULL;
}

static bool is_same_v4(const struct rtable *a, const struct rtable *b)
{
	if (a->dst.dev != b->dst.dev || a->rt_gw_family != b->rt_gw_family)
		return false;
	return a->rt_gw_family == AF_INET6 ?
		ipv6_addr_equal(&a->rt_gw6, &b->rt_gw6) :
		a->rt_gw4 == b->rt_gw4;
}

/* Servers know no marks, users or ports of rules. */
static bool frames_follow_v4(struct net *net, const struct rtable *rt,
			     const struct flowi4 *fl4, u8 tos)
{
	struct dst_entry *dst;
	bool same;

	if (!fib4_has_custom_rules(net))
		return true;
	dst = pika_route_v4(net, fl4->saddr, fl4->daddr, tos);
	same = dst && is_same_v4((struct rtable *)dst, rt);
	dst_release(dst);
	return same;
}

static bool frames_follow_v6(struct net *net, const struct rt6_info *rt,
			     const struct flowi6 *fl6)
{
	const struct in6_addr *to = &fl6->daddr;
	struct dst_entry *dst;
	bool same;

	if (!fib6_has_custom_rules(net))
		return true;
	dst = pika_route_v6(net, &fl6->saddr, to);
	same = dst && dst->dev == rt->dst.dev &&
	       ipv6_addr_equal(rt6_nexthop((struct rt6_info *)dst, to),
			       rt6_nexthop(rt, to));
	dst_release(dst);
	return same;
}

/* By a link, and by nothing else: neither IPsec nor a tunnel of the route's. */
static bool is_plain(const struct pika_sock *ps, const struct dst_entry *dst)
{
	return pika_netdev_is_link(ps->stack, dst->dev) && !dst_xfrm(dst) &&
	       !dst->lwtstate;
}

static int route_v4(struct pika_sock *ps, __be32 daddr, __be16 port)
{
	const struct sock *sk = pika_sock_sk(ps);
	const struct sock *bound = bound_of(ps);
	struct flowi4 fl4 = {
		.daddr = daddr ?: htonl(INADDR_LOOPBACK),
		.saddr = bound ? inet_sk(bound)->inet_saddr : 0,
		.flowi4_mark = sk->sk_mark,
		.flowi4_proto = IPPROTO_TCP,
		.flowi4_uid = sk->sk_uid,
		.fl4_sport = bound ? inet_sk(bound)->inet_sport : 0,
		.fl4_dport = port,
	};
	struct rtable *rt;
	bool elsewhere;

	pika_flow_set_tos(&fl4, ps->inet.tos);
	rt = ip_route_output_key(sock_net(sk), &fl4);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	elsewhere = rt->rt_flags &
			(RTCF_MULTICAST | RTCF_BROADCAST | RTCF_LOCAL) ||
		    !is_plain(ps, &rt->dst) ||
		    !frames_follow_v4(sock_net(sk), rt, &fl4, ps->inet.tos);
	ip_rt_put(rt);
	if (elsewhere)
		return PIKA_ELSEWHERE;
	set_mapped(ps, fl4.saddr, daddr);
	return 0;
}

static bool is_global(const struct in6_addr *addr)
{
	return !(ipv6_addr_type(addr) & (IPV6_ADDR_MULTICAST |
					 IPV6_ADDR_LOOPBACK |
					 IPV6_ADDR_LINKLOCAL)) &&
	       !ipv6_addr_any(addr);
}

/* A link-local address is one of a device's, and servers know no devices. */
static int route_v6(struct pika_sock *ps, const struct in6_addr *daddr,
		    __be16 port)
{
	struct sock *sk = pika_sock_sk(ps);
	const struct sock *bound = bound_of(ps);
	struct flowi6 fl6 = {
		.daddr = *daddr,
		.flowi6_mark = sk->sk_mark,
		.flowi6_proto = IPPROTO_TCP,
		.flowi6_uid = sk->sk_uid,
		.fl6_sport = bound ? inet_sk(bound)->inet_sport : 0,
		.fl6_dport = port,
	};
	struct dst_entry *dst;
	bool elsewhere;

	if (!is_global(daddr))
		return PIKA_ELSEWHERE;
	if (bound)
		fl6.saddr = inet6_sk(bound)->saddr;
	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, NULL);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	elsewhere = dst->dev->flags & IFF_LOOPBACK || !is_plain(ps, dst) ||
		    !frames_follow_v6(sock_net(sk), (struct rt6_info *)dst,
				      &fl6);
	dst_release(dst);
	if (elsewhere)
		return PIKA_ELSEWHERE;
	set_v6(ps, &fl6.saddr, daddr);
	return 0;
}

static int route_in6(struct pika_sock *ps, const struct sockaddr_in6 *in6)
{
	const struct in6_addr *daddr = &in6->sin6_addr;

	if (!ipv6_addr_v4mapped(daddr))
		return route_v6(ps, daddr, in6->sin6_port);
	if (ipv6_only_sock(pika_sock_sk(ps)))
		return -ENETUNREACH;
	return route_v4(ps, daddr->s6_addr32[3], in6->sin6_port);
}

/*
 * A BPF program of the socket's cgroup may forbid connect(), go elsewhere or
 * bind the socket: with one of Linux's, which it knows.
 */
static bool is_judged(struct sock *sk)
{
#ifdef CONFIG_CGROUP_BPF
	return cgroup_bpf_sock_enabled(sk, is_v6(sk) ? CGROUP_INET6_CONNECT :
						       CGROUP_INET4_CONNECT);
#else
	return false;
#endif
}

/**
 * pika_address_route() - which way is an address?
 * @ps: the socket; if a link leads there, both its addresses are set, and the
 *	peer's port
 * @addr: of the peer, from connect()
 * @len: of @addr
 *
 * Context: process, may sleep.
 * Return: 0, PIKA_ELSEWHERE: Linux's TCP has to go there, or an error.
 */
int pika_address_route(struct pika_sock *ps, const struct pika_sockaddr *addr,
		       int len)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	struct sock *sk = pika_sock_sk(ps);
	int err;

	if (len < (is_v6(sk) ? SIN6_LEN_RFC2133 : (int)sizeof(*in)))
		return -EINVAL;
	if (in->sin_family != sk->sk_family)
		return -EAFNOSUPPORT;
	if (sk->sk_bound_dev_if || is_judged(sk))
		return PIKA_ELSEWHERE;
	err = is_v6(sk) ? route_in6(ps, in6) :
		route_v4(ps, in->sin_addr.s_addr, in->sin_port);
	if (!err)
		ps->inet.inet_dport = in->sin_port;
	return err;
}
