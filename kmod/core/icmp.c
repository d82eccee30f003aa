// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads ICMP's and ICMPv6's errors: an IP header, ICMP's eight bytes, and the
 * beginning of the packet that was in trouble, IP header and eight bytes of TCP
 * at least. Nothing beyond the packet's linear bytes is read.
 */

#include "icmp.h"

#include "bytes.h"
#include "ip.h"

/* RFC 792, RFC 4443 */
#define ICMP_HEADER	8
#define ICMP_MTU	6	/* RFC 1191 4 */
#define ICMPV6_MTU	4

#define ICMP_UNREACHABLE	3
#define ICMP_CODE_TOO_BIG	4
#define ICMPV6_UNREACHABLE	1
#define ICMPV6_TOO_BIG		2

#define TCP_BYTES	8	/* ports and sequence number */

static bool is_right(u32 sum)
{
	return pika_checksum_fold(sum) == 0xffff;
}

static u16 error_v4(u8 code)
{
	/* As Linux maps them, and by the host's RFC 1122 3.2.2.1. */
	static const u16 errors[] = {
		[0] = ENETUNREACH,
		[1] = EHOSTUNREACH,
		[2] = ENOPROTOOPT,
		[3] = ECONNREFUSED,
		[5] = EOPNOTSUPP,
		[6] = ENETUNREACH,
		[7] = EHOSTDOWN,
		[8] = ENONET,
		[9] = ENETUNREACH,
		[10] = EHOSTUNREACH,
		[11] = ENETUNREACH,
		[12] = EHOSTUNREACH,
		[13] = EHOSTUNREACH,
		[14] = EHOSTUNREACH,
		[15] = EHOSTUNREACH,
	};

	return code < ARRAY_SIZE(errors) ? errors[code] : 0;
}

static u16 error_v6(u8 code)
{
	static const u16 errors[] = {
		[0] = ENETUNREACH,
		[1] = EACCES,
		[2] = EHOSTUNREACH,
		[3] = EHOSTUNREACH,
		[4] = ECONNREFUSED,
		[5] = EACCES,
		[6] = EACCES,
	};

	return code < ARRAY_SIZE(errors) ? errors[code] : 0;
}

/* What of @error ICMP's own header says; false: it is no error of ours. */
static bool read_v4(const u8 *icmp, struct pika_icmp_error *error)
{
	if (icmp[0] != ICMP_UNREACHABLE)
		return false;
	error->mtu = 0;
	error->error = error_v4(icmp[1]);
	if (icmp[1] == ICMP_CODE_TOO_BIG)
		error->mtu = pika_read_be16(icmp + ICMP_MTU);
	return error->error || icmp[1] == ICMP_CODE_TOO_BIG;
}

static bool read_v6(const u8 *icmp, struct pika_icmp_error *error)
{
	bool too_big = icmp[0] == ICMPV6_TOO_BIG;

	if (!too_big && icmp[0] != ICMPV6_UNREACHABLE)
		return false;
	error->error = too_big ? 0 : error_v6(icmp[1]);
	error->mtu = too_big ?
		min_t(u32, pika_read_be32(icmp + ICMPV6_MTU), 0xffff) : 0;
	return error->error || too_big;
}

static void read_tcp(const u8 *tcp, struct pika_icmp_error *error)
{
	error->key.local_port = pika_read_be16(tcp);
	error->key.remote_port = pika_read_be16(tcp + 2);
	error->seq = pika_read_be32(tcp + 4);
}

/* The packet in trouble: its sender is we. */
static bool read_inner_v4(const u8 *ip, u32 len, struct pika_icmp_error *error)
{
	u32 header = (ip[0] & 15) * 4;

	if (ip[0] >> 4 != 4 || header < V4_HEADER || len < header + TCP_BYTES)
		return false;
	if (ip[V4_PROTOCOL] != PROTOCOL_TCP ||
	    pika_read_be16(ip + V4_FLAGS) & V4_OFFSET)
		return false;
	pika_addr_map_v4(&error->key.local, ip + V4_SOURCE);
	pika_addr_map_v4(&error->key.remote, ip + V4_DESTINATION);
	read_tcp(ip + header, error);
	return true;
}

static bool read_inner_v6(const u8 *ip, u32 len, struct pika_icmp_error *error)
{
	if (ip[0] >> 4 != 6 || len < V6_HEADER + TCP_BYTES ||
	    ip[V6_NEXT] != PROTOCOL_TCP)
		return false;
	memcpy(error->key.local.b, ip + V6_SOURCE, 16);
	memcpy(error->key.remote.b, ip + V6_DESTINATION, 16);
	read_tcp(ip + V6_HEADER, error);
	return true;
}

static bool parse_v4(const u8 *ip, u32 len, struct pika_icmp_error *error)
{
	u32 icmp = (ip[0] & 15) * 4;
	u32 inner = icmp + ICMP_HEADER;
	u32 end = pika_read_be16(ip + V4_LENGTH);

	if (icmp < V4_HEADER || end > len || inner + V4_HEADER > end ||
	    ip[V4_PROTOCOL] != PROTOCOL_ICMP ||
	    pika_read_be16(ip + V4_FLAGS) & V4_FRAGMENT)
		return false;
	return is_right(pika_checksum_add(0, ip + icmp, end - icmp)) &&
	       read_v4(ip + icmp, error) &&
	       read_inner_v4(ip + inner, end - inner, error);
}

/* RFC 8200 8.1: its sum takes in a pseudo-header. */
static bool parse_v6(const u8 *ip, u32 len, struct pika_icmp_error *error)
{
	u32 inner = V6_HEADER + ICMP_HEADER;
	u8 pseudo[8] = { 0, 0, 0, 0, 0, 0, 0, PROTOCOL_ICMPV6 };
	u32 end;
	u32 sum;

	if (len < inner + V6_HEADER || ip[V6_NEXT] != PROTOCOL_ICMPV6)
		return false;
	end = V6_HEADER + pika_read_be16(ip + V6_LENGTH);
	if (end > len || inner + V6_HEADER > end)
		return false;
	pika_write_be32(pseudo, end - V6_HEADER);
	sum = pika_checksum_add(0, pseudo, sizeof(pseudo));
	sum = pika_checksum_add(sum, ip + V6_SOURCE, end - V6_SOURCE);
	return is_right(sum) && read_v6(ip + V6_HEADER, error) &&
	       read_inner_v6(ip + inner, end - inner, error);
}

/**
 * pika_icmp_parse() - is a packet an error about a TCP segment?
 * @pkt: the packet, which stays the caller's
 * @error: filled in if so, else undefined. Whether the segment was ever sent
 *	its owner knows (RFC 5927).
 *
 * Return: false if it is anything else, or not all there, or its sum is wrong.
 */
bool pika_icmp_parse(const struct pika_packet *pkt,
		     struct pika_icmp_error *error)
{
	const u8 *ip = pkt->data;

	if (pkt->linear < V4_HEADER)
		return false;
	memset(error, 0, sizeof(*error));
	switch (ip[0] >> 4) {
	case 4:
		return parse_v4(ip, pkt->linear, error);
	case 6:
		return parse_v6(ip, pkt->linear, error);
	default:
		return false;
	}
}
