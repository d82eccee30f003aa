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
 * @head: packets put in so far, written by the CPU
 * @dropped: packets that came to nothing, by enum pika_rx_drop
 * @doorbell: the CPU's to the server
 * @tail: packets taken so far, written by the server
 * @slots: SLOTS of them
 */
struct pika_rx_ring {
	u32 head;
	u64 dropped[PIKA_RX_DROPS];
	struct pika_doorbell doorbell;
	u32 tail ____cacheline_aligned;
	struct sk_buff *slots[SLOTS] ____cacheline_aligned;
};

/**
 * struct pika_rx - all of a link server
 * @bell: the server's
 * @count: how many CPUs can be
 * @used: their rings
 * @rings: the same by CPU; NULL for one that cannot be
 */
struct pika_rx {
	const struct pika_bell *bell;
	u32 count;
	struct pika_rx_ring **used;
	struct pika_rx_ring *rings[];
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
		rx->used[rx->count++] = ring;
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
	ring->slots[ring->head % SLOTS] = skb;
	/* The slot comes before. */
	smp_store_release(&ring->head, ring->head + 1);
	if (pika_bell_armed_after_publish(rx->bell))
		pika_doorbell_ring(&ring->doorbell);
}

static struct pika_packet *take(struct pika_rx_ring *ring)
{
	struct sk_buff *skb;

	/* The slot comes after. */
	if (ring->tail == smp_load_acquire(&ring->head))
		return NULL;
	skb = ring->slots[ring->tail % SLOTS];
	/* It was read before. */
	smp_store_release(&ring->tail, ring->tail + 1);
	return pika_packet_of(skb);
}

/**
 * pika_rx_burst() - what has come
 * @rx: the server's rings
 * @pkts: filled in
 * @n: at most so many
 *
 * Context: the server's core, bottom halves off.
 * Return: how many.
 */
u32 pika_rx_burst(struct pika_rx *rx, struct pika_packet **pkts, u32 n)
{
	struct pika_packet *pkt;
	u32 taken = 0;
	u32 i;

	for (i = 0; i < rx->count; i++) {
		while (taken < n && (pkt = take(rx->used[i])))
			pkts[taken++] = pkt;
	}
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
	const struct pika_rx_ring *ring;
	u32 i;

	for (i = 0; i < rx->count; i++) {
		ring = rx->used[i];
		if (ring->tail != READ_ONCE(ring->head))
			return true;
	}
	return false;
}
