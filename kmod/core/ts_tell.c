// SPDX-License-Identifier: GPL-2.0-only
/*
 * What applications and connection managers are told about a flow. A message is
 * made when it can be sent, from what is true then; until that the TCB keeps
 * what is due. Runs on its server's core only.
 */

#include "tcp.h"

static inline void lose_owner(struct pika_server *s, struct pika_tcb *tcb)
{
	tcb->flags |= PIKA_TCB_GONE;
	if (tcb->state == PIKA_TCP_TIME_WAIT)
		pika_ts_wait(s, tcb);
}

/**
 * pika_ts_check_closed() - may the owner forget the flow?
 * @s: the flow's server
 * @tcb: the flow, which its owner has closed
 *
 * It may once none of its buffers is referred to, and the FIN is acknowledged
 * if it waits for that.
 */
void pika_ts_check_closed(struct pika_server *s, struct pika_tcb *tcb)
{
	if (tcb->borrowed || tcb->at_link || tcb->flags & PIKA_TCB_LINGER)
		return;
	pika_ts_update(s, tcb);
	tcb->update |= PIKA_UPDATE_GONE;
	lose_owner(s, tcb);
}

/**
 * pika_ts_forget_owner() - nobody wants to hear of the flow any more
 * @s: the flow's server
 * @tcb: the flow, which its owner has closed and says it has no part in
 *
 * One that is wrong about that is told GONE like others.
 */
void pika_ts_forget_owner(struct pika_server *s, struct pika_tcb *tcb)
{
	if (tcb->borrowed || tcb->endpoint_retry.waiting ||
	    tcb->flags & (PIKA_TCB_LINGER | PIKA_TCB_GONE))
		return;
	lose_owner(s, tcb);
}

/**
 * pika_ts_closed() - the CM's part in the flow is over
 * @s: the flow's server
 * @tcb: a flow that no ADMIT began, or whose CM was told, is left alone
 */
void pika_ts_closed(struct pika_server *s, struct pika_tcb *tcb)
{
	if (!(tcb->flags & PIKA_TCB_PASSIVE))
		return;
	tcb->flags &= ~PIKA_TCB_PASSIVE;
	tcb->tell &= ~(PIKA_TELL_ESTABLISHED | PIKA_TELL_TIMEOUT);
	tcb->tell |= PIKA_TELL_CLOSED;
	pika_ts_changed(s, tcb);
}

static __pika_apart bool send_available(struct pika_server *s,
					struct pika_tcb *tcb)
{
	struct pika_msg *msg = pika_begin_send(s, tcb->endpoint);

	if (!msg)
		return false;
	msg->type = PIKA_MSG_CONNECTION_AVAILABLE;
	msg->flow = tcb->handle;
	msg->available.local = tcb->key.local;
	msg->available.remote = tcb->key.remote;
	msg->available.listener = tcb->listener;
	msg->available.acceptor = tcb->acceptor;
	msg->available.local_port = tcb->key.local_port;
	msg->available.remote_port = tcb->key.remote_port;
	pika_end_send(s, tcb->endpoint, msg);
	tcb->tell &= ~PIKA_TELL_OFFER;
	return true;
}

/* Those to whom all was handed over now own the packets and know the rest. */
static inline void was_told(struct pika_tcb *tcb)
{
	tcb->ready = NULL;
	tcb->ready_bytes = 0;
	if (likely(!tcb->at_link))
		tcb->acked = 0;
	tcb->error = 0;
	tcb->update = 0;
	tcb->tell &= ~(PIKA_TELL_RESULT | PIKA_TELL_UPDATE);
}

/* A FIN has a sequence number, but no byte. */
static u32 first_ready(const struct pika_tcb *tcb)
{
	bool fin = tcb->state >= PIKA_TCP_CLOSE_WAIT;

	return tcb->rcv_nxt - fin - tcb->ready_bytes;
}

static inline bool send_update(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_msg *msg = pika_begin_send(s, tcb->endpoint);

	if (!msg)
		return false;
	msg->type = tcb->tell & PIKA_TELL_RESULT ? PIKA_MSG_CLAIM_RESULT :
		PIKA_MSG_UPDATE;
	msg->flow = tcb->handle;
	msg->update.socket = tcb->socket;
	msg->update.packet = tcb->ready;
	msg->update.bytes = tcb->ready_bytes;
	msg->update.acked = unlikely(tcb->at_link) ? 0 : tcb->acked;
	msg->update.urgent = 0;
	if (unlikely(tcb->update & PIKA_UPDATE_URGENT))
		msg->update.urgent = tcb->rcv_up - first_ready(tcb);
	msg->update.error = tcb->error;
	msg->update.flags = tcb->update;
	was_told(tcb);
	pika_end_send(s, tcb->endpoint, msg);
	return true;
}

/* What was acknowledged is told when the last frame has left the link. */
static bool has_news(const struct pika_tcb *tcb)
{
	return likely(!tcb->at_link) || tcb->tell & PIKA_TELL_RESULT ||
	       tcb->ready || tcb->error || tcb->update;
}

