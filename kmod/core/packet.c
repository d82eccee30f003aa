// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the headers of received packets, which anyone may have written, and
 * writes those of sent ones. Pure functions: which flow a segment belongs to,
 * and whether it is acceptable there, are other files' questions.
 */

#include "packet.h"

#include "bytes.h"
#include "ip.h"

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

/* Ones' complement addition: what is carried out comes in again. */
static inline u64 add_word(u64 sum, u64 word)
{
	u64 carry = __builtin_add_overflow(sum, word, &sum);

	return sum + carry;
}

static inline u64 add_8(u64 sum, const u8 *bytes)
{
	u64 word;

	memcpy(&word, bytes, sizeof(word));
	return add_word(sum, word);
}

static inline u64 add_4(u64 sum, const u8 *bytes)
{
	u32 word;

	memcpy(&word, bytes, sizeof(word));
	return add_word(sum, word);
}

static inline u64 add_2(u64 sum, const u8 *bytes)
{
	u16 word;

	memcpy(&word, bytes, sizeof(word));
	return add_word(sum, word);
}

static inline u64 add_16bit(u64 sum, u16 number)
{
	u8 bytes[2];

	pika_write_be16(bytes, number);
	return add_2(sum, bytes);
}

/* An odd last byte is one of a pair whose other is 0 (RFC 1071). */
static inline u64 add_1(u64 sum, u8 byte)
{
	return add_16bit(sum, byte << 8);
}

static u64 add_bytes(u64 sum, const u8 *bytes, size_t len)
{
	for (; len >= 32; len -= 32, bytes += 32) {
		sum = add_8(sum, bytes);
		sum = add_8(sum, bytes + 8);
		sum = add_8(sum, bytes + 16);
		sum = add_8(sum, bytes + 24);
	}
	for (; len >= 8; len -= 8, bytes += 8)
		sum = add_8(sum, bytes);
	if (len & 4) {
		sum = add_4(sum, bytes);
		bytes += 4;
	}
	if (len & 2) {
		sum = add_2(sum, bytes);
		bytes += 2;
	}
	return len & 1 ? add_1(sum, *bytes) : sum;
}

/* Both halves added: the carry of the lower ones comes in at the upper ones. */
static inline u32 fold_64(u64 sum)
{
	sum += sum << 32 | sum >> 32;
	return sum >> 32;
}

static inline u16 fold_32(u32 sum)
{
	sum += sum << 16 | sum >> 16;
	return sum >> 16;
}

static inline u16 fold(u64 sum)
{
	return fold_32(fold_64(sum));
}

/**
 * pika_checksum_add() - go on with an Internet checksum (RFC 1071)
 * @sum: of what came before, which was an even number of bytes
 * @data: at any alignment
 * @len: bytes of @data
 *
 * Return: a sum in memory order, for this function or pika_checksum_fold().
 */
u32 pika_checksum_add(u32 sum, const void *data, size_t len)
{
	return fold_64(add_bytes(sum, data, len));
}

/**
 * pika_checksum_fold() - 16 bits of a sum
 * @sum: from pika_checksum_add()
 *
 * Return: the ones' complement sum, not complemented, to be stored as it is. It
 * is 0xffff if a right checksum was among what was added.
 */
u16 pika_checksum_fold(u32 sum)
{
	return fold_32(sum);
}

static inline void store_sum(u8 *field, u16 sum)
{
	memcpy(field, &sum, sizeof(sum));
}

/* The sum of an IPv4 header without options. */
static inline u64 v4_header(const u8 *ip)
{
	return add_4(add_8(add_8(0, ip), ip + 8), ip + 16);
}

/* The sum of what TCP's checksum takes from the IP header @ip. */
static inline u64 pseudo_header(const u8 *ip, u32 tcp_len)
{
	u64 sum = add_16bit(0, PROTOCOL_TCP);

	/* The length of IPv6 has 32 bits there, but none of ours needs them. */
	sum = add_16bit(sum, tcp_len);
	if (ip[0] >> 4 == 4)
		return add_8(sum, ip + V4_SOURCE);
	sum = add_8(add_8(sum, ip + V6_SOURCE), ip + V6_SOURCE + 8);
	return add_8(add_8(sum, ip + V6_DESTINATION), ip + V6_DESTINATION + 8);
}

