/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A server: any mix of link server, transport server and connection manager,
 * and the rings to everybody else. It is executed on one core at a time, its
 * own, by calls of pika_server_run(); that is its whole exclusion.
 */
#ifndef PIKA_CORE_SERVER_H
#define PIKA_CORE_SERVER_H

#include "arena.h"
#include "bell.h"
#include "packet.h"
#include "ring.h"
#include "timer.h"

/*
 * Addresses: servers are 0 .. servers - 1, the endpoints of application CPUs
 * follow.
 */
#define PIKA_SERVERS	128
#define PIKA_PEERS	512
#define PIKA_NOBODY	0xffff

/*
 * A ring that held nothing for so long is no longer looked at in every run, but
 * a few of its kind are in each: cost follows use, not the number of peers. A
 * server that sleeps is woken by the bell and looks at all of them.
 */
#define PIKA_RING_COOL_MS	10
#define PIKA_RINGS_IN_TURN	8

/* Flow groups: the low 12 bits of the remote port (paper 4.1). */
#define PIKA_GROUPS	4096

struct pika_link;
struct pika_ts;
struct pika_cm;
struct pika_microthreads;
struct pika_server;

/**
 * struct pika_retry - something of the sender's that waits for room in a ring
 * @next: in the list of the peer it waits for
 * @waiting: what points to it there; NULL: it does not wait
 * @again: called when there is room, off the list; sends what is true by then,
 *	and waits again if that did not fit
 */
struct pika_retry {
	struct pika_retry *next;
	struct pika_retry **waiting;
	void (*again)(struct pika_server *s, struct pika_retry *retry);
};

/**
 * struct pika_peer - one other server or endpoint, as this server sees it
 * @out: ring to it; @out.out is NULL until it is attached
 * @in: ring from it, likewise
 * @bell: its bell, to be read only; NULL until @out is attached
 * @retry: those who wait for room in @out, oldest first
 * @retry_end: where the next of them goes
 * @heard_ms: when its ring last held something
 * @address: its own
 * @place: in the server's polled[]
 * @unrung: on the server's unrung[]
 * @blocked: on the server's blocked[]
 * @drained: on the server's drained[]
 * @held: its oldest message waits for room in @out
 * @resuming: one of @retry is being called and may use the room
 */
struct pika_peer {
	struct pika_producer out;
	struct pika_consumer in;
	const struct pika_bell *bell;
	struct pika_retry *retry;
	struct pika_retry **retry_end;
	u32 heard_ms;
	u16 address;
	u16 place;
	bool unrung;
	bool blocked;
	bool drained;
	bool held;
	bool resuming;
};

/**
 * struct pika_peer_set - some of a server's peers, by address, in any order
 * @len: how many
 * @address: theirs
 */
struct pika_peer_set {
	u16 len;
	u16 address[PIKA_PEERS];
};

/* X(name, meaning): what the dispatcher counts, by event. */
#define PIKA_SERVER_COUNTERS(X) \
	X(unknown, "messages of a type that does not exist") \
	X(unhandled, "messages that no component of this server takes") \
	X(unroutable, "messages for an address that does not exist") \
	X(full, "messages that waited for room in a ring, or for the ring") \
	X(held, "times that a message was left in its ring for want of room") \
	X(bells, "bells rung") \
	X(cooled, "rings polled less often after having been idle")

struct pika_server_stats {
#define X(name, meaning) u64 name;
	PIKA_SERVER_COUNTERS(X)
#undef X
};

/* What a server does with a message. DIRECT: both of its ends are in it. */
enum pika_way {
	PIKA_WAY_SENT,
	PIKA_WAY_RECEIVED,
	PIKA_WAY_DIRECT,
};

/**
 * struct pika_trace - what a shell may want to watch
 *
 * Called on the server's own core, while it runs.
 *
 * @message: @msg is put into the ring to @to, or taken from its own. One that
 *	has to wait in its ring is seen each time that it is tried.
 * @drop: a packet or a frame came to nothing, and was counted in @reason.
 */
struct pika_trace {
	void (*message)(struct pika_server *s, enum pika_way way, u16 to,
			const struct pika_msg *msg);
	void (*drop)(struct pika_server *s, const u64 *reason);
};

/**
 * struct pika_server - see above
 * @env: the shell
 * @trace: NULL: nobody watches. The shell's to set between runs
 * @now_ns: when this run began
 * @now_us: the same, for what is compared with another one
 * @now_ms: the same, for timers
 * @parsed: the packet that the LS has just read and is giving away, or NULL
 * @segment: its headers, with the hash for this server's TS
 * @id: its address
 * @cm: address of the CM that this server's LS asks
 * @ls: address of the LS that sends for this server's TS
 * @servers: how many servers there are
 * @ts_of: which TS owns a flow group, PIKA_GROUPS of them
 * @link: its link server, or NULL
 * @ts: its transport server, or NULL
 * @manager: its connection manager, or NULL
 * @microthreads: its continuations, or NULL
 * @bell: its own
 * @asleep: its bell is armed; ends with the next run
 * @hold: the handler that is running has called pika_hold()
 * @wheel: its timers
 * @fire: what they do, called with the server
 * @handlers: by type of message; never NULL
 * @polled: peers with an attached ring to this server: the first @hot ones are
 *	looked at in each run, the others in turn
 * @hot: see above
 * @turn: the next of the others
 * @drained: peers whose ring was drained in this run
 * @unrung: peers that something was sent to since their bell was looked at
 * @blocked: peers that somebody waits for room to
 * @peers: by address
 * @received: messages taken from rings, by type
 * @sent: messages put into rings, by type
 * @unhandled: type of the last message that no component took
 * @stats: what else happened
 */
