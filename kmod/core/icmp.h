/* SPDX-License-Identifier: GPL-2.0-only */
/* Errors that the network sends back about our segments (RFC 792, RFC 4443). */
#ifndef PIKA_CORE_ICMP_H
#define PIKA_CORE_ICMP_H

#include "packet.h"

/**
 * struct pika_icmp_error - what is wrong with which segment
 * @key: whose it was
 * @seq: its SEG.SEQ
 * @error: positive errno, as Linux's programs see it; 0: it was too big
 * @mtu: if it was, of the next hop; 0: the router does not say
 */
struct pika_icmp_error {
	struct pika_flow_key key;
	u32 seq;
	u16 error;
	u16 mtu;
};

bool pika_icmp_parse(const struct pika_packet *pkt,
		     struct pika_icmp_error *error);

#endif /* PIKA_CORE_ICMP_H */
