// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP options. Pure functions on bytes at any alignment; whether an option may
 * be in this segment is the caller's to judge.
 */

#include "option.h"
#include "bytes.h"

/* Kinds, as IANA lists them. */
enum {
	KIND_END,
	KIND_NOP,
	KIND_MSS,
	KIND_WINDOW_SCALE,
	KIND_SACK_PERMITTED,
	KIND_SACK,
	KIND_TIMESTAMP = 8,
};

/* "SACK permitted" instead of the NOPs, as in a SYN. */
#define LINUX_TIMESTAMP	0x0402080a

static void read_mss(const u8 *bytes, struct pika_tcp_options *out)
{
	u16 mss = pika_read_be16(bytes);

	if (!mss)
		return;
	out->mss = mss;
	out->present |= PIKA_OPTION_MSS;
}

static void read_sacks(const u8 *bytes, u32 count, struct pika_tcp_options *out)
{
	u32 i;

	out->sacks = count;
	out->present |= PIKA_OPTION_SACK;
	for (i = 0; i < count; i++) {
		out->sack[i].start = pika_read_be32(bytes + 8 * i);
		out->sack[i].end = pika_read_be32(bytes + 8 * i + 4);
	}
}

/* One option with @len bytes of data. A known one of a wrong length is none. */
static void read_option(u8 kind, const u8 *bytes, u32 len,
			struct pika_tcp_options *out)
{
	if (kind == KIND_MSS && len == 2) {
		read_mss(bytes, out);
	} else if (kind == KIND_WINDOW_SCALE && len == 1) {
		out->window_scale = bytes[0] < PIKA_WINDOW_SCALE_MAX ?
			bytes[0] : PIKA_WINDOW_SCALE_MAX;
		out->present |= PIKA_OPTION_WINDOW_SCALE;
	} else if (kind == KIND_SACK_PERMITTED && len == 0) {
		out->present |= PIKA_OPTION_SACK_PERMITTED;
	} else if (kind == KIND_TIMESTAMP && len == 8) {
		pika_options_timestamp(bytes, out);
	} else if (kind == KIND_SACK && len && len % 8 == 0 &&
		   len / 8 <= PIKA_OPTIONS_SACKS) {
		read_sacks(bytes, len / 8, out);
	}
}

/* What a SYN of Linux's has, and where: see pika_options_write_syn(). */
static bool read_linux_syn(const u8 *bytes, struct pika_tcp_options *out)
{
	u32 mss = pika_read_be32(bytes);
	u32 scale = pika_read_be32(bytes + 16);

	if (mss >> 16 != (KIND_MSS << 8 | 4) || !(u16)mss ||
	    pika_read_be32(bytes + 4) != LINUX_TIMESTAMP ||
	    scale >> 8 != (KIND_NOP << 16 | KIND_WINDOW_SCALE << 8 | 3) ||
	    (u8)scale > PIKA_WINDOW_SCALE_MAX)
		return false;
	out->mss = mss;
	out->window_scale = scale;
	out->present = PIKA_OPTION_MSS | PIKA_OPTION_WINDOW_SCALE |
		       PIKA_OPTION_SACK_PERMITTED;
	pika_options_timestamp(bytes + 8, out);
	return true;
}

/**
 * pika_options_parse() - read a segment's options
 * @bytes: the option area of a TCP header
 * @len: of it; no byte beyond is read
 * @out: what was found; of an option that is there twice, the last
 *
 * Ends at the first option whose length cannot be, and keeps what came before
 * it (RFC 9293 3.1, MUST-6 and 7).
 */
