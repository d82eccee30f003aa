// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a flow may send now, and sending it (RFC 9293 3.8; RFC 1122 4.2.3.4).
 * Called once for each flow that changed in a run, and by its clocks. Runs on
 * its server's core only.
 */

#include "tcp_sack.h"
#include "tcp_segment.h"

/*
 * How much may be in flight: SND.WND, cwnd, and RFC 3042's two segments. What
 * is sent again from the first byte on may go though the peer has taken its
 * window back (RFC 9293 3.8.6): what it says then is how we learn of a new one.
 */
static inline u32 usable_window(const struct pika_tcb *tcb)
{
	u32 limit = tcb->cwnd;
	u32 sent = tcb->snd_nxt - tcb->snd_una;
	u32 window = tcb->snd_wnd;

	if (!sent)
		window = max(window, pika_tcp_flight(tcb));

	if (tcb->duplicates && !(tcb->flags & PIKA_TCB_RECOVERY))
		limit += min_t(u32, tcb->duplicates, 2) * tcb->mss;
	limit = min(limit, window);
	return limit - min(limit, sent);
}

/*
 * Nagle's rule as Minshall softened it, and as Linux has it: one small segment
 * in flight at a time, whatever else is.
 */
static bool nagle_holds(const struct pika_tcb *tcb)
{
	return !(tcb->flags & PIKA_TCB_NODELAY) &&
	       pika_seq_after(tcb->snd_small, tcb->snd_una);
}

/*
 * May less than a full segment go? @all: it is all there is; else the window
 * cuts it, and SWS avoidance decides (RFC 9293 3.8.6.2.1).
 */
static bool small_may_go(const struct pika_tcb *tcb, u32 len, bool all)
{
	if (tcb->flags & PIKA_TCB_PUSH ||
	    pika_seq_before(tcb->snd_nxt, tcb->snd_max))
		return true;
	if (!all)
		return len >= tcb->snd_wnd_max / 2;
	if (tcb->flags & PIKA_TCB_FIN)
		return true;
	if (tcb->flags & (PIKA_TCB_CORK | PIKA_TCB_MORE))
		return false;
	return !nagle_holds(tcb);
}

/* More than a segment may go in one frame, that is cut on its way. */
static u32 frame_limit(const struct pika_server *s, const struct pika_tcb *tcb,
		       u32 len)
{
	u32 limit = s->ts->max_segments * tcb->mss;

	return min(len, limit);
}

/* With something missing other rules hold. */
static __pika_apart u32 sendable_lossy(const struct pika_server *s,
				       const struct pika_tcb *tcb, u32 unsent)
{
	u32 limit = pika_recovery_frame(s, tcb);
	u32 len = min(unsent, usable_window(tcb));

	if (tcb->board != PIKA_POOL_NONE)
		len = min(unsent, pika_recovery_room(s, tcb));
	return min(len, limit);
}

/* Most often they lie in one piece. */
static inline u32 fit(const struct pika_server *s,
		      const struct pika_place *place, u32 len)
{
	const struct pika_chunk *chunk = pika_pool_at(&s->ts->chunks,
						      place->chunk);

	return likely(chunk->len - place->skip >= len) ? len :
		pika_tcp_queue_fit(s, place, len);
}

/* How many bytes from the next place on may go in one frame now. */
static inline u32 sendable(const struct pika_server *s,
			   const struct pika_tcb *tcb, u32 unsent)
{
	u32 small;
	u32 len;

	if (unlikely(tcb->flags & PIKA_TCB_LOSSY))
		len = sendable_lossy(s, tcb, unsent);
	else
		len = min(unsent, usable_window(tcb));
	small = len;
	if (len >= tcb->mss) {
		len = frame_limit(s, tcb, len);
		small = len % tcb->mss;
	}
	if (small && !small_may_go(tcb, small, len == unsent))
		len -= small;
	return len ? fit(s, &tcb->next, len) : 0;
}

/* A segment of @len bytes from @place on. PSH says that the sender is done. */
static __always_inline bool
send_segment(struct pika_server *s, struct pika_tcb *tcb,
	     struct pika_place *place, u32 seq, u32 len, bool fin)
{
	u8 flags = PIKA_TCP_ACK;
	struct pika_frame *frame;

	if (len && seq + len == tcb->snd_end)
		flags |= PIKA_TCP_PSH;
	if (fin)
		flags |= PIKA_TCP_FIN;
	frame = pika_segment_build(s, tcb, seq, flags, false);
	if (unlikely(!frame))
		return false;
	if (len)
		pika_tcp_queue_gather(s, place, len, frame);
	if (len > tcb->mss)
		frame->segment_size = tcb->mss;
	if (unlikely(!pika_segment_transmit(s, tcb, frame)))
		return false;
	if (len && (len < tcb->mss || len % tcb->mss))
		tcb->snd_small = seq + len;
	tcb->sent_ms = s->now_ms;
	return true;
}