/**
 * struct extent - where the TCP segment lies in a packet
 * @start: offset of the TCP header from the packet's data
 * @end: offset of what follows the payload: nothing, or padding
 */
struct extent {
	u32 start;
	u32 end;
};

/* Not "this network", loopback, multicast, reserved or broadcast. */
static inline bool unicast_v4(const u8 *addr)
{
	return addr[0] && addr[0] != 127 && addr[0] < 224;
}

/*
 * Not ::/64 either: that is unspecified, loopback and IPv4 addresses, which on
 * the wire would reach IPv4's flows by a side door.
 */
static inline bool unicast_v6(const u8 *addr)
{
	static const u8 zero[8];

	return addr[0] != 0xff && memcmp(addr, zero, sizeof(zero));
}

static enum pika_parse parse_v4(const struct pika_packet *pkt,
				struct pika_segment *seg, struct extent *tcp)
{
	const u8 *ip = pkt->data;
	u64 sum;

	if (pkt->linear < V4_HEADER)
		return PIKA_PARSE_SHORT;
	tcp->start = (ip[0] & 0xf) * 4;
	tcp->end = pika_read_be16(ip + V4_LENGTH);
	if (tcp->start < V4_HEADER || tcp->start > pkt->linear ||
	    tcp->end > pkt->len)
		return PIKA_PARSE_SHORT;
	sum = v4_header(ip);
	if (unlikely(tcp->start > V4_HEADER))
		sum = add_bytes(sum, ip + V4_HEADER, tcp->start - V4_HEADER);
	if (fold(sum) != 0xffff)
		return PIKA_PARSE_CHECKSUM;
	if (pika_read_be16(ip + V4_FLAGS) & V4_FRAGMENT)
		return PIKA_PARSE_FRAGMENT;
	if (ip[V4_PROTOCOL] != PROTOCOL_TCP)
		return PIKA_PARSE_PROTOCOL;
	if (!unicast_v4(ip + V4_SOURCE) || !unicast_v4(ip + V4_DESTINATION))
		return PIKA_PARSE_ADDRESS;
	pika_addr_map_v4(&seg->key.remote, ip + V4_SOURCE);
	pika_addr_map_v4(&seg->key.local, ip + V4_DESTINATION);
	return PIKA_PARSE_OK;
}

static enum pika_parse parse_v6(const struct pika_packet *pkt,
				struct pika_segment *seg, struct extent *tcp)
{
	const u8 *ip = pkt->data;

	if (pkt->linear < V6_HEADER)
		return PIKA_PARSE_SHORT;
	tcp->start = V6_HEADER;
	tcp->end = V6_HEADER + pika_read_be16(ip + V6_LENGTH);
	if (tcp->end > pkt->len)
		return PIKA_PARSE_SHORT;
	if (ip[V6_NEXT] == PROTOCOL_FRAGMENT)
		return PIKA_PARSE_FRAGMENT;
	if (ip[V6_NEXT] != PROTOCOL_TCP)
		return PIKA_PARSE_PROTOCOL;
	if (!unicast_v6(ip + V6_SOURCE) || !unicast_v6(ip + V6_DESTINATION))
		return PIKA_PARSE_ADDRESS;
	memcpy(seg->key.remote.b, ip + V6_SOURCE, 16);
	memcpy(seg->key.local.b, ip + V6_DESTINATION, 16);
	return PIKA_PARSE_OK;
}

static enum pika_parse parse_ip(const struct pika_packet *pkt,
				struct pika_segment *seg, struct extent *tcp)
{
	if (!pkt->linear)
		return PIKA_PARSE_SHORT;
	switch (pkt->data[0] >> 4) {
	case 4:
		return parse_v4(pkt, seg, tcp);
	case 6:
		return parse_v6(pkt, seg, tcp);
	default:
		return PIKA_PARSE_VERSION;
	}
}

