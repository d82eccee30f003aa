// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket calls as messages of an endpoint (paper 4.2). Each names a flow that
 * this endpoint owns; one for a flow that is gone is counted and ignored, as
 * the application may not yet have heard. Runs on its server's core only.
 */

#include "tcp.h"

/* The flow of a message, if whoever sent that owns it. */
static inline struct pika_tcb *own_flow(struct pika_server *s,
					const struct pika_msg *msg)
{
	struct pika_tcb *tcb = pika_ts_find(s, msg->flow);

	if (!tcb || !(tcb->flags & PIKA_TCB_OWNED) ||
	    tcb->endpoint != msg->from)
		return NULL;
	return tcb;
}

/* Likewise, and has not closed. */
static inline struct pika_tcb *owned_flow(struct pika_server *s,
					  const struct pika_msg *msg)
{
	struct pika_tcb *tcb = own_flow(s, msg);

	return tcb && !(tcb->flags & PIKA_TCB_CLOSED) ? tcb : NULL;
}

static bool may_send(const struct pika_tcb *tcb)
{
	if (tcb->flags & PIKA_TCB_FIN)
		return false;
	return tcb->state == PIKA_TCP_ESTABLISHED ||
	       tcb->state == PIKA_TCP_CLOSE_WAIT ||
	       tcb->state == PIKA_TCP_SYN_SENT ||
	       tcb->state == PIKA_TCP_SYN_RECEIVED;
}

/* Short payload is in the message itself; what is longer has a buffer. */
static bool is_malformed(const struct pika_msg_send *send)
{
	return !send->len || (send->len > PIKA_MSG_INLINE && !send->buffer);
}

/* A SYN has a sequence number, but no byte. */
static bool overruns(const struct pika_server *s, const struct pika_tcb *tcb,
		     const struct pika_msg_send *send)
{
	bool syn = tcb->state < PIKA_TCP_ESTABLISHED;
	u32 queued = tcb->snd_end - tcb->snd_una - syn;

	return send->len > s->ts->config.send_buffer -
		min(queued, s->ts->config.send_buffer);
}

static void queue(struct pika_server *s, struct pika_tcb *tcb,
		  const struct pika_msg_send *send)
{
	if (!pika_tcp_queue_add(s, tcb, send)) {
		s->ts->stats.no_chunk++;
		pika_tcp_abort(s, tcb, ENOBUFS);
		return;
	}
	tcb->flags &= ~PIKA_TCB_MORE;
	if (send->flags & PIKA_SEND_MORE)
		tcb->flags |= PIKA_TCB_MORE;
	if (send->flags & PIKA_SEND_URGENT) {
		tcb->snd_up = tcb->snd_end;
		tcb->flags |= PIKA_TCB_URGENT_OUT;
	}
	tcb->flags |= PIKA_TCB_OUTPUT;
	pika_ts_changed(s, tcb);
}

static void on_send(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_tcb *tcb = owned_flow(s, msg);

	if (!tcb || !may_send(tcb)) {
		s->ts->stats.send_closed++;
		return;
	}
	if (is_malformed(&msg->send)) {
		s->ts->stats.send_malformed++;
		pika_tcp_abort(s, tcb, EINVAL);
	} else if (overruns(s, tcb, &msg->send)) {
		s->ts->stats.send_overrun++;
		pika_tcp_abort(s, tcb, ENOBUFS);
	} else {
		queue(s, tcb, &msg->send);
	}
}

static void has_read(struct pika_tcb *tcb, u32 bytes)
{
	tcb->unread -= min(bytes, tcb->unread);
}

/*
 * The window is told anew if that moves its edge by two segments or half the
 * buffer (RFC 9293 3.8.6.2.2).
 */
static void tell_window(struct pika_server *s, struct pika_tcb *tcb)
{
	u32 told, room;

	if (tcb->state < PIKA_TCP_ESTABLISHED ||
	    tcb->state > PIKA_TCP_FIN_WAIT_2)
		return;
	told = tcb->rcv_edge - tcb->rcv_nxt;
	room = pika_tcp_receive_room(tcb);
	if (room < told + min_t(u32, 2 * tcb->mss, tcb->rcv_memory_most / 4))
		return;
	tcb->flags |= PIKA_TCB_ACK_NOW;
	pika_ts_changed(s, tcb);
}

static void on_received(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_tcb *tcb = owned_flow(s, msg);

	if (!tcb)
		return;
	has_read(tcb, msg->received.bytes);
	tcb->rcv_memory -= min(msg->received.truesize, tcb->rcv_memory);
	tell_window(s, tcb);
}

