// SPDX-License-Identifier: GPL-2.0-only
/*
 * See ipsec.h: the slow way, on whatever core has the packet. Keeps nothing, as
 * policies come and go.
 */

#include "ipsec.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

/* With a direction: of the answer to a packet. */
#define ANSWER	(XFRM_POLICY_MASK + 1)

static bool is_v4(const void *header)
{
	return ((const struct iphdr *)header)->version == 4;
}

static bool passes(struct sk_buff *skb, int dir)
{
	u16 family = skb->protocol == htons(ETH_P_IP) ? AF_INET : AF_INET6;

	return __xfrm_policy_check(NULL, dir, skb, family);
}

/**
 * pika_ipsec_passes_in() - see pika_ipsec_lets_in()
 * @skb: as there
 * @opens: as there
 *
 * What others see as well has to wait until they do not: netfilter's hook asks
 * again. Nobody has filled in the control block yet in which Linux's check
 * looks for IPv6's next header, or it is needed after this.
 *
 * Return: as there.
 */
bool pika_ipsec_passes_in(struct sk_buff *skb, bool opens)
{
	char saved[sizeof(skb->cb)];
	bool ok;

	if (skb_sec_path(skb) || skb_shared(skb))
		return false;
	memcpy(saved, skb->cb, sizeof(saved));
	memset(skb->cb, 0, sizeof(skb->cb));
	ok = passes(skb, XFRM_POLICY_IN) &&
	     (!opens || passes(skb, XFRM_POLICY_OUT | ANSWER));
	memcpy(skb->cb, saved, sizeof(saved));
	return ok;
}

static void read_v4(struct flowi4 *fl4, const struct iphdr *ip,
		    const struct tcphdr *tcp)
{
	fl4->saddr = ip->saddr;
	fl4->daddr = ip->daddr;
	fl4->fl4_sport = tcp->source;
	fl4->fl4_dport = tcp->dest;
}

static void read_v6(struct flowi6 *fl6, const struct ipv6hdr *ip6,
		    const struct tcphdr *tcp)
{
	fl6->saddr = ip6->saddr;
	fl6->daddr = ip6->daddr;
	fl6->fl6_sport = tcp->source;
	fl6->fl6_dport = tcp->dest;
}

/**
 * pika_ipsec_passes_out() - see pika_ipsec_lets_out()
 * @net: as there
 * @dst: as there
 * @header: as there
 * @tcp: as there
 *
 * Return: as there.
 */
bool pika_ipsec_passes_out(struct net *net, struct dst_entry *dst,
			   const void *header, const struct tcphdr *tcp)
{
	struct flowi flow = {
		.flowi_oif = dst->dev->ifindex,
		.flowi_proto = IPPROTO_TCP,
	};
	struct dst_entry *way;

	if (is_v4(header))
		read_v4(&flow.u.ip4, header, tcp);
	else
		read_v6(&flow.u.ip6, header, tcp);
	way = xfrm_lookup(net, dst_clone(dst), &flow, NULL, 0);
	if (IS_ERR(way))
		return false;
	dst_release(way);
	return way == dst;
}