static void read_tcp(const u8 *tcp, struct pika_segment *seg)
{
	seg->key.remote_port = pika_read_be16(tcp + TCP_SOURCE);
	seg->key.local_port = pika_read_be16(tcp + TCP_DESTINATION);
	seg->seq = pika_read_be32(tcp + TCP_SEQ);
	seg->ack = pika_read_be32(tcp + TCP_ACK);
	seg->flags = tcp[TCP_FLAGS];
	seg->window = pika_read_be16(tcp + TCP_WINDOW);
	seg->urgent = pika_read_be16(tcp + TCP_URGENT);
}

static enum pika_parse parse_tcp(const struct pika_packet *pkt,
				 struct pika_segment *seg,
				 const struct extent *tcp)
{
	const u8 *header = pkt->data + tcp->start;
	u32 options = tcp->start + TCP_HEADER;
	u32 payload;

	if (options > pkt->linear)
		return PIKA_PARSE_SHORT;
	payload = tcp->start + (header[TCP_OFFSET] >> 4) * 4;
	if (payload < options || payload > tcp->end || payload > pkt->linear)
		return PIKA_PARSE_SHORT;
	read_tcp(header, seg);
	seg->options = options;
	seg->options_len = payload - options;
	seg->payload = payload;
	seg->bytes = tcp->end - payload;
	return PIKA_PARSE_OK;
}

static bool checksum_is_right(const struct pika_packet *pkt,
			      const struct extent *tcp)
{
	u32 len = tcp->end - tcp->start;
	u64 sum;

	if (tcp->end > pkt->linear)
		return false;
	sum = pseudo_header(pkt->data, len);
	return fold(add_bytes(sum, pkt->data + tcp->start, len)) == 0xffff;
}

/**
 * pika_packet_parse() - read the headers of a received packet
 * @pkt: the packet, which stays the caller's; nothing beyond its linear bytes
 *	is read, whatever its headers say
 * @seg: filled in if the answer is PIKA_PARSE_OK, else undefined
 *
 * IPv4's header checksum is always verified, TCP's unless the packet says that
 * it was. The core cannot verify a packet that is not linear: the shell does
 * and sets PIKA_PACKET_CHECKED, or it is refused as PIKA_PARSE_CHECKSUM.
 *
 * Return: PIKA_PARSE_OK, or why the packet is none of ours.
 */
enum pika_parse pika_packet_parse(const struct pika_packet *pkt,
				  struct pika_segment *seg)
{
	enum pika_parse parse;
	struct extent tcp;

	parse = parse_ip(pkt, seg, &tcp);
	if (parse == PIKA_PARSE_OK)
		parse = parse_tcp(pkt, seg, &tcp);
	if (parse == PIKA_PARSE_OK && !(pkt->flags & PIKA_PACKET_CHECKED) &&
	    !checksum_is_right(pkt, &tcp))
		parse = PIKA_PARSE_CHECKSUM;
	return parse;
}

/* DF, so the identification may be 0 (RFC 6864 4.1). */
static u32 write_v4(u8 *ip, const struct pika_flow_key *key,
		    const struct pika_tcp_header *header)
{
	pika_write_be32(ip, 0x45000000u | (u32)header->tos << 16);
	pika_write_be32(ip + 4, V4_DONT_FRAGMENT);
	pika_write_be32(ip + V4_TTL,
			(u32)header->ttl << 24 | PROTOCOL_TCP << 16);
	memcpy(ip + V4_SOURCE, key->local.b + 12, 4);
	memcpy(ip + V4_DESTINATION, key->remote.b + 12, 4);
	return V4_HEADER;
}

