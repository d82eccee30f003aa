// SPDX-License-Identifier: GPL-2.0-only
/*
 * What applications and connection managers are told about a flow. A message is
 * made when it can be sent, from what is true then; until that the TCB keeps
 * what is due. Runs on its server's core only.
 */

#include "tcp.h"

/**
 * pika_ts_handle() - how others name a flow
 * @s: its server
 * @tcb: the flow
 *
 * Return: its handle.
 */
u64 pika_ts_handle(const struct pika_server *s, const struct pika_tcb *tcb)
{
	return pika_handle(s->id, tcb->index,
			   pika_pool_generation(&s->ts->tcbs, tcb->index));
}

/**
 * pika_ts_update() - the owner has to be told something
 * @s: the flow's server
 * @tcb: the flow; without an owner, the one to come will be told
 */
void pika_ts_update(struct pika_server *s, struct pika_tcb *tcb)
{
	const u32 owned = tcb->flags & (PIKA_TCB_OWNED | PIKA_TCB_GONE);

	if (owned == PIKA_TCB_OWNED)
		tcb->tell |= PIKA_TELL_UPDATE;
	pika_ts_changed(s, tcb);
}

/**
 * pika_ts_check_gone() - may the owner forget the flow?
 * @s: the flow's server
 * @tcb: the flow
 *
 * It may once it has closed, none of its buffers is referred to, and the FIN is
 * acknowledged if it waits for that.
 */
