// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport server: its memory, whose segment has arrived, and the list of
 * flows that changed, which the end of a run goes through once: frames first,
 * then messages. Runs on its server's core only. What TCP does is in tcp_*.c.
 */

#include "drop.h"
#include "link.h"
#include "tcp.h"
#include "tcp_sack.h"

static void draw(struct pika_server *s, u64 *words, u32 n)
{
	struct pika_env *env = s->env;
	u32 i;

	for (i = 0; i < n; i++) {
		words[i] = (u64)env->ops->random(env) << 32;
		words[i] |= env->ops->random(env);
	}
}

/* Returns false if there is no memory, also when the arena only counts. */
static bool take_pool(struct pika_arena *arena, struct pika_pool *pool,
		      u32 size, u32 count)
{
	void *objects = pika_arena_take(arena, (size_t)size * count);
	void *slots = pika_arena_take(arena, count *
				      sizeof(struct pika_pool_slot));

	if (!objects || !slots)
		return false;
	pika_pool_init(pool, objects, slots, size, count);
	return true;
}

static bool take_flows(struct pika_server *s, struct pika_arena *arena,
		       struct pika_ts *ts, u32 max_flows)
{
	size_t size = (size_t)2 * max_flows * sizeof(struct pika_flow_slot);
	struct pika_flow_slot *slots = pika_arena_take(arena, size);
	struct pika_flow_secret secret;

	if (!slots)
		return false;
	draw(s, secret.k, ARRAY_SIZE(secret.k));
	pika_flow_init(&ts->flows, slots, 2 * max_flows, &secret,
		       pika_ts_key_of, ts);
	return true;
}

/* All is asked for, also of an arena that only counts. */
static bool take_memory(struct pika_server *s, struct pika_arena *arena,
			struct pika_ts *ts, const struct pika_ts_config *config)
{
	struct pika_ts counted = {};
	bool ok;

	ts = ts ? ts : &counted;
	ok = take_flows(s, arena, ts, config->max_flows);
	ok &= take_pool(arena, &ts->tcbs, sizeof(struct pika_tcb),
			config->max_flows);
	ok &= take_pool(arena, &ts->chunks, sizeof(struct pika_chunk),
			config->max_chunks);
	ok &= take_pool(arena, &ts->frames, sizeof(struct pika_frame),
			PIKA_LINK_FRAMES);
	ok &= take_pool(arena, &ts->boards, sizeof(struct pika_board),
			max(config->max_flows / PIKA_BOARD_FLOWS, 1u));
	return ok;
}

static inline void clear_part(struct pika_tcb *tcb, size_t from, size_t to)
{
	memset((u8 *)tcb + from, 0, to - from);
}

/*
 * Places in lists, deadlines and timers mean nothing until something says that
 * they do. In three parts: of a longer one gcc makes a slower instruction.
 */
static inline void clear(struct pika_tcb *tcb)
{
	clear_part(tcb, offsetof(struct pika_tcb, flags),
		   offsetof(struct pika_tcb, head));
	clear_part(tcb, offsetof(struct pika_tcb, head),
		   offsetof(struct pika_tcb, ready));
	clear_part(tcb, offsetof(struct pika_tcb, ready),
		   offsetof(struct pika_tcb, blocked_next));
	tcb->timer.next = NULL;
	tcb->endpoint_retry.waiting = NULL;
	tcb->cm_retry.waiting = NULL;
}

/**
 * pika_ts_take() - a TCB for a new flow
 * @s: its server
 * @key: whose; not in the flow table
 * @hash: pika_ts_hash() of @key
 *
 * Return: the TCB, in the table, CLOSED, nearly all zeroes; NULL if none is
 * free, not even one in TIME_WAIT, which the caller counts.
 */
