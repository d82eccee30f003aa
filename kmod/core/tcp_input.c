// SPDX-License-Identifier: GPL-2.0-only
/*
 * A segment arrives: RFC 9293 3.10.7, in its order, with RFC 7323's and RFC
 * 5961's checks where they belong. What most segments are is recognised first
 * and goes a shorter way with the same result. Runs on its server's core only.
 */

#include "drop.h"
#include "tcp_sack.h"

/* As long as the second lasts there is a budget, not the same for everyone. */
static bool may_challenge(struct pika_server *s)
{
	struct pika_ts *ts = s->ts;
	u32 second = s->now_ms / 1000;

	if (second != ts->challenge_s) {
		ts->challenge_s = second;
		ts->challenges = PIKA_CHALLENGES / 2 +
			s->env->ops->random(s->env) % PIKA_CHALLENGES;
	}
	if (!ts->challenges)
		return false;
	ts->challenges--;
	return true;
}

/**
 * pika_tcp_challenge() - let the peer prove that it knows the flow
 * @s: the flow's server
 * @tcb: the flow
 *
 * An ACK, limited in number for the whole server (RFC 5961 3, 4, 5, 7).
 */
void pika_tcp_challenge(struct pika_server *s, struct pika_tcb *tcb)
{
	if (!may_challenge(s)) {
		s->ts->stats.challenges_limited++;
		return;
	}
	s->ts->stats.challenges++;
	pika_tcp_send_ack(s, tcb);
}

static u32 segment_len(const struct pika_segment *seg)
{
	return seg->bytes + !!(seg->flags & PIKA_TCP_SYN) +
	       !!(seg->flags & PIKA_TCP_FIN);
}

/*
 * RFC 7323 5.3 R1. A segment without the option is let through, as Linux does;
 * one that is old only because the clock has wrapped is not old (5.5).
 */
static bool is_old(const struct pika_server *s, const struct pika_tcb *tcb,
		   const struct pika_arrival *in)
{
	return tcb->flags & PIKA_TCB_TIMESTAMPS &&
	       in->options.present & PIKA_OPTION_TIMESTAMP &&
	       !(in->seg->flags & PIKA_TCP_RST) &&
	       pika_seq_before(in->options.ts_value, tcb->ts_recent) &&
	       s->now_ms - tcb->ts_recent_ms < PIKA_PAWS_IDLE;
}

/* RFC 7323 4.3 (2). That of a reset has passed no test: 5.2. */
static void remember_timestamp(const struct pika_server *s,
			       struct pika_tcb *tcb,
			       const struct pika_arrival *in)
{
	if (!(tcb->flags & PIKA_TCB_TIMESTAMPS) ||
	    !(in->options.present & PIKA_OPTION_TIMESTAMP) ||
	    in->seg->flags & PIKA_TCP_RST ||
	    pika_seq_after(in->seg->seq, tcb->last_ack))
		return;
	tcb->ts_recent = in->options.ts_value;
	tcb->ts_recent_ms = s->now_ms;
}

static bool in_window(const struct pika_tcb *tcb, u32 seq)
{
	return seq - tcb->rcv_nxt < tcb->rcv_edge - tcb->rcv_nxt;
}

/*
 * The table of RFC 9293 3.10.7.4, first. With a window of zero the segment that
 * would come next is let through too: its ACK counts, its payload is cut off.
 */
static bool is_acceptable(const struct pika_tcb *tcb,
			  const struct pika_segment *seg)
{
	u32 len = segment_len(seg);

	if (seg->seq == tcb->rcv_nxt || in_window(tcb, seg->seq))
		return true;
	return len && in_window(tcb, seg->seq + len - 1);
}

static bool is_sent_twice(const struct pika_tcb *tcb,
			  const struct pika_segment *seg)
{
	return seg->bytes && pika_seq_before(seg->seq, tcb->rcv_nxt) &&
	       !pika_seq_after(seg->seq + seg->bytes, tcb->rcv_nxt);
}

