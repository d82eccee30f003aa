// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets on their way from the CPUs that receive to one link server: for each
 * CPU a ring with one producer, that CPU's softirq, and one consumer, the
 * server. What finds the ring full is dropped, as networks do.
 */

#include "rx_ring.h"

#include <linux/slab.h>

#include "trace.h"

#define SLOTS	512

/**
 * struct pika_rx_ring - see above
 * @joined: the server looks here, set by the CPU
 * @head: packets put in so far, likewise
 * @dropped: packets that came to nothing, by enum pika_rx_drop
 * @doorbell: the CPU's to the server
 * @tail: packets taken so far, written by the server
 * @slots: SLOTS of them
 */
struct pika_rx_ring {
	bool joined;
	u32 head;
	u64 dropped[PIKA_RX_DROPS];
	struct pika_doorbell doorbell;
	u32 tail ____cacheline_aligned;
	struct sk_buff *slots[SLOTS] ____cacheline_aligned;
};

/**
 * struct pika_rx - all of a link server
 * @bell: the server's
 * @joined: how many CPUs have ever received anything for it
 * @used: their rings; NULL for one that joins right now
 * @turn: which of them is the first the next time, the server's
 * @rings: all by CPU; NULL for one that cannot be
 */
struct pika_rx {
	const struct pika_bell *bell;
	atomic_t joined;
	struct pika_rx_ring **used;
	u32 turn ____cacheline_aligned;
	struct pika_rx_ring *rings[] ____cacheline_aligned;
};

static void drop_all(struct pika_rx_ring *ring)
{
	while (ring->tail != ring->head)
		kfree_skb(ring->slots[ring->tail++ % SLOTS]);
}

/**
 * pika_rx_make() - rings from every CPU to one link server
 * @tasklet: the server's executor
 * @bell: the server's
 * @core: the server's
 *
 * Context: process.
 * Return: the rings or NULL: no memory.
 */
struct pika_rx *pika_rx_make(struct tasklet_struct *tasklet,
			     const struct pika_bell *bell, int core)
{
	struct pika_rx *rx = kzalloc(struct_size(rx, rings, 2 * nr_cpu_ids),
				     GFP_KERNEL);
	struct pika_rx_ring *ring;
	int cpu;

	if (!rx)
		return NULL;
	rx->bell = bell;
	rx->used = rx->rings + nr_cpu_ids;
	for_each_possible_cpu(cpu) {
		ring = pika_lines_alloc(sizeof(*ring), cpu);
		if (!ring) {
			pika_rx_free(rx);
			return NULL;
		}
		pika_doorbell_init(&ring->doorbell, tasklet, core);
		rx->rings[cpu] = ring;
	}
	return rx;
}

/**
 * pika_rx_wait() - wait until no doorbell of @rx is on its way
 * @rx: or NULL; nobody puts anything in any more
 *
 * Context: process, may sleep.
 */
void pika_rx_wait(struct pika_rx *rx)
{
	int cpu;

	if (!rx)
		return;
	for_each_possible_cpu(cpu)
		pika_doorbell_wait(&rx->rings[cpu]->doorbell);
}

/**
 * pika_rx_free() - drop what waits, free the rings
 * @rx: or NULL; used by nobody
 */
void pika_rx_free(struct pika_rx *rx)
{
	int cpu;

	if (!rx)
		return;
	for_each_possible_cpu(cpu) {
		if (!rx->rings[cpu])
			break;
		drop_all(rx->rings[cpu]);
		vfree(rx->rings[cpu]);
	}
	kfree(rx);
}

/**
 * pika_rx_drop() - a packet comes to nothing
 * @rx: where it would have gone
 * @skb: freed; NULL: it is already
 * @why: not PIKA_RX_OK
 *
 * Context: softirq.
 */
void pika_rx_drop(struct pika_rx *rx, struct sk_buff *skb,
		  enum pika_rx_drop why)
{
	/* As stats.c calls them. */
	static const char * const names[PIKA_RX_DROPS] = {
		[PIKA_RX_FULL] = "ring_full",
		[PIKA_RX_MALFORMED] = "malformed",
		[PIKA_RX_CHECKSUM] = "checksum",
		[PIKA_RX_NO_MEMORY] = "no_memory",
	};