struct pika_tcb *pika_ts_take(struct pika_server *s,
			      const struct pika_flow_key *key, u32 hash)
{
	struct pika_ts *ts = s->ts;
	u32 index = pika_pool_take(&ts->tcbs);
	struct pika_tcb *tcb;

	if (index == PIKA_POOL_NONE && pika_ts_recycle(s))
		index = pika_pool_take(&ts->tcbs);
	if (index == PIKA_POOL_NONE)
		return NULL;
	tcb = pika_pool_at(&ts->tcbs, index);
	clear(tcb);
	tcb->key = *key;
	tcb->hash = hash;
	tcb->index = index;
	tcb->handle = pika_handle(s->id, index,
				  pika_pool_generation(&ts->tcbs, index));
	tcb->ttl = 64;
	tcb->endpoint = PIKA_NOBODY;
	tcb->cm = PIKA_NOBODY;
	tcb->tail = PIKA_POOL_NONE;
	tcb->held = PIKA_POOL_NONE;
	tcb->head.chunk = PIKA_POOL_NONE;
	tcb->next.chunk = PIKA_POOL_NONE;
	tcb->board = PIKA_POOL_NONE;
	tcb->rto_ms = PIKA_RTO_INITIAL;
	tcb->rcv_memory_most = 2 * ts->config.receive_buffer;
	tcb->endpoint_retry.again = pika_ts_retry_endpoint;
	tcb->cm_retry.again = pika_ts_retry_cm;
	WARN_ON_ONCE(!pika_flow_add_hashed(&ts->flows, hash, index));
	return tcb;
}

/**
 * pika_ts_block() - look at a flow's output again when the LS can take it
 * @s: its server
 * @tcb: the flow
 */
void pika_ts_block(struct pika_server *s, struct pika_tcb *tcb)
{
	struct pika_tcb_list *list = &s->ts->blocked;
	struct pika_tcb *last;

	tcb->flags |= PIKA_TCB_OUTPUT;
	if (tcb->flags & PIKA_TCB_BLOCKED)
		return;
	tcb->flags |= PIKA_TCB_BLOCKED;
	tcb->blocked_next = PIKA_POOL_NONE;
	if (list->first == PIKA_POOL_NONE) {
		list->first = tcb->index;
	} else {
		last = pika_pool_at(&s->ts->tcbs, list->last);
		last->blocked_next = tcb->index;
	}
	list->last = tcb->index;
}

/* A frame is free, or the ring has room: all who waited try again. */
static void unblock(struct pika_server *s)
{
	struct pika_tcb_list *list = &s->ts->blocked;
	struct pika_tcb *tcb;

	while (list->first != PIKA_POOL_NONE) {
		tcb = pika_pool_at(&s->ts->tcbs, list->first);
		list->first = tcb->blocked_next;
		tcb->flags &= ~PIKA_TCB_BLOCKED;
		pika_ts_changed(s, tcb);
	}
}

static void link_has_room(struct pika_server *s, struct pika_retry *retry)
{
	(void)retry;
	unblock(s);
}

/**
 * pika_ts_free_packets() - a chain of packets goes back to the shell
 * @s: the server
 * @pkt: the first, or NULL
 */
void pika_ts_free_packets(struct pika_server *s, struct pika_packet *pkt)
{
	struct pika_packet *next;

	for (; pkt; pkt = next) {
		next = pkt->next;
		s->env->ops->free_packet(s->env, pkt);
	}
}

/* Nobody is, or has to be, told anything more about it. */
static bool is_over(const struct pika_tcb *tcb)
{
	if (tcb->state != PIKA_TCP_CLOSED || tcb->tell)
		return false;
	if (tcb->flags & (PIKA_TCB_PASSIVE | PIKA_TCB_BLOCKED) || tcb->at_link)
		return false;
	return !(tcb->flags & PIKA_TCB_OWNED) || tcb->flags & PIKA_TCB_GONE;
}

/**
 * pika_ts_free() - a flow's memory is free again
 * @s: its server
 * @tcb: CLOSED, on no list
 */
void pika_ts_free(struct pika_server *s, struct pika_tcb *tcb)
{
	tcb->handle = PIKA_HANDLE_NONE;
	pika_timer_cancel(&s->wheel, &tcb->timer);
	if (unlikely(tcb->ready))
		pika_ts_free_packets(s, tcb->ready);
	pika_pool_put(&s->ts->tcbs, tcb->index);
}

/*
 * Telling the CM comes first: if it lives here its handler runs at once, and
 * may change the TCB; what is done then is true of that.
 */
