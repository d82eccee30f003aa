/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections that are established and not yet claimed: one entry each, in the
 * connection manager that admitted them. Private to one server.
 */
#ifndef PIKA_CORE_PENDING_H
#define PIKA_CORE_PENDING_H

#include "acceptor.h"
#include "hash.h"

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

static inline struct pika_pending **
pika_pending_chain(const struct pika_pendings *pendings, u64 flow)
{
	return &pendings->chains[pika_hash(flow, pendings->mask)];
}

/**
 * pika_pending_find() - the entry of a connection
 * @pendings: the CM's
 * @flow: the TS's handle
 *
 * Return: the entry, or NULL: not established, or claimed, or closed.
 */
static inline struct pika_pending *
pika_pending_find(const struct pika_pendings *pendings, u64 flow)
{
	struct pika_pending *each = *pika_pending_chain(pendings, flow);

	while (each && each->flow != flow)
		each = each->next;
	return each;
}

/**
 * pika_pending_add() - a connection was established
 * @pendings: the CM's
 * @flow: the TS's handle, not yet known
 *
 * Return: an entry that is on no list, or NULL: there are too many.
 */
static inline struct pika_pending *
pika_pending_add(struct pika_pendings *pendings, u64 flow)
{
	struct pika_pending **chain = pika_pending_chain(pendings, flow);
	u32 index = pika_pool_take(&pendings->pool);
	struct pika_pending *pending;

	if (unlikely(index == PIKA_POOL_NONE))
		return NULL;
	pending = (struct pika_pending *)pika_pool_at(&pendings->pool, index);
	pending->next = *chain;
	*chain = pending;
	pika_list_init(&pending->link);
	pending->flow = flow;
	pending->acceptor = NULL;
	pending->retry.waiting = NULL;
	return pending;
}

/**
 * pika_pending_put() - a connection was claimed or closed
 * @pendings: the CM's
 * @pending: nothing of it waits for room
 */
static inline void pika_pending_put(struct pika_pendings *pendings,
				    struct pika_pending *pending)
{
	struct pika_pending **at = pika_pending_chain(pendings, pending->flow);
	struct pika_pending *all = (struct pika_pending *)
		pendings->pool.objects;

	while (*at != pending)
		at = &(*at)->next;
	*at = pending->next;
	pika_list_remove(&pending->link);
	pika_pool_put(&pendings->pool, pending - all);
}

#endif /* PIKA_CORE_PENDING_H */
