/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The headers of packets to be sent, as code that becomes part of its caller:
 * tcp_frame.c, and packet.c for everybody else. Nobody else includes it.
 */
#ifndef PIKA_CORE_FRAME_H
#define PIKA_CORE_FRAME_H

#include "checksum.h"
#include "packet.h"

#define TCP_HEADER		20
#define TCP_HEADER_MAX		60

/* Offsets from the TCP header. */
#define TCP_SOURCE		0
#define TCP_DESTINATION		2
#define TCP_SEQ			4
#define TCP_ACK			8
#define TCP_OFFSET		12
#define TCP_FLAGS		13
#define TCP_WINDOW		14
#define TCP_CHECKSUM		16
#define TCP_URGENT		18

/* DF, so the identification may be 0 (RFC 6864 4.1). */
static inline void pika_frame_v4(u8 *ip, const struct pika_flow_key *key,
				 const struct pika_tcp_header *header)
{
	pika_write_be32(ip, 0x45000000u | (u32)header->tos << 16);
	pika_write_be32(ip + 4, V4_DONT_FRAGMENT);
	pika_write_be32(ip + V4_TTL,
			(u32)header->ttl << 24 | PROTOCOL_TCP << 16);
	memcpy(ip + V4_SOURCE, key->local.b + 12, 4);
	memcpy(ip + V4_DESTINATION, key->remote.b + 12, 4);
}

static inline void pika_frame_v6(u8 *ip, const struct pika_flow_key *key,
				 const struct pika_tcp_header *header)
{
	pika_write_be32(ip, 6u << 28 | (u32)header->tos << 20);
	pika_write_be16(ip + V6_LENGTH, 0);
	ip[V6_NEXT] = PROTOCOL_TCP;
	ip[V6_HOP_LIMIT] = header->ttl;
	memcpy(ip + V6_SOURCE, key->local.b, 16);
	memcpy(ip + V6_DESTINATION, key->remote.b, 16);
}

/* @options: bytes of them */
static inline void pika_frame_tcp(u8 *tcp, const struct pika_flow_key *key,
				  const struct pika_tcp_header *header,
				  u32 options)
{
	pika_write_be32(tcp, (u32)key->local_port << 16 | key->remote_port);
	pika_write_be32(tcp + TCP_SEQ, header->seq);
	pika_write_be32(tcp + TCP_ACK, header->ack);
	pika_write_be32(tcp + TCP_OFFSET, (TCP_HEADER + options) << 26 |
			(u32)header->flags << 16 | header->window);
	pika_write_be32(tcp + TCP_CHECKSUM, header->urgent);
}

/**
 * pika_frame_write() - pika_frame_begin(), but for options
 * @frame: as there
 * @key: as there
 * @header: as there; its @options are not looked at
 * @is_v4: what @key is
 *
 * The caller writes them, a multiple of 4 bytes, behind the TCP header.
 */
static inline void pika_frame_write(struct pika_frame *frame,
				    const struct pika_flow_key *key,
				    const struct pika_tcp_header *header,
				    bool is_v4)
{
	u32 ip_len = is_v4 ? V4_HEADER : V6_HEADER;

	if (likely(is_v4))
		pika_frame_v4(frame->header, key, header);
	else
		pika_frame_v6(frame->header, key, header);
	pika_frame_tcp(frame->header + ip_len, key, header,
		       header->options_len);
	frame->tcp_offset = ip_len;
	frame->header_len = ip_len + TCP_HEADER + header->options_len;
	frame->segment_size = 0;
	frame->fragments_len = 0;
	frame->bytes = 0;
}

/* Both sums have the addresses in them. */
static inline void pika_frame_sum_v4(u8 *ip, u32 len)
{
	u64 addresses = pika_load_4(ip + V4_SOURCE) +
			pika_load_4(ip + V4_DESTINATION);
	u64 rest;

	pika_write_be16(ip + V4_LENGTH, len);
	pika_store_sum(ip + V4_CHECKSUM, 0);
	rest = pika_load_4(ip) + pika_load_4(ip + 4) + pika_load_4(ip + V4_TTL);
	pika_store_sum(ip + V4_CHECKSUM, ~pika_fold(addresses + rest));
	pika_store_sum(ip + V4_HEADER + TCP_CHECKSUM,
		       pika_fold(addresses + pika_sum_tcp(len - V4_HEADER)));
}

/**
 * pika_frame_sum() - pika_frame_finish()
 * @frame: as there
 */
static inline void pika_frame_sum(struct pika_frame *frame)
{
	u32 len = frame->header_len + frame->bytes;
	u32 tcp_len = len - frame->tcp_offset;
	u8 *ip = frame->header;

	WARN_ON_ONCE(len > 0xffff);
	if (likely(frame->tcp_offset == V4_HEADER)) {
		pika_frame_sum_v4(ip, len);
		return;
	}
	pika_write_be16(ip + V6_LENGTH, tcp_len);
	pika_store_sum(ip + V6_HEADER + TCP_CHECKSUM,
		       pika_fold(pika_sum_pseudo(ip, tcp_len)));
}

#endif /* PIKA_CORE_FRAME_H */
