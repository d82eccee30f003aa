/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets as the core sees them: received ones opaque but for their headers,
 * sent ones as a header that the core writes and fragments that it does not
 * touch. What stands behind (an skb, a pool's buffer) is the shell's.
 */
#ifndef PIKA_CORE_PACKET_H
#define PIKA_CORE_PACKET_H

#include "flow.h"

/**
 * struct pika_packet - a received packet
 * @next: for whoever owns it
 * @data: the IP header; headers are linear from here
 * @len: bytes from @data, of which @linear can be read there
 * @linear: see @len
 * @seq: first sequence number of what is left of the payload (TS)
 * @offset: of the payload that is left, from @data (TS)
 * @bytes: of payload that is left (TS)
 * @truesize: bytes of memory that it keeps from others, all that holds it
 *	included; the shell's to set
 * @flags: PIKA_PACKET_*
 * @tcp_flags: PIKA_TCP_* that still count (TS)
 *
 * At most 48 bytes, so that it can live in an skb's control block.
 */
struct pika_packet {
	struct pika_packet *next;
	u8 *data;
	u32 len;
	u32 linear;
	u32 seq;
	u32 offset;
	u32 bytes;
	u32 truesize;
	u8 flags;
	u8 tcp_flags;
};

static_assert(sizeof(struct pika_packet) <= 48, "fits in skb->cb");

#define PIKA_PACKET_CHECKED	0x01	/* the TCP checksum is right */
#define PIKA_PACKET_COPY	0x02	/* the host has it as well */

#define PIKA_TCP_FIN	0x01
#define PIKA_TCP_SYN	0x02
#define PIKA_TCP_RST	0x04
#define PIKA_TCP_PSH	0x08
#define PIKA_TCP_ACK	0x10
#define PIKA_TCP_URG	0x20
#define PIKA_TCP_ECE	0x40
#define PIKA_TCP_CWR	0x80

/**
 * struct pika_segment - a received segment's headers, read once, in host order
 * @key: whose it is
 * @seq: SEG.SEQ
 * @ack: SEG.ACK, valid with PIKA_TCP_ACK
 * @window: as on the wire, not scaled
 * @urgent: the urgent pointer, valid with PIKA_TCP_URG
 * @flags: PIKA_TCP_*, all eight bits
 * @options_len: bytes of TCP options, 0 to 40
 * @options: their offset from the packet's data
 * @payload: offset of the payload from the packet's data
 * @bytes: of payload; Ethernet's padding is not counted
 * @hash: of @key, in the flow table of the server that has read them
 */
struct pika_segment {
	struct pika_flow_key key;
	u32 seq;
	u32 ack;
	u16 window;
	u16 urgent;
	u8 flags;
	u8 options_len;
	u16 options;
	u32 payload;
	u32 bytes;
	u32 hash;
};

/* Why a packet is no segment for us; each has a counter. */
enum pika_parse {
	PIKA_PARSE_OK,
	PIKA_PARSE_SHORT,	/* shorter than its headers say */
	PIKA_PARSE_VERSION,	/* neither IPv4 nor IPv6 */
	PIKA_PARSE_FRAGMENT,	/* the host reassembles */
	PIKA_PARSE_PROTOCOL,	/* not TCP, or behind extension headers */
	PIKA_PARSE_CHECKSUM,	/* of IPv4's header, or TCP's */
	PIKA_PARSE_ADDRESS,	/* not plain unicast: the host judges */
};

enum pika_parse pika_packet_parse(const struct pika_packet *pkt,
				  struct pika_segment *seg);

/* Longest header of a frame: IPv6 40, TCP 60. */
#define PIKA_FRAME_HEADER	100
#define PIKA_FRAME_FRAGMENTS	17

/**
 * struct pika_fragment - bytes of the application's to be sent
 * @buffer: the shell's name for where they are; 0: @bytes points to them
 * @offset: from the start of @buffer
 * @len: how many
 * @bytes: inside the core's own memory
 */
struct pika_fragment {
	u64 buffer;
	const u8 *bytes;
	u32 offset;
	u32 len;
};

/**
 * struct pika_frame - a packet to be sent, in its sender's memory
 * @header: IP and TCP header. The TCP checksum field holds the sum of the
 *	pseudo-header without complement, as checksum offload expects, and the
 *	shell completes it. The TCP length in that sum is the whole frame's also
 *	if the shell is to cut it: so Linux's GSO wants it (a network card wants
 *	none, which its driver sees to).
 * @header_len: bytes of @header
 * @tcp_offset: of the TCP header in @header
 * @segment_size: payload of each segment if the shell is to cut the frame
 *	(TSO), else 0
 * @fragments_len: how many of @fragments
 * @bytes: of payload
 * @fragments: the payload, in order
 */
struct pika_frame {
	u8 header[PIKA_FRAME_HEADER];
	u16 header_len;
	u16 tcp_offset;
	u16 segment_size;
	u16 fragments_len;
	u32 bytes;
	struct pika_fragment fragments[PIKA_FRAME_FRAGMENTS];
};

/**
 * struct pika_tcp_header - what pika_frame_begin() is to write, in host order
 * @seq: SEG.SEQ
 * @ack: SEG.ACK
 * @window: as on the wire, scaled already
 * @urgent: the urgent pointer
 * @flags: PIKA_TCP_*
 * @tos: IPv4's TOS, IPv6's traffic class
 * @ttl: IPv4's, IPv6's hop limit
 * @options_len: bytes of @options, at most 40; padded if not a multiple of 4
 * @options: as on the wire, the caller's
 */
struct pika_tcp_header {
	u32 seq;
	u32 ack;
	u16 window;
	u16 urgent;
	u8 flags;
	u8 tos;
	u8 ttl;
	u8 options_len;
	const u8 *options;
};

void pika_frame_begin(struct pika_frame *frame, const struct pika_flow_key *key,
		      const struct pika_tcp_header *header);
void pika_frame_grow(struct pika_frame *frame, u32 len);
void pika_frame_finish(struct pika_frame *frame);

u32 pika_checksum_add(u32 sum, const void *data, size_t len);
u16 pika_checksum_fold(u32 sum);

#endif /* PIKA_CORE_PACKET_H */
