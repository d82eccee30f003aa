// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a server does when its core executes it, and how its components reach
 * others. Runs on the server's own core only.
 */

#include "server.h"

#include "cm.h"
#include "link.h"
#include "ts.h"

static void add_peer(struct pika_peer_set *set, struct pika_peer *peer)
{
	set->address[set->len++] = peer->address;
}

static void on_unhandled(struct pika_server *s, const struct pika_msg *msg)
{
	s->stats.unhandled++;
	s->unhandled = msg->type;
}

static inline void read_clock(struct pika_server *s)
{
	s->now_ns = s->env->ops->now_ns(s->env);
	s->now_us = s->now_ns / 1000;
	s->now_ms = s->now_ns / 1000000;
}

/**
 * pika_server_init() - a server without components and without rings
 * @s: zeroed memory
 * @env: its shell
 * @id: its address
 * @servers: how many servers there will be
 * @bell: zeroed memory that only this server writes and every peer reads
 *
 * Context: set-up, before the server runs.
 */
void pika_server_init(struct pika_server *s, struct pika_env *env, u16 id,
		      u16 servers, struct pika_bell *bell)
{
	u16 type;
	u16 to;

	s->env = env;
	s->id = id;
	s->cm = PIKA_NOBODY;
	s->ls = PIKA_NOBODY;
	s->servers = servers;
	s->bell = bell;
	read_clock(s);
	pika_wheel_init(&s->wheel, s->now_ms);
	for (type = 0; type < PIKA_MSG_TYPES; type++)
		s->handlers[type] = on_unhandled;
	for (to = 0; to < PIKA_PEERS; to++) {
		s->peers[to].address = to;
		s->peers[to].retry_end = &s->peers[to].retry;
	}
}

/**
 * pika_server_attach_out() - the ring that this server sends to @to with
 * @s: the producer
 * @to: the consumer's address
 * @out: memory of this server's
 * @in: memory of the consumer's
 * @slots: of the ring
 * @bell: the consumer's
 *
 * Context: on the server's core, or before it runs.
 */
void pika_server_attach_out(struct pika_server *s, u16 to,
			    struct pika_ring_out *out,
			    const struct pika_ring_in *in, u32 slots,
			    const struct pika_bell *bell)
{
	pika_producer_init(&s->peers[to].out, out, in, slots);
	s->peers[to].bell = bell;
}

static void swap_places(struct pika_server *s, struct pika_peer *a, u16 place)
{
	struct pika_peer *b = &s->peers[s->polled.address[place]];

	s->polled.address[a->place] = b->address;
	b->place = a->place;
	s->polled.address[place] = a->address;
	a->place = place;
}

/* From now on, look at the ring from @peer in each run. */
static void warm(struct pika_server *s, struct pika_peer *peer)
{
	peer->heard_ms = s->now_ms;
	if (peer->place >= s->hot)
		swap_places(s, peer, s->hot++);
}

static void cool(struct pika_server *s, struct pika_peer *peer)
{
	s->stats.cooled++;
	swap_places(s, peer, --s->hot);
}

/**
 * pika_server_attach_in() - the ring that @from sends to this server with
 * @s: the consumer
 * @from: the producer's address
 * @out: memory of the producer's
 * @in: memory of this server's
 * @slots: of the ring
 *
 * Context: on the server's core, or before it runs.
 */
void pika_server_attach_in(struct pika_server *s, u16 from,
			   const struct pika_ring_out *out,
			   struct pika_ring_in *in, u32 slots)
{
	struct pika_peer *peer = &s->peers[from];

	if (!peer->in.out) {
		peer->place = s->polled.len;
		add_peer(&s->polled, peer);
	}
	pika_consumer_init(&peer->in, out, in, slots);
	warm(s, peer);
}

static inline void show(struct pika_server *s, enum pika_way way, u16 to,
			const struct pika_msg *msg)
{
	if (unlikely(s->trace))
		s->trace->message(s, way, to, msg);
}

