/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wire of the TCP benchmark, the same for every stack: a stack copies each
 * frame that it sends into the next place, as a card without scatter and gather
 * would have it, and the client takes all of them when the stack is idle.
 */
#ifndef PIKA_BENCH_TCP_WIRE_H
#define PIKA_BENCH_TCP_WIRE_H

#include <stdint.h>

#define WIRE_FRAMES	512
#define WIRE_FRAME	1536

/* What a stack receives lies in as many buffers of its own. */
#define WIRE_RECEIVE	256

/**
 * struct wire_frame - an IP packet on its way to the client
 * @len: bytes of @bytes
 * @bytes: from the IP header on
 */
struct wire_frame {
	uint32_t len;
	uint8_t bytes[WIRE_FRAME - sizeof(uint32_t)];
};

/**
 * struct wire - what a stack has sent since the client looked
 * @sent: how many of @frames; a stack must not send more than there are
 * @frames: in the order of sending
 */
struct wire {
	uint32_t sent;
	struct wire_frame frames[WIRE_FRAMES];
};

#endif /* PIKA_BENCH_TCP_WIRE_H */