/*
 * What is not acceptable is answered: the peer may be out of step, or probing.
 * But two hosts must not answer each other's answers for ever.
 */
static void not_acceptable(struct pika_server *s, struct pika_tcb *tcb,
			   const struct pika_segment *seg)
{
	if (seg->flags & PIKA_TCP_RST)
		return;
	if (!segment_len(seg)) {
		if (tcb->oow_ms &&
		    s->now_ms - tcb->oow_ms < PIKA_OOW_INTERVAL)
			return;
		tcb->oow_ms = s->now_ms ?: 1;
	}
	if (tcb->state == PIKA_TCP_TIME_WAIT && seg->flags & PIKA_TCP_FIN)
		pika_tcp_time_wait(s, tcb);
	if (is_sent_twice(tcb, seg))
		pika_sack_twice(s, tcb, seg->seq, seg->seq + seg->bytes);
	pika_tcp_send_ack(s, tcb);
}

/* What Linux's users know. */
static u16 error_of_reset(const struct pika_tcb *tcb)
{
	u16 error = ECONNRESET;

	if (tcb->state == PIKA_TCP_SYN_RECEIVED)
		error = ECONNREFUSED;
	else if (tcb->state == PIKA_TCP_CLOSE_WAIT)
		error = EPIPE;
	return error;
}

/* RFC 5961 3.2: only one that hits the mark resets. */
static void reset_arrived(struct pika_server *s, struct pika_tcb *tcb,
			  const struct pika_segment *seg)
{
	if (seg->seq != tcb->rcv_nxt) {
		pika_tcp_challenge(s, tcb);
		return;
	}
	/* RFC 1337: a stray one does not end TIME_WAIT. */
	if (tcb->state == PIKA_TCP_TIME_WAIT) {
		pika_count_drop(s, &s->ts->stats.dropped_state);
		return;
	}
	s->ts->stats.resets_in++;
	pika_tcp_die(s, tcb, error_of_reset(tcb));
}

/*
 * The peer's SYN again: it has not seen our answer. With an ACK it is the other
 * half of a simultaneous open (RFC 9293 3.5) and counts.
 */
static bool syn_again(struct pika_tcb *tcb, struct pika_segment *seg)
{
	if (tcb->state != PIKA_TCP_SYN_RECEIVED ||
	    !(seg->flags & PIKA_TCP_SYN) || seg->seq + 1 != tcb->rcv_nxt)
		return false;
	if (!(seg->flags & PIKA_TCP_ACK)) {
		tcb->flags |= PIKA_TCB_ACK_NOW;
		return true;
	}
	seg->seq++;
	seg->flags &= ~PIKA_TCP_SYN;
	return false;
}

/* A sign of life: not any stray with the right addresses is one. */
static void heard(const struct pika_server *s, struct pika_tcb *tcb)
{
	tcb->heard_ms = s->now_ms;
	tcb->keep_probes = 0;
}

/* First to fourth. Returns false if the segment ends here. */
static bool check(struct pika_server *s, struct pika_tcb *tcb,
		  struct pika_arrival *in)
{
	struct pika_segment *seg = in->seg;

	if (is_old(s, tcb, in)) {
		pika_count_drop(s, &s->ts->stats.dropped_paws);
		not_acceptable(s, tcb, seg);
		return false;
	}
	if (syn_again(tcb, seg))
		return false;
	if (!is_acceptable(tcb, seg)) {
		pika_count_drop(s, &s->ts->stats.dropped_window);
		not_acceptable(s, tcb, seg);
		return false;
	}
	heard(s, tcb);
	remember_timestamp(s, tcb, in);
	if (seg->flags & PIKA_TCP_RST) {
		reset_arrived(s, tcb, seg);
		return false;
	}
	if (seg->flags & PIKA_TCP_SYN) {
		pika_tcp_challenge(s, tcb);
		return false;
	}
	if (!(seg->flags & PIKA_TCP_ACK))
		pika_count_drop(s, &s->ts->stats.dropped_state);
	return seg->flags & PIKA_TCP_ACK;
}

