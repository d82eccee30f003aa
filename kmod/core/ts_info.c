// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows as others may look at them, from any core and while their server goes
 * on. Nothing is written here. Each number is right, but two need not be of the
 * same moment; that all are of the same flow, its generation shows.
 */

#include "ts_info.h"

#include "tcp.h"

/* Of sequence numbers that were not read at once. */
static u32 distance(u32 from, u32 to)
{
	return pika_seq_before(from, to) ? to - from : 0;
}

static void read_windows(const struct pika_tcb *tcb,
			 struct pika_flow_info *info)
{
	info->cwnd = READ_ONCE(tcb->cwnd);
	info->ssthresh = READ_ONCE(tcb->ssthresh);
	info->send_window = READ_ONCE(tcb->snd_wnd);
	info->receive_window = distance(READ_ONCE(tcb->rcv_nxt),
					READ_ONCE(tcb->rcv_edge));
}

/* A SYN has a sequence number, but no byte. */
static void read_queues(const struct pika_tcb *tcb, struct pika_flow_info *info)
{
	u32 una = READ_ONCE(tcb->snd_una);
	bool syn = info->state < PIKA_TCP_ESTABLISHED;

	info->received = READ_ONCE(tcb->unread);
	info->unacked = distance(una, READ_ONCE(tcb->snd_max));
	info->queued = distance(una + syn, READ_ONCE(tcb->snd_end));
}

static void read_times(const struct pika_tcb *tcb, struct pika_flow_info *info)
{
	u64 rto = READ_ONCE(tcb->rto_ms);

	rto <<= min_t(u32, READ_ONCE(tcb->backoff), PIKA_BACKOFF_MAX);
	info->rto_ms = min_t(u64, rto, PIKA_RTO_MAX);
	info->backoff = READ_ONCE(tcb->backoff);
	info->rtt_us = READ_ONCE(tcb->srtt_us) / 8;
	info->rttvar_us = READ_ONCE(tcb->rttvar_us) / 4;
	info->retries = READ_ONCE(tcb->retries);
	info->mss = READ_ONCE(tcb->mss);
}

static void read_options(const struct pika_tcb *tcb,
			 struct pika_flow_info *info)
{
	info->agreed = READ_ONCE(tcb->flags) &
		(PIKA_TCB_TIMESTAMPS | PIKA_TCB_SCALED | PIKA_TCB_SACK);
	info->send_shift = READ_ONCE(tcb->snd_shift);
	info->receive_shift = READ_ONCE(tcb->rcv_shift);
}

static void read_owner(const struct pika_tcb *tcb, struct pika_flow_info *info)
{
	info->handle = READ_ONCE(tcb->handle);
	info->owned = READ_ONCE(tcb->flags) & PIKA_TCB_OWNED;
	info->socket = READ_ONCE(tcb->socket);
	info->endpoint = READ_ONCE(tcb->endpoint);
}

/**
 * pika_ts_places() - how many flows there can be
 * @s: a server with a TS
 *
 * Return: one more than the greatest index of a flow.
 */
u32 pika_ts_places(const struct pika_server *s)
{
	return s->ts->tcbs.count;
}

/**
 * pika_ts_info() - what a flow is like now
 * @s: a server with a TS; it may be running
 * @index: below pika_ts_places()
 * @info: filled in
 *
 * Context: any core.
 * Return: false if there is no flow, or one that begins or ends just now.
 */
bool pika_ts_info(const struct pika_server *s, u32 index,
		  struct pika_flow_info *info)
{
	const struct pika_pool_slot *slot = &s->ts->tcbs.slots[index];
	const struct pika_tcb *tcb = pika_pool_at(&s->ts->tcbs, index);
	u32 generation;

	generation = smp_load_acquire(&slot->generation); /* all else after */
	if (READ_ONCE(slot->next) != PIKA_POOL_TAKEN)
		return false;
	/* A new flow has its key before it has a state. */
	info->state = smp_load_acquire(&tcb->state);
	if (info->state == PIKA_TCP_CLOSED)
		return false;
	info->key = tcb->key;
	read_owner(tcb, info);
	read_queues(tcb, info);
	read_windows(tcb, info);
	read_times(tcb, info);
	read_options(tcb, info);
	smp_mb(); /* all was read before the generation is again */
	return READ_ONCE(slot->generation) == generation;
}

/*
 * Whoever closes sends a FIN or a reset, so one that has neither sent is among
 * them; but a handshake that no socket has may be anybody's.
 */
static bool sends(const struct pika_flow_info *info)
{
	switch (info->state) {
	case PIKA_TCP_SYN_SENT:
	case PIKA_TCP_SYN_RECEIVED:
		return info->owned;
	case PIKA_TCP_FIN_WAIT_2:
	case PIKA_TCP_TIME_WAIT:
		return false;
	default:
		return true;
	}
}

/**
 * pika_ts_find_sending() - the next flow whose end its peer does not know
 * @s: a server with a TS; it may be running
 * @index: the place to begin at
 * @info: filled in
 *
 * Bytes, a FIN or a reset are to be sent, or are not acknowledged.
 *
 * Context: any core.
 * Return: its place, or pika_ts_places(): there is none.
 */
u32 pika_ts_find_sending(const struct pika_server *s, u32 index,
			 struct pika_flow_info *info)
{
	u32 places = pika_ts_places(s);

	while (index < places && !(pika_ts_info(s, index, info) && sends(info)))
		index++;
	return index;
}