	rx->rings[smp_processor_id()]->dropped[why]++;
	trace_pika_drop("device", names[why]);
	kfree_skb(skb);
}

/**
 * pika_rx_add_drops() - what came to nothing, on all CPUs
 * @rx: a link server's
 * @drops: added to
 *
 * Context: any.
 */
void pika_rx_add_drops(const struct pika_rx *rx, struct pika_link_drops *drops)
{
	const u64 *dropped;
	int cpu;

	for_each_possible_cpu(cpu) {
		dropped = rx->rings[cpu]->dropped;
		drops->ring_full += READ_ONCE(dropped[PIKA_RX_FULL]);
		drops->malformed += READ_ONCE(dropped[PIKA_RX_MALFORMED]);
		drops->checksum += READ_ONCE(dropped[PIKA_RX_CHECKSUM]);
		drops->no_memory += READ_ONCE(dropped[PIKA_RX_NO_MEMORY]);
	}
}

/* Most CPUs never do: a server need not look at rings of all of them. */
static noinline void join(struct pika_rx *rx, struct pika_rx_ring *ring)
{
	u32 i = atomic_inc_return(&rx->joined) - 1;

	ring->joined = true;
	WRITE_ONCE(rx->used[i], ring);
}

/**
 * pika_rx_put() - give a packet to the link server
 * @rx: its rings
 * @skb: the server's on return, or dropped
 *
 * Context: softirq.
 */
void pika_rx_put(struct pika_rx *rx, struct sk_buff *skb)
{
	struct pika_rx_ring *ring = rx->rings[smp_processor_id()];

	/* A slot is filled again after the server has read it. */
	if (ring->head - smp_load_acquire(&ring->tail) == SLOTS) {
		pika_rx_drop(rx, skb, PIKA_RX_FULL);
		return;
	}
	if (unlikely(!ring->joined))
		join(rx, ring);
	ring->slots[ring->head % SLOTS] = skb;
	/* The slot comes before. */
	smp_store_release(&ring->head, ring->head + 1);
	if (pika_bell_armed_after_publish(rx->bell))
		pika_doorbell_ring(&ring->doorbell);
}

/* At most @n packets; @ring is NULL while its CPU joins. */
static u32 take(struct pika_rx_ring *ring, struct pika_packet **pkts, u32 n)
{
	u32 i, taken, tail;

	if (!ring)
		return 0;
	tail = ring->tail;
	/* The slots come after. */
	taken = min(smp_load_acquire(&ring->head) - tail, n);
	if (!taken)
		return 0;
	for (i = 0; i < taken; i++)
		pkts[i] = pika_packet_of(ring->slots[(tail + i) % SLOTS]);
	/* They were read before. */
	smp_store_release(&ring->tail, tail + taken);
	return taken;
}

/**
 * pika_rx_burst() - what has come
 * @rx: the server's rings
 * @pkts: filled in
 * @n: at most so many
 *
 * No CPU is the first each time, or a busy one would starve others.
 *
 * Context: the server's core, bottom halves off.
 * Return: how many.
 */
u32 pika_rx_burst(struct pika_rx *rx, struct pika_packet **pkts, u32 n)
{
	u32 joined = atomic_read(&rx->joined);
	u32 first = rx->turn < joined ? rx->turn : 0;
	u32 taken = 0;
	u32 i;

	rx->turn = first + 1;
	for (i = first; i < joined; i++)
		taken += take(READ_ONCE(rx->used[i]), pkts + taken, n - taken);
	for (i = 0; i < first; i++)
		taken += take(READ_ONCE(rx->used[i]), pkts + taken, n - taken);
	return taken;
}

/**
 * pika_rx_waits() - is there anything?
 * @rx: the server's rings
 *
 * Return: true if pika_rx_burst() would return something.
 */
bool pika_rx_waits(const struct pika_rx *rx)
{
	u32 joined = atomic_read(&rx->joined);
	const struct pika_rx_ring *ring;
	u32 i;

	for (i = 0; i < joined; i++) {
		ring = READ_ONCE(rx->used[i]);
		if (ring && ring->tail != READ_ONCE(ring->head))
			return true;
	}
	return false;
}