/*
 * Fifth, in SYN_RECEIVED. @shift: of the window; none in a SYN-ACK (RFC 7323
 * 2.2). Returns false if the segment ends here.
 */
static bool finish_handshake(struct pika_server *s, struct pika_tcb *tcb,
			     const struct pika_arrival *in, u8 shift)
{
	const struct pika_segment *seg = in->seg;

	if (!pika_seq_after(seg->ack, tcb->snd_una) ||
	    pika_seq_after(seg->ack, tcb->snd_max)) {
		pika_count_drop(s, &s->ts->stats.dropped_ack);
		pika_tcp_send_reset(s, tcb, seg->ack, 0);
		return false;
	}
	tcb->snd_una = seg->ack;
	tcb->snd_wnd = (u32)seg->window << shift;
	tcb->snd_wnd_max = tcb->snd_wnd;
	tcb->snd_wl1 = seg->seq;
	tcb->snd_wl2 = seg->ack;
	pika_tcp_rtt_acked(s, tcb, &in->options);
	pika_tcp_established(s, tcb);
	return true;
}

static bool takes_text(const struct pika_tcb *tcb)
{
	return tcb->state >= PIKA_TCP_ESTABLISHED &&
	       tcb->state <= PIKA_TCP_FIN_WAIT_2;
}

/* Sixth to eighth. */
static void urgent_text_fin(struct pika_server *s, struct pika_tcb *tcb,
			    struct pika_arrival *in)
{
	if (!takes_text(tcb)) {
		if (segment_len(in->seg))
			pika_count_drop(s, &s->ts->stats.dropped_state);
		return;
	}
	if (unlikely(in->seg->flags & PIKA_TCP_URG))
		pika_tcp_urgent(s, tcb, in->seg);
	if (segment_len(in->seg))
		pika_tcp_text(s, tcb, in);
}

static __pika_apart void process(struct pika_server *s, struct pika_tcb *tcb,
				 struct pika_arrival *in)
{
	/* Before check() takes the SYN off. */
	u8 shift = in->seg->flags & PIKA_TCP_SYN ? 0 : tcb->snd_shift;

	if (tcb->state == PIKA_TCP_SYN_SENT) {
		if (pika_tcp_syn_sent(s, tcb, in))
			urgent_text_fin(s, tcb, in);
		return;
	}
	if (!check(s, tcb, in))
		return;
	if (tcb->state == PIKA_TCP_SYN_RECEIVED) {
		if (!finish_handshake(s, tcb, in, shift))
			return;
	} else if (!pika_tcp_ack(s, tcb, in)) {
		return;
	}
	urgent_text_fin(s, tcb, in);
}

/*
 * Header prediction (Van Jacobson): in sequence, nothing but ACK and perhaps
 * PSH and FIN, not old, within the window. For such a segment the first four
 * steps have nothing to say.
 */
static inline bool is_predicted(const struct pika_tcb *tcb,
				const struct pika_arrival *in)
{
	const struct pika_segment *seg = in->seg;

	return tcb->state >= PIKA_TCP_ESTABLISHED &&
	       (seg->flags & ~(PIKA_TCP_PSH | PIKA_TCP_FIN)) == PIKA_TCP_ACK &&
	       seg->seq == tcb->rcv_nxt &&
	       seg->bytes <= tcb->rcv_edge - tcb->rcv_nxt &&
	       (!(tcb->flags & PIKA_TCB_TIMESTAMPS) ||
		(in->options.present & PIKA_OPTION_TIMESTAMP &&
		 !pika_seq_before(in->options.ts_value, tcb->ts_recent)));
}

/* A request: the fifth step has only a window to look at. */
static inline bool acks_nothing(const struct pika_tcb *tcb,
				const struct pika_arrival *in)
{
	return in->seg->ack == tcb->snd_una && in->seg->bytes &&
	       tcb->board == PIKA_POOL_NONE &&
	       !(in->options.present & PIKA_OPTION_SACK) &&
	       !pika_tcp_has_unsent(tcb);
}

