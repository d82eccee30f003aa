// SPDX-License-Identifier: GPL-2.0-only
/*
 * The connection manager's messages. Runs on the server's own core. Who is
 * offered a connection is accept.c's business, TCP is the transport servers'.
 *
 * Whatever a message names is looked up, and if it is not there the message is
 * counted and otherwise ignored: it may have crossed another one.
 */

#include "cm.h"

#include "accept.h"
#include "choose.h"
#include "drop.h"
#include "listen.h"
#include "packet.h"

/* No listener has more of them than all have together. */
static bool is_half_open_full(const struct pika_cm *cm,
			      const struct pika_listener *listener)
{
	if (likely(cm->half_open < cm->most_of_half_open))
		return false;
	return listener->half_open >= cm->most_of_half_open ||
	       cm->half_open >= cm->max_half_open;
}

/*
 * Why a SYN cannot be admitted, or NULL. The backlog is counted as Linux does:
 * connections that are established, one more than was asked for. Handshakes
 * have bounds of their own, of one listener and over all (RFC 4987 3.2): a
 * flood at one leaves room for others, and a flood leaves room for those who
 * wait to be accepted, and TCBs for the flows of others. Who was admitted in
 * time has a place, so handshakes that were open when the backlog became full
 * go beyond it. All flows of one listener are bounded until they close, as a
 * program that does not close leaves TCBs to others. Where handshakes are too
 * many a SYN cookie would be the answer here instead of nothing, with a flag in
 * ADMIT and without counting.
 */
static u64 *refusal(struct pika_cm *cm, const struct pika_listener *listener)
{
	if (listener->flows >= cm->max_flows)
		return &cm->stats.syn_quota;
	if (listener->unclaimed > listener->backlog)
		return &cm->stats.syn_backlog;
	if (is_half_open_full(cm, listener))
		return &cm->stats.syn_half_open;
	if (cm->half_open + cm->pendings.pool.used >= cm->pendings.pool.count)
		return &cm->stats.syn_no_room;
	return NULL;
}

static void begin_handshake(struct pika_cm *cm, struct pika_listener *listener)
{
	cm->half_open++;
	listener->half_open++;
	listener->flows++;
}

static void end_flow(struct pika_listener *listener)
{
	if (listener && listener->flows)
		listener->flows--;
}

/*
 * Whose handshake is over: NULL if that has gone, also if whoever had it uses
 * its number again, which nobody should.
 */
static struct pika_listener *handshake_of(const struct pika_cm *cm, u32 id)
{
	struct pika_listener *listener = pika_listener_by_id(&cm->listeners,
							     id);

	return listener && listener->half_open ? listener : NULL;
}

/* @listener is NULL if it has gone. False: there was no handshake to end. */
static bool end_handshake(struct pika_cm *cm, struct pika_listener *listener)
{
	if (!cm->half_open)
		return false;
	cm->half_open--;
	if (listener)
		listener->half_open--;
	return true;
}

static void admit(struct pika_server *s, struct pika_listener *listener,
		  struct pika_packet *pkt, u16 remote_port)
{
	struct pika_cm *cm = s->manager;
	struct pika_msg msg;

	msg.type = PIKA_MSG_ADMIT;
	msg.flow = PIKA_HANDLE_NONE;
	msg.admit.packet = pkt;
	msg.admit.listener = listener->id;
	msg.admit.cm = s->id;
	begin_handshake(cm, listener);
	cm->stats.admitted++;
	if (pika_send(s, s->ts_of[remote_port % PIKA_GROUPS], &msg))
		return;
	cm->stats.admitted--;
	end_handshake(cm, listener);
	end_flow(listener);
	pika_drop(s, pkt, &cm->stats.syn_ring_full);
}

/* Refused is not passed on: the host must not answer with a second SYN-ACK. */
static void on_syn(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_packet *pkt = msg->packet.packet;
	struct pika_cm *cm = s->manager;
	struct pika_segment room, *seg = pika_segment_of(s, pkt, &room);
	struct pika_listener *listener;
	u64 *reason;

	if (!seg) {
		pika_drop(s, pkt, &cm->stats.syn_malformed);
		return;
	}
	listener = pika_listener_for(&cm->listeners, &seg->key.local,
				     seg->key.local_port);
	if (!listener) {
		cm->stats.passed++;
		s->env->ops->pass(s->env, pkt);
		return;
	}
	reason = refusal(cm, listener);
	if (reason)
		pika_drop(s, pkt, reason);
	else
		admit(s, listener, pkt, seg->key.remote_port);
}

