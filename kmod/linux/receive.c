// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decides in a device's rx handler, in softirq, what is PIKA's: TCP over IP for
 * a port whose bit is set in the stack's map. All else goes on to Linux as
 * if nobody had looked, and what is PIKA's after all is met again when Linux is
 * about to deliver it. What a server finds to be nobody's comes in once more,
 * marked.
 */

#include "receive.h"

#include <linux/icmp.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/random.h>
#include <linux/tcp.h>
#include <net/addrconf.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/route.h>
#include <uapi/linux/pika.h>

#include "ipsec.h"
#include "rx_ring.h"
#include "stack.h"

/*
 * The mark of a packet that was given back, at the end of skb->cb, which the
 * stages before netfilter's hooks do not use: a number that nobody can guess.
 */
static u64 mark __ro_after_init;

static u64 *mark_of(struct sk_buff *skb)
{
	return (u64 *)(skb->cb + sizeof(skb->cb) - sizeof(u64));
}

/**
 * struct headers - of a packet that may be ours
 * @ip: IPv4's header; NULL: it is IPv6's
 * @ip6: IPv6's header
 * @tcp: TCP's
 * @ip_len: bytes of IP's header
 * @tcp_len: bytes of TCP's header
 * @len: bytes of the packet, without Ethernet's padding
 * @remote: the sender's port
 * @ip_room: where @ip points if the packet does not have it in one piece
 * @ip6_room: likewise
 * @tcp_room: likewise
 *
 * Pointers are void when the packet has been changed.
 */
struct headers {
	const struct iphdr *ip;
	const struct ipv6hdr *ip6;
	const struct tcphdr *tcp;
	u32 ip_len;
	u32 tcp_len;
	u32 len;
	__be16 remote;
	union {
		struct iphdr ip_room;
		struct ipv6hdr ip6_room;
	};
	struct tcphdr tcp_room;
};

/* Plain TCP over IPv4: no options, not a fragment. */
static inline bool read_v4(const struct sk_buff *skb, struct headers *h)
{
	const struct iphdr *ip;

	ip = skb_header_pointer(skb, 0, sizeof(*ip), &h->ip_room);
	if (!ip || ip->version != 4 || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_TCP ||
	    ip->frag_off & htons(IP_MF | IP_OFFSET))
		return false;
	h->ip = ip;
	h->ip_len = sizeof(*ip);
	h->len = ntohs(ip->tot_len);
	return true;
}

static bool is_link_local(const struct in6_addr *addr)
{
	return ipv6_addr_type(addr) & IPV6_ADDR_LINKLOCAL;
}

/*
 * Plain TCP over IPv6: no extension header. A link-local address says nothing
 * without the device, and servers know no devices: Linux's.
 */
static bool read_v6(const struct sk_buff *skb, struct headers *h)
{
	const struct ipv6hdr *ip6;

	ip6 = skb_header_pointer(skb, 0, sizeof(*ip6), &h->ip6_room);
	if (!ip6 || ip6->version != 6 || ip6->nexthdr != IPPROTO_TCP ||
	    is_link_local(&ip6->saddr) || is_link_local(&ip6->daddr))
		return false;
	h->ip = NULL;
	h->ip6 = ip6;
	h->ip_len = sizeof(*ip6);
	h->len = sizeof(*ip6) + ntohs(ip6->payload_len);
	return true;
}

static __always_inline bool read_headers(const struct sk_buff *skb,
					 struct headers *h)
{
	const struct tcphdr *tcp;

	if (skb->protocol == htons(ETH_P_IP) ? !read_v4(skb, h) :
	    !read_v6(skb, h))
		return false;
	tcp = skb_header_pointer(skb, h->ip_len, sizeof(*tcp), &h->tcp_room);
	if (!tcp)
		return false;
	h->tcp = tcp;
	h->tcp_len = tcp->doff * 4;
	h->remote = tcp->source;
	return h->len <= skb->len && h->tcp_len >= sizeof(*tcp) &&
	       h->len >= h->ip_len + h->tcp_len;
}

/* Linux has found IPv4's route if it was asked. */
static bool is_local(struct net *net, const struct sk_buff *skb,
		     const struct headers *h)
{
	if (!h->ip)
		return ipv6_chk_addr(net, &h->ip6->daddr, skb->dev, 0);
	if (skb_valid_dst(skb))
		return skb_rtable(skb)->rt_type == RTN_LOCAL;
	return inet_addr_type_dev_table(net, skb->dev, h->ip->daddr) ==
	       RTN_LOCAL;
}

