// SPDX-License-Identifier: GPL-2.0-only
/*
 * The payload of arriving segments: trimmed to what is new and has room, kept
 * in order, and handed over as far as there is no hole (RFC 9293 3.10.7.4,
 * seventh and eighth; RFC 5681 4.2). What holds it is counted by its true size,
 * so that a peer cannot fill memory with small segments. Runs on its server's
 * core only.
 */

#include "drop.h"
#include "tcp_sack.h"

/* Beyond a hole, a packet that small would cost more than it carries. */
#define EARLY_LEAST	256
#define EARLY_PACKETS	64
#define EARLY_STEPS	1024	/* that a place is looked for */

static u32 end_of(const struct pika_packet *pkt)
{
	return pkt->seq + pkt->bytes;
}

static void cut_front(struct pika_packet *pkt, u32 seq)
{
	u32 cut = min(seq - pkt->seq, pkt->bytes);

	if (!pika_seq_before(pkt->seq, seq))
		return;
	pkt->seq += cut;
	pkt->offset += cut;
	pkt->bytes -= cut;
}

/* What lies behind the cut goes, the FIN included. */
static void cut_back(struct pika_packet *pkt, u32 seq)
{
	if (!pika_seq_after(end_of(pkt), seq))
		return;
	pkt->bytes -= min(end_of(pkt) - seq, pkt->bytes);
	pkt->tcp_flags &= ~PIKA_TCP_FIN;
}

static bool has_memory(const struct pika_tcb *tcb)
{
	return tcb->rcv_memory < tcb->rcv_memory_most;
}

static void forget_memory(struct pika_tcb *tcb, const struct pika_packet *pkt)
{
	tcb->rcv_memory -= min(pkt->truesize, tcb->rcv_memory);
}

/* So many bytes more are in @ready. */
static inline void advance(struct pika_server *s, struct pika_tcb *tcb,
			   u32 bytes)
{
	tcb->rcv_nxt += bytes;
	tcb->ready_bytes += bytes;
	tcb->unread += bytes;
	if (unlikely(tcb->flags & PIKA_TCB_URGENT_IN))
		pika_tcp_urgent_arrived(tcb);
	pika_ts_update(s, tcb);
}

static void drop_kept(struct pika_server *s, struct pika_tcb *tcb,
		      struct pika_packet *pkt, u64 *reason)
{
	forget_memory(tcb, pkt);
	pika_drop(s, pkt, reason);
}

/* In order, with something new, its memory counted. Takes @pkt. */
static inline void put_ready(struct pika_server *s, struct pika_tcb *tcb,
			     struct pika_packet *pkt)
{
	pkt->next = NULL;
	if (tcb->ready)
		tcb->ready_last->next = pkt;
	else
		tcb->ready = pkt;
	tcb->ready_last = pkt;
	advance(s, tcb, pkt->bytes);
}

static void deliver(struct pika_server *s, struct pika_tcb *tcb,
		    struct pika_packet *pkt)
{
	bool fin = pkt->tcp_flags & PIKA_TCP_FIN;

	if (pkt->bytes) {
		put_ready(s, tcb, pkt);
	} else {
		forget_memory(tcb, pkt);
		s->env->ops->free_packet(s->env, pkt);
	}
	if (fin)
		pika_tcp_fin_arrived(s, tcb);
}

/* The hole before the first early packet may be filled now. */
static void deliver_early(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_packet *pkt;

	while ((pkt = tcb->early) && !pika_seq_after(pkt->seq, tcb->rcv_nxt)) {
		tcb->early = pkt->next;
		tcb->early_packets--;
		cut_front(pkt, tcb->rcv_nxt);
		if (pkt->bytes || pkt->tcp_flags & PIKA_TCP_FIN)
			deliver(s, tcb, pkt);
		else
			drop_kept(s, tcb, pkt,
				  &s->ts->stats.dropped_duplicate);
	}
}

/* RFC 5681 4.2: every second segment at once, one alone a little later. */
static inline void acknowledge(struct pika_server *s, struct pika_tcb *tcb,
			       bool now)
{
	if (now || tcb->flags & (PIKA_TCB_ACK_DELAYED | PIKA_TCB_QUICKACK)) {
		tcb->flags |= PIKA_TCB_ACK_NOW;
		return;
	}
	tcb->flags |= PIKA_TCB_ACK_DELAYED;
	pika_tcp_clock_set(s, tcb, PIKA_CLOCK_ACK, PIKA_DELAYED_ACK);
}

static bool has_early_room(const struct pika_server *s,
			   const struct pika_tcb *tcb)
{
	return tcb->early_packets < EARLY_PACKETS +
		s->ts->config.receive_buffer / EARLY_LEAST;
}

/* Those that @pkt covers go; the one that it reaches into cuts it short. */
static void make_place(struct pika_server *s, struct pika_tcb *tcb,
		       struct pika_packet *pkt, struct pika_packet **link)
{
	struct pika_packet *next;