/* Whoever takes no such message counts it: a peer cannot bring us down. */
static void dispatch(struct pika_server *s, const struct pika_msg *msg)
{
	u8 type = READ_ONCE(msg->type);

	if (unlikely(type >= PIKA_MSG_TYPES)) {
		s->stats.unknown++;
		return;
	}
	s->handlers[type](s, msg);
}

/**
 * pika_peer_makes_room() - pika_peer_has_room() where somebody waits, there is
 *	no ring, or its credit is used up
 * @peer: another server or an endpoint
 *
 * Return: as pika_has_room().
 */
bool pika_peer_makes_room(struct pika_peer *peer)
{
	if (!peer->out.out || (peer->retry && !peer->resuming))
		return false;
	return peer->out.head != peer->out.limit ||
	       pika_producer_renew(&peer->out);
}

static inline void has_sent(struct pika_server *s, struct pika_peer *peer,
			    u8 type)
{
	s->sent[type]++;
	if (peer->unrung)
		return;
	peer->unrung = true;
	add_peer(&s->unrung, peer);
}

/**
 * pika_send_apart() - pika_send() where it is more than calling the handler
 * @s: the sender
 * @to: address
 * @msg: complete
 *
 * Return: as pika_send().
 */
bool pika_send_apart(struct pika_server *s, u16 to, struct pika_msg *msg)
{
	struct pika_peer *peer;

	if (to == s->id) {
		show(s, PIKA_WAY_DIRECT, to, msg);
		dispatch(s, msg);
		return true;
	}
	if (unlikely(!pika_has_room(s, to))) {
		s->stats.full++;
		return false;
	}
	peer = &s->peers[to];
	pika_ring_push(&peer->out, msg);
	has_sent(s, peer, msg->type);
	show(s, PIKA_WAY_SENT, to, msg);
	return true;
}

/**
 * pika_end_send() - the message is complete
 * @s: the sender
 * @to: as for pika_begin_send()
 * @msg: from there
 */
void pika_end_send(struct pika_server *s, u16 to, const struct pika_msg *msg)
{
	struct pika_peer *peer = &s->peers[to];

	has_sent(s, peer, msg->type);
	pika_ring_commit(&peer->out);
	show(s, PIKA_WAY_SENT, to, msg);
}

/**
 * pika_hold() - leave the message that is being handled in its ring
 * @s: the server
 *
 * For a handler whose answer does not fit into the ring to the sender, which
 * must be an endpoint, or a CM that a TS answers: these drain their rings
 * whatever happens to those to the server. The handler is called again with the
 * same message when there is room; what the sender sent after it waits too.
 */
void pika_hold(struct pika_server *s)
{
	s->hold = true;
}

/**
 * pika_send_later() - be called when there is room in the ring to @to
 * @s: the sender, for which pika_send() to @to returned false
 * @to: address
 * @retry: its @again is called once; waiting twice counts once. It should send
 *	to @to only what it waited for.
 */
void pika_send_later(struct pika_server *s, u16 to, struct pika_retry *retry)
{
	struct pika_peer *peer;

	if (retry->waiting)
		return;
	if (unlikely(to >= PIKA_PEERS)) {
		s->stats.unroutable++;
		return;
	}
	peer = &s->peers[to];
	retry->next = NULL;
	retry->waiting = peer->retry_end;
	*peer->retry_end = retry;
	peer->retry_end = &retry->next;
	if (!peer->blocked) {
		peer->blocked = true;
		add_peer(&s->blocked, peer);
	}
}

static void unlink_retry(struct pika_peer *peer, struct pika_retry *retry)
{
	*retry->waiting = retry->next;
	if (retry->next)
		retry->next->waiting = retry->waiting;
	else
		peer->retry_end = retry->waiting;
	retry->waiting = NULL;
}

/**
 * pika_forget_retry() - no longer wait, because what waits goes away
 * @s: the sender
 * @to: address that it may wait for
 * @retry: need not be waiting
 */
