// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a socket's urgent byte is, and reading it. There is one at most: a
 * newer one takes its place, and the byte is one of the stream's again.
 */

#include "sock_urgent.h"

#include <net/tcp_states.h>

#include "rx_ring.h"

/**
 * pika_urgent_is_there() - may MSG_OOB be read?
 * @ps: the socket
 *
 * Context: any; without the lock a hint.
 * Return: true if there is an urgent byte that was not read.
 */
bool pika_urgent_is_there(const struct pika_sock *ps)
{
	return READ_ONCE(ps->urgent) == PIKA_URGENT_UNREAD &&
	       READ_ONCE(ps->received) > READ_ONCE(ps->urgent_at);
}

/**
 * pika_urgent_readable() - what one read() may give
 * @ps: the socket
 *
 * Return: bytes; those before the urgent one if it has come, not inline.
 */
u32 pika_urgent_readable(const struct pika_sock *ps)
{
	u64 reader = pika_urgent_reader(ps);

	if (!ps->urgent || pika_urgent_is_inline(ps) ||
	    ps->urgent_at >= ps->received)
		return ps->readable;
	return ps->urgent_at - reader;
}

/* The byte that was urgent is no part of the stream: its reader waits there. */
static void drop_byte(struct pika_sock *ps)
{
	struct sk_buff *skb;

	skb = pika_sock_consume(ps, skb_peek(&ps->inet.sk.sk_receive_queue), 1);
	consume_skb(skb);
}

/**
 * pika_urgent_told() - the peer has sent an urgent pointer
 * @ps: the socket
 * @after: how many bytes after all that have come its byte is
 *
 * As on Linux: a reader that stands at the urgent byte before would read that
 * as data now, so it goes; one that is on his way through it takes it out.
 */
void pika_urgent_told(struct pika_sock *ps, u32 after)
{
	if (ps->urgent && ps->readable && !ps->reading &&
	    !pika_urgent_is_inline(ps) && pika_urgent_is_next(ps, 0))
		drop_byte(ps);
	WRITE_ONCE(ps->urgent_at, ps->received + after);
	WRITE_ONCE(ps->urgent, PIKA_URGENT_UNREAD);
}

/**
 * pika_urgent_limit() - how far a reader may go in one copy
 * @ps: the socket
 * @ahead: bytes that were looked at, not read
 * @len: how far it would
 *
 * Return: bytes up to the urgent one, or @len; 0: that is the next, to be
 * skipped.
 */
u32 pika_urgent_limit(const struct pika_sock *ps, u32 ahead, u32 len)
{
	u64 before = ps->urgent_at - (pika_urgent_reader(ps) + ahead);

	if (likely(!ps->urgent) || before >= len)
		return len;
	return !before && pika_urgent_is_inline(ps) ? len : before;
}

/**
 * pika_urgent_passed() - a reader has gone on
 * @ps: the socket
 */
void pika_urgent_passed(struct pika_sock *ps)
{
	if (unlikely(ps->urgent) && pika_urgent_reader(ps) > ps->urgent_at)
		WRITE_ONCE(ps->urgent, PIKA_URGENT_NONE);
}

static char byte_at(struct pika_sock *ps, u32 skip)
{
	struct pika_packet *pkt;
	struct sk_buff *skb;
	char byte = 0;

	skb_queue_walk(&ps->inet.sk.sk_receive_queue, skb) {
		pkt = pika_packet_of(skb);
		if (skip < pkt->bytes) {
			skb_copy_bits(skb, pkt->offset + skip, &byte, 1);
			break;
		}
		skip -= pkt->bytes;
	}
	return byte;
}

/* False: it has not come yet. */
static bool take(struct pika_sock *ps, bool peek, char *byte)
{
	bool there;

	pika_endpoint_lock(ps->endpoint);
	there = pika_urgent_is_there(ps);
	if (there) {
		*byte = byte_at(ps, ps->urgent_at - pika_urgent_reader(ps));
		if (!peek)
			WRITE_ONCE(ps->urgent, PIKA_URGENT_READ);
	}
	pika_endpoint_unlock(ps->endpoint);
	return there;
}

/**
 * pika_urgent_recv() - read with MSG_OOB
 * @sk: the socket, locked
 * @msg: where to
 * @len: bytes
 * @flags: MSG_*
 *
 * Context: process. Never waits.
 * Return: bytes, 0 at the end of the stream, or an error.
 */
int pika_urgent_recv(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct pika_sock *ps = pika_sk(sk);
	char byte;

	if (pika_urgent_is_inline(ps) ||
	    READ_ONCE(ps->urgent) != PIKA_URGENT_UNREAD)
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (!take(ps, flags & MSG_PEEK, &byte))
		return sk->sk_state == TCP_CLOSE ||
		       sk->sk_shutdown & RCV_SHUTDOWN ? 0 : -EAGAIN;
	msg->msg_flags |= MSG_OOB;
	if (!len) {
		msg->msg_flags |= MSG_TRUNC;
		return 0;
	}
	if (!(flags & MSG_TRUNC) && memcpy_to_msg(msg, &byte, 1))
		return -EFAULT;
	return 1;
}