/* Something is in flight now, and was not before. */
static inline void start_clock(struct pika_server *s, struct pika_tcb *tcb)
{
	if (unlikely(tcb->flags & PIKA_TCB_PERSIST)) {
		tcb->backoff = 0;
		tcb->retries = 0;
	}
	tcb->flags &= ~(PIKA_TCB_PERSIST | PIKA_TCB_PROBE);
	if (unlikely(tcb->flags & PIKA_TCB_LOSSY))
		pika_probe_arm(s, tcb);
	else
		pika_tcp_clock_set(s, tcb, PIKA_CLOCK_RETRANSMIT,
				   pika_tcp_rto(tcb));
}

static inline void has_sent(struct pika_server *s, struct pika_tcb *tcb,
			    u32 len)
{
	u32 seq = tcb->snd_nxt;

	if (tcb->snd_max == tcb->snd_una && !(tcb->flags & PIKA_TCB_PERSIST))
		tcb->progress_ms = s->now_ms;
	tcb->snd_nxt = seq + len;
	if (likely(pika_seq_after(seq + len, tcb->snd_max))) {
		if (!(tcb->flags & PIKA_TCB_RTT) && seq == tcb->snd_max)
			pika_tcp_rtt_start(s, tcb, seq + len);
		tcb->snd_max = seq + len;
	} else {
		s->ts->stats.retransmits++;
	}
	if (!pika_tcp_clock_is_set(tcb, PIKA_CLOCK_RETRANSMIT) ||
	    tcb->flags & PIKA_TCB_PERSIST)
		start_clock(s, tcb);
	else if (unlikely(tcb->flags & PIKA_TCB_LOSSY))
		pika_probe_follow(s, tcb);
}

/* The next segment, if there is one that may go. */
static inline bool send_next(struct pika_server *s, struct pika_tcb *tcb)
{
	u32 unsent = tcb->snd_end - tcb->snd_nxt;
	struct pika_place place = tcb->next;
	u32 len = 0;
	bool fin;

	if (unsent)
		len = sendable(s, tcb, unsent);
	fin = tcb->flags & PIKA_TCB_FIN && len == unsent;
	if (!len && !fin)
		return false;
	if (!send_segment(s, tcb, &place, tcb->snd_nxt, len, fin))
		return false;
	tcb->next = place;
	has_sent(s, tcb, len + fin);
	return true;
}

/*
 * Data that may not go and nothing in flight whose ACK would bring us back: the
 * clock must (RFC 9293 3.8.6.1). So it ends what CORK holds up, too.
 */
static __pika_apart void arm_persist(struct pika_server *s,
				     struct pika_tcb *tcb)
{
	if (!pika_seq_before(tcb->snd_nxt, tcb->snd_end) ||
	    pika_tcp_clock_is_set(tcb, PIKA_CLOCK_RETRANSMIT))
		return;
	tcb->flags |= PIKA_TCB_PERSIST;
	tcb->backoff = 0;
	tcb->retries = 0;
	tcb->progress_ms = s->now_ms;
	pika_tcp_clock_set(s, tcb, PIKA_CLOCK_RETRANSMIT, pika_tcp_rto(tcb));
}

static inline void output_data(struct pika_server *s, struct pika_tcb *tcb)
{
	if (tcb->snd_max == tcb->snd_una &&
	    unlikely(s->now_ms - tcb->sent_ms > tcb->rto_ms))
		pika_tcp_congestion_idle(tcb);
	if (unlikely(tcb->flags & PIKA_TCB_LOSSY))
		pika_recovery_output(s, tcb);
	while (pika_tcp_has_unsent(tcb) && send_next(s, tcb))
		;
	if (unlikely(tcb->flags & PIKA_TCB_BLOCKED))
		return;
	tcb->flags &= ~PIKA_TCB_PUSH;
	if (unlikely(tcb->snd_nxt == tcb->snd_una))
		arm_persist(s, tcb);
}

/**
 * pika_tcp_output() - send what a flow may and must
 * @s: its server
 * @tcb: the flow
 */
void pika_tcp_output(struct pika_server *s, struct pika_tcb *tcb)
{
	bool has_data = tcb->flags & PIKA_TCB_OUTPUT;

	tcb->flags &= ~PIKA_TCB_OUTPUT;
	switch (tcb->state) {
	case PIKA_TCP_CLOSED:
		return;
	case PIKA_TCP_SYN_SENT:
	case PIKA_TCP_SYN_RECEIVED:
		if (tcb->snd_max == tcb->snd_una ||
		    tcb->flags & PIKA_TCB_ACK_NOW)
			pika_tcp_send_syn(s, tcb);
		return;
	case PIKA_TCP_FIN_WAIT_2:
	case PIKA_TCP_TIME_WAIT:
		break;
	default:
		if (has_data)
			output_data(s, tcb);
	}
	if (tcb->flags & PIKA_TCB_ACK_NOW &&
	    !(tcb->flags & PIKA_TCB_BLOCKED))
		pika_tcp_send_ack(s, tcb);
}

