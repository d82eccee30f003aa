// SPDX-License-Identifier: GPL-2.0-only
/*
 * Acceptors as others may look at them, from any core and while their server
 * goes on: see ts_info.c. Nothing is written here.
 */

#include "cm_info.h"

/**
 * pika_cm_places() - how many acceptors there can be
 * @s: a server with a CM
 *
 * Return: one more than the greatest index of an acceptor.
 */
u32 pika_cm_places(const struct pika_server *s)
{
	return s->manager->acceptors.pool.count;
}

/**
 * pika_cm_acceptor() - what an acceptor is like now
 * @s: a server with a CM; it may be running
 * @index: below pika_cm_places()
 * @state: filled in
 *
 * Context: any core.
 * Return: false if there is none, or one that comes or goes just now.
 */
bool pika_cm_acceptor(const struct pika_server *s, u32 index,
		      struct pika_acceptor_state *state)
{
	const struct pika_pool *pool = &s->manager->acceptors.pool;
	const struct pika_pool_slot *slot = &pool->slots[index];
	const struct pika_acceptor *acceptor = pika_pool_at(pool, index);
	const struct pika_listener *listener;
	u32 generation;

	generation = smp_load_acquire(&slot->generation); /* all else after */
	if (READ_ONCE(slot->next) != PIKA_POOL_TAKEN)
		return false;
	/* A new acceptor has its listener last. */
	listener = smp_load_acquire(&acceptor->listener);
	if (!listener)
		return false;
	*state = (struct pika_acceptor_state) {
		.listener = READ_ONCE(listener->id),
		.id = READ_ONCE(acceptor->id),
		.endpoint = READ_ONCE(acceptor->endpoint),
		.registered = READ_ONCE(acceptor->registered),
		.offers = READ_ONCE(acceptor->offers),
		.open = READ_ONCE(acceptor->open),
		.service_us = READ_ONCE(acceptor->service_us),
		.claim_us = READ_ONCE(acceptor->claim_us),
		.claimed = READ_ONCE(acceptor->claimed),
		.timeouts = READ_ONCE(acceptor->timeouts),
	};
	smp_mb(); /* all was read before the generation is again */
	return READ_ONCE(slot->generation) == generation;
}