static inline bool tell_endpoint(struct pika_server *s, struct pika_tcb *tcb)
{
	if (tcb->endpoint_retry.waiting)
		return false;
	if (tcb->tell & PIKA_TELL_OFFER && !send_available(s, tcb))
		return false;
	if (!(tcb->tell & (PIKA_TELL_RESULT | PIKA_TELL_UPDATE)))
		return true;
	if (has_news(tcb))
		return send_update(s, tcb);
	tcb->tell &= ~PIKA_TELL_UPDATE;
	return true;
}

/**
 * pika_ts_tell_endpoint() - send what the endpoint has to be told
 * @s: the flow's server
 * @tcb: the flow
 *
 * Return: false if some of it has to wait for room, and does.
 */
bool pika_ts_tell_endpoint(struct pika_server *s, struct pika_tcb *tcb)
{
	if (likely(tell_endpoint(s, tcb)))
		return true;
	pika_send_later(s, tcb->endpoint, &tcb->endpoint_retry);
	return false;
}

/**
 * pika_ts_retry_endpoint() - there is room in the endpoint's ring
 * @s: the server
 * @retry: a TCB's
 */
void pika_ts_retry_endpoint(struct pika_server *s, struct pika_retry *retry)
{
	struct pika_tcb *tcb = container_of(retry, struct pika_tcb,
					    endpoint_retry);

	if (pika_ts_tell_endpoint(s, tcb))
		pika_ts_changed(s, tcb);
}

/* The messages to a CM. Their senders return false if there was no room. */
static inline bool send_established(struct pika_server *s, struct pika_tcb *tcb,
				    u8 type)
{
	struct pika_msg msg;

	msg.type = type;
	msg.flow = tcb->handle;
	msg.established.listener = tcb->listener;
	msg.established.acceptor = tcb->acceptor;
	msg.established.endpoint = tcb->endpoint;
	return pika_send(s, tcb->cm, &msg);
}

static inline bool send_claimed(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_msg msg;

	msg.type = PIKA_MSG_CLAIMED;
	msg.flow = tcb->handle;
	msg.claimed.listener = tcb->listener;
	msg.claimed.acceptor = tcb->acceptor;
	msg.claimed.refused = tcb->refused_acceptor;
	msg.claimed.endpoint = tcb->endpoint;
	msg.claimed.refused_endpoint = tcb->refused_endpoint;
	return pika_send(s, tcb->cm, &msg);
}

static inline bool send_closed(struct pika_server *s, struct pika_tcb *tcb)
{
	u64 us = (s->now_ns - tcb->offered_ns) / 1000;
	struct pika_msg msg;

	msg.type = PIKA_MSG_CONNECTION_CLOSED;
	msg.flow = tcb->handle;
	msg.closed.listener = tcb->listener;
	msg.closed.acceptor = tcb->acceptor;
	msg.closed.service_us = 0;
	msg.closed.endpoint = PIKA_NOBODY;
	if (likely(tcb->flags & PIKA_TCB_OWNED)) {
		msg.closed.service_us = min_t(u64, us, ~0u);
		msg.closed.endpoint = tcb->endpoint;
	}
	msg.closed.claim_us = tcb->claim_us;
	msg.closed.established = tcb->flags & PIKA_TCB_AGREED;
	return pika_send(s, tcb->cm, &msg);
}

/* The first of what the CM has to be told; @tell is what that was. */
static inline bool send_next(struct pika_server *s, struct pika_tcb *tcb,
			     u8 tell)
{
	switch (tell) {
	case PIKA_TELL_ESTABLISHED:
		return send_established(s, tcb, PIKA_MSG_ESTABLISHED);
	case PIKA_TELL_TIMEOUT:
		return send_established(s, tcb, PIKA_MSG_ACCEPT_TIMEOUT);
	case PIKA_TELL_CLAIMED:
		return send_claimed(s, tcb);
	default:
		return send_closed(s, tcb);
	}
}

/**
 * pika_ts_tell_cm() - send the CM one of the messages that are due
 * @s: the flow's server
 * @tcb: the flow; the CM's handler may have changed it on return
 */
void pika_ts_tell_cm(struct pika_server *s, struct pika_tcb *tcb)
{
	u8 due = tcb->tell & PIKA_TELL_CM;
	u8 first = due & -due;

	tcb->tell &= ~first;
	if (likely(send_next(s, tcb, first)))
		return;
	tcb->tell |= first;
	pika_send_later(s, tcb->cm, &tcb->cm_retry);
}

/**
 * pika_ts_retry_cm() - there is room in the CM's ring
 * @s: the server
 * @retry: a TCB's
 */
void pika_ts_retry_cm(struct pika_server *s, struct pika_retry *retry)
{
	pika_ts_changed(s, container_of(retry, struct pika_tcb, cm_retry));
}
