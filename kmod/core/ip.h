/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where things are in IP headers (RFC 791, RFC 8200), for those who read and
 * write them.
 */
#ifndef PIKA_CORE_IP_H
#define PIKA_CORE_IP_H

#include "msg.h"

#define PROTOCOL_ICMP		1
#define PROTOCOL_TCP		6
#define PROTOCOL_FRAGMENT	44	/* IPv6's extension header */
#define PROTOCOL_ICMPV6		58

#define V4_HEADER		20
#define V6_HEADER		40

#define V4_DONT_FRAGMENT	0x4000
#define V4_FRAGMENT		0x3fff	/* more fragments, or an offset */
#define V4_OFFSET		0x1fff

/* Offsets from the IP header. */
#define V4_LENGTH		2
#define V4_FLAGS		6
#define V4_TTL			8
#define V4_PROTOCOL		9
#define V4_CHECKSUM		10
#define V4_SOURCE		12
#define V4_DESTINATION		16
#define V6_LENGTH		4
#define V6_NEXT			6
#define V6_HOP_LIMIT		7
#define V6_SOURCE		8
#define V6_DESTINATION		24

static inline void pika_addr_map_v4(struct pika_addr *addr, const u8 *bytes)
{
	static const u8 prefix[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255 };

	memcpy(addr->b, prefix, sizeof(prefix));
	memcpy(addr->b + sizeof(prefix), bytes, 4);
}

#endif /* PIKA_CORE_IP_H */
