// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a flow begins: actively, passively, or both at once (RFC 9293 3.5), and
 * what its two ends agree on. Runs on its server's core only.
 */

#include "drop.h"
#include "tcp.h"

static void set_iss(struct pika_tcb *tcb, u32 iss)
{
	tcb->snd_una = iss;
	tcb->snd_nxt = iss;
	tcb->snd_max = iss;
	tcb->snd_end = iss + 1;
}

/* What both ways of opening have in common. */
static void begin(struct pika_server *s, struct pika_tcb *tcb)
{
	set_iss(tcb, pika_isn(&s->ts->isn_secret, &tcb->key, s->now_ns,
			      &tcb->ts_offset));
	tcb->heard_ms = s->now_ms;
	tcb->rcv_shift = s->ts->rcv_shift;
	tcb->mss = pika_tcp_link_mss(s, tcb);
}

/* An option is in use if it was in both SYNs. */
static void agree_on_options(struct pika_server *s, struct pika_tcb *tcb,
			     const struct pika_tcp_options *options)
{
	if (options->present & PIKA_OPTION_TIMESTAMP) {
		tcb->ts_recent = options->ts_value;
		tcb->ts_recent_ms = s->now_ms;
	} else {
		tcb->flags &= ~PIKA_TCB_TIMESTAMPS;
	}
	if (options->present & PIKA_OPTION_WINDOW_SCALE) {
		tcb->snd_shift = options->window_scale;
	} else {
		tcb->flags &= ~PIKA_TCB_SCALED;
		tcb->rcv_shift = 0;
	}
	if (!(options->present & PIKA_OPTION_SACK_PERMITTED))
		tcb->flags &= ~PIKA_TCB_SACK;
}

/* RFC 9293 3.7.1; the timestamp takes its room from the payload (RFC 6691). */
static void agree_on_mss(struct pika_tcb *tcb,
			 const struct pika_tcp_options *options)
{
	u16 theirs = pika_addr_is_v4(&tcb->key.local) ?
		PIKA_MSS_DEFAULT_V4 : PIKA_MSS_DEFAULT_V6;

	if (options->present & PIKA_OPTION_MSS)
		theirs = max_t(u16, options->mss, PIKA_MSS_LEAST);
	tcb->mss = min(tcb->mss, theirs);
	if (tcb->flags & PIKA_TCB_TIMESTAMPS)
		tcb->mss -= PIKA_OPTIONS_TIMESTAMP;
}

/* The peer's SYN: where its bytes begin, and what it can do. */
static void take_syn(struct pika_server *s, struct pika_tcb *tcb,
		     const struct pika_segment *seg,
		     const struct pika_tcp_options *options)
{
	agree_on_options(s, tcb, options);
	agree_on_mss(tcb, options);
	tcb->rcv_nxt = seg->seq + 1;
	tcb->rcv_edge = tcb->rcv_nxt;
	tcb->last_ack = tcb->rcv_nxt;
	tcb->snd_wnd = seg->window;	/* never scaled in a SYN */
	tcb->snd_wnd_max = tcb->snd_wnd;
	tcb->snd_wl1 = seg->seq;
	tcb->snd_wl2 = seg->ack;
}

/**
 * pika_tcp_open() - begin to connect
 * @s: the flow's server
 * @tcb: a new one
 */
void pika_tcp_open(struct pika_server *s, struct pika_tcb *tcb)
{
	begin(s, tcb);
	tcb->flags |= PIKA_TCB_TIMESTAMPS | PIKA_TCB_SCALED | PIKA_TCB_SACK |
		      PIKA_TCB_OUTPUT;
	tcb->state = PIKA_TCP_SYN_SENT;
	pika_ts_changed(s, tcb);
}

/**
 * pika_tcp_listen() - a SYN for a listener (RFC 9293 3.10.7.2)
 * @s: the flow's server
 * @tcb: a new one
 * @pkt: the SYN; freed. Payload that it has will be sent again.
 * @seg: its headers
 */
void pika_tcp_listen(struct pika_server *s, struct pika_tcb *tcb,
		     struct pika_packet *pkt, const struct pika_segment *seg)
{
	struct pika_tcp_options options;

	pika_options_parse(pkt->data + seg->options, seg->options_len,
			   &options);
	begin(s, tcb);
	tcb->flags |= PIKA_TCB_TIMESTAMPS | PIKA_TCB_SCALED | PIKA_TCB_SACK |
		      PIKA_TCB_OUTPUT;
	take_syn(s, tcb, seg, &options);
	tcb->state = PIKA_TCP_SYN_RECEIVED;
	pika_ts_changed(s, tcb);
	s->env->ops->free_packet(s->env, pkt);
}

