/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the transport server share: its own state, and what they
 * call of each other. Nothing here is for other components.
 */
#ifndef PIKA_CORE_TCP_H
#define PIKA_CORE_TCP_H

#include "isn.h"
#include "option.h"
#include "tcb.h"
#include "ts.h"

/* Times in milliseconds, and Linux's choice where an RFC leaves one. */
#define PIKA_RTO_INITIAL	1000	/* RFC 6298 2.1 */
#define PIKA_RTO_AFTER_SYN	3000	/* RFC 6298 5.7 */
#define PIKA_RTO_MIN		200	/* over the smoothed time; as Linux */
#define PIKA_RTO_MAX		120000	/* RFC 6298 2.5 */
#define PIKA_BACKOFF_MAX	16	/* times that the RTO is doubled */
#define PIKA_DELAYED_ACK	40	/* RFC 9293 3.8.6.3: below 500 */
#define PIKA_TIME_WAIT		60000	/* RFC 9293 3.4.2: 2 MSL */
#define PIKA_FIN_WAIT_2		60000	/* of an orphan */
#define PIKA_KEEP_IDLE		7200000	/* RFC 9293 3.8.4 */
#define PIKA_KEEP_INTERVAL	75000
#define PIKA_KEEP_COUNT		9
#define PIKA_KEEP_LEAST		1000	/* a program's choice: Linux's unit */
#define PIKA_SYN_RETRIES	6
#define PIKA_SYN_ACK_RETRIES	5
#define PIKA_DATA_RETRIES	15	/* RFC 9293 3.8.3: R2 */
#define PIKA_ORPHAN_RETRIES	8
#define PIKA_OOW_INTERVAL	500	/* between ACKs of empty strays */
#define PIKA_CHALLENGES		1000	/* a second, about; RFC 5961 7 */
#define PIKA_CLOCK_MAX		0x40000000u	/* 12 days: ticks wrap */
#define PIKA_PAWS_IDLE		2073600000u	/* 24 days, RFC 7323 5.5 */

#define PIKA_RECEIVE_LEAST	2048u	/* true size; a packet always fits */

#define PIKA_MSS_LEAST		88	/* less counts as this */
#define PIKA_MSS_DEFAULT_V4	536	/* RFC 9293 3.7.1 */
#define PIKA_MSS_DEFAULT_V6	1220

/**
 * struct pika_tcb_list - indices of TCBs, first in first out
 * @first: the next to go, or PIKA_POOL_NONE
 * @last: the latest that came
 */
struct pika_tcb_list {
	u32 first;
	u32 last;
};

/**
 * struct pika_ts - a transport server
 * @config: as it was set up, with the MTU of now
 * @rcv_shift: Rcv.Wind.Shift of every flow that scales
 * @max_segments: that a frame may hold, with the links' MTU
 * @flows: from addresses and ports to TCBs
 * @tcbs: the TCBs
 * @chunks: data to be sent
 * @frames: for an LS in another server
 * @boards: for flows of which segments are missing (tcp_sack.h)
 * @changed: the first TCB that pika_ts_flush() has to look at
 * @changed_end: where the next one goes
 * @blocked: TCBs whose output waits for @frames or the ring to the LS
 * @link_retry: for the ring to the LS
 * @waiting: TCBs in TIME_WAIT without an owner, oldest first
 * @waiting_len: how many
 * @challenge_s: the second that @challenges counts
 * @challenges: challenge ACKs that may still be sent in it
 * @isn_secret: for initial sequence numbers, and what timestamps begin with
 * @scratch: the frame that is being built for an LS in this server
 * @stats: see ts.h
 */
struct pika_ts {
	struct pika_ts_config config;
	u8 rcv_shift;
	u16 max_segments;
	struct pika_flow_table flows;
	struct pika_pool tcbs;
	struct pika_pool chunks;
	struct pika_pool frames;
	struct pika_pool boards;
	struct pika_tcb *changed;
	struct pika_tcb **changed_end;
	struct pika_tcb_list blocked;
	struct pika_retry link_retry;
	struct pika_tcb_list waiting;
	u32 waiting_len;
	u32 challenge_s;
	u32 challenges;
	struct pika_secret isn_secret;
	struct pika_frame scratch;
	struct pika_ts_stats stats;
};

