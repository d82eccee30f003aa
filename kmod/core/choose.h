/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which acceptor is offered a connection, and what is known of each: decisions
 * on plain numbers. Reads no clock, no list, no message.
 */
#ifndef PIKA_CORE_CHOOSE_H
#define PIKA_CORE_CHOOSE_H

#include "env.h"

/* No more are looked at for one connection; the others have their turn. */
#define PIKA_CANDIDATES	64

/**
 * struct pika_candidate - an acceptor that may be chosen
 * @service_us: its service time; 0: not yet known
 * @offers: made to it and not yet claimed
 */
struct pika_candidate {
	u32 service_us;
	u32 offers;
};

u32 pika_accept_choose(const struct pika_candidate *c, u32 n, u32 random);
u32 pika_moving_average(u32 average, u32 sample);
u32 pika_moving_median(u32 median, u32 sample);
u32 pika_claim_timeout_us(u32 median_us);

#endif /* PIKA_CORE_CHOOSE_H */
