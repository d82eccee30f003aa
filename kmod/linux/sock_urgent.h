/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Urgent data of a PIKA socket (MSG_OOB), as Linux has it: the byte stays in
 * the stream, and readers of the stream stop at it and then skip it, unless
 * SO_OOBINLINE is set. All with the endpoint locked but what says otherwise.
 */
#ifndef PIKA_LINUX_SOCK_URGENT_H
#define PIKA_LINUX_SOCK_URGENT_H

#include "sock.h"

/* Of a socket's @urgent. */
enum pika_urgent {
	PIKA_URGENT_NONE,
	PIKA_URGENT_UNREAD,	/* told of; the byte may not have come yet */
	PIKA_URGENT_READ,	/* by MSG_OOB, and the reader is not past it */
};

/* How many bytes the reader has read or skipped, of all. */
static inline u64 pika_urgent_reader(const struct pika_sock *ps)
{
	return READ_ONCE(ps->received) - READ_ONCE(ps->readable);
}

/* Is the urgent byte the next but @ahead? Without the lock: a hint. */
static inline bool pika_urgent_is_next(const struct pika_sock *ps, u32 ahead)
{
	return unlikely(READ_ONCE(ps->urgent)) &&
	       READ_ONCE(ps->urgent_at) == pika_urgent_reader(ps) + ahead;
}

static inline bool pika_urgent_is_inline(const struct pika_sock *ps)
{
	return sock_flag(&ps->inet.sk, SOCK_URGINLINE);
}

bool pika_urgent_is_there(const struct pika_sock *ps);
u32 pika_urgent_readable(const struct pika_sock *ps);
void pika_urgent_told(struct pika_sock *ps, u32 after);
u32 pika_urgent_limit(const struct pika_sock *ps, u32 ahead, u32 len);
void pika_urgent_passed(struct pika_sock *ps);

/* locks the endpoint */
int pika_urgent_recv(struct sock *sk, struct msghdr *msg, size_t len,
		     int flags);

#endif /* PIKA_LINUX_SOCK_URGENT_H */