struct pika_server {
	struct pika_env *env;
	const struct pika_trace *trace;
	u64 now_ns;
	u32 now_us;
	u32 now_ms;
	struct pika_packet *parsed;
	struct pika_segment *segment;
	u16 id;
	u16 cm;
	u16 ls;
	u16 servers;
	u16 *ts_of;
	struct pika_link *link;
	struct pika_ts *ts;
	struct pika_cm *manager;
	struct pika_microthreads *microthreads;
	struct pika_bell *bell;
	bool asleep;
	bool hold;
	struct pika_wheel wheel;
	pika_timer_fn fire;
	pika_handler handlers[PIKA_MSG_TYPES];
	u16 hot;
	u16 turn;
	struct pika_peer_set polled;
	struct pika_peer_set drained;
	struct pika_peer_set unrung;
	struct pika_peer_set blocked;
	struct pika_peer peers[PIKA_PEERS];
	u64 received[PIKA_MSG_TYPES];
	u64 sent[PIKA_MSG_TYPES];
	u8 unhandled;
	struct pika_server_stats stats;
};

/**
 * pika_segment_of() - the headers of a packet that a message has brought
 * @s: the server whose handler is running
 * @pkt: the packet
 * @room: for its headers, if they have to be read
 *
 * An LS in the same server has read them already.
 *
 * Return: the headers, valid until the handler sends or returns; NULL if @pkt
 * is no segment.
 */
static inline struct pika_segment *pika_segment_of(struct pika_server *s,
						   struct pika_packet *pkt,
						   struct pika_segment *room)
{
	if (likely(s->parsed == pkt))
		return s->segment;
	return pika_packet_parse(pkt, room) == PIKA_PARSE_OK ? room : NULL;
}

void pika_server_init(struct pika_server *s, struct pika_env *env, u16 id,
		      u16 servers, struct pika_bell *bell);
void pika_server_attach_out(struct pika_server *s, u16 to,
			    struct pika_ring_out *out,
			    const struct pika_ring_in *in, u32 slots,
			    const struct pika_bell *bell);
void pika_server_attach_in(struct pika_server *s, u16 from,
			   const struct pika_ring_out *out,
			   struct pika_ring_in *in, u32 slots);
u32 pika_server_run(struct pika_server *s, u32 budget);
bool pika_server_may_sleep(struct pika_server *s);
void pika_server_release(struct pika_server *s);
bool pika_server_next_timer(const struct pika_server *s, u32 *expires_ms);
void pika_hold(struct pika_server *s);
bool pika_peer_makes_room(struct pika_peer *peer);
bool pika_send_apart(struct pika_server *s, u16 to, struct pika_msg *msg);
void pika_end_send(struct pika_server *s, u16 to, const struct pika_msg *msg);
void pika_send_later(struct pika_server *s, u16 to, struct pika_retry *retry);
void pika_forget_retry(struct pika_server *s, u16 to, struct pika_retry *retry);

/* Of another server or an endpoint, by ring. None has neither credit. */
static inline bool pika_peer_has_room(struct pika_peer *peer)
{
	if (likely(peer->out.head != peer->out.limit && !peer->retry))
		return true;
	return pika_peer_makes_room(peer);
}

/**
 * pika_has_room() - would pika_send() succeed now?
 * @s: the sender
 * @to: address
 *
 * Return: false if the ring is full, if there is none, or if others already
 * wait for it. On false the consumer will ring when it has made room.
 */
static inline bool pika_has_room(struct pika_server *s, u16 to)
{
	if (to == s->id)
		return true;
	if (unlikely(to >= PIKA_PEERS))
		return false;
	return pika_peer_has_room(&s->peers[to]);
}

/**
 * pika_send() - send a message to a server or an endpoint
 * @s: the sender
 * @to: address; if that is this server, the handler runs at once
 * @msg: its from and reserved fields are filled in
 *
 * Those who wait for room have the right of way, so that what one object sends
 * stays in order.
 *
 * Return: false if the ring is full, or there is none, or others wait: nothing
 * was sent; wait with pika_send_later().
 */
static inline bool pika_send(struct pika_server *s, u16 to,
			     struct pika_msg *msg)
{
	msg->reserved = 0;
	msg->from = s->id;
	if (to != s->id || unlikely(s->trace || msg->type >= PIKA_MSG_TYPES))
		return pika_send_apart(s, to, msg);
	s->handlers[msg->type](s, msg);
	return true;
}

/**
 * pika_begin_send() - send a message that is made in its place in the ring
 * @s: the sender
 * @to: address of another server or an endpoint
 *
 * Spares the copy. Otherwise as pika_send().
 *
 * Return: the message, holding an old one: all but its from field is to be
 * filled in before pika_end_send(), and nothing sent before that; NULL where
 * pika_send() returns false.
 */
static inline struct pika_msg *pika_begin_send(struct pika_server *s, u16 to)
{
	struct pika_peer *peer = &s->peers[to];
	struct pika_msg *msg;

	if (unlikely(to >= PIKA_PEERS || !pika_peer_has_room(peer))) {
		s->stats.full++;
		return NULL;
	}
	msg = peer->out.slot;
	msg->reserved = 0;
	msg->from = s->id;
	return msg;
}

#endif /* PIKA_CORE_SERVER_H */
