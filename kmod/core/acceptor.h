/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Acceptors as a connection manager knows them: a (listening socket, process)
 * pair behind an endpoint, and how it has done so far. Private to one server.
 */
#ifndef PIKA_CORE_ACCEPTOR_H
#define PIKA_CORE_ACCEPTOR_H

#include "listener.h"

/**
 * struct pika_acceptor - see above
 * @next: in its chain
 * @link: on its listener's list of ready, busy or absent ones
 * @idle: on the CM's list of those that nothing is known of that matters
 * @listener: what it accepts from; NULL in an acceptor that is none
 * @id: the application side's number for it
 * @endpoint: its address
 * @registered: it may be offered connections
 * @registration: how often it has registered: older offers have no say
 * @offers: made to it and neither claimed nor withdrawn
 * @open: claimed by it and not closed
 * @service_us: moving average of service times; 0: none yet
 * @claim_us: moving median of claim latencies; 0: none yet
 * @claimed: connections that it has claimed
 * @timeouts: offers that it did not claim in time
 */
struct pika_acceptor {
	struct pika_acceptor *next;
	struct pika_list link;
	struct pika_list idle;
	struct pika_listener *listener;
	u32 id;
	u16 endpoint;
	bool registered;
	u32 registration;
	u32 offers;
	u32 open;
	u32 service_us;
	u32 claim_us;
	u32 claimed;
	u32 timeouts;
};

/**
 * struct pika_acceptors - all acceptors of a CM
 * @pool: where they live
 * @chains: by listener, number and endpoint, @mask + 1 of them
 * @mask: see above
 * @idle: neither registered nor holding anything, longest so first: they give
 *	their place to new ones
 */
struct pika_acceptors {
	struct pika_pool pool;
	struct pika_acceptor **chains;
	u32 mask;
	struct pika_list idle;
};

bool pika_acceptors_init(struct pika_acceptors *acceptors,
			 struct pika_arena *arena, u32 count);
struct pika_acceptor *pika_acceptor_find(const struct pika_acceptors *acceptors,
					 const struct pika_listener *listener,
					 u32 id, u16 endpoint);
struct pika_acceptor *pika_acceptor_get(struct pika_acceptors *acceptors,
					struct pika_listener *listener, u32 id,
					u16 endpoint);
void pika_acceptor_put(struct pika_acceptors *acceptors,
		       struct pika_acceptor *acceptor);

/**
 * pika_acceptor_check_idle() - is anything known of it that matters?
 * @acceptors: the CM's
 * @acceptor: one whose offers, open connections or registration have changed
 */
static inline void
pika_acceptor_check_idle(struct pika_acceptors *acceptors,
			 struct pika_acceptor *acceptor)
{
	if (unlikely(!pika_list_empty(&acceptor->idle)))
		pika_list_remove(&acceptor->idle);
	if (unlikely(!acceptor->registered && !acceptor->offers &&
		     !acceptor->open))
		pika_list_add(&acceptors->idle, &acceptor->idle);
}

/**
 * pika_acceptor_place() - put an acceptor at the end of the right list
 * @acceptors: the CM's
 * @acceptor: one whose offers or registration have changed
 */
static inline void pika_acceptor_place(struct pika_acceptors *acceptors,
				       struct pika_acceptor *acceptor)
{
	struct pika_list *list = &acceptor->listener->absent;

	if (likely(acceptor->registered))
		list = acceptor->offers ? &acceptor->listener->busy :
			&acceptor->listener->ready;
	pika_list_move(list, &acceptor->link);
	pika_acceptor_check_idle(acceptors, acceptor);
}

#endif /* PIKA_CORE_ACCEPTOR_H */
