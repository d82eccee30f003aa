/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SipHash (Aumasson and Bernstein, 2012) and what is keyed with it: initial
 * sequence numbers (SipHash-2-4, as RFC 6528 asks for a cryptographic hash) and
 * where timestamps begin (SipHash-1-3: who finds that out knows a clock).
 */
#ifndef PIKA_CORE_ISN_H
#define PIKA_CORE_ISN_H

#include "env.h"

struct pika_flow_key;

/**
 * struct pika_secret - random bits for one purpose, drawn at start
 * @k: the two halves of the key, k0 and k1 of the paper
 */
struct pika_secret {
	u64 k[2];
};

u64 pika_siphash(const struct pika_secret *secret, const void *data,
		 size_t len);
u32 pika_isn(const struct pika_secret *secret, const struct pika_flow_key *key,
	     u64 now_ns, u32 *offset);

#endif /* PIKA_CORE_ISN_H */