void pika_ts_check_gone(struct pika_server *s, struct pika_tcb *tcb)
{
	if (!(tcb->flags & PIKA_TCB_CLOSED) || tcb->flags & PIKA_TCB_GONE)
		return;
	if (tcb->borrowed || tcb->at_link || tcb->flags & PIKA_TCB_LINGER)
		return;
	pika_ts_update(s, tcb);
	tcb->update |= PIKA_UPDATE_GONE;
	tcb->flags |= PIKA_TCB_GONE;
	if (tcb->state == PIKA_TCP_TIME_WAIT)
		pika_ts_wait(s, tcb);
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

static bool send_available(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_msg *msg = pika_begin_send(s, tcb->endpoint);

	if (!msg)
		return false;
	msg->type = PIKA_MSG_CONNECTION_AVAILABLE;
	msg->flow = pika_ts_handle(s, tcb);
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
static void was_told(struct pika_tcb *tcb)
{
	tcb->ready = NULL;
	tcb->ready_bytes = 0;
	if (!tcb->at_link)
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

static bool send_update(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_msg *msg = pika_begin_send(s, tcb->endpoint);

	if (!msg)
		return false;
	msg->type = tcb->tell & PIKA_TELL_RESULT ? PIKA_MSG_CLAIM_RESULT :
		PIKA_MSG_UPDATE;
	msg->flow = pika_ts_handle(s, tcb);
	msg->update.socket = tcb->socket;
	msg->update.packet = tcb->ready;
	msg->update.bytes = tcb->ready_bytes;
	msg->update.acked = tcb->at_link ? 0 : tcb->acked;
	msg->update.urgent = tcb->update & PIKA_UPDATE_URGENT ?
		tcb->rcv_up - first_ready(tcb) : 0;
	msg->update.error = tcb->error;
	msg->update.flags = tcb->update;
	pika_end_send(s, tcb->endpoint, msg);
	was_told(tcb);
	return true;
}

/* What was acknowledged is told when the last frame has left the link. */
static bool has_news(const struct pika_tcb *tcb)
{
	return !tcb->at_link || tcb->tell & PIKA_TELL_RESULT ||
	       tcb->ready || tcb->error || tcb->update;
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
	bool ok = !tcb->endpoint_retry.waiting;

	if (ok && tcb->tell & PIKA_TELL_OFFER)
		ok = send_available(s, tcb);
	if (ok && !has_news(tcb))
		tcb->tell &= ~PIKA_TELL_UPDATE;
	if (ok && tcb->tell & (PIKA_TELL_RESULT | PIKA_TELL_UPDATE))
		ok = send_update(s, tcb);
	if (!ok)
		pika_send_later(s, tcb->endpoint, &tcb->endpoint_retry);
	return ok;
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

static void fill_established(struct pika_msg *msg, const struct pika_tcb *tcb)
{
	msg->established.listener = tcb->listener;
	msg->established.acceptor = tcb->acceptor;
	msg->established.endpoint = tcb->endpoint;
}

static void fill_claimed(struct pika_msg *msg, const struct pika_tcb *tcb)
{
	msg->claimed.listener = tcb->listener;
	msg->claimed.acceptor = tcb->acceptor;
	msg->claimed.refused = tcb->refused_acceptor;
	msg->claimed.endpoint = tcb->endpoint;
	msg->claimed.refused_endpoint = tcb->refused_endpoint;
}

static void fill_closed(const struct pika_server *s, struct pika_msg *msg,
			const struct pika_tcb *tcb)
{
	bool owned = tcb->flags & PIKA_TCB_OWNED;
	u64 us = (s->now_ns - tcb->offered_ns) / 1000;

	msg->closed.listener = tcb->listener;
	msg->closed.acceptor = tcb->acceptor;
	msg->closed.service_us = owned ? min_t(u64, us, ~0u) : 0;
	msg->closed.claim_us = tcb->claim_us;
	msg->closed.endpoint = owned ? tcb->endpoint : PIKA_NOBODY;
	msg->closed.established = tcb->flags & PIKA_TCB_AGREED;
}

/* The first of what the CM has to be told. */
static u8 fill_next(const struct pika_server *s, struct pika_msg *msg,
		    const struct pika_tcb *tcb)
{
	if (tcb->tell & PIKA_TELL_ESTABLISHED) {
		msg->type = PIKA_MSG_ESTABLISHED;
		fill_established(msg, tcb);
		return PIKA_TELL_ESTABLISHED;
	}
	if (tcb->tell & PIKA_TELL_TIMEOUT) {
		msg->type = PIKA_MSG_ACCEPT_TIMEOUT;
		fill_established(msg, tcb);
		return PIKA_TELL_TIMEOUT;
	}
	if (tcb->tell & PIKA_TELL_CLAIMED) {
		msg->type = PIKA_MSG_CLAIMED;
		fill_claimed(msg, tcb);
		return PIKA_TELL_CLAIMED;
	}
	msg->type = PIKA_MSG_CONNECTION_CLOSED;
	fill_closed(s, msg, tcb);
	return PIKA_TELL_CLOSED;
}

/**
 * pika_ts_tell_cm() - send the CM one of the messages that are due
 * @s: the flow's server
 * @tcb: the flow; the CM's handler may have changed it on return
 *
 * What is left to do for the flow, its end included, is put off to its next
 * visit, before the message goes.
 */
void pika_ts_tell_cm(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_msg msg;
	u8 told = fill_next(s, &msg, tcb);

	msg.flow = pika_ts_handle(s, tcb);
	tcb->tell &= ~told;
	if (tcb->tell & PIKA_TELL_CM || tcb->state == PIKA_TCP_CLOSED)
		pika_ts_changed(s, tcb);
	if (pika_send(s, tcb->cm, &msg))
		return;
	tcb->tell |= told;
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

/**
 * pika_ts_holds() - does a message whose answer no TCB keeps have to wait?
 * @s: the server
 * @to: who has sent it
 *
 * For the beginning of a handler. On false its answer fits; on true the handler
 * returns and is called again when it does (pika_hold()). So no answer has to
 * be remembered, and none is lost: a CM counts on one for each ADMIT, a program
 * that connects or accepts sleeps until it comes.
 *
 * Return: true if it has to wait.
 */
bool pika_ts_holds(struct pika_server *s, u16 to)
{
	if (likely(pika_has_room(s, to)))
		return false;
	pika_hold(s);
	return true;
}
