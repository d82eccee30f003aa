// SPDX-License-Identifier: GPL-2.0-only
/*
 * A frame becomes an skb and goes to the neighbour that its route names. Runs
 * on the server's core with bottom halves off. Routes are kept in a small table
 * of the server's own, which forgets when two destinations share a place. What
 * cannot be sent is lost, as on a wire; TCP sends it again.
 */

#include "transmit.h"

#include <linux/jhash.h>
#include <net/arp.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/route.h>

#include "memory.h"

#define PLACES	256

/**
 * struct pika_route - how to get somewhere
 * @dst: or NULL
 * @local: from where
 * @remote: to where
 */
struct pika_route {
	struct dst_entry *dst;
	__be32 local;
	__be32 remote;
};

/**
 * struct pika_routes - see above
 * @places: by hash of both addresses
 * @unroutable: frames without a route
 * @no_memory: frames without an skb
 */
struct pika_routes {
	struct pika_route places[PLACES];
	u64 unroutable;
	u64 no_memory;
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

static struct dst_entry *look_up(struct net *net, const struct iphdr *ip)
{
	struct flowi4 fl4 = {
		.daddr = ip->daddr,
		.saddr = ip->saddr,
		.flowi4_proto = IPPROTO_TCP,
	};
	struct rtable *rt = ip_route_output_key(net, &fl4);

	if (IS_ERR(rt))
		return NULL;
	/* Not around an IPsec policy or a tunnel of the route's. */
	if (dst_xfrm(&rt->dst) || rt->dst.lwtstate) {
		ip_rt_put(rt);
		return NULL;
	}
	return &rt->dst;
}

/* Valid until the next call; NULL: there is no way. */
static struct dst_entry *route(struct pika_routes *routes, struct net *net,
			       const struct iphdr *ip)
{
	u32 hash = jhash_2words((__force u32)ip->daddr, (__force u32)ip->saddr,
				0);
	struct pika_route *place = &routes->places[hash % PLACES];

	if (place->dst && place->local == ip->saddr &&
	    place->remote == ip->daddr && dst_check(place->dst, 0))
		return place->dst;
	dst_release(place->dst);
	place->dst = look_up(net, ip);
	place->local = ip->saddr;
	place->remote = ip->daddr;
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
	skb->protocol = htons(ETH_P_IP);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	return skb;
}

static void send(struct sk_buff *skb, struct dst_entry *dst, __be32 daddr)
{
	struct neighbour *neigh = dst_neigh_lookup(dst, &daddr);

	if (IS_ERR_OR_NULL(neigh)) {
		kfree_skb(skb);
		return;
	}
	skb->dev = dst->dev;
	neigh_output(neigh, skb, false);
	neigh_release(neigh);
}

/**
 * pika_transmit() - send a frame
 * @routes: the server's
 * @net: the stack's network namespace
 * @frame: the caller's again on return; skbs keep the pages they need
 *
 * Checksums are left to the device, or to Linux if it has no such feature.
 *
 * Context: the server's core, bottom halves off.
 */
void pika_transmit(struct pika_routes *routes, struct net *net,
		   const struct pika_frame *frame)
{
	const struct iphdr *ip = (const struct iphdr *)frame->header;
	struct dst_entry *dst;
	struct sk_buff *skb;

	rcu_read_lock();
	dst = ip->version == 4 ? route(routes, net, ip) : NULL;
	if (!dst) {
		routes->unroutable++;
		goto unlock;
	}
	skb = build(frame, LL_RESERVED_SPACE(dst->dev));
	if (skb)
		send(skb, dst, ip->daddr);
	else
		routes->no_memory++;
unlock:
	rcu_read_unlock();
}
