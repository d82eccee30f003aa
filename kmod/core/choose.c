// SPDX-License-Identifier: GPL-2.0-only
/*
 * The choice among a connection manager's own acceptors (paper 3.3): at random,
 * weighted by the inverse of the service time. Pure functions, integers only.
 */

#include "choose.h"

#define WEIGHT_MAX	0x1000000u
#define CLAIM_TIMEOUT_MIN_US	1000
#define CLAIM_TIMEOUT_MAX_US	1000000

/*
 * By what a connection would wait for: its own service and that of those before
 * it. At most 2^24, so that 64 of them times 32 random bits stay below 2^63.
 */
static u32 weight_of(const struct pika_candidate *c, u32 service_us)
{
	u64 wait_us = (u64)service_us * (c->offers + 1ULL);

	return wait_us < WEIGHT_MAX ? WEIGHT_MAX / (u32)max(wait_us, 1ULL) : 1;
}

/* The mean of those that are known stands in for those that are not. */
static u32 usual_service_us(const struct pika_candidate *c, u32 n)
{
	u32 known = 0;
	u32 sum = 0;
	u32 i;

	for (i = 0; i < n; i++) {
		known += c[i].service_us != 0;
		sum += min(c[i].service_us, WEIGHT_MAX);
	}
	return known ? sum / known : 1;
}

/**
 * pika_accept_choose() - who is offered the next connection
 * @c: candidates
 * @n: how many, 1 to PIKA_CANDIDATES
 * @random: 32 random bits
 *
 * A slow one is chosen seldom but not never: it may have recovered (paper 3.3).
 *
 * Return: index of the one that is chosen.
 */
u32 pika_accept_choose(const struct pika_candidate *c, u32 n, u32 random)
{
	u32 weight[PIKA_CANDIDATES];
	u32 usual = usual_service_us(c, n);
	u64 total = 0;
	u64 point;
	u32 i;

	for (i = 0; i < n; i++) {
		weight[i] = weight_of(&c[i], c[i].service_us ?: usual);
		total += weight[i];
	}
	point = random * total >> 32;
	for (i = 0; i < n - 1 && point >= weight[i]; i++)
		point -= weight[i];
	return i;
}

/**
 * pika_moving_average() - of service times
 * @average: so far; 0: no sample yet
 * @sample: the newest; 0 counts as 1
 *
 * Exponential, the newest counts for an eighth, as in RFC 6298's SRTT.
 *
 * Return: the average, never 0.
 */
u32 pika_moving_average(u32 average, u32 sample)
{
	s64 delta = (s64)max(sample, 1u) - average;

	if (!average)
		return max(sample, 1u);
	/* Towards the sample by at least 1, or small ones never arrive. */
	if (delta > -8 && delta < 8)
		return average + (delta > 0) - (delta < 0);
	return average + delta / 8;
}

/**
 * pika_moving_median() - of claim latencies
 * @median: so far; 0: no sample yet
 * @sample: the newest
 *
 * Moves by a sixteenth of itself to the side of the sample, so that one claim
 * that took seconds does not make time-outs seconds long, as it would with an
 * average (the idea: Ma, Muthukrishnan and Sandler, Frugal Streaming, 2013).
 *
 * Return: the estimate, never 0.
 */
u32 pika_moving_median(u32 median, u32 sample)
{
	u32 step = median / 16 + 1;

	sample = max(sample, 1u);
	if (!median)
		return sample;
	if (sample > median)
		return sample - median < step ? sample : median + step;
	return median - sample < step ? sample : median - step;
}

/**
 * pika_claim_timeout_us() - how long an offer may wait
 * @median_us: the acceptor's moving median of claim latencies; 0: unknown
 *
 * Return: four times what it usually takes, at least our timers' tick, and at
 * most a second, whatever is reported.
 */
u32 pika_claim_timeout_us(u32 median_us)
{
	median_us = min(median_us, CLAIM_TIMEOUT_MAX_US / 4u);
	return max(4 * median_us, (u32)CLAIM_TIMEOUT_MIN_US);
}
