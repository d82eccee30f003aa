/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP options: read as forgivingly as Linux does, written in the order and with
 * the alignment that it uses, which every middlebox has seen.
 */
#ifndef PIKA_CORE_OPTION_H
#define PIKA_CORE_OPTION_H

#include "bytes.h"

#define PIKA_OPTIONS_MAX	40	/* bytes, of a TCP header */
#define PIKA_OPTIONS_SYN	20	/* bytes that a SYN has at most */
#define PIKA_OPTIONS_TIMESTAMP	12	/* bytes of one with its padding */
#define PIKA_OPTIONS_SACKS	4

#define PIKA_OPTION_MSS			0x01
#define PIKA_OPTION_WINDOW_SCALE	0x02
#define PIKA_OPTION_SACK_PERMITTED	0x04
#define PIKA_OPTION_TIMESTAMP		0x08
#define PIKA_OPTION_SACK		0x10

/* NOP, NOP, timestamp, its length: what segments begin with (RFC 7323 A). */
#define PIKA_ALIGNED_TIMESTAMP	0x0101080a

#define PIKA_WINDOW_SCALE_MAX	14	/* RFC 7323 2.3 */

/**
 * struct pika_sack - a block that the peer holds (RFC 2018)
 * @start: first sequence number in it
 * @end: first one after it
 */
struct pika_sack {
	u32 start;
	u32 end;
};

/**
 * struct pika_tcp_options - the options of one segment, in host order
 * @present: PIKA_OPTION_*; what has no bit here is not set
 * @window_scale: at most PIKA_WINDOW_SCALE_MAX
 * @mss: never 0
 * @ts_value: TSval
 * @ts_echo: TSecr, whether or not the segment has ACK
 * @sacks: how many of @sack are set
 * @sack: not checked against any window
 */
struct pika_tcp_options {
	u8 present;
	u8 window_scale;
	u16 mss;
	u32 ts_value;
	u32 ts_echo;
	u32 sacks;
	struct pika_sack sack[PIKA_OPTIONS_SACKS];
};

void pika_options_parse(const u8 *bytes, u32 len, struct pika_tcp_options *out);
u32 pika_options_write_syn(u8 *bytes, const struct pika_tcp_options *options);
u32 pika_options_write_sacks(u8 *bytes, const struct pika_sack *sacks, u32 n);

static inline void pika_options_timestamp(const u8 *bytes,
					  struct pika_tcp_options *out)
{
	out->ts_value = pika_read_be32(bytes);
	out->ts_echo = pika_read_be32(bytes + 4);
	out->present |= PIKA_OPTION_TIMESTAMP;
}

/**
 * pika_options_read() - pika_options_parse(), for what most segments have
 * @bytes: as there
 * @len: as there
 * @out: as there
 */
static inline void pika_options_read(const u8 *bytes, u32 len,
				     struct pika_tcp_options *out)
{
	if (unlikely(len != PIKA_OPTIONS_TIMESTAMP ||
		     pika_read_be32(bytes) != PIKA_ALIGNED_TIMESTAMP)) {
		pika_options_parse(bytes, len, out);
		return;
	}
	out->present = 0;
	out->sacks = 0;
	pika_options_timestamp(bytes + 4, out);
}

static inline u8 *pika_write_pair(u8 *bytes, u32 first, u32 second)
{
	pika_write_be32(bytes, first);
	pika_write_be32(bytes + 4, second);
	return bytes + 8;
}

/**
 * pika_options_write_timestamp() - the options of any other segment
 * @bytes: room for PIKA_OPTIONS_TIMESTAMP
 * @value: TSval
 * @echo: TSecr
 *
 * Return: PIKA_OPTIONS_TIMESTAMP.
 */
static inline u32 pika_options_write_timestamp(u8 *bytes, u32 value, u32 echo)
{
	pika_write_be32(bytes, PIKA_ALIGNED_TIMESTAMP);
	pika_write_pair(bytes + 4, value, echo);
	return PIKA_OPTIONS_TIMESTAMP;
}

#endif /* PIKA_CORE_OPTION_H */