void pika_options_parse(const u8 *bytes, u32 len, struct pika_tcp_options *out)
{
	const u8 *end = bytes + len;

	out->present = 0;
	out->sacks = 0;
	if (len == PIKA_OPTIONS_SYN && read_linux_syn(bytes, out))
		return;
	if (likely(len >= PIKA_OPTIONS_TIMESTAMP &&
		   pika_read_be32(bytes) == PIKA_ALIGNED_TIMESTAMP)) {
		pika_options_timestamp(bytes + 4, out);
		if (likely(len == PIKA_OPTIONS_TIMESTAMP))
			return;
		bytes += PIKA_OPTIONS_TIMESTAMP;
	}
	while (bytes < end && *bytes != KIND_END) {
		if (*bytes == KIND_NOP) {
			bytes++;
			continue;
		}
		if (end - bytes < 2 || bytes[1] < 2 || bytes[1] > end - bytes)
			return;
		read_option(bytes[0], bytes + 2, bytes[1] - 2, out);
		bytes += bytes[1];
	}
}

static u8 *write_word(u8 *bytes, u8 a, u8 b, u8 c, u8 d)
{
	bytes[0] = a;
	bytes[1] = b;
	bytes[2] = c;
	bytes[3] = d;
	return bytes + 4;
}

/* All of them: what read_linux_syn() reads. */
static void write_linux_syn(u8 *bytes, const struct pika_tcp_options *options)
{
	pika_write_be32(bytes, KIND_MSS << 24 | 4 << 16 | options->mss);
	pika_write_be32(bytes + 4, LINUX_TIMESTAMP);
	pika_write_pair(bytes + 8, options->ts_value, options->ts_echo);
	pika_write_be32(bytes + 16, KIND_NOP << 24 | KIND_WINDOW_SCALE << 16 |
			3 << 8 | options->window_scale);
}

/**
 * pika_options_write_syn() - the options of a SYN or SYN-ACK
 * @bytes: room for PIKA_OPTIONS_SYN
 * @options: all of @present but SACK are written
 *
 * Each on a 32-bit boundary; "SACK permitted" takes the place of the NOPs
 * before the timestamp.
 *
 * Return: how many bytes were written, a multiple of 4.
 */
u32 pika_options_write_syn(u8 *bytes, const struct pika_tcp_options *options)
{
	const u8 all = PIKA_OPTION_MSS | PIKA_OPTION_WINDOW_SCALE |
		       PIKA_OPTION_SACK_PERMITTED | PIKA_OPTION_TIMESTAMP;
	bool sack = options->present & PIKA_OPTION_SACK_PERMITTED;
	u8 *at = bytes;

	if (likely((options->present & all) == all)) {
		write_linux_syn(bytes, options);
		return PIKA_OPTIONS_SYN;
	}
	if (options->present & PIKA_OPTION_MSS)
		at = write_word(at, KIND_MSS, 4, options->mss >> 8,
				options->mss & 0xff);
	if (options->present & PIKA_OPTION_TIMESTAMP) {
		at = write_word(at, sack ? KIND_SACK_PERMITTED : KIND_NOP,
				sack ? 2 : KIND_NOP, KIND_TIMESTAMP, 10);
		at = pika_write_pair(at, options->ts_value, options->ts_echo);
	} else if (sack) {
		at = write_word(at, KIND_NOP, KIND_NOP, KIND_SACK_PERMITTED, 2);
	}
	if (options->present & PIKA_OPTION_WINDOW_SCALE)
		at = write_word(at, KIND_NOP, KIND_WINDOW_SCALE, 3,
				options->window_scale);
	return at - bytes;
}

/**
 * pika_options_write_sacks() - blocks that we hold, for an ACK
 * @bytes: room for 4 and 8 for each block
 * @sacks: the blocks
 * @n: how many, at most PIKA_OPTIONS_SACKS
 *
 * Return: how many bytes were written, a multiple of 4.
 */
u32 pika_options_write_sacks(u8 *bytes, const struct pika_sack *sacks, u32 n)
{
	u8 *at = write_word(bytes, KIND_NOP, KIND_NOP, KIND_SACK, 2 + 8 * n);
	u32 i;

	for (i = 0; i < n; i++)
		at = pika_write_pair(at, sacks[i].start, sacks[i].end);
	return at - bytes;
}
