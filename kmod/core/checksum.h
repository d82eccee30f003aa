/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Internet checksum (RFC 1071), eight bytes at a time, in memory order.
 */
#ifndef PIKA_CORE_CHECKSUM_H
#define PIKA_CORE_CHECKSUM_H

#include "bytes.h"
#include "ip.h"

/* Ones' complement addition: what is carried out comes in again. */
static inline u64 pika_sum_word(u64 sum, u64 word)
{
	u64 carry = __builtin_add_overflow(sum, word, &sum);

	return sum + carry;
}

static inline u64 pika_sum_8(u64 sum, const u8 *bytes)
{
	u64 word;

	memcpy(&word, bytes, sizeof(word));
	return pika_sum_word(sum, word);
}

/* Some of these can be added up without a carry. */
static inline u64 pika_load_4(const u8 *bytes)
{
	u32 word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline u64 pika_sum_4(u64 sum, const u8 *bytes)
{
	return pika_sum_word(sum, pika_load_4(bytes));
}

static inline u64 pika_sum_2(u64 sum, const u8 *bytes)
{
	u16 word;

	memcpy(&word, bytes, sizeof(word));
	return pika_sum_word(sum, word);
}

/* What is in memory where @number is written. */
static inline u16 pika_load_number(u16 number)
{
	u8 bytes[2];
	u16 word;

	pika_write_be16(bytes, number);
	memcpy(&word, bytes, sizeof(word));
	return word;
}

static inline u64 pika_sum_16bit(u64 sum, u16 number)
{
	return pika_sum_word(sum, pika_load_number(number));
}

/* An odd last byte is one of a pair whose other is 0 (RFC 1071). */
static inline u64 pika_sum_1(u64 sum, u8 byte)
{
	return pika_sum_16bit(sum, byte << 8);
}

u64 pika_sum_rest(u64 sum, const u8 *bytes, u32 len);

static inline u64 pika_sum_bytes(u64 sum, const u8 *bytes, u32 len)
{
	const u8 *end = bytes + (len & ~31u);

	for (; bytes != end; bytes += 32) {
		sum = pika_sum_8(sum, bytes);
		sum = pika_sum_8(sum, bytes + 8);
		sum = pika_sum_8(sum, bytes + 16);
		sum = pika_sum_8(sum, bytes + 24);
	}
	len &= 31;
	return len ? pika_sum_rest(sum, bytes, len) : sum;
}

/* Both halves added: the carry of the lower ones comes in at the upper ones. */
static inline u32 pika_fold_64(u64 sum)
{
	sum += sum << 32 | sum >> 32;
	return sum >> 32;
}

static inline u16 pika_fold_32(u32 sum)
{
	sum += sum << 16 | sum >> 16;
	return sum >> 16;
}

static inline u16 pika_fold(u64 sum)
{
	return pika_fold_32(pika_fold_64(sum));
}

static inline void pika_store_sum(u8 *field, u16 sum)
{
	memcpy(field, &sum, sizeof(sum));
}

/* The sum of an IPv4 header without options. */
static inline u64 pika_sum_v4(const u8 *ip)
{
	return pika_load_4(ip) + pika_load_4(ip + 4) + pika_load_4(ip + 8) +
	       pika_load_4(ip + 12) + pika_load_4(ip + 16);
}

/* Of a pseudo-header, all but the addresses; IPv6's length is as short here. */
static inline u64 pika_sum_tcp(u32 tcp_len)
{
	return (u64)pika_load_number(PROTOCOL_TCP) + pika_load_number(tcp_len);
}

/* The sum of what TCP's checksum takes from the IP header @ip. */
static inline u64 pika_sum_pseudo(const u8 *ip, u32 tcp_len)
{
	u64 sum = pika_sum_tcp(tcp_len);

	if (likely(ip[0] >> 4 == 4))
		return sum + pika_load_4(ip + V4_SOURCE) +
		       pika_load_4(ip + V4_DESTINATION);
	sum = pika_sum_8(sum, ip + V6_SOURCE);
	sum = pika_sum_8(sum, ip + V6_SOURCE + 8);
	sum = pika_sum_8(sum, ip + V6_DESTINATION);
	return pika_sum_8(sum, ip + V6_DESTINATION + 8);
}

#endif /* PIKA_CORE_CHECKSUM_H */