static void on_shutdown(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_tcb *tcb = owned_flow(s, msg);

	if (tcb)
		pika_tcp_finish(s, tcb);
}

static void linger(struct pika_server *s, struct pika_tcb *tcb, u32 linger_ms)
{
	if (!linger_ms || tcb->state == PIKA_TCP_CLOSED ||
	    pika_tcp_fin_acked(tcb))
		return;
	tcb->flags |= PIKA_TCB_LINGER;
	pika_tcp_clock_set(s, tcb, PIKA_CLOCK_LIFE, linger_ms);
}

/* What is still to be sent, or acknowledged, is not waited for any more. */
static void reset_closed(struct pika_server *s, struct pika_tcb *tcb)
{
	pika_tcp_abort(s, tcb, 0);
	pika_ts_check_gone(s, tcb);
	pika_ts_changed(s, tcb);
}

/*
 * What the program has not read, and will not, must not seem to have been taken
 * by it: a reset tells the peer (RFC 2525 2.17).
 */
static void close(struct pika_server *s, struct pika_tcb *tcb,
		  const struct pika_msg_close *how)
{
	has_read(tcb, how->received);
	tcb->flags |= PIKA_TCB_CLOSED;
	tcb->flags &= ~(PIKA_TCB_CORK | PIKA_TCB_MORE);
	if (tcb->state == PIKA_TCP_CLOSED) {
		/* It has died before. */
	} else if (how->flags & PIKA_CLOSE_RESET) {
		pika_tcp_abort(s, tcb, 0);
	} else if (tcb->unread) {
		s->ts->stats.aborted_unread++;
		pika_tcp_abort(s, tcb, 0);
	} else {
		pika_tcp_finish(s, tcb);
		linger(s, tcb, how->linger_ms);
	}
	pika_ts_closed(s, tcb);
	if (how->flags & PIKA_CLOSE_FORGET)
		pika_ts_forget_owner(s, tcb);
	pika_ts_check_gone(s, tcb);
	pika_ts_changed(s, tcb);
}

static void on_close(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_tcb *tcb = own_flow(s, msg);

	if (!tcb)
		return;
	if (!(tcb->flags & PIKA_TCB_CLOSED))
		close(s, tcb, &msg->close);
	else if (msg->close.flags & PIKA_CLOSE_RESET)
		reset_closed(s, tcb);
}

static void refuse_connect(struct pika_server *s,
			   const struct pika_msg *connect, u16 error)
{
	u16 to = connect->from;
	struct pika_msg msg = {
		.type = PIKA_MSG_UPDATE,
		.flow = PIKA_HANDLE_NONE,
		.update.socket = connect->connect.socket,
		.update.error = error,
		.update.flags = PIKA_UPDATE_GONE,
	};

	s->ts->stats.connect_failed++;
	pika_send(s, to, &msg);
}

/*
 * As Linux's tcp_tw_reuse: a second after the last segment the timestamps show
 * whatever is left of the old flow as old (RFC 6191 and 7323).
 */
static bool may_reuse(const struct pika_server *s, const struct pika_tcb *tcb)
{
	return tcb->state == PIKA_TCP_TIME_WAIT && tcb->flags & PIKA_TCB_GONE &&
	       tcb->flags & PIKA_TCB_TIMESTAMPS &&
	       s->now_ms - tcb->heard_ms > 1000;
}

/*
 * The first UPDATE says no more than the handle, at once, so that the socket
 * can be closed while it connects. A TIME_WAIT that nobody owns makes way.
 */
static void on_connect(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_flow_key key = {
		.local = msg->connect.local,
		.remote = msg->connect.remote,
		.local_port = msg->connect.local_port,
		.remote_port = msg->connect.remote_port,
	};
	u32 hash = pika_ts_hash(s, &key);
	struct pika_tcb *tcb;
	u32 used = 0;
	bool reused;

	if (pika_ts_holds(s, msg->from))
		return;
	tcb = pika_ts_lookup(s, &key, hash);
	reused = tcb && may_reuse(s, tcb);
	if (reused) {
		s->ts->stats.time_wait_reused++;
		used = tcb->snd_max;
		pika_tcp_die(s, tcb, 0);
	} else if (tcb || !key.local_port) {
		refuse_connect(s, msg, EADDRINUSE);
		return;
	}
	tcb = pika_ts_take(s, &key, hash);
	if (!tcb) {
		s->ts->stats.no_tcb++;
		refuse_connect(s, msg, ENOBUFS);
		return;
	}
	tcb->flags |= PIKA_TCB_OWNED;
	tcb->endpoint = msg->from;
	tcb->socket = msg->connect.socket;
	s->ts->stats.active_opens++;
	pika_ts_update(s, tcb);
	pika_tcp_open(s, tcb);
	if (reused)
		pika_tcp_begin_beyond(tcb, used);
}