/**
 * struct pika_arrival - a segment on its way through the rules of RFC 9293
 * @pkt: the packet; it goes back to the shell unless the TCB kept it
 * @seg: its headers; trimmed on the way
 * @options: its options
 * @kept: somebody took @pkt
 */
struct pika_arrival {
	struct pika_packet *pkt;
	struct pika_segment *seg;
	struct pika_tcp_options options;
	bool kept;
};

/* Sequence numbers wrap (RFC 9293 3.4). */
static inline bool pika_seq_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool pika_seq_after(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

/* The FIN has been sent and acknowledged. */
static inline bool pika_tcp_fin_acked(const struct pika_tcb *tcb)
{
	return tcb->flags & PIKA_TCB_FIN &&
	       pika_seq_after(tcb->snd_una, tcb->snd_end);
}

/* What fits into a segment, options included, by any link. */
static inline u16 pika_tcp_link_mss(const struct pika_server *s,
				    const struct pika_tcb *tcb)
{
	u32 headers = pika_addr_is_v4(&tcb->key.local) ? 40 : 60;

	return s->ts->config.mtu - headers;
}

/* Bytes and flags that the peer has not acknowledged. */
static inline u32 pika_tcp_flight(const struct pika_tcb *tcb)
{
	return tcb->snd_max - tcb->snd_una;
}

/* Bytes, or the FIN. */
static inline bool pika_tcp_has_unsent(const struct pika_tcb *tcb)
{
	return tcb->snd_nxt != tcb->snd_end + !!(tcb->flags & PIKA_TCB_FIN);
}

/* Of a key, as the flow table wants it. */
static inline u32 pika_ts_hash(const struct pika_server *s,
			       const struct pika_flow_key *key)
{
	return pika_flow_hash(&s->ts->flows.secret, key);
}

static inline const struct pika_flow_key *pika_ts_key_of(void *owner, u32 index)
{
	const struct pika_ts *ts = (const struct pika_ts *)owner;

	return &((struct pika_tcb *)pika_pool_at(&ts->tcbs, index))->key;
}

/* Its LS has a segment for it: what the table is big for is fetched early. */
static inline void pika_ts_expect(const struct pika_ts *ts,
				  struct pika_segment *seg)
{
	seg->hash = pika_flow_hash(&ts->flows.secret, &seg->key);
	pika_flow_prefetch(&ts->flows, seg->hash);
}

/**
 * pika_ts_lookup() - the TCB of a segment
 * @s: its server
 * @key: the segment's
 * @hash: pika_ts_hash() of @key
 *
 * Return: the TCB or NULL.
 */
static inline struct pika_tcb *pika_ts_lookup(struct pika_server *s,
					      const struct pika_flow_key *key,
					      u32 hash)
{
	struct pika_ts *ts = s->ts;
	u32 index = pika_flow_search(&ts->flows, key, hash, pika_ts_key_of, ts);

	return index == PIKA_POOL_NONE ? NULL :
		(struct pika_tcb *)pika_pool_at(&ts->tcbs, index);
}

/**
 * pika_ts_find() - the TCB that a message is about
 * @s: its server
 * @flow: the message's handle
 *
 * Return: the TCB, or NULL if it is gone, which is counted.
 */
static inline struct pika_tcb *pika_ts_find(struct pika_server *s, u64 flow)
{
	const struct pika_pool *tcbs = &s->ts->tcbs;
	u32 index = pika_handle_index(flow);
	struct pika_tcb *tcb = (struct pika_tcb *)pika_pool_at(tcbs, index);

	if (likely(index < tcbs->count && tcb->handle == flow &&
		   flow != PIKA_HANDLE_NONE))
		return tcb;
	s->ts->stats.stale++;
	return NULL;
}

/* ts.c: TCBs, and who is looked at in this run */
struct pika_tcb *pika_ts_take(struct pika_server *s,
			      const struct pika_flow_key *key, u32 hash);
void pika_ts_block(struct pika_server *s, struct pika_tcb *tcb);
void pika_ts_free(struct pika_server *s, struct pika_tcb *tcb);
void pika_ts_free_packets(struct pika_server *s, struct pika_packet *pkt);

/* Look at a flow before this run ends. */
static inline void pika_ts_changed(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_ts *ts = s->ts;

	if (tcb->flags & PIKA_TCB_CHANGED)
		return;
	tcb->flags |= PIKA_TCB_CHANGED;
	tcb->changed_next = NULL;
	*ts->changed_end = tcb;
	ts->changed_end = &tcb->changed_next;
}

/* ts_wait.c: TIME_WAIT */
void pika_ts_wait(struct pika_server *s, struct pika_tcb *tcb);
void pika_ts_unwait(struct pika_server *s, struct pika_tcb *tcb);
bool pika_ts_recycle(struct pika_server *s);

/* ts_tell.c: messages about a TCB */
bool pika_ts_tell_endpoint(struct pika_server *s, struct pika_tcb *tcb);
void pika_ts_tell_cm(struct pika_server *s, struct pika_tcb *tcb);
void pika_ts_closed(struct pika_server *s, struct pika_tcb *tcb);
void pika_ts_check_closed(struct pika_server *s, struct pika_tcb *tcb);
void pika_ts_forget_owner(struct pika_server *s, struct pika_tcb *tcb);
void pika_ts_retry_endpoint(struct pika_server *s, struct pika_retry *retry);
void pika_ts_retry_cm(struct pika_server *s, struct pika_retry *retry);

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
static inline bool pika_ts_holds(struct pika_server *s, u16 to)
{
	if (likely(pika_has_room(s, to)))
		return false;
	pika_hold(s);
	return true;
}

/**
 * pika_ts_update() - the owner has to be told something
 * @s: the flow's server
 * @tcb: the flow; without an owner, the one to come will be told
 */
static inline void pika_ts_update(struct pika_server *s, struct pika_tcb *tcb)
{
	const u32 owned = tcb->flags & (PIKA_TCB_OWNED | PIKA_TCB_GONE);

	if (owned == PIKA_TCB_OWNED)
		tcb->tell |= PIKA_TELL_UPDATE;
	pika_ts_changed(s, tcb);
}

/* Only of one that has closed, and was not told yet. */
static inline void pika_ts_check_gone(struct pika_server *s,
				      struct pika_tcb *tcb)
{
	if ((tcb->flags & (PIKA_TCB_CLOSED | PIKA_TCB_GONE)) == PIKA_TCB_CLOSED)
		pika_ts_check_closed(s, tcb);
}

/* ts_accept.c, ts_socket.c: their handlers */
void pika_ts_accept_init(struct pika_server *s);

/* tcp_icmp.c */
void pika_ts_icmp_init(struct pika_server *s);
void pika_ts_socket_init(struct pika_server *s);
void pika_ts_claim_clock(struct pika_server *s, struct pika_tcb *tcb);

/* tcp_input.c */
void pika_ts_input_init(struct pika_server *s);
void pika_tcp_input(struct pika_server *s, struct pika_tcb *tcb,
		    struct pika_packet *pkt, struct pika_segment *seg);
void pika_tcp_challenge(struct pika_server *s, struct pika_tcb *tcb);

/* tcp_ack.c */
bool pika_tcp_ack(struct pika_server *s, struct pika_tcb *tcb,
		  struct pika_arrival *in);

/**
 * pika_tcp_window() - SND.WND follows the newest segment
 * @tcb: the flow
 * @seg: an acceptable segment with ACK
 */
static inline void pika_tcp_window(struct pika_tcb *tcb,
				   const struct pika_segment *seg)
{
	if (pika_seq_after(tcb->snd_wl1, seg->seq) ||
	    (tcb->snd_wl1 == seg->seq &&
	     pika_seq_after(tcb->snd_wl2, seg->ack)))
		return;
	tcb->snd_wnd = (u32)seg->window << tcb->snd_shift;
	tcb->snd_wl1 = seg->seq;
	tcb->snd_wl2 = seg->ack;
	if (unlikely(tcb->snd_wnd > tcb->snd_wnd_max))
		tcb->snd_wnd_max = tcb->snd_wnd;
}

/*
 * An answer is a sign of life, even if the window stays shut, be it to a probe
 * or to what was in flight when that shrank (RFC 9293 3.8.6, SHLD-17).
 */
static inline void pika_tcp_still_there(struct pika_tcb *tcb)
{
	if (unlikely(tcb->flags & PIKA_TCB_PERSIST || !tcb->snd_wnd))
		tcb->retries = 0;
}

/* tcp_open.c */
void pika_tcp_open(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_listen(struct pika_server *s, struct pika_tcb *tcb,
		     struct pika_packet *pkt, const struct pika_segment *seg);
bool pika_tcp_syn_sent(struct pika_server *s, struct pika_tcb *tcb,
		       struct pika_arrival *in);
void pika_tcp_begin_beyond(struct pika_tcb *tcb, u32 used);
void pika_tcp_established(struct pika_server *s, struct pika_tcb *tcb);

/* tcp_close.c */
void pika_tcp_finish(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_fin_arrived(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_fin_was_acked(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_time_wait(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_abort(struct pika_server *s, struct pika_tcb *tcb, u16 error);
void pika_tcp_forget(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_die(struct pika_server *s, struct pika_tcb *tcb, u16 error);

/* tcp_output.c */
void pika_tcp_output(struct pika_server *s, struct pika_tcb *tcb);
bool pika_tcp_send_ack(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_send_probe(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_send_reset(struct pika_server *s, struct pika_tcb *tcb, u32 seq,
			 u8 flags);
bool pika_tcp_send_syn(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_resend_first(struct pika_server *s, struct pika_tcb *tcb);
u32 pika_tcp_resend(struct pika_server *s, struct pika_tcb *tcb,
		    struct pika_place *place, u32 seq, u32 len);

/* tcp_frame.c: from TCB to link */
u32 pika_tcp_receive_room(const struct pika_tcb *tcb);
struct pika_frame *pika_tcp_frame(struct pika_server *s, struct pika_tcb *tcb,
				  u32 seq, u8 flags);
bool pika_tcp_transmit(struct pika_server *s, struct pika_tcb *tcb,
		       struct pika_frame *frame);
struct pika_frame *pika_tcp_far_frame(struct pika_server *s,
				      struct pika_tcb *tcb);
bool pika_tcp_send_to_link(struct pika_server *s, struct pika_tcb *tcb,
			   struct pika_frame *frame);
u32 pika_tcp_syn_options(const struct pika_server *s,
			 const struct pika_tcb *tcb, u8 *bytes);
void pika_tcp_point_to_urgent(const struct pika_tcb *tcb,
			      struct pika_tcp_header *header);

/* tcp_queue.c: data to be sent */
bool pika_tcp_queue_add(struct pika_server *s, struct pika_tcb *tcb,
			const struct pika_msg_send *send);
void pika_tcp_queue_acked(struct pika_server *s, struct pika_tcb *tcb, u32 len);
void pika_tcp_queue_rewind(struct pika_tcb *tcb);
void pika_tcp_queue_release(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_queue_drop(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_queue_skip(const struct pika_server *s,
			 struct pika_place *place, u32 len);
u32 pika_tcp_queue_fit(const struct pika_server *s,
		       const struct pika_place *place, u32 len);
void pika_tcp_queue_gather(const struct pika_server *s,
			   struct pika_place *place, u32 len,
			   struct pika_frame *frame);

/* tcp_reassembly.c */
void pika_tcp_text(struct pika_server *s, struct pika_tcb *tcb,
		   struct pika_arrival *in);

/* tcp_urgent.c */
void pika_tcp_urgent(struct pika_server *s, struct pika_tcb *tcb,
		     const struct pika_segment *seg);
void pika_tcp_urgent_arrived(struct pika_tcb *tcb);

/* tcp_congestion.c: another algorithm, CUBIC say, takes the place of these */
void pika_tcp_congestion_init(struct pika_tcb *tcb);
void pika_tcp_congestion_acked(struct pika_tcb *tcb, u32 bytes);
void pika_tcp_congestion_timeout(struct pika_tcb *tcb);
void pika_tcp_congestion_idle(struct pika_tcb *tcb);
void pika_tcp_congestion_lost(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_congestion_repaired(struct pika_tcb *tcb);
/* and of loss recovery without SACK; with: tcp_recovery.c */
void pika_tcp_duplicate_ack(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_recover(struct pika_server *s, struct pika_tcb *tcb, u32 bytes);

/**
 * pika_tcp_recovery_acked() - something new was acknowledged
 * @s: the flow's server
 * @tcb: the flow, SND.UNA set
 * @bytes: how much; 0: only a FIN
 */
static inline void pika_tcp_recovery_acked(struct pika_server *s,
					   struct pika_tcb *tcb, u32 bytes)
{
	tcb->duplicates = 0;
	if (unlikely(tcb->flags & PIKA_TCB_RECOVERY))
		pika_tcp_recover(s, tcb, bytes);
	else if (bytes)
		pika_tcp_congestion_acked(tcb, bytes);
}

/* tcp_rtt.c */
void pika_tcp_rtt_sample(struct pika_tcb *tcb, u32 rtt_us);
void pika_tcp_rtt_echoed(struct pika_server *s, struct pika_tcb *tcb,
			 const struct pika_tcp_options *options);

/**
 * pika_tcp_rtt_acked() - something new was acknowledged
 * @s: the flow's server
 * @tcb: the flow, SND.UNA set
 * @options: of the ACK
 *
 * One segment at a time is measured, and none that was sent twice. While that
 * leaves nothing to measure, the timestamp which comes back says when what is
 * acknowledged was sent (RFC 7323 4). Only a measurement ends the back-off.
 */
static inline void pika_tcp_rtt_acked(struct pika_server *s,
				      struct pika_tcb *tcb,
				      const struct pika_tcp_options *options)
{
	if (unlikely(!(tcb->flags & PIKA_TCB_RTT))) {
		if (tcb->backoff)
			pika_tcp_rtt_echoed(s, tcb, options);
		return;
	}
	if (pika_seq_before(tcb->snd_una, tcb->rtt_seq))
		return;
	tcb->flags &= ~PIKA_TCB_RTT;
	tcb->backoff = 0;
	pika_tcp_rtt_sample(tcb, s->now_us - tcb->rtt_us);
}

/* Measure from now until @seq, sent for the first time, is acknowledged. */
static inline void pika_tcp_rtt_start(struct pika_server *s,
				      struct pika_tcb *tcb, u32 seq)
{
	tcb->flags |= PIKA_TCB_RTT;
	tcb->rtt_seq = seq;
	tcb->rtt_us = s->now_us;
}

/* How long to wait for an ACK, back-off included (RFC 6298 5.5), in ms. */
static inline u32 pika_tcp_rto(const struct pika_tcb *tcb)
{
	u32 doubled = tcb->backoff < PIKA_BACKOFF_MAX ? tcb->backoff :
		PIKA_BACKOFF_MAX;
	u64 rto = (u64)tcb->rto_ms << doubled;

	return rto < PIKA_RTO_MAX ? rto : PIKA_RTO_MAX;
}

/* TSval, in ms; for each flow the clock is moved: RFC 7323 7.1. */
static inline u32 pika_tcp_ts_now(const struct pika_server *s,
				  const struct pika_tcb *tcb)
{
	return s->now_ms + tcb->ts_offset;
}

/* tcp_timer.c */
void pika_tcp_go_back(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_arm(struct pika_server *s, struct pika_tcb *tcb);
void pika_tcp_fire(void *server, struct pika_timer *timer);

/**
 * pika_tcp_clock_set() - a clock strikes after a while
 * @s: the flow's server
 * @tcb: the flow
 * @clock: which; set anew if it is set
 * @after_ms: from the beginning of this run; cut to PIKA_CLOCK_MAX, as it may
 *	be what a program has asked for
 *
 * If the timer has to strike earlier for it, the end of the run sees to that:
 * many a clock has been cleared or set anew by then.
 */
static inline void pika_tcp_clock_set(struct pika_server *s,
				      struct pika_tcb *tcb,
				      enum pika_clock clock, u32 after_ms)
{
	struct pika_timer *timer = &tcb->timer;
	u32 deadline;

	if (unlikely(after_ms > PIKA_CLOCK_MAX))
		after_ms = PIKA_CLOCK_MAX;
	deadline = s->now_ms + after_ms;
	tcb->deadline[clock] = deadline;
	tcb->clocks |= 1u << clock;
	if (pika_timer_armed(timer) &&
	    !pika_ms_before(deadline, timer->expires_ms))
		return;
	tcb->flags |= PIKA_TCB_ARM;
	pika_ts_changed(s, tcb);
}

static inline void pika_tcp_clock_clear(struct pika_tcb *tcb,
					enum pika_clock clock)
{
	tcb->clocks &= ~(1u << clock);
}

static inline bool pika_tcp_clock_is_set(const struct pika_tcb *tcb,
					 enum pika_clock clock)
{
	return tcb->clocks & 1u << clock;
}

#endif /* PIKA_CORE_TCP_H */
