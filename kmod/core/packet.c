// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the headers of received packets, which anyone may have written, and
 * writes those of sent ones. Pure functions: which flow a segment belongs to,
 * and whether it is acceptable there, are other files' questions.
 */

#include "packet.h"

#include "checksum.h"
#include "frame.h"

/**
 * pika_sum_rest() - the last bytes of a sum
 * @sum: of what came before, an even number of bytes
 * @bytes: at any alignment
 * @len: fewer than 32
 *
 * Return: the sum of all.
 */
u64 pika_sum_rest(u64 sum, const u8 *bytes, u32 len)
{
	for (; len >= 8; len -= 8, bytes += 8)
		sum = pika_sum_8(sum, bytes);
	if (len & 4) {
		sum = pika_sum_4(sum, bytes);
		bytes += 4;
	}
	if (len & 2) {
		sum = pika_sum_2(sum, bytes);
		bytes += 2;
	}
	return len & 1 ? pika_sum_1(sum, *bytes) : sum;
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
	return pika_fold_64(pika_sum_bytes(sum, data, len));
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
	return pika_fold_32(sum);
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
	sum = pika_sum_v4(ip);
	if (unlikely(tcp->start > V4_HEADER))
		sum = pika_sum_bytes(sum, ip + V4_HEADER,
				     tcp->start - V4_HEADER);
	if (pika_fold(sum) != 0xffff)
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

static inline void read_tcp(const u8 *tcp, struct pika_segment *seg)
{
	u32 ports = pika_read_be32(tcp + TCP_SOURCE);

	seg->key.remote_port = ports >> 16;
	seg->key.local_port = ports;
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
	sum = pika_sum_pseudo(pkt->data, len);
	sum = pika_sum_bytes(sum, pkt->data + tcp->start, len);
	return pika_fold(sum) == 0xffff;
}

/* No flow has an address that is not plain unicast, so only SYNs need care. */
static inline bool may_begin_v4(const u8 *ip, const u8 *tcp)
{
	return !(tcp[TCP_FLAGS] & PIKA_TCP_SYN) ||
	       (unicast_v4(ip + V4_SOURCE) && unicast_v4(ip + V4_DESTINATION));
}

/*
 * What most packets are: IPv4 without options or fragments, all of it linear,
 * the header right. False: the long way says what it is, or why not.
 */
static inline bool parse_plain(const struct pika_packet *pkt,
			       struct pika_segment *seg)
{
	const u8 *ip = pkt->data, *tcp = ip + V4_HEADER;
	u32 len, header;

	if (pkt->linear < V4_HEADER + TCP_HEADER || ip[0] != 0x45)
		return false;
	len = pika_read_be16(ip + V4_LENGTH);
	header = tcp[TCP_OFFSET] >> 2 & 0x3c;
	if (len > pkt->linear || header < TCP_HEADER ||
	    V4_HEADER + header > len ||
	    (pika_read_be32(ip + V4_FLAGS) & 0x3fff00ff) != PROTOCOL_TCP ||
	    !may_begin_v4(ip, tcp) || pika_fold(pika_sum_v4(ip)) != 0xffff)
		return false;
	pika_addr_map_v4(&seg->key.remote, ip + V4_SOURCE);
	pika_addr_map_v4(&seg->key.local, ip + V4_DESTINATION);
	read_tcp(tcp, seg);
	seg->options = V4_HEADER + TCP_HEADER;
	seg->options_len = header - TCP_HEADER;
	seg->payload = V4_HEADER + header;
	seg->bytes = len - V4_HEADER - header;
	return true;
}

/* TCP's sum of such a packet. */
static inline enum pika_parse check_plain(const struct pika_packet *pkt)
{
	const u8 *ip = pkt->data;
	u32 len = pika_read_be16(ip + V4_LENGTH) - V4_HEADER;
	u64 sum = pika_sum_tcp(len) + pika_load_4(ip + V4_SOURCE) +
		  pika_load_4(ip + V4_DESTINATION);

	sum = pika_sum_bytes(sum, ip + V4_HEADER, len);
	return pika_fold(sum) == 0xffff ? PIKA_PARSE_OK : PIKA_PARSE_CHECKSUM;
}

static __pika_apart enum pika_parse parse(const struct pika_packet *pkt,
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
	if (unlikely(!parse_plain(pkt, seg)))
		return parse(pkt, seg);
	return pkt->flags & PIKA_PACKET_CHECKED ? PIKA_PARSE_OK :
		check_plain(pkt);
}

/* The option area, filled up to a multiple of 4 with "end of options". */
static u32 write_options(u8 *bytes, const struct pika_tcp_header *header)
{
	u32 len = header->options_len;
	u32 padded = (len + 3) & ~3u;

	if (WARN_ON_ONCE(len > TCP_HEADER_MAX - TCP_HEADER))
		return 0;
	if (!len)
		return 0;
	memcpy(bytes, header->options, len);
	memset(bytes + len, 0, padded - len);
	return padded;
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
	bool is_v4 = pika_addr_is_v4(&key->local);
	u32 options = (is_v4 ? V4_HEADER : V6_HEADER) + TCP_HEADER;
	struct pika_tcp_header padded = *header;

	padded.options_len = write_options(frame->header + options, header);
	pika_frame_write(frame, key, &padded, is_v4);
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

/**
 * pika_frame_finish() - what depends on the payload: lengths and sums
 * @frame: from pika_frame_begin(), with its bytes set; at most 65,535 with the
 *	headers
 *
 * May be called again after a change.
 */
void pika_frame_finish(struct pika_frame *frame)
{
	pika_frame_sum(frame);
}