static __always_inline void process_predicted(struct pika_server *s,
					      struct pika_tcb *tcb,
					      struct pika_arrival *in)
{
	s->ts->stats.segments_predicted++;
	heard(s, tcb);
	if (tcb->flags & PIKA_TCB_TIMESTAMPS &&
	    !pika_seq_after(in->seg->seq, tcb->last_ack)) {
		tcb->ts_recent = in->options.ts_value;
		tcb->ts_recent_ms = s->now_ms;
	}
	if (acks_nothing(tcb, in)) {
		pika_tcp_still_there(tcb);
		pika_tcp_window(tcb, in->seg);
	} else if (!pika_tcp_ack(s, tcb, in)) {
		return;
	}
	if (!segment_len(in->seg))
		return;
	if (likely(takes_text(tcb)))
		pika_tcp_text(s, tcb, in);
	else
		pika_count_drop(s, &s->ts->stats.dropped_state);
}

static __always_inline void input(struct pika_server *s, struct pika_tcb *tcb,
				  struct pika_packet *pkt,
				  struct pika_segment *seg)
{
	struct pika_arrival in;

	in.pkt = pkt;
	in.seg = seg;
	in.kept = false;
	pika_options_read(pkt->data + seg->options, seg->options_len,
			  &in.options);
	s->ts->stats.segments_in++;
	if (likely(is_predicted(tcb, &in)))
		process_predicted(s, tcb, &in);
	else
		process(s, tcb, &in);
	if (!in.kept)
		s->env->ops->free_packet(s->env, pkt);
	if (tcb->flags & (PIKA_TCB_OUTPUT | PIKA_TCB_ACK_NOW))
		pika_ts_changed(s, tcb);
}

/**
 * pika_tcp_input() - a segment has arrived for a flow
 * @s: the flow's server
 * @tcb: the flow, not CLOSED
 * @pkt: the segment; goes back to the shell, or on to the application
 * @seg: its headers, not needed by the caller any more
 */
void pika_tcp_input(struct pika_server *s, struct pika_tcb *tcb,
		    struct pika_packet *pkt, struct pika_segment *seg)
{
	input(s, tcb, pkt, seg);
}

static __pika_apart void not_ours(struct pika_server *s,
				  struct pika_packet *pkt,
				  const struct pika_segment *seg)
{
	if (!seg) {
		pika_drop(s, pkt, &s->ts->stats.dropped_malformed);
		return;
	}
	s->ts->stats.no_flow++;
	s->env->ops->pass(s->env, pkt);
}

/* The LS has read the headers, if it is in another server not for us. */
static __pika_apart void on_far_segment(struct pika_server *s,
					struct pika_packet *pkt)
{
	struct pika_tcb *tcb = NULL;
	struct pika_segment seg;

	if (pika_packet_parse(pkt, &seg) != PIKA_PARSE_OK) {
		not_ours(s, pkt, NULL);
		return;
	}
	tcb = pika_ts_lookup(s, &seg.key, pika_ts_hash(s, &seg.key));
	if (tcb)
		pika_tcp_input(s, tcb, pkt, &seg);
	else
		not_ours(s, pkt, &seg);
}

static void on_segment(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_packet *pkt = msg->packet.packet;
	struct pika_segment *seg = s->segment;
	struct pika_tcb *tcb;

	if (unlikely(s->parsed != pkt)) {
		on_far_segment(s, pkt);
		return;
	}
	tcb = pika_ts_lookup(s, &seg->key, seg->hash);
	if (likely(tcb))
		input(s, tcb, pkt, seg);
	else
		not_ours(s, pkt, seg);
}

/**
 * pika_ts_input_init() - take the messages of this file
 * @s: a server that is set up
 */
void pika_ts_input_init(struct pika_server *s)
{
	s->handlers[PIKA_MSG_SEGMENT] = on_segment;
}
