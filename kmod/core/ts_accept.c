// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport server's part in accepting connections (paper 3.1, 3.2): a flow
 * begins with ADMIT, is offered with ASSIGN, is claimed, and ends with exactly
 * one CONNECTION_CLOSED to the CM; so does an ADMIT that begins none. Which
 * acceptor is offered what is the CM's to say. Runs on its server's core only.
 *
 * Once the CM knows of an established flow, the flow is there until it is
 * claimed and closed, or until the CM assigns it to PIKA_NOBODY. So a client
 * that resets before accept() leaves something to accept, as in Linux.
 */

#include "drop.h"
#include "tcp.h"

/* A connection for the CM to forget: it was never begun. */
static void refuse_admission(struct pika_server *s,
			     const struct pika_msg_admit *admit)
{
	u16 cm = admit->cm;
	struct pika_msg msg = {
		.type = PIKA_MSG_CONNECTION_CLOSED,
		.flow = PIKA_HANDLE_NONE,
		.closed.listener = admit->listener,
		.closed.endpoint = PIKA_NOBODY,
	};

	pika_send(s, cm, &msg);
}

/*
 * RFC 6191 2: a SYN may end a TIME_WAIT if its timestamp or, for lack of one,
 * its sequence number shows that it is newer than all that came before.
 */
static bool may_reuse(const struct pika_tcb *tcb,
		      const struct pika_packet *pkt,
		      const struct pika_segment *seg)
{
	struct pika_tcp_options options;

	if (tcb->state != PIKA_TCP_TIME_WAIT ||
	    (tcb->flags & PIKA_TCB_OWNED && !(tcb->flags & PIKA_TCB_GONE)))
		return false;
	pika_options_parse(pkt->data + seg->options, seg->options_len,
			   &options);
	if (options.present & PIKA_OPTION_TIMESTAMP &&
	    tcb->flags & PIKA_TCB_TIMESTAMPS &&
	    options.ts_value != tcb->ts_recent)
		return pika_seq_after(options.ts_value, tcb->ts_recent);
	return pika_seq_after(seg->seq, tcb->rcv_nxt);
}

/* @used: SND.NXT of the TIME_WAIT that has made way, or NULL. */
static void begin(struct pika_server *s, const struct pika_msg_admit *admit,
		  struct pika_segment *seg, const u32 *used)
{
	struct pika_packet *pkt = admit->packet;
	struct pika_tcb *tcb = pika_ts_take(s, &seg->key, seg->hash);

	if (!tcb) {
		pika_drop(s, pkt, &s->ts->stats.no_tcb);
		refuse_admission(s, admit);
		return;
	}
	tcb->flags |= PIKA_TCB_PASSIVE;
	tcb->listener = admit->listener;
	tcb->cm = admit->cm;
	s->ts->stats.passive_opens++;
	pika_tcp_listen(s, tcb, pkt, seg);
	if (used)
		pika_tcp_begin_beyond(tcb, *used);
}

static void on_admit(struct pika_server *s, const struct pika_msg *msg)
{
	const struct pika_msg_admit *admit = &msg->admit;
	struct pika_segment room, *seg = pika_segment_of(s, admit->packet,
							 &room);
	const u32 *used = NULL;
	struct pika_tcb *tcb;
	u32 snd_max;

	if (pika_ts_holds(s, admit->cm))
		return;
	if (!seg) {
		pika_drop(s, admit->packet, &s->ts->stats.dropped_malformed);
		refuse_admission(s, admit);
		return;
	}
	if (unlikely(seg == &room))
		room.hash = pika_ts_hash(s, &room.key);
	tcb = pika_ts_lookup(s, &seg->key, seg->hash);
	if (tcb && may_reuse(tcb, admit->packet, seg)) {
		s->ts->stats.time_wait_reused++;
		snd_max = tcb->snd_max;
		used = &snd_max;
		pika_tcp_die(s, tcb, 0);
		tcb = NULL;
	}
	if (!tcb) {
		begin(s, admit, seg, used);
		return;
	}
	pika_tcp_input(s, tcb, admit->packet, seg);
	refuse_admission(s, admit);
}

static u32 ms_of(u32 us)
{
	return us / 1000 + !!(us % 1000);
}

static void offer(struct pika_server *s, struct pika_tcb *tcb,
		  const struct pika_msg_assign *assign)
{
	if (!(tcb->flags & PIKA_TCB_OFFERED))
		tcb->offered_ns = s->now_ns;
	if (tcb->endpoint != PIKA_NOBODY)
		pika_forget_retry(s, tcb->endpoint, &tcb->endpoint_retry);
	tcb->flags |= PIKA_TCB_OFFERED;
	tcb->endpoint = assign->endpoint;
	tcb->acceptor = assign->acceptor;
	tcb->tell &= ~PIKA_TELL_TIMEOUT;
	tcb->tell |= PIKA_TELL_OFFER;
	pika_tcp_clock_set(s, tcb, PIKA_CLOCK_CLAIM,
			   ms_of(assign->claim_timeout_us));
	pika_ts_changed(s, tcb);
}