void pika_forget_retry(struct pika_server *s, u16 to, struct pika_retry *retry)
{
	if (retry->waiting)
		unlink_retry(&s->peers[to], retry);
}

static bool may_resume(struct pika_peer *peer)
{
	struct pika_producer *out = &peer->out;

	return peer->retry && out->out &&
	       (out->head != out->limit || pika_producer_renew(out));
}

/* Those who waited, as long as there is room; one that waits again is last. */
static u32 resume_retries(struct pika_server *s, struct pika_peer *peer)
{
	struct pika_retry **end = peer->retry_end;
	struct pika_retry *retry;
	u32 work = 0;

	peer->resuming = true;
	while (may_resume(peer)) {
		retry = peer->retry;
		unlink_retry(peer, retry);
		retry->again(s, retry);
		work++;
		if (&retry->next == end)
			break;
	}
	peer->resuming = false;
	return work;
}

/* Backwards: one that nobody waits for any more gives its place to the last. */
static u32 run_retries(struct pika_server *s)
{
	struct pika_peer_set *blocked = &s->blocked;
	struct pika_peer *peer;
	u32 work = 0;
	u16 i;

	for (i = blocked->len; i-- > 0;) {
		peer = &s->peers[blocked->address[i]];
		work += resume_retries(s, peer);
		if (peer->retry)
			continue;
		peer->blocked = false;
		blocked->address[i] = blocked->address[--blocked->len];
	}
	return work;
}