static u32 write_v6(u8 *ip, const struct pika_flow_key *key,
		    const struct pika_tcp_header *header)
{
	pika_write_be32(ip, 6u << 28 | (u32)header->tos << 20);
	pika_write_be16(ip + V6_LENGTH, 0);
	ip[V6_NEXT] = PROTOCOL_TCP;
	ip[V6_HOP_LIMIT] = header->ttl;
	memcpy(ip + V6_SOURCE, key->local.b, 16);
	memcpy(ip + V6_DESTINATION, key->remote.b, 16);
	return V6_HEADER;
}

/* The option area, filled up to a multiple of 4 with "end of options". */
static u32 write_options(u8 *bytes, const struct pika_tcp_header *header)
{
	u32 len = header->options_len;
	u32 at = 0;

	if (WARN_ON_ONCE(len > TCP_HEADER_MAX - TCP_HEADER))
		return 0;
	/* By words: a call for so few bytes takes as long as the copy. */
	for (; at + 4 <= len; at += 4)
		memcpy(bytes + at, header->options + at, 4);
	for (; at < len; at++)
		bytes[at] = header->options[at];
	for (; at % 4; at++)
		bytes[at] = 0;
	return at;
}

static u32 write_tcp(u8 *tcp, const struct pika_flow_key *key,
		     const struct pika_tcp_header *header)
{
	u32 len = TCP_HEADER + write_options(tcp + TCP_HEADER, header);

	pika_write_be32(tcp, (u32)key->local_port << 16 | key->remote_port);
	pika_write_be32(tcp + TCP_SEQ, header->seq);
	pika_write_be32(tcp + TCP_ACK, header->ack);
	pika_write_be32(tcp + TCP_OFFSET, len / 4 << 28 |
			(u32)header->flags << 16 | header->window);
	pika_write_be32(tcp + TCP_CHECKSUM, header->urgent);
	return len;
}

/**
 * pika_frame_begin() - the headers of a packet to be sent, and no payload yet
 * @frame: overwritten, but for what only payload needs
 * @key: the flow; the local address decides between IPv4 and IPv6
 * @header: the rest
 *
 * The caller then adds fragments, sets bytes and perhaps segment_size, and
 * calls pika_frame_finish().
 */
void pika_frame_begin(struct pika_frame *frame, const struct pika_flow_key *key,
		      const struct pika_tcp_header *header)
{
	u32 ip_len;

	if (pika_addr_is_v4(&key->local))
		ip_len = write_v4(frame->header, key, header);
	else
		ip_len = write_v6(frame->header, key, header);
	frame->tcp_offset = ip_len;
	frame->header_len = ip_len +
			    write_tcp(frame->header + ip_len, key, header);
	frame->segment_size = 0;
	frame->fragments_len = 0;
	frame->bytes = 0;
}

/**
 * pika_frame_grow() - more options were written behind the others
 * @frame: from pika_frame_begin()
 * @len: how many bytes, a multiple of 4
 */
void pika_frame_grow(struct pika_frame *frame, u32 len)
{
	u8 *offset = frame->header + frame->tcp_offset + TCP_OFFSET;

	frame->header_len += len;
	*offset = (frame->header_len - frame->tcp_offset) / 4 << 4;
}

static void finish_v4(u8 *ip, u32 len)
{
	pika_write_be16(ip + V4_LENGTH, len);
	store_sum(ip + V4_CHECKSUM, 0);
	store_sum(ip + V4_CHECKSUM, ~fold(v4_header(ip)));
}

/**
 * pika_frame_finish() - what depends on the payload: lengths and sums
 * @frame: from pika_frame_begin(), with its bytes set; at most 65,535 with the
 *	headers
 *
 * May be called again after a change.
 */
void pika_frame_finish(struct pika_frame *frame)
{
	u32 len = frame->header_len + frame->bytes;
	u32 tcp_len = len - frame->tcp_offset;
	u8 *ip = frame->header;

	WARN_ON_ONCE(len > 0xffff);
	if (frame->tcp_offset == V4_HEADER)
		finish_v4(ip, len);
	else
		pika_write_be16(ip + V6_LENGTH, tcp_len);
	store_sum(ip + frame->tcp_offset + TCP_CHECKSUM,
		  fold(pseudo_header(ip, tcp_len)));
}
