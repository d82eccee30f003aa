// SPDX-License-Identifier: GPL-2.0-only
/*
 * A frame becomes an skb and goes to the neighbour that its route names. Runs
 * on the server's core with bottom halves off. Routes are kept in a small table
 * of the server's own, which forgets when two destinations share a place. What
 * cannot be sent is lost, as on a wire; TCP sends it again.
 */

#include "transmit.h"

#include <linux/hash.h>
#include <net/arp.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "compat.h"
#include "drops.h"
#include "firewall.h"
#include "ipsec.h"
#include "memory.h"
#include "trace.h"

#define PLACE_BITS	10
#define PLACES		BIT(PLACE_BITS)

/* Both addresses of an IP header, which has one behind the other. */
#define V4_WORDS	2
#define V6_WORDS	8

/**
 * struct pika_route - how to get somewhere
 * @dst: or NULL
 * @cookie: tells whether an IPv6 route still holds
 * @kind: words of @ends, and IPv4's type of service
 * @ends: local and remote address, as in the header
 */
struct pika_route {
	struct dst_entry *dst;
	u32 cookie;
	u32 kind;
	u32 ends[V6_WORDS];
};

/**
 * struct pika_routes - see above
 * @places: by hash of both addresses
 * @drops: frames that were not sent
 */
struct pika_routes {
	struct pika_route places[PLACES];
	struct pika_link_drops drops;
};

struct pika_routes *pika_routes_make(int core)
{
	return pika_lines_alloc(sizeof(struct pika_routes), core);
}

void pika_routes_free(struct pika_routes *routes)
{
	u32 i;

	if (!routes)
		return;
	for (i = 0; i < PLACES; i++)
		dst_release(routes->places[i].dst);
	vfree(routes);
}

/**
 * pika_routes_add_drops() - what was not sent
 * @routes: a server's
 * @drops: added to
 *
 * Context: any.
 */
void pika_routes_add_drops(const struct pika_routes *routes,
			   struct pika_link_drops *drops)
{
	drops->unroutable += READ_ONCE(routes->drops.unroutable);
	drops->no_memory += READ_ONCE(routes->drops.no_memory);
	drops->no_neighbour += READ_ONCE(routes->drops.no_neighbour);
	drops->forbidden += READ_ONCE(routes->drops.forbidden);
}

static void lose(u64 *counter, const char *reason)
{
	(*counter)++;
	trace_pika_drop("device", reason);
}

/**
 * pika_route_v4() - the way of a server's frames, whatever IPsec says
 * @net: the stack's network namespace
 * @local: from where
 * @remote: to where
 * @tos: the frames'
 *
 * Return: a route, with a reference, or NULL: there is none.
 */
struct dst_entry *pika_route_v4(struct net *net, __be32 local, __be32 remote,
				u8 tos)
{
	struct flowi4 fl4 = {
		.daddr = remote,
		.saddr = local,
		.flowi4_proto = IPPROTO_TCP,
	};
	struct rtable *rt;

	pika_flow_set_tos(&fl4, tos);
	rt = __ip_route_output_key(net, &fl4);
	return IS_ERR(rt) ? NULL : &rt->dst;
}

/**
 * pika_route_v6() - pika_route_v4(), of IPv6
 * @net: as there
 * @local: as there
 * @remote: as there
 *
 * Return: as there.
 */
struct dst_entry *pika_route_v6(struct net *net, const struct in6_addr *local,
				const struct in6_addr *remote)
{
	struct flowi6 fl6 = {
		.daddr = *remote,
		.saddr = *local,
		.flowi6_proto = IPPROTO_TCP,
	};
	struct dst_entry *dst = ip6_route_output(net, NULL, &fl6);

	if (!dst->error)
		return dst;
	dst_release(dst);
	return NULL;
}

static bool is_v4(const void *header)
{
	return ((const struct iphdr *)header)->version == 4;
}

static struct dst_entry *route_of(struct net *net, const void *header)
{
	const struct ipv6hdr *ip6 = header;
	const struct iphdr *ip = header;

	return is_v4(header) ?
		pika_route_v4(net, ip->saddr, ip->daddr, ip->tos) :
		pika_route_v6(net, &ip6->saddr, &ip6->daddr);
}

/* Not around a tunnel of the route's. */
static void look_up(struct pika_route *place, struct net *net,
		    const void *header)
{
	struct dst_entry *dst = route_of(net, header);

	if (dst && dst->lwtstate) {
		dst_release(dst);
		dst = NULL;
	}
	place->dst = dst;
	place->cookie = dst && !is_v4(header) ?
		rt6_get_cookie((struct rt6_info *)dst) : 0;
}

#define KIND_WORDS	0xffu
#define KIND_TOS	8	/* and above */

static const u32 *ends_of(const void *header, u32 *kind)
{
	const struct ipv6hdr *ip6 = header;
	const struct iphdr *ip = header;

	*kind = is_v4(header) ? V4_WORDS | (u32)ip->tos << KIND_TOS : V6_WORDS;
	return is_v4(header) ? (const u32 *)&ip->saddr :
		(const u32 *)&ip6->saddr;
}

static u32 place_of(const u32 *ends, u32 kind)
{
	u32 hash = kind;
	u32 i;

	for (i = 0; i < (kind & KIND_WORDS); i++)
		hash = (hash ^ ends[i]) * GOLDEN_RATIO_32;
	return hash >> (32 - PLACE_BITS);
}

static bool leads_there(const struct pika_route *place, const u32 *ends,
			u32 kind)
{
	u32 different = place->kind ^ kind;
	u32 i;

	for (i = 0; i < (kind & KIND_WORDS); i++)
		different |= place->ends[i] ^ ends[i];
	return !different;
}

