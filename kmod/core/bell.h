/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A doorbell: says that its owner, a server or an application CPU, is not
 * looking at its rings and must be told when they change. Runs on the core of
 * the owner and on those of its peers. Waking the owner up is the shell's work.
 *
 * To sleep, the owner
 *	publishes its tails (pika_consumer_publish()),
 *	arms its bell,
 *	looks at all its rings again, and asks again for room
 *	(pika_producer_renew()) wherever work waits for it,
 *	and sleeps only if it found nothing.
 * A peer
 *	publishes its batch, of messages or of room,
 *	and rings if the bell is armed.
 * A full barrier stands in the middle of both, so that at least one of the two
 * sees what the other has stored. selftests/model/ring.pml is the proof.
 *
 * An owner whose bell is always answered, in an interrupt, leaves it armed.
 */
#ifndef PIKA_CORE_BELL_H
#define PIKA_CORE_BELL_H

#include "env.h"

/**
 * struct pika_bell - one for each owner, whatever the number of its rings
 * @armed: written by the owner alone
 */
struct pika_bell {
	u32 armed __aligned(PIKA_LINE);
};

/**
 * pika_bell_arm() - ask to be told from now on
 * @bell: the caller's own
 *
 * The barrier keeps the look at the rings that follows from being made before
 * peers can see the bell armed: they would not ring for what it missed.
 *
 * Context: the owner's core. Look at all rings before you sleep.
 */
static inline void pika_bell_arm(struct pika_bell *bell)
{
	WRITE_ONCE(bell->armed, 1);
	smp_mb(); /* the look at the rings comes after */
}

/**
 * pika_bell_disarm() - the owner looks at its rings by itself again
 * @bell: the caller's own
 *
 * No barrier: a peer that still sees the bell armed rings once too often, and
 * one that does not relies on the look that follows the next arming.
 *
 * Context: the owner's core.
 */
static inline void pika_bell_disarm(struct pika_bell *bell)
{
	WRITE_ONCE(bell->armed, 0);
}

/**
 * pika_bell_armed() - must it be rung?
 * @bell: a peer's
 *
 * Context: the peer's core, after a full barrier that follows what it has
 * published: for all rings of a batch, one smp_mb() will do.
 * Return: true if the owner may be asleep.
 */
static inline bool pika_bell_armed(const struct pika_bell *bell)
{
	return READ_ONCE(bell->armed);
}

/**
 * pika_bell_armed_after_publish() - must it be rung for what was just sent?
 * @bell: a peer's
 *
 * The barrier keeps the bell from being read while the messages are still on
 * their way: the owner could arm it and look at its rings in between.
 *
 * Context: the peer's core, once for each batch.
 * Return: true if the owner may be asleep.
 */
static inline bool pika_bell_armed_after_publish(const struct pika_bell *bell)
{
	smp_mb(); /* the messages come before */
	return pika_bell_armed(bell);
}

#endif /* PIKA_CORE_BELL_H */
