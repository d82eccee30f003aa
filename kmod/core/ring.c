// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slow half of a ring: set-up, credit, publishing. Runs on the core of the
 * end that it is called for.
 */

#include "ring.h"

static void check(u32 slots)
{
	WARN_ON_ONCE(slots < PIKA_RING_MIN_SLOTS ||
		     slots > PIKA_RING_MAX_SLOTS || slots & (slots - 1));
}

/**
 * pika_producer_init() - the sending end of a ring
 * @p: to be filled in
 * @out: pika_ring_out_size(@slots) zeroed bytes that only this side writes
 * @in: the consumer's side, zeroed
 * @slots: a power of two, PIKA_RING_MIN_SLOTS to PIKA_RING_MAX_SLOTS
 *
 * Context: any, before the first message. @out and @in outlive @p.
 */
void pika_producer_init(struct pika_producer *p, struct pika_ring_out *out,
			const struct pika_ring_in *in, u32 slots)
{
	check(slots);
	*p = (struct pika_producer) {
		.out = out,
		.in = in,
		.slot = out->slots,
		.limit = slots,
		.mask = slots - 1,
		.lap = 1,
	};
}

/**
 * pika_consumer_init() - the receiving end of a ring
 * @c: to be filled in
 * @out: the producer's side, zeroed before the first message
 * @in: zeroed, and only this side writes it
 * @slots: as for the producer
 *
 * Context: any, also when the producer has already sent. @out and @in outlive
 * @c.
 */
void pika_consumer_init(struct pika_consumer *c,
			const struct pika_ring_out *out,
			struct pika_ring_in *in, u32 slots)
{
	check(slots);
	*c = (struct pika_consumer) {
		.out = out,
		.in = in,
		.slot = out->slots,
		.mask = slots - 1,
		.quarter = slots / 4 - 1,
		.lap = 1,
	};
}

static bool take_credit(struct pika_producer *p)
{
	/* Slots are filled after; the consumer read them before. */
	p->limit = smp_load_acquire(&p->in->tail) + p->mask + 1;
	return p->head != p->limit;
}

/**
 * pika_producer_renew() - look how far the consumer has come
 * @p: an end whose credit is used up
 *
 * Says "want room" before it looks for the last time, and the consumer looks
 * for that after it has published: one of the two sees the other. So on false
 * the consumer will ring this side's bell, if that is armed. Who arms it only
 * now calls this again before sleeping.
 *
 * If "want room" was said in an earlier call then its barrier still holds, and
 * asking again and again writes nothing.
 *
 * Context: the producer's core only.
 * Return: true if there is room now.
 */
bool pika_producer_renew(struct pika_producer *p)
{
	if (!take_credit(p)) {
		if (READ_ONCE(p->out->want_room))
			return false;
		WRITE_ONCE(p->out->want_room, 1);
		smp_mb(); /* the last look at the tail comes after */
		if (!take_credit(p))
			return false;
	}
	if (READ_ONCE(p->out->want_room))
		WRITE_ONCE(p->out->want_room, 0);
	return true;
}

/**
 * pika_consumer_turn() - a quarter of the ring lies behind
 * @c: the receiving end
 *
 * Part of pika_ring_pop().
 */
void pika_consumer_turn(struct pika_consumer *c)
{
	if (!(c->tail & c->mask)) {
		c->slot = c->out->slots;
		c->lap++;
	}
	pika_consumer_publish(c);
}

/**
 * pika_consumer_publish() - let the producer know the tail
 * @c: the receiving end
 *
 * pika_ring_pop() does it every quarter of the ring; before it sleeps the
 * consumer does it itself, so that nothing that is consumed counts as full.
 *
 * Context: the consumer's core only. Ask pika_consumer_owes_bell() next.
 */
void pika_consumer_publish(struct pika_consumer *c)
{
	if (c->published == c->tail)
		return;
	c->published = c->tail;
	c->unanswered = true;
	/* The slots were read before. */
	smp_store_release(&c->in->tail, c->tail);
}
