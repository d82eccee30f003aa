// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets pass the rx handler by, and frames the output path, without
 * netfilter; but for the SYNs of a stack that is to keep Linux's rules. Those
 * take Linux's way, so each connection is judged once. They leave it, in
 * softirq, just before conntrack would enter them into its table, where they
 * would be forgotten. What NAT has changed stays with Linux.
 */

#include "firewall.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/kmod.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/tcp.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "compat.h"
#include "netdev.h"
#include "receive.h"
#include "stack.h"

/* After all rules; conntrack's last word on IPv6 comes one earlier. */
#define LAST	(NF_IP_PRI_CONNTRACK_CONFIRM - 2)

static bool is_changed(const struct sk_buff *skb)
{
	enum ip_conntrack_info info;
	const struct nf_conn *ct = nf_ct_get(skb, &info);

	return ct && ct->status & IPS_NAT_MASK;
}

static u8 protocol_of(const struct sk_buff *skb,
		      const struct nf_hook_state *state)
{
	return state->pf == NFPROTO_IPV4 ? ip_hdr(skb)->protocol :
		ipv6_hdr(skb)->nexthdr;
}

static bool is_icmp_error(const struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	bool v4 = state->pf == NFPROTO_IPV4;
	u8 room;
	const u8 *type;

	if (protocol_of(skb, state) != (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return false;
	type = skb_header_pointer(skb, skb_transport_offset(skb),
				  sizeof(room), &room);
	return type && (v4 ? *type == ICMP_DEST_UNREACH :
			!(*type & ICMPV6_INFOMSG_MASK));
}

/* NULL: it is not TCP's. */
static const struct tcphdr *tcp_of(const struct sk_buff *skb,
				   const struct nf_hook_state *state,
				   struct tcphdr *room)
{
	if (protocol_of(skb, state) != IPPROTO_TCP)
		return NULL;
	return skb_header_pointer(skb, skb_transport_offset(skb),
				  sizeof(*room), room);
}

static bool is_from_here(const struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	if (state->pf == NFPROTO_IPV6)
		return ipv6_chk_addr(state->net, &ipv6_hdr(skb)->saddr, NULL,
				     0);
	return inet_addr_type(state->net, ip_hdr(skb)->saddr) == RTN_LOCAL;
}

/*
 * What a rule of output answers a SYN with that it rejects: it comes over
 * loopback, in the name of the peer.
 */
static bool is_rejection(const struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	struct tcphdr room;
	const struct tcphdr *tcp;

	if (!(state->in->flags & IFF_LOOPBACK))
		return false;
	tcp = tcp_of(skb, state, &room);
	return tcp && tcp->rst && !is_from_here(skb, state);
}

/*
 * May be of a connection that began by a link which is none any more. Linux
 * would reset it: early demux has found no socket. What turns out not to be is
 * given back.
 */
static bool is_left_over(const struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	struct tcphdr room;
	const struct tcphdr *tcp;

	if (skb->sk || state->in->flags & IFF_LOOPBACK)
		return false;
	tcp = tcp_of(skb, state, &room);
	return tcp && (!tcp->syn || tcp->ack);
}

static bool is_for_us(const struct pika_stack *stack, const struct sk_buff *skb,
		      const struct nf_hook_state *state)
{
	return pika_netdev_is_link(stack, state->in) ||
	       is_rejection(skb, state) || is_left_over(skb, state);
}

/*
 * SYNs, and what the rx handler could not read, as fragments were. A connection
 * that begins by another device, or what comes out of IPsec, is Linux's to
 * answer. Of errors a copy.
 */
static unsigned int on_local_in(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct pika_stack *stack = priv;

	if (is_icmp_error(skb, state)) {
		pika_receive_icmp(stack, skb);
		return NF_ACCEPT;
	}
	if (is_changed(skb) || skb_sec_path(skb))
		return NF_ACCEPT;
	if (!is_for_us(stack, skb, state))
		return NF_ACCEPT;
	return pika_receive_judged(stack, skb) ? NF_STOLEN : NF_ACCEPT;
}

/* The SYN of a server's, which has no socket of Linux's. */
static bool is_own_syn(const struct pika_stack *stack,
		       const struct sk_buff *skb,
		       const struct nf_hook_state *state)
{
	struct tcphdr room;
	const struct tcphdr *tcp;

	if (skb->sk || state->in)
		return false;
	tcp = tcp_of(skb, state, &room);
	return tcp && tcp->syn && !tcp->ack &&
	       test_bit(ntohs(tcp->source), stack->ports);
}

/* The rest of the connection would not be changed as its SYN was. */
static unsigned int on_post_routing(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	if (!is_own_syn(priv, skb, state))
		return NF_ACCEPT;
	if (is_changed(skb))
		return NF_DROP;
	nf_reset_ct(skb);
	return NF_ACCEPT;
}

static const struct nf_hook_ops hooks[PIKA_HOOKS] = {
	{ .hook = on_local_in, .pf = NFPROTO_IPV4,
	  .hooknum = NF_INET_LOCAL_IN, .priority = LAST },
	{ .hook = on_local_in, .pf = NFPROTO_IPV6,
	  .hooknum = NF_INET_LOCAL_IN, .priority = LAST },
	{ .hook = on_post_routing, .pf = NFPROTO_IPV4,
	  .hooknum = NF_INET_POST_ROUTING, .priority = LAST },
	{ .hook = on_post_routing, .pf = NFPROTO_IPV6,
	  .hooknum = NF_INET_POST_ROUTING, .priority = LAST },
};

/**
 * pika_firewall_prepare() - load what attaching needs
 *
 * IPv6's fragments reach no hook as long as nothing reassembles them before.
 *
 * Context: process, may sleep, without locks.
 */
void pika_firewall_prepare(void)
{
	request_module("nf_defrag_ipv6");
}

/* Its module stays meanwhile. */
static void begin_defrag(struct pika_stack *stack)
{
	int (*enable)(struct net *net) = symbol_get(nf_defrag_ipv6_enable);

	if (!enable)
		return;
	stack->defrags = !enable(stack->net);
	if (!stack->defrags)
		symbol_put(nf_defrag_ipv6_enable);
}

static void end_defrag(struct pika_stack *stack)
{
	void (*disable)(struct net *net);

	if (!stack->defrags)
		return;
	disable = symbol_get(nf_defrag_ipv6_disable);
	if (disable) {
		disable(stack->net);
		symbol_put(nf_defrag_ipv6_disable);
	}
	symbol_put(nf_defrag_ipv6_enable);
	stack->defrags = false;
}

/**
 * pika_firewall_attach() - from now on, what comes to the hooks may be taken
 * @stack: its servers run
 * @extack: told what is wrong
 *
 * Context: process, may sleep.
 * Return: 0 or an error.
 */
int pika_firewall_attach(struct pika_stack *stack,
			 struct netlink_ext_ack *extack)
{
	u32 i;
	int err;

	memcpy(stack->hooks, hooks, sizeof(hooks));
	for (i = 0; i < PIKA_HOOKS; i++)
		stack->hooks[i].priv = stack;
	err = nf_register_net_hooks(stack->net, stack->hooks, PIKA_HOOKS);
	if (err) {
		pika_refuse(extack, "netfilter's hooks: error %d", -err);
		return err;
	}
	stack->hooked = true;
	begin_defrag(stack);
	return 0;
}

/**
 * pika_firewall_detach() - nothing is taken any more
 * @stack: may not be attached
 *
 * Context: process, may sleep.
 */
void pika_firewall_detach(struct pika_stack *stack)
{
	if (!stack->hooked)
		return;
	end_defrag(stack);
	nf_unregister_net_hooks(stack->net, stack->hooks, PIKA_HOOKS);
	synchronize_net();
	stack->hooked = false;
}

/**
 * pika_firewall_send() - show a SYN to the rules, and send it
 * @net: its network namespace
 * @skb: freed or sent
 * @dst: its route; the caller's
 *
 * Context: the server's core, bottom halves off.
 * Return: false if a rule, or NAT, kept it.
 */
bool pika_firewall_send(struct net *net, struct sk_buff *skb,
			struct dst_entry *dst)
{
	skb_dst_set(skb, dst_clone(dst));
	return (skb->protocol == htons(ETH_P_IP) ?
		ip_local_out(net, NULL, skb) :
		ip6_local_out(net, NULL, skb)) != -EPERM;
}
