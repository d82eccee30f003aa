/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lwIP asks of a compiler and a machine. gcc and libc have nearly all of
 * it.
 */
#ifndef PIKA_BENCH_LWIP_CC_H
#define PIKA_BENCH_LWIP_CC_H

#include <endian.h>
#include <stdlib.h>

#define LWIP_CHKSUM_ALGORITHM	3

#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS
#define lwip_htons(x)	__builtin_bswap16(x)
#define lwip_htonl(x)	__builtin_bswap32(x)

#define LWIP_NOASSERT
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x)	abort()
#define LWIP_RAND()	((uint32_t)rand())

#endif /* PIKA_BENCH_LWIP_CC_H */