	while ((next = *link) &&
	       !pika_seq_after(end_of(next), end_of(pkt))) {
		pkt->tcp_flags |= next->tcp_flags & PIKA_TCP_FIN;
		*link = next->next;
		tcb->early_packets--;
		if (tcb->early_last == next)
			tcb->early_last = NULL;
		drop_kept(s, tcb, next, &s->ts->stats.dropped_duplicate);
	}
	if (next)
		cut_back(pkt, next->seq);
	pkt->next = next;
	*link = pkt;
	if (!next)
		tcb->early_last = pkt;
	tcb->early_packets++;
	tcb->rcv_memory += pkt->truesize;
}

/*
 * Returns why it cannot be kept: nothing of it is new there, or the place is
 * too far from both ends, so that a peer could make us search all day.
 */
static u64 *insert(struct pika_server *s, struct pika_tcb *tcb,
		   struct pika_packet *pkt)
{
	struct pika_packet **link = &tcb->early;
	struct pika_packet *last = tcb->early_last;
	u32 steps = 0;

	if (tcb->early && last && !pika_seq_before(pkt->seq, end_of(last)))
		link = &last->next;
	while (*link && !pika_seq_after((*link)->seq, pkt->seq)) {
		if (steps++ == EARLY_STEPS)
			return &s->ts->stats.dropped_early;
		cut_front(pkt, end_of(*link));
		if (!pkt->bytes && !(pkt->tcp_flags & PIKA_TCP_FIN))
			return &s->ts->stats.dropped_duplicate;
		link = &(*link)->next;
	}
	make_place(s, tcb, pkt, link);
	return NULL;
}

/*
 * The payload of @pkt becomes that of @last, which may need more memory for it.
 * False: it has no room.
 */
static bool join(struct pika_server *s, struct pika_tcb *tcb,
		 struct pika_packet *last, struct pika_packet *pkt)
{
	u32 before = last->truesize;
	bool joined = s->env->ops->append(s->env, last, pkt);

	tcb->rcv_memory += last->truesize - before;
	if (!joined)
		return false;
	last->bytes += pkt->bytes;
	s->ts->stats.joined++;
	return true;
}

/* Behind the last that waits to be handed over. Leaves @pkt its FIN. */
static bool join_ready(struct pika_server *s, struct pika_tcb *tcb,
		       struct pika_packet *pkt)
{
	if (!tcb->ready || !join(s, tcb, tcb->ready_last, pkt))
		return false;
	advance(s, tcb, pkt->bytes);
	cut_front(pkt, end_of(pkt));
	return true;
}

/* Behind the last that is beyond a hole. Takes @pkt if so. */
static bool join_early(struct pika_server *s, struct pika_tcb *tcb,
		       struct pika_packet *pkt)
{
	struct pika_packet *last = tcb->early ? tcb->early_last : NULL;

	if (!last || end_of(last) != pkt->seq ||
	    last->tcp_flags & PIKA_TCP_FIN || !join(s, tcb, last, pkt))
		return false;
	last->tcp_flags |= pkt->tcp_flags & PIKA_TCP_FIN;
	s->env->ops->free_packet(s->env, pkt);
	return true;
}

/* True size of what is in order. */
static u32 memory_in_order(const struct pika_tcb *tcb)
{
	const struct pika_packet *pkt;
	u32 memory = tcb->rcv_memory;

	for (pkt = tcb->early; pkt; pkt = pkt->next)
		memory -= min(pkt->truesize, memory);
	return memory;
}

/*
 * What begins after @seq goes, from behind, until an eighth of the memory is
 * free: the peer knows of none of it, and sends it again.
 */
static void prune_early(struct pika_server *s, struct pika_tcb *tcb, u32 seq)
{
	u32 most = tcb->rcv_memory_most - tcb->rcv_memory_most / 8;
	struct pika_packet **link = &tcb->early;
	u32 memory = memory_in_order(tcb);
	struct pika_packet *pkt, *next;

	tcb->early_last = NULL;
	while ((pkt = *link)) {
		memory += pkt->truesize;
		if (memory > most && pika_seq_after(pkt->seq, seq))
			break;
		tcb->early_last = pkt;
		link = &pkt->next;
	}
	*link = NULL;
	if (pkt)
		pika_sack_pruned(s, tcb);
	for (; pkt; pkt = next) {
		next = pkt->next;
		tcb->early_packets--;
		drop_kept(s, tcb, pkt, &s->ts->stats.dropped_pruned);
	}
}

/* Returns why it cannot be kept. */
static u64 *try_early(struct pika_server *s, struct pika_tcb *tcb,
		      struct pika_packet *pkt)
{
	if (!has_early_room(s, tcb))
		return &s->ts->stats.dropped_early;
	if (unlikely(!has_memory(tcb))) {
		if (join_early(s, tcb, pkt))
			return NULL;
		prune_early(s, tcb, pkt->seq);
		if (!has_memory(tcb))
			return &s->ts->stats.dropped_memory;
	}
	return insert(s, tcb, pkt);
}