/* The listener has gone: nobody will ever claim it. */
static void withdraw(struct pika_server *s, struct pika_tcb *tcb)
{
	tcb->flags &= ~PIKA_TCB_OFFERED;
	if (tcb->endpoint != PIKA_NOBODY)
		pika_forget_retry(s, tcb->endpoint, &tcb->endpoint_retry);
	tcb->endpoint = PIKA_NOBODY;
	tcb->tell &= ~PIKA_TELL_OFFER;
	pika_tcp_abort(s, tcb, ECONNABORTED);
	pika_ts_closed(s, tcb);
}

static void on_assign(struct pika_server *s, const struct pika_msg *msg)
{
	const struct pika_msg_assign *assign = &msg->assign;
	struct pika_tcb *tcb = pika_ts_find(s, msg->flow);

	if (!tcb)
		return;
	if (tcb->flags & PIKA_TCB_OWNED) {
		/* Its CLAIMED is under way, or has still to be sent. */
		s->ts->stats.assigns_late++;
		tcb->refused_acceptor = assign->acceptor;
		tcb->refused_endpoint = assign->endpoint;
	} else if (assign->endpoint == PIKA_NOBODY) {
		withdraw(s, tcb);
	} else {
		offer(s, tcb, assign);
	}
}

static void refuse_claim(struct pika_server *s, const struct pika_msg *claim)
{
	u16 to = claim->from;
	struct pika_msg msg = {
		.type = PIKA_MSG_CLAIM_RESULT,
		.flow = claim->flow,
		.update.socket = claim->claim.socket,
		.update.flags = PIKA_UPDATE_TIMED_OUT,
	};

	s->ts->stats.claims_refused++;
	pika_send(s, to, &msg);
}

static bool offer_stands(const struct pika_tcb *tcb, const struct pika_msg *msg)
{
	return tcb && tcb->flags & PIKA_TCB_OFFERED &&
	       !(tcb->flags & PIKA_TCB_OWNED) && tcb->endpoint == msg->from &&
	       tcb->acceptor == msg->claim.acceptor;
}

static void on_claim_connection(struct pika_server *s,
				const struct pika_msg *msg)
{
	struct pika_tcb *tcb;

	if (pika_ts_holds(s, msg->from))
		return;
	tcb = pika_ts_find(s, msg->flow);
	if (!offer_stands(tcb, msg)) {
		refuse_claim(s, msg);
		return;
	}
	s->ts->stats.claims++;
	tcb->flags |= PIKA_TCB_OWNED;
	tcb->socket = msg->claim.socket;
	tcb->claim_us = (s->now_ns - tcb->offered_ns) / 1000;
	tcb->tell &= ~(PIKA_TELL_TIMEOUT | PIKA_TELL_OFFER);
	tcb->tell |= PIKA_TELL_RESULT | PIKA_TELL_CLAIMED;
	tcb->refused_endpoint = PIKA_NOBODY;
	pika_tcp_clock_clear(tcb, PIKA_CLOCK_CLAIM);
	pika_ts_changed(s, tcb);
}

/**
 * pika_ts_claim_clock() - nobody has claimed the flow in time
 * @s: its server
 * @tcb: the flow
 *
 * The CM hears of it; the offer stands until the CM makes another. As long as
 * the acceptor has not been told, for want of room, it is not late: it would be
 * dropped from the CM's list without ever hearing of it.
 */
void pika_ts_claim_clock(struct pika_server *s, struct pika_tcb *tcb)
{
	if (tcb->tell & PIKA_TELL_OFFER) {
		pika_tcp_clock_set(s, tcb, PIKA_CLOCK_CLAIM, 1);
		return;
	}
	s->ts->stats.claim_timeouts++;
	tcb->tell |= PIKA_TELL_TIMEOUT;
	pika_ts_changed(s, tcb);
}

/**
 * pika_ts_accept_init() - take the messages of this file
 * @s: a server that is set up
 */
void pika_ts_accept_init(struct pika_server *s)
{
	s->handlers[PIKA_MSG_ADMIT] = on_admit;
	s->handlers[PIKA_MSG_ASSIGN] = on_assign;
	s->handlers[PIKA_MSG_CLAIM_CONNECTION] = on_claim_connection;
}
