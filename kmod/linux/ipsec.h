/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPsec's policies. Servers know none: where there are any, each packet is
 * asked for, both ways, and what they do not let pass as it is, is Linux's.
 */
#ifndef PIKA_LINUX_IPSEC_H
#define PIKA_LINUX_IPSEC_H

#include <net/xfrm.h>

struct tcphdr;

/* Has the namespace policies for a direction, XFRM_POLICY_*? */
static inline bool pika_ipsec_asks(const struct net *net, int dir)
{
#ifdef CONFIG_XFRM
	return READ_ONCE(net->xfrm.policy_count[dir]) ||
	       READ_ONCE(net->xfrm.policy_default[dir]) !=
			XFRM_USERPOLICY_ACCEPT;
#else
	return false;
#endif
}

bool pika_ipsec_passes_in(struct sk_buff *skb, bool opens);
bool pika_ipsec_passes_out(struct net *net, struct dst_entry *dst,
			   const void *header, const struct tcphdr *tcp);

/**
 * pika_ipsec_lets_in() - is a packet for a server?
 * @net: its network namespace
 * @skb: TCP over IP; its headers may move
 * @opens: it is a SYN
 *
 * Context: bottom halves off, or under RCU.
 * Return: false if it is Linux's, to drop or to answer with IPsec.
 */
static inline bool pika_ipsec_lets_in(const struct net *net,
				      struct sk_buff *skb, bool opens)
{
	return likely(!pika_ipsec_asks(net, XFRM_POLICY_IN) &&
		      (!opens || !pika_ipsec_asks(net, XFRM_POLICY_OUT))) ||
	       pika_ipsec_passes_in(skb, opens);
}

/**
 * pika_ipsec_lets_out() - may a frame leave as it is?
 * @net: its network namespace
 * @dst: its route
 * @header: of IP
 * @tcp: likewise
 *
 * Context: bottom halves off.
 * Return: false if it has to be encrypted, or lost.
 */
static inline bool pika_ipsec_lets_out(struct net *net, struct dst_entry *dst,
				       const void *header,
				       const struct tcphdr *tcp)
{
	return likely(!pika_ipsec_asks(net, XFRM_POLICY_OUT)) ||
	       pika_ipsec_passes_out(net, dst, header, tcp);
}

#endif /* PIKA_LINUX_IPSEC_H */
