/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers in packets: big-endian, at any alignment. Byte by byte, which gcc and
 * clang turn into one load or store and a swap.
 */
#ifndef PIKA_CORE_BYTES_H
#define PIKA_CORE_BYTES_H

#include "env.h"

static inline u16 pika_read_be16(const u8 *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

static inline u32 pika_read_be32(const u8 *bytes)
{
	return (u32)bytes[0] << 24 | (u32)bytes[1] << 16 | (u32)bytes[2] << 8 |
	       bytes[3];
}

static inline void pika_write_be16(u8 *bytes, u16 value)
{
	bytes[0] = value >> 8;
	bytes[1] = value & 0xff;
}

static inline void pika_write_be32(u8 *bytes, u32 value)
{
	bytes[0] = value >> 24;
	bytes[1] = value >> 16 & 0xff;
	bytes[2] = value >> 8 & 0xff;
	bytes[3] = value & 0xff;
}

#endif /* PIKA_CORE_BYTES_H */