static void on_established(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_cm *cm = s->manager;
	struct pika_listener *listener;
	struct pika_pending *pending;

	listener = handshake_of(cm, msg->established.listener);
	if (pika_pending_find(&cm->pendings, msg->flow) ||
	    !end_handshake(cm, listener)) {
		cm->stats.stray++;
		return;
	}
	pending = pika_pending_add(&cm->pendings, msg->flow);
	if (WARN_ON_ONCE(!pending))
		return;
	cm->stats.established++;
	pending->listener = listener;
	if (listener)
		pika_accept_begin(s, pending);
	else
		pika_accept_abort(s, pending);
}

static void on_accept_connection(struct pika_server *s,
				 const struct pika_msg *msg)
{
	struct pika_cm *cm = s->manager;
	struct pika_listener *listener;
	struct pika_acceptor *acceptor;

	listener = pika_listener_by_id(&cm->listeners, msg->acceptor.listener);
	if (!listener || msg->from >= PIKA_PEERS) {
		cm->stats.stray++;
		return;
	}
	pika_accept_heard(listener, msg->from);
	acceptor = pika_acceptor_get(&cm->acceptors, listener,
				     msg->acceptor.acceptor, msg->from);
	if (!acceptor) {
		cm->stats.acceptors_full++;
		return;
	}
	cm->stats.registered++;
	pika_accept_register(s, acceptor);
}

static bool is_offered_to(const struct pika_pending *pending, u32 acceptor,
			  u16 endpoint)
{
	return pending && pending->acceptor &&
	       pending->acceptor->id == acceptor &&
	       pending->acceptor->endpoint == endpoint;
}

static void on_accept_timeout(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_cm *cm = s->manager;
	struct pika_pending *pending = pika_pending_find(&cm->pendings,
							 msg->flow);

	if (!is_offered_to(pending, msg->established.acceptor,
			   msg->established.endpoint)) {
		cm->stats.late_timeouts++;
		return;
	}
	cm->stats.timeouts++;
	pika_accept_expire(s, pending);
}

/*
 * Who has claimed need not be whom we last offered to: the two messages may
 * have crossed. It is registered again if it had been dropped, as nothing told
 * it so: to claim is to be there.
 */
static void on_claimed(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_cm *cm = s->manager;
	struct pika_pending *pending = pika_pending_find(&cm->pendings,
							 msg->flow);
	struct pika_acceptor *acceptor = NULL;
	struct pika_listener *listener;
	bool busy = false;

	if (!pending) {
		cm->stats.stray++;
		return;
	}
	cm->stats.claimed++;
	listener = pending->listener;
	if (likely(is_offered_to(pending, msg->claimed.acceptor,
				 msg->claimed.endpoint))) {
		acceptor = pending->acceptor;
		busy = acceptor->offers > 1;
	}
	pika_accept_end(s, pending);
	if (!listener)
		return;
	if (!acceptor)
		acceptor = pika_acceptor_get(&cm->acceptors, listener,
					     msg->claimed.acceptor,
					     msg->claimed.endpoint);
	if (!acceptor) {
		cm->stats.acceptors_full++;
		return;
	}
	acceptor->open++;
	acceptor->claimed++;
	pika_acceptor_check_idle(&cm->acceptors, acceptor);
	if (!acceptor->registered)
		pika_accept_register(s, acceptor);
	if (busy)
		pika_accept_relieve(s, acceptor);
}

static void measure(struct pika_acceptor *acceptor,
		    const struct pika_msg_closed *closed)
{
	acceptor->service_us = pika_moving_average(acceptor->service_us,
						   closed->service_us);
	acceptor->claim_us = pika_moving_median(acceptor->claim_us,
						closed->claim_us);
}

/* The end of a connection that was claimed. */
static void close_claimed(struct pika_cm *cm, struct pika_listener *listener,
			  const struct pika_msg_closed *closed)
{
	struct pika_acceptor *acceptor = NULL;

	cm->stats.closed++;
	if (listener)
		acceptor = pika_acceptor_find(&cm->acceptors, listener,
					      closed->acceptor,
					      closed->endpoint);
	if (!acceptor || !acceptor->open) {
		cm->stats.stray++;
		return;
	}
	acceptor->open--;
	measure(acceptor, closed);
	pika_acceptor_check_idle(&cm->acceptors, acceptor);
}

static void on_connection_closed(struct pika_server *s,
				 const struct pika_msg *msg)
{
	const struct pika_msg_closed *closed = &msg->closed;
	struct pika_cm *cm = s->manager;
	struct pika_pending *pending = pika_pending_find(&cm->pendings,
							 msg->flow);
	struct pika_listener *listener = pika_listener_by_id(&cm->listeners,
							     closed->listener);

	end_flow(listener);
	if (pending) {
		cm->stats.unclaimed++;
		pika_accept_end(s, pending);
	} else if (closed->endpoint != PIKA_NOBODY) {
		close_claimed(cm, listener, closed);
	} else if (end_handshake(cm, handshake_of(cm, closed->listener))) {
		cm->stats.not_established++;
	} else {
		cm->stats.stray++;
	}
}