static inline void visit(struct pika_server *s, struct pika_tcb *tcb)
{
	while (tcb->tell & PIKA_TELL_CM && !tcb->cm_retry.waiting)
		pika_ts_tell_cm(s, tcb);
	if (tcb->flags & (PIKA_TCB_OUTPUT | PIKA_TCB_ACK_NOW) &&
	    !(tcb->flags & PIKA_TCB_BLOCKED))
		pika_tcp_output(s, tcb);
	if (tcb->tell & PIKA_TELL_ENDPOINT)
		pika_ts_tell_endpoint(s, tcb);
	if (tcb->flags & PIKA_TCB_ARM)
		pika_tcp_arm(s, tcb);
	if (is_over(tcb))
		pika_ts_free(s, tcb);
}

/**
 * pika_ts_waits() - does a flow wait for the card of an LS in this server?
 * @s: a server with a transport server
 *
 * Return: true if one does: run the server again.
 */
bool pika_ts_waits(const struct pika_server *s)
{
	return s->ls == s->id && s->ts->blocked.first != PIKA_POOL_NONE;
}

/* What most of a visit looks at. */
static inline void prefetch_tcb(const struct pika_tcb *tcb)
{
	const u8 *lines = (const u8 *)tcb;

	__builtin_prefetch(lines);
	__builtin_prefetch(lines + PIKA_LINE);
}

/**
 * pika_ts_flush() - send what this run of the server made necessary
 * @s: the server
 *
 * Context: the server's core, at the end of pika_server_run().
 * Return: how many flows had changed, but for those that wait.
 */
u32 pika_ts_flush(struct pika_server *s)
{
	struct pika_ts *ts = s->ts;
	struct pika_tcb *tcb;
	u32 work = 0;

	if (unlikely(pika_ts_waits(s)))
		unblock(s);
	for (tcb = ts->changed; tcb; tcb = tcb->changed_next) {
		if (tcb->changed_next)
			prefetch_tcb(tcb->changed_next);
		/* Still on the list meanwhile: it is not added once more. */
		visit(s, tcb);
		tcb->flags &= ~PIKA_TCB_CHANGED;
		if (likely(!(tcb->flags & PIKA_TCB_BLOCKED)))
			work++;
	}
	ts->changed = NULL;
	ts->changed_end = &ts->changed;
	return work;
}

/* The last of its frames has: what they referred to is the owner's again. */
static void left_link(struct pika_server *s, struct pika_tcb *tcb)
{
	if (WARN_ON_ONCE(!tcb || !tcb->at_link) || --tcb->at_link)
		return;
	pika_tcp_queue_release(s, tcb);
	if (tcb->acked)
		pika_ts_update(s, tcb);
	pika_ts_check_gone(s, tcb);
	pika_ts_changed(s, tcb);
}

static void on_sent(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_pool *frames = &s->ts->frames;
	size_t offset = (char *)msg->transmit.frame - (char *)frames->objects;

	if (WARN_ON_ONCE(offset / sizeof(struct pika_frame) >= frames->count))
		return;
	pika_pool_put(frames, offset / sizeof(struct pika_frame));
	if (msg->flow != PIKA_HANDLE_NONE)
		left_link(s, pika_ts_find(s, msg->flow));
	unblock(s);
}

static void on_free(struct pika_server *s, const struct pika_msg *msg)
{
	pika_ts_free_packets(s, msg->packet.packet);
}

static void register_handlers(struct pika_server *s)
{
	s->handlers[PIKA_MSG_SENT] = on_sent;
	s->handlers[PIKA_MSG_FREE] = on_free;
	pika_ts_input_init(s);
	pika_ts_icmp_init(s);
	pika_ts_accept_init(s);
	pika_ts_socket_init(s);
}

/* The smallest shift with which the buffer can be told of (RFC 7323 2.3). */
static u8 window_shift(u32 buffer)
{
	u8 shift = 0;

	while (shift < PIKA_WINDOW_SCALE_MAX && buffer >> shift > 0xffff)
		shift++;
	return shift;
}

/* Below, options would leave nothing for payload. */
#define MTU_LEAST	(PIKA_MSS_LEAST + 40)