static bool opens(const struct headers *h)
{
	return h->tcp->syn && !h->tcp->ack;
}

/*
 * A flow's packets are known by their addresses; one that opens a connection
 * must be for this host, which may be a router.
 */
static inline bool is_ours(const struct pika_stack *stack, struct sk_buff *skb,
			   const struct headers *h)
{
	bool first = opens(h);

	if (!test_bit(ntohs(h->tcp->dest), stack->ports) ||
	    (first && !is_local(stack->net, skb, h)))
		return false;
	return pika_ipsec_lets_in(stack->net, skb, first);
}

static inline bool sum_is_right(const struct sk_buff *skb,
				const struct headers *h)
{
	u32 len = skb->len - h->ip_len;
	__wsum sum = csum_partial(skb->data + h->ip_len, len, 0);

	if (h->ip)
		return !csum_tcpudp_magic(ip_hdr(skb)->saddr,
					  ip_hdr(skb)->daddr, len, IPPROTO_TCP,
					  sum);
	return !csum_ipv6_magic(&ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr,
				len, IPPROTO_TCP, sum);
}

/* In one piece and looked at by nobody yet, as most are: no need to ask. */
static inline bool checksum_is_right(struct sk_buff *skb,
				     const struct headers *h)
{
	bool wrong;

	if (skb->ip_summed == CHECKSUM_NONE && !skb_is_nonlinear(skb))
		return sum_is_right(skb, h);
	__skb_pull(skb, h->ip_len);
	wrong = h->ip ?
		skb_checksum_init(skb, IPPROTO_TCP, inet_compute_pseudo) :
		skb_checksum_init(skb, IPPROTO_TCP, ip6_compute_pseudo);
	wrong = wrong || skb_checksum_complete(skb);
	__skb_push(skb, h->ip_len);
	return !wrong;
}

static inline void wrap(struct sk_buff *skb, u8 flags)
{
	struct pika_packet *pkt = pika_packet_of(skb);

	skb_orphan(skb);
	/* It may outlive the device: skb_iif says where it came from. */
	skb->dev = NULL;
	memset(pkt, 0, sizeof(*pkt));
	pkt->data = skb->data;
	pkt->len = skb->len;
	pkt->linear = skb_headlen(skb);
	pkt->truesize = skb->truesize;
	pkt->flags = flags;
}

/* Makes a packet of @skb, or says why it is no good. */
static inline enum pika_rx_drop prepare(struct sk_buff *skb,
					const struct headers *h)
{
	if (pskb_trim_rcsum(skb, h->len) ||
	    !pskb_may_pull(skb, h->ip_len + h->tcp_len))
		return PIKA_RX_MALFORMED;
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, h->ip_len);
	if (!checksum_is_right(skb, h))
		return PIKA_RX_CHECKSUM;
	wrap(skb, PIKA_PACKET_CHECKED);
	return PIKA_RX_OK;
}

static struct pika_rx *rx_for(const struct pika_stack *stack, __be16 remote)
{
	u16 ts = stack->ts_of[ntohs(remote) % PIKA_GROUPS];

	return stack->rx_of[ts];
}

static inline void take(struct pika_stack *stack, struct sk_buff *skb,
			const struct headers *h)
{
	struct pika_rx *rx = rx_for(stack, h->remote);
	enum pika_rx_drop why;

	skb = skb_share_check(skb, GFP_ATOMIC);
	why = skb ? prepare(skb, h) : PIKA_RX_NO_MEMORY;
	if (why)
		pika_rx_drop(rx, skb, why);
	else
		pika_rx_put(rx, skb);
}

/**
 * pika_receive() - the rx handler of a stack's devices
 * @pskb: a packet; consumed, or passed on unchanged
 *
 * Context: softirq.
 * Return: what became of it.
 */