/**
 * pika_cm_listen() - a listening port appears
 * @s: a server with a CM
 * @msg: LISTEN
 *
 * As listen(2), it may be called again with another backlog.
 *
 * Return: 0; 1 if it was there already; -EADDRINUSE, -EEXIST (that number is in
 * use for another) or -ENOSPC.
 */
int pika_cm_listen(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_listener *listener;
	int error;

	if (msg->from >= PIKA_PEERS)
		return -EINVAL;
	listener = pika_listener_by_id(&s->manager->listeners,
				       msg->listen.listener);
	if (listener && pika_listener_is(listener, &msg->listen)) {
		listener->backlog = msg->listen.backlog;
		pika_accept_heard(listener, msg->from);
		return 1;
	}
	listener = pika_listener_add(&s->manager->listeners, &msg->listen,
				     &error);
	if (listener)
		pika_accept_heard(listener, msg->from);
	return error;
}

static void abort_all(struct pika_server *s, struct pika_list *pendings)
{
	struct pika_pending *first;

	while (!pika_list_empty(pendings)) {
		first = pika_list_first(pendings, struct pika_pending, link);
		pika_accept_abort(s, first);
	}
}

static void forget_all(struct pika_cm *cm, struct pika_list *acceptors)
{
	struct pika_acceptor *first;

	while (!pika_list_empty(acceptors)) {
		first = pika_list_first(acceptors, struct pika_acceptor, link);
		pika_acceptor_put(&cm->acceptors, first);
	}
}

/**
 * pika_cm_unlisten() - a listening port goes
 * @s: a server with a CM
 * @id: the application side's number for it
 *
 * As in Linux, connections that nobody has accepted are reset: those that are
 * established now, others when they are.
 *
 * Return: 0, or -ENOENT.
 */
int pika_cm_unlisten(struct pika_server *s, u32 id)
{
	struct pika_cm *cm = s->manager;
	struct pika_listener *listener = pika_listener_by_id(&cm->listeners,
							     id);

	if (!listener)
		return -ENOENT;
	pika_listener_remove(&cm->listeners, listener);
	abort_all(s, &listener->late);
	abort_all(s, &listener->offered);
	abort_all(s, &listener->waiting);
	forget_all(cm, &listener->ready);
	forget_all(cm, &listener->busy);
	forget_all(cm, &listener->absent);
	pika_list_remove(&listener->waking_link);
	pika_listener_put(&cm->listeners, listener);
	return 0;
}

static void take_messages(struct pika_server *s)
{
	s->handlers[PIKA_MSG_SYN] = on_syn;
	s->handlers[PIKA_MSG_ESTABLISHED] = on_established;
	s->handlers[PIKA_MSG_ACCEPT_CONNECTION] = on_accept_connection;
	s->handlers[PIKA_MSG_ACCEPT_TIMEOUT] = on_accept_timeout;
	s->handlers[PIKA_MSG_CLAIMED] = on_claimed;
	s->handlers[PIKA_MSG_CONNECTION_CLOSED] = on_connection_closed;
	pika_listen_init(s);
}

/**
 * pika_cm_init() - give a server a connection manager
 * @s: after pika_server_init()
 * @arena: memory
 * @config: how much it is to hold
 *
 * Context: set-up.
 * Return: 0, or -ENOMEM; then @arena knows how much was wanted.
 */
int pika_cm_init(struct pika_server *s, struct pika_arena *arena,
		 const struct pika_cm_config *config)
{
	struct pika_cm *cm = pika_arena_take(arena, sizeof(*cm));
	struct pika_listeners listeners;
	struct pika_acceptors acceptors;
	struct pika_pendings pendings;
	bool ok = cm;

	/* All of them, also if one fails: the arena counts. */
	ok &= pika_listeners_init(&listeners, arena, config->max_listeners);
	ok &= pika_acceptors_init(&acceptors, arena, config->max_acceptors);
	ok &= pika_pendings_init(&pendings, arena, config->max_waiting);
	if (!ok)
		return -ENOMEM;
	cm->listeners = listeners;
	cm->acceptors = acceptors;
	cm->pendings = pendings;
	pika_list_init(&cm->acceptors.idle);
	cm->max_half_open = config->max_half_open ?: config->max_waiting / 2;
	cm->most_of_half_open = cm->max_half_open - cm->max_half_open / 4;
	cm->max_flows = config->max_flows ?: ~0u;
	pika_accept_init(cm);
	take_messages(s);
	s->manager = cm;
	return 0;
}
