// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offers connections to acceptors. Runs on the server's own core. Invariant: as
 * long as connections wait, no registered acceptor is without an offer; and an
 * offer ends, by a claim, a time-out or the connection's end. So each of those
 * ends makes the next connection move, and none waits for ever.
 */

#include "accept.h"

#include "choose.h"

/* To the TS that has the connection: what is true by now. */
static inline bool send_assign(struct pika_server *s,
			       const struct pika_pending *pending)
{
	const struct pika_acceptor *acceptor = pending->acceptor;
	struct pika_msg msg;

	msg.type = PIKA_MSG_ASSIGN;
	msg.flow = pending->flow;
	if (likely(acceptor)) {
		msg.assign.listener = acceptor->listener->id;
		msg.assign.acceptor = acceptor->id;
		msg.assign.claim_timeout_us =
			pika_claim_timeout_us(acceptor->claim_us);
		msg.assign.endpoint = acceptor->endpoint;
	} else {
		msg.assign = (struct pika_msg_assign) {
			.endpoint = PIKA_NOBODY,
		};
	}
	return pika_send(s, pika_handle_server(pending->flow), &msg);
}

static inline void tell_ts(struct pika_server *s, struct pika_pending *pending)
{
	if (!send_assign(s, pending))
		pika_send_later(s, pika_handle_server(pending->flow),
				&pending->retry);
}

static void tell_again(struct pika_server *s, struct pika_retry *retry)
{
	tell_ts(s, container_of(retry, struct pika_pending, retry));
}

static inline void take_back(struct pika_server *s,
			     struct pika_pending *pending)
{
	struct pika_acceptor *acceptor = pending->acceptor;

	if (!acceptor)
		return;
	pending->acceptor = NULL;
	if (!WARN_ON_ONCE(!acceptor->offers))
		acceptor->offers--;
	pika_acceptor_place(&s->manager->acceptors, acceptor);
}

/* Sends, so it is the last thing to be done with @pending. */
static void offer(struct pika_server *s, struct pika_pending *pending,
		  struct pika_acceptor *acceptor)
{
	take_back(s, pending);
	pending->acceptor = acceptor;
	pending->registration = acceptor->registration;
	acceptor->offers++;
	pika_acceptor_place(&s->manager->acceptors, acceptor);
	pika_list_move(&pending->listener->offered, &pending->link);
	s->manager->stats.assigned++;
	tell_ts(s, pending);
}

/* Of @list, which is not empty; the first ones of a long list. */
static struct pika_acceptor *choose_of(struct pika_server *s,
				       struct pika_list *list)
{
	struct pika_candidate candidates[PIKA_CANDIDATES];
	struct pika_acceptor *acceptors[PIKA_CANDIDATES];
	struct pika_acceptor *acceptor;
	struct pika_list *at;
	u32 n = 0;

	if (likely(list->next == list->prev))
		return pika_list_first(list, struct pika_acceptor, link);
	for (at = list->next; at != list && n < ARRAY_SIZE(acceptors);
	     at = at->next) {
		acceptor = container_of(at, struct pika_acceptor, link);
		acceptors[n] = acceptor;
		candidates[n++] = (struct pika_candidate) {
			.service_us = acceptor->service_us,
			.offers = acceptor->offers,
		};
	}
	return acceptors[pika_accept_choose(candidates, n,
					    s->env->ops->random(s->env))];
}

/* Registered, and if possible without an offer. NULL: none is registered. */
static struct pika_acceptor *choose(struct pika_server *s,
				    struct pika_listener *listener)
{
	if (!pika_list_empty(&listener->ready))
		return choose_of(s, &listener->ready);
	if (!pika_list_empty(&listener->busy))
		return choose_of(s, &listener->busy);
	return NULL;
}

static void set_endpoint(u64 *set, u16 endpoint)
{
	set[endpoint / 64] |= 1ULL << (endpoint % 64);
}

static void clear_endpoint(u64 *set, u16 endpoint)
{
	set[endpoint / 64] &= ~(1ULL << (endpoint % 64));
}

static bool has_endpoint(const u64 *set, u16 endpoint)
{
	return set[endpoint / 64] >> (endpoint % 64) & 1;
}

static bool has_any_endpoint(const u64 *set)
{
	u64 any = 0;
	u32 i;

	for (i = 0; i < PIKA_PEER_WORDS; i++)
		any |= set[i];
	return any;
}

/* Returns false if it has to wait for room, and does. */
static bool send_wake(struct pika_server *s,
		      const struct pika_listener *listener, u16 endpoint)
{
	struct pika_msg msg = {
		.type = PIKA_MSG_WAKE,
		.acceptor.listener = listener->id,
	};

	if (pika_send(s, endpoint, &msg))
		return true;
	pika_send_later(s, endpoint, &s->manager->wakes[endpoint]);
	return false;
}

/* There is room for @retry's endpoint: every WAKE that waits for it. */
static void wake_again(struct pika_server *s, struct pika_retry *retry)
{
	struct pika_cm *cm = s->manager;
	u16 endpoint = retry - cm->wakes;
	struct pika_listener *listener;
	struct pika_list *at = cm->waking.next;

	while (at != &cm->waking) {
		listener = container_of(at, struct pika_listener, waking_link);
		at = at->next;
		if (!has_endpoint(listener->waking, endpoint))
			continue;
		if (!send_wake(s, listener, endpoint))
			return;
		clear_endpoint(listener->waking, endpoint);
		if (!has_any_endpoint(listener->waking))
			pika_list_remove(&listener->waking_link);
	}
}

static void wake_one(struct pika_server *s, struct pika_listener *listener,
		     u16 endpoint)
{
	s->manager->stats.wakes++;
	if (send_wake(s, listener, endpoint))
		return;
	set_endpoint(listener->waking, endpoint);
	pika_list_move(&s->manager->waking, &listener->waking_link);
}