/* Valid until the next call; NULL: there is no way. */
static struct dst_entry *route(struct pika_routes *routes, struct net *net,
			       const void *header)
{
	struct pika_route *place;
	const u32 *ends;
	u32 kind;

	ends = ends_of(header, &kind);
	place = &routes->places[place_of(ends, kind)];
	if (place->dst && leads_there(place, ends, kind) &&
	    dst_check(place->dst, place->cookie))
		return place->dst;
	dst_release(place->dst);
	look_up(place, net, header);
	place->kind = kind;
	memcpy(place->ends, ends, (kind & KIND_WORDS) * sizeof(*ends));
	return place->dst;
}

/*
 * How many fragments at the end can be pages: those behind the last one whose
 * bytes are in the core's memory.
 */
static u32 paged_from(const struct pika_frame *frame)
{
	u32 i = min_t(u32, frame->fragments_len, MAX_SKB_FRAGS);

	if (frame->fragments_len > MAX_SKB_FRAGS)
		return frame->fragments_len;
	while (i > 0 && frame->fragments[i - 1].buffer)
		i--;
	return i;
}

static void copy_fragment(struct sk_buff *skb, const struct pika_fragment *f)
{
	if (f->buffer)
		skb_put_data(skb, page_address((struct page *)f->buffer) +
			     f->offset, f->len);
	else
		skb_put_data(skb, f->bytes, f->len);
}

static void add_page(struct sk_buff *skb, const struct pika_fragment *f)
{
	struct page *page = (struct page *)f->buffer;

	get_page(page);
	skb_fill_page_desc(skb, skb_shinfo(skb)->nr_frags, page, f->offset,
			   f->len);
	skb->len += f->len;
	skb->data_len += f->len;
	skb->truesize += f->len;
}

/* Linux, or the device, cuts it. */
static void ask_to_cut(struct sk_buff *skb, const struct pika_frame *frame)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	if (!frame->segment_size || frame->bytes <= frame->segment_size)
		return;
	info->gso_type = is_v4(frame->header) ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	info->gso_size = frame->segment_size;
	info->gso_segs = DIV_ROUND_UP(frame->bytes, frame->segment_size);
}

static struct sk_buff *build(const struct pika_frame *frame, u32 headroom)
{
	u32 paged = paged_from(frame);
	u32 linear = frame->header_len;
	struct sk_buff *skb;
	u32 i;

	for (i = 0; i < paged; i++)
		linear += frame->fragments[i].len;
	skb = alloc_skb(headroom + linear, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, headroom);
	skb_put_data(skb, frame->header, frame->header_len);
	for (i = 0; i < paged; i++)
		copy_fragment(skb, &frame->fragments[i]);
	for (; i < frame->fragments_len; i++)
		add_page(skb, &frame->fragments[i]);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, frame->tcp_offset);
	skb->protocol = is_v4(frame->header) ? htons(ETH_P_IP) :
		htons(ETH_P_IPV6);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	ask_to_cut(skb, frame);
	return skb;
}

static const struct tcphdr *tcp_of(const struct pika_frame *frame)
{
	return (const struct tcphdr *)(frame->header + frame->tcp_offset);
}

/* A SYN alone, which Linux's rules may want to see. */
static bool opens(const struct pika_frame *frame)
{
	return tcp_of(frame)->syn && !tcp_of(frame)->ack;
}

/* Valid as long as RCU is held; @other: of another family than @skb. */
static struct neighbour *next_hop(struct sk_buff *skb, struct dst_entry *dst,
				  bool *other)
{
	const struct in6_addr *gateway;

	*other = false;
	if (is_v4(skb->data))
		return ip_neigh_for_gw((struct rtable *)dst, skb, other);
	gateway = rt6_nexthop((struct rt6_info *)dst,
			      &((struct ipv6hdr *)skb->data)->daddr);
	return ip_neigh_gw6(dst->dev, gateway);
}

/*
 * A neighbour's ready header is of its own family's packets. If it does not
 * answer, the route tells the flow, as a router far away would.
 */
static void send(struct pika_routes *routes, struct sk_buff *skb,
		 struct dst_entry *dst)
{
	bool other;
	struct neighbour *neigh = next_hop(skb, dst, &other);

	if (IS_ERR_OR_NULL(neigh)) {
		lose(&routes->drops.no_neighbour, "no_neighbour");
		kfree_skb(skb);
		return;
	}
	skb->dev = dst->dev;
	skb_dst_set_noref(skb, dst);
	neigh_output(neigh, skb, other);
}

/**
 * pika_transmit() - send a frame
 * @routes: the server's
 * @net: the stack's network namespace
 * @frame: the caller's again on return; skbs keep the pages they need
 * @judged: a connection is begun only if Linux's rules allow it
 *
 * Checksums are left to the device, or to Linux if it has no such feature.
 *
 * Context: the server's core, bottom halves off.
 */
void pika_transmit(struct pika_routes *routes, struct net *net,
		   const struct pika_frame *frame, bool judged)
{
	struct dst_entry *dst;
	struct sk_buff *skb;

	rcu_read_lock();
	dst = route(routes, net, frame->header);
	if (!dst || !pika_ipsec_lets_out(net, dst, frame->header,
					 tcp_of(frame))) {
		lose(&routes->drops.unroutable, "unroutable");
		goto unlock;
	}
	skb = build(frame, LL_RESERVED_SPACE(dst->dev));
	if (!skb)
		lose(&routes->drops.no_memory, "no_memory");
	else if (!judged || !opens(frame))
		send(routes, skb, dst);
	else if (!pika_firewall_send(net, skb, dst))
		lose(&routes->drops.forbidden, "forbidden");
unlock:
	rcu_read_unlock();
}