/* A segment without payload: ACKs, probes, resets. */
static bool send_empty(struct pika_server *s, struct pika_tcb *tcb, u32 seq,
		       u8 flags)
{
	struct pika_frame *frame = pika_tcp_frame(s, tcb, seq, flags);

	if (unlikely(!frame))
		return false;
	if (unlikely(tcb->board != PIKA_POOL_NONE) && flags == PIKA_TCP_ACK)
		pika_sack_write(s, tcb, frame);
	return pika_tcp_transmit(s, tcb, frame);
}

/**
 * pika_tcp_send_ack() - send an ACK without data
 * @s: the flow's server
 * @tcb: the flow
 *
 * Return: false if it has to wait, and is remembered.
 */
bool pika_tcp_send_ack(struct pika_server *s, struct pika_tcb *tcb)
{
	if (send_empty(s, tcb, tcb->snd_max, PIKA_TCP_ACK))
		return true;
	tcb->flags |= PIKA_TCB_ACK_NOW;
	return false;
}

/**
 * pika_tcp_send_probe() - make the peer say where it is
 * @s: the flow's server
 * @tcb: the flow
 *
 * With a sequence number that it has acknowledged already: it must answer
 * (RFC 9293 3.8.4, 3.10.7.4), and nothing has to be taken back.
 */
void pika_tcp_send_probe(struct pika_server *s, struct pika_tcb *tcb)
{
	send_empty(s, tcb, tcb->snd_una - 1, PIKA_TCP_ACK);
}

/**
 * pika_tcp_send_reset() - tell the peer that the flow is no more
 * @s: the flow's server
 * @tcb: the flow
 * @seq: SEG.SEQ
 * @flags: PIKA_TCP_ACK or 0
 *
 * One that does not get out is lost: whatever the peer sends next is answered
 * by the host.
 */
void pika_tcp_send_reset(struct pika_server *s, struct pika_tcb *tcb, u32 seq,
			 u8 flags)
{
	s->ts->stats.resets_out++;
	send_empty(s, tcb, seq, PIKA_TCP_RST | flags);
}

/**
 * pika_tcp_send_syn() - send the SYN or SYN-ACK, perhaps again
 * @s: the flow's server
 * @tcb: the flow, in SYN_SENT or SYN_RECEIVED
 *
 * Return: false if it has to wait, and is remembered.
 */
bool pika_tcp_send_syn(struct pika_server *s, struct pika_tcb *tcb)
{
	u8 ack = tcb->state == PIKA_TCP_SYN_RECEIVED ? PIKA_TCP_ACK : 0;

	if (!send_empty(s, tcb, tcb->snd_una, PIKA_TCP_SYN | ack))
		return false;
	if (tcb->snd_max == tcb->snd_una) {
		tcb->snd_max = tcb->snd_una + 1;
		tcb->progress_ms = s->now_ms;
		pika_tcp_rtt_start(s, tcb, tcb->snd_max);
	} else {
		s->ts->stats.retransmits++;
		tcb->flags &= ~PIKA_TCB_RTT;
	}
	tcb->snd_nxt = tcb->snd_max;
	tcb->sent_ms = s->now_ms;
	if (!pika_tcp_clock_is_set(tcb, PIKA_CLOCK_RETRANSMIT))
		pika_tcp_clock_set(s, tcb, PIKA_CLOCK_RETRANSMIT,
				   pika_tcp_rto(tcb));
	return true;
}

/**
 * pika_tcp_resend() - send something again
 * @s: the flow's server
 * @tcb: the flow
 * @place: where its first byte is; moved behind what was sent
 * @seq: first sequence number
 * @len: how many, all sent before; if the last is the FIN's it goes, too
 *
 * Its round trip is not measured: nobody knows which of the two is acknowledged
 * (Karn, RFC 6298 3).
 *
 * Return: how many sequence numbers were sent, at most @len; 0: none could be.
 */
u32 pika_tcp_resend(struct pika_server *s, struct pika_tcb *tcb,
		    struct pika_place *place, u32 seq, u32 len)
{
	bool fin = pika_seq_after(seq + len, tcb->snd_end);
	u32 bytes = len - fin;
	u32 fit = bytes ? pika_tcp_queue_fit(s, place, bytes) : 0;

	fin = fin && fit == bytes;
	tcb->flags &= ~PIKA_TCB_RTT;
	if (!send_segment(s, tcb, place, seq, fit, fin))
		return 0;
	s->ts->stats.retransmits++;
	return fit + fin;
}

/**
 * pika_tcp_resend_first() - send the first unacknowledged segment again
 * @s: the flow's server
 * @tcb: the flow, with something in flight
 *
 * What comes next is as before (RFC 6582 3.2).
 */
void pika_tcp_resend_first(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_place place = tcb->head;
	u32 flight = pika_tcp_flight(tcb);
	u32 len = min_t(u32, flight, tcb->mss);

	/* A FIN fits behind a full segment. */
	if (flight == len + 1 && pika_seq_after(tcb->snd_max, tcb->snd_end))
		len++;
	pika_tcp_resend(s, tcb, &place, tcb->snd_una, len);
}
