/* SPDX-License-Identifier: GPL-2.0-only */
/* How a server's frames leave: route, neighbour, skb, device. */
#ifndef PIKA_LINUX_TRANSMIT_H
#define PIKA_LINUX_TRANSMIT_H

#include "../core/packet.h"

struct dst_entry;
struct in6_addr;
struct net;
struct pika_link_drops;
struct pika_routes;

struct pika_routes *pika_routes_make(int core);
void pika_routes_free(struct pika_routes *routes);
void pika_routes_add_drops(const struct pika_routes *routes,
			   struct pika_link_drops *drops);
struct dst_entry *pika_route_v4(struct net *net, __be32 local, __be32 remote,
				u8 tos);
struct dst_entry *pika_route_v6(struct net *net, const struct in6_addr *local,
				const struct in6_addr *remote);
void pika_transmit(struct pika_routes *routes, struct net *net,
		   const struct pika_frame *frame, bool judged);

#endif /* PIKA_LINUX_TRANSMIT_H */
