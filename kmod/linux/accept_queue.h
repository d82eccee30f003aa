/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of accept.c and listen.c: see accept.h. */
#ifndef PIKA_LINUX_ACCEPT_QUEUE_H
#define PIKA_LINUX_ACCEPT_QUEUE_H

#include <linux/pid.h>
#include <linux/refcount.h>
#include <linux/timer.h>
#include <linux/wait.h>

#include "../core/msg.h"
#include "../core/server.h"

#include "endpoint.h"

/* What poll() says of a socket with something to accept. */
#define PIKA_ACCEPT_READY	(EPOLLIN | EPOLLRDNORM)

/* How long a connection is for its acceptor alone, if that has a waiter. */
#define PIKA_LEASE_MS	10

/**
 * struct pika_app_acceptor - a process that accepts from a listening socket
 * @link: on the queue's list
 * @socket: that it accepts from
 * @pid: the process, with a reference
 * @id: its number in messages
 * @endpoint: of the CPU where it was first seen
 * @cm: the connection manager that it registers with first
 * @queue: whose it is
 * @wait: threads of the process that wait for a connection
 * @due: CMs that ACCEPT_CONNECTION has to be sent to; under @endpoint's lock
 * @waiter: one of them has no room
 * @registered: as far as we know; under the queue's lock
 * @awaited: somebody was told to wait for the answer to a claim; likewise
 */
struct pika_app_acceptor {
	struct list_head link;
	const struct pika_sock *socket;
	struct pid *pid;
	u32 id;
	struct pika_endpoint *endpoint;
	u16 cm;
	struct pika_accept_queue *queue;
	wait_queue_head_t wait;
	DECLARE_BITMAP(due, PIKA_SERVERS);
	struct pika_waiter waiter;
	bool registered;
	bool awaited;
};

/**
 * struct pika_arrival - a connection that was offered and not yet claimed
 * @link: on the queue's list
 * @offer: the message
 * @endpoint: where it came
 * @since: when, in jiffies
 */
struct pika_arrival {
	struct list_head link;
	struct pika_msg offer;
	struct pika_endpoint *endpoint;
	unsigned long since;
};

/**
 * struct pika_accept_queue - see accept.h
 * @refs: its sockets', the stack's table's, and one for each child
 * @rcu: freed by it
 * @stack: whose
 * @endpoint: that LISTEN and UNLISTEN go through; under its lock:
 * @waiter: one of them waits for room
 * @next_server: the next to be told
 * @awaited: answers that have not come
 * @error: of an answer, negative
 * @told: servers that LISTEN was sent to
 * @again: LISTEN was begun again, with another backlog
 * @ending: UNLISTEN was begun
 * @ended: no server knows it any more
 * @answered: woken when all have answered
 * @announced: an event has told of it
 * @id: its number in messages
 * @addr: local address
 * @port: local port
 * @v6only: of an IPv6 socket: it takes no IPv4
 * @backlog: connections that may wait, at each connection manager
 * @bound_dev_if: of the only device that it hears, which servers do not know:
 *	they are not told, and Linux's TCP hears alone
 * @owner: of the first of its sockets
 * @reuseport: others of the same owner may join
 * @linux_first: accept() looks at Linux's TCP first; a hint
 * @lock: inside endpoints' locks; guards all that follows
 * @sockets: that listen: with SO_REUSEPORT there may be some. 0: it has ended
 * @next_acceptor: the last number given
 * @asking: CMs that have had connections and no acceptor: all register there
 * @acceptors: struct pika_app_acceptor; freed when the socket is closed, as
 *	somebody may wait for them until then
 * @offers: struct pika_arrival
 * @spares: likewise, free; each connection would need the allocator twice
 * @spares_len: how many
 * @claiming: sockets whose CLAIM has not been answered
 * @claimed: sockets to be accepted
 * @lease: fires when something has waited for its acceptor long enough
 */
struct pika_accept_queue {
	refcount_t refs;
	struct rcu_head rcu;
	struct pika_stack *stack;
	struct pika_endpoint *endpoint;
	struct pika_waiter waiter;
	u16 next_server;
	u16 awaited;
	int error;
	DECLARE_BITMAP(told, PIKA_SERVERS);
	bool again;
	bool ending;
	bool ended;
	wait_queue_head_t answered;
	bool announced;
	u32 id;
	struct pika_addr addr;
	u16 port;
	bool v6only;
	u32 backlog;
	int bound_dev_if;
	kuid_t owner;
	bool reuseport;
	bool linux_first;
	/* Guards what follows. */
	spinlock_t lock;
	u32 sockets;
	u32 next_acceptor;
	DECLARE_BITMAP(asking, PIKA_SERVERS);
	struct list_head acceptors;
	struct list_head offers;
	struct list_head spares;
	u32 spares_len;
	struct list_head claiming;
	struct list_head claimed;
	struct timer_list lease;
};

/**
 * struct pika_heard - a socket's part in a queue
 * @queue: with a reference
 * @previous: the socket's part in another, from before a shutdown(), or NULL
 */
struct pika_heard {
	struct pika_accept_queue *queue;
	struct pika_heard *previous;
};

/* listen.c */
void pika_accept_queue_put(struct pika_accept_queue *q);

/* accept_message.c */
void pika_accept_spare(struct pika_accept_queue *q,
		       struct pika_arrival *arrival);

/* acceptor.c */
struct pika_app_acceptor *pika_app_acceptor_find(struct pika_accept_queue *q,
						 u32 id);
struct pika_app_acceptor *pika_app_acceptor_mine(struct pika_accept_queue *q,
						 const struct pika_sock *ps);
void pika_app_acceptor_register(struct pika_app_acceptor *a);
void pika_accept_wake_all(struct pika_accept_queue *q);
void pika_accept_wake_for(struct pika_accept_queue *q, u32 acceptor);
void pika_accept_answered(struct pika_accept_queue *q, u32 claimer);
void pika_accept_hang_up(struct pika_accept_queue *q);
void pika_accept_queue_leave(struct pika_accept_queue *q,
			     const struct pika_sock *ps);

/* accept_message.c */
void pika_accept_lease(struct timer_list *timer);
void pika_accept_leave(struct pika_sock *ps);
bool pika_accept_queue_end(struct pika_accept_queue *q);

#endif /* PIKA_LINUX_ACCEPT_QUEUE_H */