/*
 * Beyond a hole. Each such segment is answered on its own, as the peer counts
 * them (RFC 5681 3.2) or learns of them (RFC 2018).
 */
static void keep_early(struct pika_server *s, struct pika_tcb *tcb,
		       struct pika_packet *pkt)
{
	u32 start = pkt->seq;
	u32 end = end_of(pkt);
	u64 *reason = try_early(s, tcb, pkt);

	if (!reason)
		pika_sack_kept(s, tcb, start, end);
	else if (reason == &s->ts->stats.dropped_duplicate)
		pika_sack_twice(s, tcb, start, end);
	if (reason)
		pika_drop(s, pkt, reason);
	pika_tcp_send_ack(s, tcb);
}

/*
 * Room for a packet in order, which is worth more than those beyond a hole.
 * False: there is none, and it has to come again.
 */
static bool find_memory(struct pika_server *s, struct pika_tcb *tcb,
			struct pika_packet *pkt)
{
	if (!pkt->bytes || join_ready(s, tcb, pkt))
		return true;
	prune_early(s, tcb, tcb->rcv_nxt);
	return has_memory(tcb);
}

/* The next that was waited for. Takes @pkt. */
static void take_next(struct pika_server *s, struct pika_tcb *tcb,
		      struct pika_packet *pkt)
{
	bool filled = tcb->early;

	if (unlikely(!has_memory(tcb)) && !find_memory(s, tcb, pkt)) {
		pika_drop(s, pkt, &s->ts->stats.dropped_memory);
		filled = true;
	} else {
		tcb->rcv_memory += pkt->truesize;
		deliver(s, tcb, pkt);
		deliver_early(s, tcb);
		if (unlikely(filled))
			pika_sack_advanced(s, tcb);
	}
	acknowledge(s, tcb, filled);
}

static void set_extent(struct pika_packet *pkt, const struct pika_segment *seg)
{
	pkt->seq = seg->seq;
	pkt->offset = seg->payload;
	pkt->bytes = seg->bytes;
	pkt->tcp_flags = seg->flags;
}

/* Payload after the program has gone will never be read: RFC 2525 2.17. */
static bool comes_too_late(const struct pika_tcb *tcb,
			   const struct pika_packet *pkt)
{
	return tcb->flags & PIKA_TCB_CLOSED && pkt->bytes &&
	       pika_seq_after(end_of(pkt), tcb->rcv_nxt);
}

/* What begins before or ends beyond what may come, or leaves a hole. */
static __pika_apart void odd_text(struct pika_server *s, struct pika_tcb *tcb,
				  struct pika_packet *pkt)
{
	cut_front(pkt, tcb->rcv_nxt);
	cut_back(pkt, tcb->rcv_edge);
	if (!pkt->bytes && !(pkt->tcp_flags & PIKA_TCP_FIN)) {
		pika_drop(s, pkt, pkt->seq == tcb->rcv_edge ?
		     &s->ts->stats.dropped_closed_window :
		     &s->ts->stats.dropped_duplicate);
		acknowledge(s, tcb, true);
	} else if (pkt->seq == tcb->rcv_nxt) {
		take_next(s, tcb, pkt);
	} else {
		keep_early(s, tcb, pkt);
	}
}

/* The next bytes and no more, for which there is all the room they need. */
static inline bool is_plain(const struct pika_tcb *tcb,
			    const struct pika_segment *seg)
{
	return seg->seq == tcb->rcv_nxt && seg->bytes && !tcb->early &&
	       seg->bytes <= tcb->rcv_edge - tcb->rcv_nxt &&
	       !(seg->flags & PIKA_TCP_FIN) && has_memory(tcb);
}

/* Nothing but a FIN, in its place. */
static inline bool is_bare_fin(const struct pika_tcb *tcb,
			       const struct pika_segment *seg)
{
	return seg->seq == tcb->rcv_nxt && !seg->bytes && !tcb->early;
}

/**
 * pika_tcp_text() - take a segment's payload and FIN
 * @s: the flow's server
 * @tcb: the flow, in a state that takes them
 * @in: an acceptable segment that has one or the other; its packet is taken,
 *	unless there is only a FIN
 */
void pika_tcp_text(struct pika_server *s, struct pika_tcb *tcb,
		   struct pika_arrival *in)
{
	struct pika_packet *pkt = in->pkt;

	if (is_bare_fin(tcb, in->seg)) {
		pika_tcp_fin_arrived(s, tcb);
		acknowledge(s, tcb, false);
		return;
	}
	in->kept = true;
	set_extent(pkt, in->seg);
	if (comes_too_late(tcb, pkt)) {
		pika_drop(s, pkt, &s->ts->stats.aborted_unread);
		pika_tcp_abort(s, tcb, 0);
	} else if (likely(is_plain(tcb, in->seg))) {
		tcb->rcv_memory += pkt->truesize;
		put_ready(s, tcb, pkt);
		acknowledge(s, tcb, false);
	} else {
		odd_text(s, tcb, pkt);
	}
}