/* Everybody who may have somebody to accept, once until somebody registers. */
static void wake(struct pika_server *s, struct pika_listener *listener)
{
	u64 word;
	u32 i;

	if (listener->woken || !pika_list_empty(&listener->ready) ||
	    !pika_list_empty(&listener->busy))
		return;
	listener->woken = true;
	for (i = 0; i < PIKA_PEER_WORDS; i++)
		for (word = listener->endpoints[i]; word; word &= word - 1)
			wake_one(s, listener, i * 64 + __builtin_ctzll(word));
}

static struct pika_pending *first_of(struct pika_list *list)
{
	if (pika_list_empty(list))
		return NULL;
	return pika_list_first(list, struct pika_pending, link);
}

/* Keeps the invariant. Those offered in vain come first: they are oldest. */
static void move_on(struct pika_server *s, struct pika_listener *listener)
{
	struct pika_pending *pending;

	while (!pika_list_empty(&listener->ready)) {
		pending = first_of(&listener->late);
		if (pending)
			s->manager->stats.reassigned++;
		else
			pending = first_of(&listener->waiting);
		if (!pending)
			return;
		offer(s, pending, choose_of(s, &listener->ready));
	}
}

/**
 * pika_accept_init() - part of setting a CM up
 * @cm: the CM
 */
void pika_accept_init(struct pika_cm *cm)
{
	u32 i;

	pika_list_init(&cm->waking);
	for (i = 0; i < PIKA_PEERS; i++)
		cm->wakes[i].again = wake_again;
}

/**
 * pika_accept_heard() - an endpoint has to do with a listener
 * @listener: from now on, the endpoint gets its WAKEs
 * @endpoint: address
 */
void pika_accept_heard(struct pika_listener *listener, u16 endpoint)
{
	set_endpoint(listener->endpoints, endpoint);
}

/**
 * pika_accept_begin() - a connection is established: who is to have it?
 * @s: a server with a CM
 * @pending: its new entry, with its listener set
 */
void pika_accept_begin(struct pika_server *s, struct pika_pending *pending)
{
	struct pika_listener *listener = pending->listener;
	struct pika_acceptor *acceptor = NULL;

	pending->retry.again = tell_again;
	listener->unclaimed++;
	if (pika_list_empty(&listener->waiting))
		acceptor = choose(s, listener);
	if (acceptor) {
		offer(s, pending, acceptor);
		return;
	}
	s->manager->stats.waited++;
	pika_list_add(&listener->waiting, &pending->link);
	wake(s, listener);
}

/**
 * pika_accept_register() - an acceptor is ready
 * @s: a server with a CM
 * @acceptor: may be registered already; what it was offered before can no
 *	longer cost it its registration
 */
void pika_accept_register(struct pika_server *s, struct pika_acceptor *acceptor)
{
	acceptor->registered = true;
	acceptor->registration++;
	acceptor->listener->woken = false;
	pika_acceptor_place(&s->manager->acceptors, acceptor);
	move_on(s, acceptor->listener);
}

/**
 * pika_accept_expire() - an offer was not claimed in time
 * @s: a server with a CM
 * @pending: the connection, offered to an acceptor
 *
 * That acceptor is no longer registered, unless it has registered since. The
 * offer stands until another acceptor can take it over.
 */
void pika_accept_expire(struct pika_server *s, struct pika_pending *pending)
{
	struct pika_listener *listener = pending->listener;
	struct pika_acceptor *acceptor = pending->acceptor;

	acceptor->timeouts++;
	if (pending->registration == acceptor->registration &&
	    acceptor->registered) {
		acceptor->registered = false;
		pika_acceptor_place(&s->manager->acceptors, acceptor);
	}
	pika_list_move(&listener->late, &pending->link);
	move_on(s, listener);
	wake(s, listener);
}

/**
 * pika_accept_relieve() - an acceptor has claimed, and still has other offers
 * @s: a server with a CM
 * @acceptor: the acceptor
 *
 * It takes over the first of the offers that were not claimed in time. Else
 * these would starve behind newer connections, as long as those come so fast
 * that no acceptor is ever without an offer. Whoever had that offer may have
 * come back, and is free for the next.
 */
void pika_accept_relieve(struct pika_server *s, struct pika_acceptor *acceptor)
{
	struct pika_pending *late = first_of(&acceptor->listener->late);

	if (!late || late->acceptor == acceptor)
		return;
	s->manager->stats.reassigned++;
	offer(s, late, acceptor);
	move_on(s, acceptor->listener);
}

/**
 * pika_accept_end() - a connection was claimed or closed
 * @s: a server with a CM
 * @pending: its entry, which is gone on return
 */
void pika_accept_end(struct pika_server *s, struct pika_pending *pending)
{
	struct pika_listener *listener = pending->listener;

	pika_forget_retry(s, pika_handle_server(pending->flow),
			  &pending->retry);
	take_back(s, pending);
	pika_pending_put(&s->manager->pendings, pending);
	if (!listener)
		return;
	if (!WARN_ON_ONCE(!listener->unclaimed))
		listener->unclaimed--;
	if (!pika_list_empty(&listener->ready))
		move_on(s, listener);
}

/**
 * pika_accept_abort() - nobody will accept a connection
 * @s: a server with a CM
 * @pending: its entry, which stays until the TS says that the connection has
 *	ended, or that it was claimed meanwhile
 */
void pika_accept_abort(struct pika_server *s, struct pika_pending *pending)
{
	take_back(s, pending);
	pika_list_remove(&pending->link);
	pending->retry.again = tell_again;
	pending->listener = NULL;
	s->manager->stats.aborted++;
	tell_ts(s, pending);
}
