/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A single-producer single-consumer ring of one-line messages, the only thing
 * that two servers, or a server and an application CPU, have in common.
 *
 * A slot's first word is its tag, the lap in which it was filled, stored last;
 * laps are counted from 1: a zeroed slot is an empty one.
 * So no index travels with a message: the producer works on credit, which it
 * renews from the consumer's published tail when it is used up, and the
 * consumer publishes its tail every quarter of the ring and before it sleeps.
 * Each line is written by one side only, so that the two sides can live in
 * different protection domains. Nobody waits here: bell.h says how to sleep.
 */
#ifndef PIKA_CORE_RING_H
#define PIKA_CORE_RING_H

#include "msg.h"

#define PIKA_RING_MIN_SLOTS	8
#define PIKA_RING_SLOTS		64
#define PIKA_RING_MAX_SLOTS	4096

/**
 * struct pika_ring_out - what the producer writes: its flag, then the slots
 * @want_room: the producer found the ring full and waits for a bell
 * @slots: a power of two of them
 */
struct pika_ring_out {
	u32 want_room __aligned(PIKA_LINE);
	struct pika_msg slots[] __aligned(PIKA_LINE);
};

static_assert(sizeof(struct pika_ring_out) == PIKA_LINE,
	      "the flag has a line of its own");

/**
 * struct pika_ring_in - what the consumer writes
 * @tail: messages consumed so far, as last published
 */
struct pika_ring_in {
	u32 tail __aligned(PIKA_LINE);
};

/**
 * struct pika_producer - the sending end, private to its server
 * @out: the producer's own memory
 * @in: the consumer's, read only
 * @slot: where the next message goes
 * @head: messages sent so far, modulo 2^32 like all such counts
 * @limit: @head may go up to here before the tail must be read again
 * @mask: number of slots - 1
 * @lap: the tag of that message
 */
struct pika_producer {
	struct pika_ring_out *out;
	const struct pika_ring_in *in;
	struct pika_msg *slot;
	u32 head;
	u32 limit;
	u32 mask;
	u32 lap;
};

/**
 * struct pika_consumer - the receiving end, private to its server
 * @out: the producer's memory, read only
 * @in: the consumer's own
 * @slot: where the next message comes
 * @tail: messages consumed so far
 * @published: the last value of @tail that the producer may know
 * @mask: number of slots - 1
 * @quarter: a quarter of them - 1
 * @lap: the tag of that message
 * @unanswered: published since want_room was last looked at
 */
struct pika_consumer {
	const struct pika_ring_out *out;
	struct pika_ring_in *in;
	const struct pika_msg *slot;
	u32 tail;
	u32 published;
	u32 mask;
	u32 quarter;
	u32 lap;
	bool unanswered;
};

/* Bytes of producer's memory for a ring of @slots. Zero it before use. */
static inline size_t pika_ring_out_size(u32 slots)
{
	return sizeof(struct pika_ring_out) + slots * sizeof(struct pika_msg);
}

void pika_producer_init(struct pika_producer *p, struct pika_ring_out *out,
			const struct pika_ring_in *in, u32 slots);
void pika_consumer_init(struct pika_consumer *c,
			const struct pika_ring_out *out,
			struct pika_ring_in *in, u32 slots);
bool pika_producer_renew(struct pika_producer *p);
void pika_consumer_publish(struct pika_consumer *c);
void pika_consumer_turn(struct pika_consumer *c);

/**
 * pika_consumer_sees_waiter() - does the producer wait for room that is there?
 * @c: the receiving end
 *
 * Context: the consumer's core, after a full barrier that follows
 * pika_ring_pop() and pika_consumer_publish(): for all rings of a pass, one
 * smp_mb() will do.
 * Return: true if the producer's bell must be rung, should it be armed. Once
 * for each published tail.
 */
static inline bool pika_consumer_sees_waiter(struct pika_consumer *c)
{
	bool published = c->unanswered;

	c->unanswered = false;
	return published && READ_ONCE(c->out->want_room);
}

