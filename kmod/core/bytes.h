/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers in packets: big-endian, at any alignment. Each is one load or store
 * and a swap.
 */
#ifndef PIKA_CORE_BYTES_H
#define PIKA_CORE_BYTES_H

#include "env.h"

/* gcc and clang make one load of it. */
static inline u16 pika_read_be16(const u8 *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

static inline u32 pika_read_be32(const u8 *bytes)
{
	return (u32)bytes[0] << 24 | (u32)bytes[1] << 16 | (u32)bytes[2] << 8 |
	       bytes[3];
}

/* Byte by byte, gcc 12 makes four stores of a number that is computed. */
static inline void pika_write_be16(u8 *bytes, u16 value)
{
	__be16 big = cpu_to_be16(value);

	memcpy(bytes, &big, sizeof(big));
}

static inline void pika_write_be32(u8 *bytes, u32 value)
{
	__be32 big = cpu_to_be32(value);

	memcpy(bytes, &big, sizeof(big));
}

#endif /* PIKA_CORE_BYTES_H */
