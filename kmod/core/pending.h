/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that are established and not yet claimed: one entry each, in the
 * connection manager that admitted them. Private to one server.
 */
#ifndef PIKA_CORE_PENDING_H
#define PIKA_CORE_PENDING_H

#include "acceptor.h"

/**
 * struct pika_pending - see above
 * @next: in its chain
 * @link: on its listener's list of waiting, offered or late ones
 * @flow: the TS's handle for the connection
 * @listener: what it is for; NULL: the listener has gone, the TS was told
 * @acceptor: whom it is offered to, or NULL
 * @registration: the acceptor's when that was
 * @retry: ASSIGN waits for room in the TS's ring
 */
struct pika_pending {
	struct pika_pending *next;
	struct pika_list link;
	u64 flow;
	struct pika_listener *listener;
	struct pika_acceptor *acceptor;
	u32 registration;
	struct pika_retry retry;
};

/**
 * struct pika_pendings - all of a CM
 * @pool: where they live
 * @chains: by flow, @mask + 1 of them
 * @mask: see above
 */
struct pika_pendings {
	struct pika_pool pool;
	struct pika_pending **chains;
	u32 mask;
};

bool pika_pendings_init(struct pika_pendings *pendings,
			struct pika_arena *arena, u32 count);
struct pika_pending *pika_pending_find(const struct pika_pendings *pendings,
				       u64 flow);
struct pika_pending *pika_pending_add(struct pika_pendings *pendings, u64 flow);
void pika_pending_put(struct pika_pendings *pendings,
		      struct pika_pending *pending);

#endif /* PIKA_CORE_PENDING_H */
