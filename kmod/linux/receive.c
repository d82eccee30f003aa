// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decides in a device's rx handler, in softirq, what is PIKA's: TCP over IPv4
 * for a port whose bit is set in the stack's map. All else goes on to Linux as
 * if nobody had looked. What a server finds to be nobody's comes in once more,
 * marked.
 */

#include "receive.h"

#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/random.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/route.h>

#include "rx_ring.h"
#include "stack.h"

/*
 * The mark of a packet that was given back, at the end of skb->cb, which the
 * stages before the rx handler do not use: a number that nobody can guess.
 */
static u64 mark __ro_after_init;

static u64 *mark_of(struct sk_buff *skb)
{
	return (u64 *)(skb->cb + sizeof(skb->cb) - sizeof(u64));
}

/* The headers of a packet that may be ours. */
struct headers {
	u32 ip_len;
	u32 len;
	struct tcphdr tcp;
};

/* Plain TCP over IPv4: no options, not a fragment. */
static bool read_headers(const struct sk_buff *skb, struct headers *h,
			 struct iphdr *ip)
{
	const void *at;

	at = skb_header_pointer(skb, 0, sizeof(*ip), ip);
	if (!at)
		return false;
	if (at != ip)
		*ip = *(const struct iphdr *)at;
	if (ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_TCP ||
	    ip->frag_off & htons(IP_MF | IP_OFFSET))
		return false;
	h->ip_len = sizeof(*ip);
	h->len = ntohs(ip->tot_len);
	at = skb_header_pointer(skb, h->ip_len, sizeof(h->tcp), &h->tcp);
	if (!at)
		return false;
	if (at != &h->tcp)
		h->tcp = *(const struct tcphdr *)at;
	return h->len <= skb->len &&
	       h->tcp.doff * 4 >= sizeof(h->tcp) &&
	       h->len >= h->ip_len + h->tcp.doff * 4;
}

/*
 * A flow's packets are known by their addresses; one that opens a connection
 * must be for this host, which may be a router.
 */
static bool is_ours(const struct pika_stack *stack, const struct sk_buff *skb,
		    const struct headers *h, const struct iphdr *ip)
{
	if (!test_bit(ntohs(h->tcp.dest), stack->ports))
		return false;
	return !h->tcp.syn || h->tcp.ack ||
	       inet_addr_type_dev_table(stack->net, skb->dev,
					ip->daddr) == RTN_LOCAL;
}

static bool checksum_is_right(struct sk_buff *skb, u32 ip_len)
{
	bool right;

	__skb_pull(skb, ip_len);
	right = !skb_checksum_init(skb, IPPROTO_TCP, inet_compute_pseudo) &&
		!skb_checksum_complete(skb);
	__skb_push(skb, ip_len);
	return right;
}

/* Makes a packet of @skb; false: it is no good. */
static bool prepare(struct sk_buff *skb, const struct headers *h)
{
	struct pika_packet *pkt = pika_packet_of(skb);

	if (pskb_trim_rcsum(skb, h->len) ||
	    !pskb_may_pull(skb, h->ip_len + h->tcp.doff * 4))
		return false;
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, h->ip_len);
	if (!checksum_is_right(skb, h->ip_len))
		return false;
	skb_orphan(skb);
	/* It may outlive the device: skb_iif says where it came from. */
	skb->dev = NULL;
	memset(pkt, 0, sizeof(*pkt));
	pkt->data = skb->data;
	pkt->len = skb->len;
	pkt->linear = skb_headlen(skb);
	pkt->flags = PIKA_PACKET_CHECKED;
	return true;
}

static struct pika_rx *rx_for(const struct pika_stack *stack, __be16 remote)
{
	u16 ts = stack->ts_of[ntohs(remote) % PIKA_GROUPS];

	return stack->rx_of[ts];
}

static rx_handler_result_t take(struct pika_stack *stack,
				struct sk_buff **pskb, const struct headers *h)
{
	struct sk_buff *skb = skb_share_check(*pskb, GFP_ATOMIC);

	if (!skb)
		return RX_HANDLER_CONSUMED;
	if (!prepare(skb, h))
		kfree_skb(skb);
	else
		pika_rx_put(rx_for(stack, h->tcp.source), skb);
	return RX_HANDLER_CONSUMED;
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
	struct iphdr ip;

	if (skb->protocol != htons(ETH_P_IP) ||
	    skb->pkt_type != PACKET_HOST || skb_vlan_tag_present(skb))
		return RX_HANDLER_PASS;
	if (*mark_of(skb) == mark) {
		*mark_of(skb) = 0;
		return RX_HANDLER_PASS;
	}
	stack = rcu_dereference(skb->dev->rx_handler_data);
	if (!read_headers(skb, &h, &ip) || !is_ours(stack, skb, &h, &ip))
		return RX_HANDLER_PASS;
	return take(stack, pskb, &h);
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
 */
void pika_packet_pass(struct net *net, struct pika_packet *pkt)
{
	struct sk_buff *skb = pika_packet_skb(pkt);

	rcu_read_lock();
	skb->dev = dev_get_by_index_rcu(net, skb->skb_iif);
	if (skb->dev) {
		*mark_of(skb) = mark;
		netif_receive_skb(skb);
	} else {
		kfree_skb(skb);
	}
	rcu_read_unlock();
}

/* Before the first packet. */
void __init pika_receive_init(void)
{
	mark = get_random_u64() | 1;
}