/**
 * pika_tcp_begin_beyond() - the flow takes the place of one in TIME_WAIT
 * @tcb: the flow; its SYN has not been sent
 * @used: that one's SND.NXT
 *
 * A fast flow uses numbers faster than the clock of pika_isn() passes. So that
 * nothing old can be taken for new, this one begins beyond (RFC 9293 3.6.1), at
 * least a window without scaling away, as in Linux.
 */
void pika_tcp_begin_beyond(struct pika_tcb *tcb, u32 used)
{
	if (!pika_seq_after(tcb->snd_una, used))
		set_iss(tcb, used + 0x10001);
}

/**
 * pika_tcp_established() - the handshake is done
 * @s: the flow's server
 * @tcb: the flow, SND.UNA set
 */
void pika_tcp_established(struct pika_server *s, struct pika_tcb *tcb)
{
	s->ts->stats.established++;
	tcb->state = PIKA_TCP_ESTABLISHED;
	tcb->heard_ms = s->now_ms;
	tcb->flags |= PIKA_TCB_AGREED;
	if (pika_tcp_has_unsent(tcb))
		tcb->flags |= PIKA_TCB_OUTPUT;
	tcb->backoff = 0;
	tcb->retries = 0;
	tcb->snd_small = tcb->snd_una;
	if (!tcb->srtt_us && tcb->syn_retries)
		tcb->rto_ms = PIKA_RTO_AFTER_SYN;
	pika_tcp_clock_clear(tcb, PIKA_CLOCK_RETRANSMIT);
	pika_tcp_congestion_init(tcb);
	if (tcb->flags & PIKA_TCB_FIN)
		tcb->state = PIKA_TCP_FIN_WAIT_1;
	if (tcb->flags & PIKA_TCB_PASSIVE) {
		tcb->tell |= PIKA_TELL_ESTABLISHED;
		pika_ts_changed(s, tcb);
	} else {
		tcb->update |= PIKA_UPDATE_CONNECTED;
		pika_ts_update(s, tcb);
	}
}

/* First and second: is its ACK ours, and is it a reset? */
static bool answers_our_syn(struct pika_server *s, struct pika_tcb *tcb,
			    const struct pika_segment *seg)
{
	if (!(seg->flags & PIKA_TCP_ACK)) {
		if (seg->flags & PIKA_TCP_RST)
			pika_count_drop(s, &s->ts->stats.dropped_state);
		return !(seg->flags & PIKA_TCP_RST);
	}
	if (seg->ack != tcb->snd_max || seg->ack == tcb->snd_una) {
		pika_count_drop(s, &s->ts->stats.dropped_ack);
		if (!(seg->flags & PIKA_TCP_RST))
			pika_tcp_send_reset(s, tcb, seg->ack, 0);
		return false;
	}
	if (!(seg->flags & PIKA_TCP_RST))
		return true;
	s->ts->stats.resets_in++;
	pika_tcp_die(s, tcb, ECONNREFUSED);
	return false;
}

/**
 * pika_tcp_syn_sent() - a segment for a flow in SYN_SENT (RFC 9293 3.10.7.3)
 * @s: the flow's server
 * @tcb: the flow
 * @in: the segment; its SYN is taken off
 *
 * Return: true if the flow is established and the segment may have data.
 */
bool pika_tcp_syn_sent(struct pika_server *s, struct pika_tcb *tcb,
		       struct pika_arrival *in)
{
	struct pika_segment *seg = in->seg;

	if (!answers_our_syn(s, tcb, seg))
		return false;
	if (!(seg->flags & PIKA_TCP_SYN)) {
		pika_count_drop(s, &s->ts->stats.dropped_state);
		return false;
	}
	take_syn(s, tcb, seg, &in->options);
	tcb->flags |= PIKA_TCB_ACK_NOW;
	if (!(seg->flags & PIKA_TCP_ACK)) {
		tcb->state = PIKA_TCP_SYN_RECEIVED;
		tcb->backoff = 0;
		tcb->retries = 0;
		return false;
	}
	tcb->snd_una = seg->ack;
	pika_tcp_rtt_acked(s, tcb, &in->options);
	pika_tcp_established(s, tcb);
	seg->seq++;
	seg->flags &= ~PIKA_TCP_SYN;
	return true;
}