/* Also a frame that the card will cut has 16 bits for its length. */
static void use_mtu(struct pika_ts *ts, u16 mtu)
{
	u32 most;

	ts->config.mtu = max_t(u16, mtu, MTU_LEAST);
	most = (0xffff - PIKA_FRAME_HEADER) / (ts->config.mtu - 40u);
	ts->max_segments = max(min_t(u32, ts->config.max_segments, most), 1u);
}

/* Before the peer's SYN has come options have not taken their room yet. */
static void narrow(const struct pika_server *s, struct pika_tcb *tcb)
{
	u16 mss = pika_tcp_link_mss(s, tcb);

	if (tcb->state != PIKA_TCP_SYN_SENT &&
	    tcb->flags & PIKA_TCB_TIMESTAMPS)
		mss -= PIKA_OPTIONS_TIMESTAMP;
	tcb->mss = min(tcb->mss, mss);
}

/**
 * pika_ts_set_mtu() - the links have another MTU
 * @s: a server with a transport server
 * @mtu: the smallest of the links'
 *
 * Flows that begin from now on use it. No segment of those that exist is larger
 * any more, nor is what they send again; they do not grow. What is in flight
 * has left by then and is left alone.
 *
 * Context: the server's core, between two runs.
 */
void pika_ts_set_mtu(struct pika_server *s, u16 mtu)
{
	struct pika_pool *tcbs = &s->ts->tcbs;
	u32 i;

	use_mtu(s->ts, mtu);
	for (i = 0; i < tcbs->count; i++)
		if (tcbs->slots[i].next == PIKA_POOL_TAKEN)
			narrow(s, pika_pool_at(tcbs, i));
}

/**
 * pika_ts_init() - give a server a transport server
 * @s: initialised, without one
 * @arena: memory for it; counted if it is only counting
 * @config: copied
 *
 * Context: set-up, before the server runs.
 * Return: 0; -ENOMEM if the arena has not enough.
 */
int pika_ts_init(struct pika_server *s, struct pika_arena *arena,
		 const struct pika_ts_config *config)
{
	const struct pika_tcb_list empty = { PIKA_POOL_NONE, PIKA_POOL_NONE };
	bool counting = !arena->at;
	struct pika_ts *ts = pika_arena_take(arena, sizeof(*ts));
	bool ok = take_memory(s, arena, ts, config);

	if (counting)
		return 0;
	if (!ts || !ok)
		return -ENOMEM;
	ts->config = *config;
	if (!ts->config.max_time_wait)
		ts->config.max_time_wait = max(config->max_flows / 2, 1u);
	use_mtu(ts, config->mtu);
	ts->rcv_shift = window_shift(config->receive_buffer);
	ts->changed_end = &ts->changed;
	ts->blocked = empty;
	ts->waiting = empty;
	ts->link_retry.again = link_has_room;
	draw(s, ts->isn_secret.k, ARRAY_SIZE(ts->isn_secret.k));
	register_handlers(s);
	s->fire = pika_tcp_fire;
	s->ts = ts;
	return 0;
}

/**
 * pika_ts_release() - give back the packets that flows still hold
 * @s: a server that will not run again
 */
void pika_ts_release(struct pika_server *s)
{
	struct pika_pool *tcbs = &s->ts->tcbs;
	struct pika_tcb *tcb;
	u32 i;

	for (i = 0; i < tcbs->count; i++) {
		if (tcbs->slots[i].next != PIKA_POOL_TAKEN)
			continue;
		tcb = pika_pool_at(tcbs, i);
		pika_ts_free_packets(s, tcb->ready);
		pika_ts_free_packets(s, tcb->early);
		tcb->ready = NULL;
		tcb->early = NULL;
	}
}

/**
 * pika_ts_read_stats() - what a transport server has counted
 * @s: its server
 *
 * Return: the counters, which change under a reader on another core.
 */
const struct pika_ts_stats *pika_ts_read_stats(const struct pika_server *s)
{
	return &s->ts->stats;
}

/**
 * pika_ts_flows() - how many TCBs are in use
 * @s: its server
 *
 * Return: their number, those in TIME_WAIT included.
 */
u32 pika_ts_flows(const struct pika_server *s)
{
	return s->ts->tcbs.used;
}