rx_handler_result_t pika_receive(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct pika_stack *stack;
	struct headers h;

	if ((skb->protocol != htons(ETH_P_IP) &&
	     skb->protocol != htons(ETH_P_IPV6)) ||
	    skb->pkt_type != PACKET_HOST || skb_vlan_tag_present(skb))
		return RX_HANDLER_PASS;
	if (*mark_of(skb) == mark)
		return RX_HANDLER_PASS;
	stack = rcu_dereference(skb->dev->rx_handler_data);
	if (!read_headers(skb, &h) ||
	    (opens(&h) && stack->firewall == PIKA_FIREWALL_SYN) ||
	    !is_ours(stack, skb, &h))
		return RX_HANDLER_PASS;
	take(stack, skb, &h);
	return RX_HANDLER_CONSUMED;
}

/**
 * pika_receive_judged() - Linux is about to deliver a packet
 * @stack: whose device it came by
 * @skb: reassembled, and let in by all rules
 *
 * Context: under RCU.
 * Return: true if it is PIKA's; then it is consumed.
 */
bool pika_receive_judged(struct pika_stack *stack, struct sk_buff *skb)
{
	struct headers h;

	if (*mark_of(skb) == mark) {
		*mark_of(skb) = 0;
		return false;
	}
	if (!read_headers(skb, &h) || !is_ours(stack, skb, &h))
		return false;
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	local_bh_disable();
	take(stack, skb, &h);
	local_bh_enable();
	return true;
}

/* Ports of the packet that ICMP's error at @offset is about, ours first. */
static bool read_ports(const struct sk_buff *skb, u32 offset, __be16 ports[2])
{
	const u8 *ip;
	u32 len;
	u8 room[sizeof(struct iphdr)];

	offset += sizeof(struct icmphdr);
	ip = skb_header_pointer(skb, offset, sizeof(room), room);
	if (!ip)
		return false;
	len = ip[0] >> 4 == 4 ? (ip[0] & 15) * 4 : sizeof(struct ipv6hdr);
	return !skb_copy_bits(skb, offset + len, ports, 2 * sizeof(*ports));
}

/**
 * pika_receive_icmp() - Linux is about to deliver an ICMP message
 * @stack: of its network namespace
 * @skb: stays Linux's; if it is an error about a flow of ours, its server gets
 *	a copy, and finds out what it says
 *
 * Context: under RCU.
 */
void pika_receive_icmp(struct pika_stack *stack, const struct sk_buff *skb)
{
	struct sk_buff *copy;
	struct pika_rx *rx;
	__be16 ports[2];

	if (!read_ports(skb, skb_transport_offset(skb), ports) ||
	    !test_bit(ntohs(ports[0]), stack->ports))
		return;
	rx = rx_for(stack, ports[1]);
	copy = skb_copy(skb, GFP_ATOMIC);
	local_bh_disable();
	if (copy) {
		wrap(copy, PIKA_PACKET_COPY);
		pika_rx_put(rx, copy);
	} else {
		pika_rx_drop(rx, NULL, PIKA_RX_NO_MEMORY);
	}
	local_bh_enable();
}

/**
 * pika_packet_free() - nobody needs a packet any more
 * @pkt: one that pika_receive() took
 *
 * Context: any but hardirq.
 */
void pika_packet_free(struct pika_packet *pkt)
{
	consume_skb(pika_packet_skb(pkt));
}

/**
 * pika_packets_free() - nobody needs a chain of packets any more
 * @pkt: the first, or NULL
 *
 * Context: any but hardirq.
 */
void pika_packets_free(struct pika_packet *pkt)
{
	struct pika_packet *next;

	for (; pkt; pkt = next) {
		next = pkt->next;
		pika_packet_free(pkt);
	}
}

/**
 * pika_packet_pass() - give a packet back to the host
 * @net: its network namespace
 * @pkt: as pika_receive() took it
 *
 * Taps and ingress rules see it once more.
 *
 * Context: bottom halves off.
 * Return: false: its device has gone, it is dropped.
 */
bool pika_packet_pass(struct net *net, struct pika_packet *pkt)
{
	struct sk_buff *skb = pika_packet_skb(pkt);
	bool passed;

	rcu_read_lock();
	skb->dev = dev_get_by_index_rcu(net, skb->skb_iif);
	passed = skb->dev;
	if (passed) {
		*mark_of(skb) = mark;
		netif_receive_skb(skb);
	} else {
		kfree_skb(skb);
	}
	rcu_read_unlock();
	return passed;
}

/* Before the first packet. */
void __init pika_receive_init(void)
{
	mark = get_random_u64() | 1;
}