/**
 * pika_consumer_owes_bell() - the same, with a barrier where it is needed
 * @c: the receiving end
 *
 * The barrier keeps want_room from being read while the tail is still on its
 * way: the producer could say it and look at the old tail in between.
 *
 * Context: the consumer's core, after every pass over the ring.
 * Return: true if the producer's bell must be rung, should it be armed.
 */
static inline bool pika_consumer_owes_bell(struct pika_consumer *c)
{
	if (!c->unanswered)
		return false;
	smp_mb(); /* the tail comes before */
	return pika_consumer_sees_waiter(c);
}

/**
 * pika_ring_reserve() - the slot for the next message
 * @p: the sending end
 *
 * The fastest way to send: what is written into the slot need not be read back
 * from a copy, which would wait for the stores before it, and these for the
 * consumer's cache. The slot still holds an old message.
 *
 * Context: the producer's core only.
 * Return: to be filled in, all but its tag, before pika_ring_commit(); NULL if
 * the ring is full: see pika_producer_renew().
 */
static inline struct pika_msg *pika_ring_reserve(struct pika_producer *p)
{
	if (unlikely(p->head == p->limit) && !pika_producer_renew(p))
		return NULL;
	return p->slot;
}

/**
 * pika_ring_commit() - send the message in the reserved slot
 * @p: the sending end
 *
 * The message is published on return. The caller rings the consumer's bell,
 * if it is armed, after the last message of its batch. No slot ahead is
 * prefetched for writing: measured, that takes lines away from a consumer that
 * still reads them (tools/bench/ring).
 *
 * Context: the producer's core only.
 */
static inline void pika_ring_commit(struct pika_producer *p)
{
	struct pika_msg *slot = p->slot;

	/* The message comes before. */
	smp_store_release(&slot->tag, p->lap);
	p->slot = slot + 1;
	if (unlikely(!(++p->head & p->mask))) {
		p->slot = p->out->slots;
		p->lap++;
	}
}

/**
 * pika_ring_push() - send a copy of a message
 * @p: the sending end
 * @msg: copied, all but its tag
 *
 * Context: the producer's core only.
 * Return: false if the ring is full: see pika_producer_renew().
 */
static inline bool pika_ring_push(struct pika_producer *p,
				  const struct pika_msg *msg)
{
	const size_t body = offsetof(struct pika_msg, flow);
	struct pika_msg *slot = pika_ring_reserve(p);

	if (!slot)
		return false;
	slot->type = msg->type;
	slot->reserved = msg->reserved;
	slot->from = msg->from;
	memcpy((u8 *)slot + body, (const u8 *)msg + body, sizeof(*msg) - body);
	pika_ring_commit(p);
	return true;
}

/**
 * pika_ring_peek() - the oldest message not yet consumed
 * @c: the receiving end
 *
 * Context: the consumer's core only.
 * Return: the message, valid until pika_ring_pop(), or NULL.
 */
static inline const struct pika_msg *pika_ring_peek(struct pika_consumer *c)
{
	const struct pika_msg *slot = c->slot;

	/* The message comes after. */
	if (smp_load_acquire(&slot->tag) != c->lap)
		return NULL;
	return slot;
}

/**
 * pika_ring_pop() - done with the message that pika_ring_peek() returned
 * @c: the receiving end
 *
 * The message after the next one may be there: its line comes while the caller
 * looks at the next. It is read once, so it need not stay in the cache. That is
 * measured, and so is the distance (tools/bench/ring).
 *
 * Context: the consumer's core only. After its last message of a pass the
 * caller asks pika_consumer_owes_bell().
 */
static inline void pika_ring_pop(struct pika_consumer *c)
{
	c->slot++;
	__builtin_prefetch(c->slot + 1, 0, 0);
	if (unlikely(!(++c->tail & c->quarter)))
		pika_consumer_turn(c);
}

#endif /* PIKA_CORE_RING_H */