static void set_flag(struct pika_tcb *tcb, u32 flag, u32 value)
{
	tcb->flags &= ~flag;
	if (value)
		tcb->flags |= flag;
}

/* Else a flow would have its server look at it in each tick. 0: by default. */
static u32 keep_time(u32 ms)
{
	return ms ? max_t(u32, ms, PIKA_KEEP_LEAST) : 0;
}

static bool set_time(struct pika_tcb *tcb, const struct pika_msg_option *option)
{
	switch (option->option) {
	case PIKA_SET_KEEP_IDLE:
		tcb->keep_idle_ms = keep_time(option->value);
		return true;
	case PIKA_SET_KEEP_INTERVAL:
		tcb->keep_interval_ms = keep_time(option->value);
		return true;
	case PIKA_SET_USER_TIMEOUT:
		tcb->user_timeout_ms = option->value;
		return true;
	default:
		return false;
	}
}

static bool set_flags(struct pika_tcb *tcb,
		      const struct pika_msg_option *option)
{
	switch (option->option) {
	case PIKA_SET_NODELAY:
		set_flag(tcb, PIKA_TCB_NODELAY, option->value);
		/* What CORK holds goes, too: tcp(7). */
		if (option->value)
			tcb->flags |= PIKA_TCB_PUSH;
		return true;
	case PIKA_SET_CORK:
		set_flag(tcb, PIKA_TCB_CORK, option->value);
		return true;
	case PIKA_SET_QUICKACK:
		set_flag(tcb, PIKA_TCB_QUICKACK, option->value);
		if (tcb->flags & PIKA_TCB_ACK_DELAYED)
			tcb->flags |= PIKA_TCB_ACK_NOW;
		return true;
	case PIKA_SET_KEEPALIVE:
		set_flag(tcb, PIKA_TCB_KEEPALIVE, option->value);
		return true;
	default:
		return false;
	}
}

/* What was promised stays so: a smaller buffer only gives no more. */
static bool set_buffer(struct pika_server *s, struct pika_tcb *tcb,
		       const struct pika_msg_option *option)
{
	if (option->option != PIKA_SET_RECEIVE_BUFFER)
		return false;
	tcb->rcv_memory_most = max(option->value, PIKA_RECEIVE_LEAST);
	tell_window(s, tcb);
	return true;
}

static bool set_value(struct pika_tcb *tcb,
		      const struct pika_msg_option *option)
{
	switch (option->option) {
	case PIKA_SET_KEEP_COUNT:
		tcb->keep_count = min(option->value, 127u);
		return true;
	case PIKA_SET_MSS:
		tcb->mss = min_t(u32, tcb->mss,
				 max_t(u32, option->value, PIKA_MSS_LEAST));
		return true;
	case PIKA_SET_TOS:
		tcb->tos = option->value;
		return true;
	case PIKA_SET_TTL:
		tcb->ttl = option->value;
		return true;
	default:
		return false;
	}
}

/* What is held back, and when probes go, may be different now. */
static void on_option(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_tcb *tcb = owned_flow(s, msg);
	const struct pika_msg_option *option = &msg->option;

	if (!tcb)
		return;
	if (!set_flags(tcb, option) && !set_time(tcb, option) &&
	    !set_value(tcb, option) && !set_buffer(s, tcb, option)) {
		s->ts->stats.unknown_option++;
		return;
	}
	if (tcb->state == PIKA_TCP_CLOSED)
		return;
	if (tcb->flags & PIKA_TCB_KEEPALIVE)
		pika_tcp_clock_set(s, tcb, PIKA_CLOCK_KEEP,
				   tcb->keep_idle_ms ?: PIKA_KEEP_IDLE);
	else
		pika_tcp_clock_clear(tcb, PIKA_CLOCK_KEEP);
	tcb->flags |= PIKA_TCB_OUTPUT;
	pika_ts_changed(s, tcb);
}

/**
 * pika_ts_socket_init() - take the messages of this file
 * @s: a server that is set up
 */
void pika_ts_socket_init(struct pika_server *s)
{
	s->handlers[PIKA_MSG_SEND] = on_send;
	s->handlers[PIKA_MSG_RECEIVED] = on_received;
	s->handlers[PIKA_MSG_SHUTDOWN] = on_shutdown;
	s->handlers[PIKA_MSG_CLOSE] = on_close;
	s->handlers[PIKA_MSG_CONNECT] = on_connect;
	s->handlers[PIKA_MSG_OPTION] = on_option;
}