/* By the table: of those who send, only APP has a name of three letters. */
static const bool from_app[PIKA_MSG_TYPES] = {
#define X(name, from, to, payload, section, meaning) \
	[PIKA_MSG_##name] = sizeof(from) == sizeof("APP"),
	PIKA_MESSAGES(X)
#undef X
};

/*
 * Servers trust each other, also in what pointers they send. An endpoint sends
 * nothing but what is an endpoint's to say, and everybody in his own name.
 */
static inline bool may_say(const struct pika_server *s,
			   const struct pika_peer *peer,
			   const struct pika_msg *msg, u8 type)
{
	return likely(msg->from == peer->address) &&
	       (from_app[type] || peer->address < s->servers);
}

/* @type is read once: another server's memory could change. */
static inline void receive(struct pika_server *s, const struct pika_peer *peer,
			   const struct pika_msg *msg, u8 type)
{
	if (unlikely(type >= PIKA_MSG_TYPES)) {
		if (msg->from == peer->address)
			s->stats.unknown++;
		else
			on_unhandled(s, msg);
		return;
	}
	s->received[type]++;
	if (likely(may_say(s, peer, msg, type)))
		s->handlers[type](s, msg);
	else
		on_unhandled(s, msg);
}

/* Its handler will see it again: it was not received. */
static void hold(struct pika_server *s, struct pika_peer *peer, u8 type)
{
	s->hold = false;
	s->received[type]--;
	s->stats.held++;
	peer->held = true;
}

/* A message that its handler holds stays, and all behind it. */
static u32 drain_ring(struct pika_server *s, struct pika_peer *peer, u32 budget)
{
	const struct pika_msg *msg;
	u32 work = 0;
	u8 type;

	peer->held = false;
	while (work < budget && (msg = pika_ring_peek(&peer->in))) {
		type = READ_ONCE(msg->type);
		show(s, PIKA_WAY_RECEIVED, s->id, msg);
		receive(s, peer, msg, type);
		if (unlikely(s->hold)) {
			hold(s, peer, type);
			break;
		}
		pika_ring_pop(&peer->in);
		work++;
	}
	return work;
}

static u32 poll_ring(struct pika_server *s, struct pika_peer *peer, u32 budget)
{
	u32 work = drain_ring(s, peer, budget);

	if (work) {
		warm(s, peer);
		if (!peer->drained) {
			peer->drained = true;
			add_peer(&s->drained, peer);
		}
	}
	return work;
}

/* Backwards, as a ring that is cooled changes places with the last hot one. */
static u32 poll_hot_rings(struct pika_server *s, u32 budget)
{
	struct pika_peer *peer;
	u32 work = 0;
	u32 done;
	u16 i;

	for (i = s->hot; i-- > 0;) {
		peer = &s->peers[s->polled.address[i]];
		done = pika_ring_peek(&peer->in) ?
			poll_ring(s, peer, budget) : 0;
		if (!done && s->now_ms - peer->heard_ms > PIKA_RING_COOL_MS)
			cool(s, peer);
		work += done;
	}
	return work;
}

/* @n of the others. One that is found in use changes places with the first. */
static u32 poll_cold_rings(struct pika_server *s, u32 budget, u32 n)
{
	struct pika_peer *peer;
	u32 work = 0;
	u16 turn;

	for (n = min(n, (u32)(s->polled.len - s->hot)); n > 0; n--) {
		turn = s->turn;
		if (turn < s->hot || turn >= s->polled.len)
			turn = s->hot;
		s->turn = turn + 1;
		peer = &s->peers[s->polled.address[turn]];
		work += poll_ring(s, peer, budget);
	}
	return work;
}

/*
 * Rings in use, some of those that were not, then ours that had been full. Each
 * has its share of the budget, and one message at least.
 */
static u32 dispatch_poll(struct pika_server *s, u32 budget, bool woken)
{
	u32 rings = woken ? s->polled.len : s->hot;
	u32 share = rings > 4 ? budget / rings : budget / 4;
	u32 turns = PIKA_RINGS_IN_TURN;
	u32 work = 0;

	if (unlikely(!share))
		share = 1;
	if (woken) {
		s->turn = s->hot;
		turns = PIKA_PEERS;
	}
	if (unlikely(s->polled.len != s->hot))
		work = poll_cold_rings(s, share, turns);
	work += poll_hot_rings(s, share);
	if (s->blocked.len)
		work += run_retries(s);
	return work;
}

static void ring_bell(struct pika_server *s, struct pika_peer *peer)
{
	s->stats.bells++;
	s->env->ops->ring_bell(s->env, peer->address);
}

/* Rings for room, unless the bell is going to be rung for a message anyway. */
static void ring_for_room(struct pika_server *s, struct pika_peer *peer)
{
	if (pika_consumer_sees_waiter(&peer->in) && !peer->unrung &&
	    (!peer->bell || pika_bell_armed(peer->bell)))
		ring_bell(s, peer);
}

/*
 * Peers learn what this run did: how far their rings are drained, and if they
 * sleep, that there are messages or room for them. One barrier for all.
 */
static __pika_apart void tell_peers(struct pika_server *s)
{
	struct pika_peer *peer;
	u16 i;

	for (i = 0; i < s->drained.len; i++)
		pika_consumer_publish(&s->peers[s->drained.address[i]].in);
	/* Sent and published before who sleeps is looked at: bell.h. */
	smp_mb();
	while (s->drained.len) {
		peer = &s->peers[s->drained.address[--s->drained.len]];
		peer->drained = false;
		ring_for_room(s, peer);
	}
	while (s->unrung.len) {
		peer = &s->peers[s->unrung.address[--s->unrung.len]];
		peer->unrung = false;
		if (pika_bell_armed(peer->bell))
			ring_bell(s, peer);
	}
}

static inline bool has_news_for_peers(const struct pika_server *s)
{
	return s->drained.len || s->unrung.len;
}

/* Returns true if the server was asleep. */
static bool begin_run(struct pika_server *s)
{
	bool woken = s->asleep;

	read_clock(s);
	pika_wheel_wake(&s->wheel, s->now_ms);
	if (woken) {
		s->asleep = false;
		pika_bell_disarm(s->bell);
	}
	return woken;
}

/**
 * pika_server_run() - do what there is to do
 * @s: the server, on its own core, with nothing else executing it
 * @budget: about how many packets and messages to handle at most
 *
 * Return: how much was done; 0 when idle.
 */
u32 pika_server_run(struct pika_server *s, u32 budget)
{
	bool woken = begin_run(s);
	u32 work = 0;

	if (s->link)
		work += pika_link_poll(s, budget);
	work += dispatch_poll(s, budget, woken);
	work += pika_wheel_run(&s->wheel, s->now_ms, budget, s->fire, s);
	if (s->ts)
		work += pika_ts_flush(s);
	if (s->link)
		pika_link_flush(s);
	if (has_news_for_peers(s))
		tell_peers(s);
	return work;
}

static bool has_messages(struct pika_server *s)
{
	struct pika_peer *peer;
	u16 i;

	for (i = 0; i < s->polled.len; i++) {
		peer = &s->peers[s->polled.address[i]];
		if (pika_ring_peek(&peer->in) &&
		    (!peer->held || pika_has_room(s, peer->address)))
			return true;
	}
	return false;
}

static bool has_retries(struct pika_server *s)
{
	u16 i;

	for (i = 0; i < s->blocked.len; i++)
		if (may_resume(&s->peers[s->blocked.address[i]]))
			return true;
	return false;
}

/**
 * pika_server_may_sleep() - say that the server is about to sleep
 * @s: a server whose last run used up no budget
 *
 * Return: true if it may: whoever sends from now on, or makes room that
 * somebody here waits for, rings its bell, until the next pika_server_run().
 * False if something has come meanwhile, or the card's queue is full: run it.
 */
bool pika_server_may_sleep(struct pika_server *s)
{
	if ((s->link && pika_link_waits(s)) || (s->ts && pika_ts_waits(s)))
		return false;
	if (has_news_for_peers(s))
		tell_peers(s);
	pika_bell_arm(s->bell);
	s->asleep = !has_messages(s) && !has_retries(s);
	if (!s->asleep)
		pika_bell_disarm(s->bell);
	return s->asleep;
}

/**
 * pika_server_next_timer() - until when it may sleep
 * @s: the server
 * @expires_ms: set to the time of the first timer, or a bit earlier
 *
 * Return: false if no timer is armed.
 */
bool pika_server_next_timer(const struct pika_server *s, u32 *expires_ms)
{
	return pika_wheel_next(&s->wheel, expires_ms);
}

static void release_message(struct pika_server *s, const struct pika_msg *msg)
{
	struct pika_packet *pkt = NULL;
	struct pika_packet *next;

	if (msg->type == PIKA_MSG_SYN || msg->type == PIKA_MSG_SEGMENT ||
	    msg->type == PIKA_MSG_FREE)
		pkt = msg->packet.packet;
	else if (msg->type == PIKA_MSG_ADMIT)
		pkt = msg->admit.packet;
	for (; pkt; pkt = next) {
		next = pkt->next;
		s->env->ops->free_packet(s->env, pkt);
	}
}

/**
 * pika_server_release() - give back all packets that a server still holds
 * @s: a server that will not run again, nor will its peers
 *
 * Those in the rings to it and those of its flows. What is in the rings to
 * endpoints is the shell's.
 *
 * Context: tear-down.
 */
void pika_server_release(struct pika_server *s)
{
	const struct pika_msg *msg;
	struct pika_peer *peer;
	u16 i;

	for (i = 0; i < s->polled.len; i++) {
		peer = &s->peers[s->polled.address[i]];
		while ((msg = pika_ring_peek(&peer->in))) {
			release_message(s, msg);
			pika_ring_pop(&peer->in);
		}
	}
	if (s->ts)
		pika_ts_release(s);
}

/* Names for counters, traces and tests. */
const char *pika_msg_name(u8 type)
{
	static const char * const names[PIKA_MSG_TYPES] = {
		[PIKA_MSG_NONE] = "NONE",
#define X(name, from, to, payload, section, meaning) \
		[PIKA_MSG_##name] = #name,
		PIKA_MESSAGES(X)
#undef X
	};

	return type < PIKA_MSG_TYPES ? names[type] : "?";
}
