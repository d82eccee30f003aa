/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The application side of one CPU's rings. Sockets made on that CPU keep to it
 * for life. Any CPU may use it, under its lock with bottom halves off.
 */
#ifndef PIKA_LINUX_ENDPOINT_H
#define PIKA_LINUX_ENDPOINT_H

#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/spinlock.h>

#include "../core/server.h"

#include "doorbell.h"
#include "rings.h"

#define PIKA_ENDPOINT_BUCKETS	1024

struct pika_endpoint;
struct pika_stack;

/**
 * struct pika_waiter - something that waits for room in a ring
 * @link: on the list of the server it waits for
 * @again: called when there is room, off the list; false: it waits again
 */
struct pika_waiter {
	struct list_head link;
	bool (*again)(struct pika_waiter *waiter);
};

/**
 * struct pika_endpoint_peer - one server, as an endpoint sees it
 * @out: ring to it
 * @in: ring from it
 * @bell: its bell, to be read only
 * @doorbell: rings it
 * @waiters: those who wait for room in @out, oldest first
 * @unrung: something was sent to it
 */
struct pika_endpoint_peer {
	struct pika_producer out;
	struct pika_consumer in;
	const struct pika_bell *bell;
	struct pika_doorbell doorbell;
	struct list_head waiters;
	bool unrung;
};

/**
 * struct pika_endpoint - see above
 * @open_lock: inside all other locks; guards
 * @open: the sockets of this endpoint that programs hold
 * @lock: guards all that follows, and what its sockets have to do with messages
 * @stack: whose
 * @address: in messages
 * @cpu: its CPU
 * @rings: its ends of the rings; its bell is always armed
 * @tasklet: drains it
 * @next_socket: number of the next socket
 * @sockets: those that have a number, by number
 * @stray: messages about something unknown here
 * @closed: packets for a socket that its program had closed
 * @lost: connections not taken for want of memory; they are offered again
 * @unrung_len: how many of @unrung
 * @unrung: addresses of servers that something was sent to
 * @peers: by the server's address
 */
struct pika_endpoint {
	/* Guards the list. */
	spinlock_t open_lock;
	struct list_head open;
	/* Guards what follows. */
	spinlock_t lock;
	struct pika_stack *stack;
	u16 address;
	int cpu;
	struct pika_rings rings;
	struct tasklet_struct tasklet;
	u64 next_socket;
	struct hlist_head sockets[PIKA_ENDPOINT_BUCKETS];
	u64 stray;
	u64 lost;
	u64 closed;
	u16 unrung_len;
	u16 unrung[PIKA_SERVERS];
	struct pika_endpoint_peer peers[];
};

struct pika_endpoint *pika_endpoint_make(struct pika_stack *stack, u16 address,
					 int cpu);
void pika_endpoint_stop(struct pika_endpoint *ep);
void pika_endpoint_release(struct pika_endpoint *ep);
void pika_endpoint_free(struct pika_endpoint *ep);

void pika_endpoint_lock(struct pika_endpoint *ep) __acquires(&ep->lock);
void pika_endpoint_unlock(struct pika_endpoint *ep) __releases(&ep->lock);
void pika_endpoint_serve(struct pika_endpoint *ep);
void pika_endpoint_drain(struct pika_endpoint *ep);
bool pika_endpoint_post(struct pika_endpoint *ep, u16 to, struct pika_msg *msg);
void pika_endpoint_wait(struct pika_endpoint *ep, u16 to,
			struct pika_waiter *waiter);

static inline void pika_waiter_init(struct pika_waiter *waiter,
				    bool (*again)(struct pika_waiter *waiter))
{
	INIT_LIST_HEAD(&waiter->link);
	waiter->again = again;
}

static inline bool pika_waiter_waits(const struct pika_waiter *waiter)
{
	return !list_empty(&waiter->link);
}

#endif /* PIKA_LINUX_ENDPOINT_H */
