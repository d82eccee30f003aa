// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes of a PIKA socket: reading, writing and readiness. In process
 * context under the socket's lock, and its endpoint's where messages are
 * touched. What was received is copied once, from the skb; what is sent once,
 * into pages that are the socket's until the peer has acknowledged them.
 */

#include "sock.h"

#include <linux/sched/signal.h>
#include <net/tcp_states.h>

#include "accept.h"
#include "rx_ring.h"
#include "sock_memory.h"
#include "sock_urgent.h"
#include "stack.h"

/**
 * pika_sock_send_room() - how much may be written now
 * @ps: the socket
 *
 * Return: bytes.
 */
u32 pika_sock_send_room(const struct pika_sock *ps)
{
	u32 buffer = READ_ONCE(ps->inet.sk.sk_sndbuf);
	u32 memory = READ_ONCE(ps->sent_memory);
	u32 unacked = READ_ONCE(ps->unacked);
	u32 most = ps->stack->ts.send_buffer;

	if (READ_ONCE(ps->pieces_len) >= PIKA_PIECES)
		return 0;
	return min(most - min(unacked, most), buffer - min(memory, buffer));
}

/* As Linux: a third of the buffer is free. */
static inline bool is_writable(const struct pika_sock *ps)
{
	u32 buffer = READ_ONCE(ps->inet.sk.sk_sndbuf);

	return pika_sock_send_room(ps) >=
		min(buffer, ps->stack->ts.send_buffer) / 3;
}

static void want_room(struct pika_sock *ps)
{
	WRITE_ONCE(ps->wants_room, true);
	smp_mb(); /* who makes room does so before looking at that */
}

/* If so, the program is woken once there is room. */
static bool is_full(struct pika_sock *ps)
{
	if (is_writable(ps))
		return false;
	want_room(ps);
	return !is_writable(ps);
}

/**
 * pika_sock_makes_room() - has the program waited for the room there is now?
 * @ps: some of its bytes were acknowledged
 *
 * Return: true if it was told that there was none; then not again until it is.
 */
bool pika_sock_makes_room(struct pika_sock *ps)
{
	smp_mb(); /* is_full() */
	if (!READ_ONCE(ps->wants_room) || !is_writable(ps))
		return false;
	WRITE_ONCE(ps->wants_room, false);
	return true;
}

static bool may_send(const struct sock *sk)
{
	return !READ_ONCE(sk->sk_err) && !(sk->sk_shutdown & SEND_SHUTDOWN) &&
	       (sk->sk_state == TCP_ESTABLISHED ||
		sk->sk_state == TCP_CLOSE_WAIT);
}

static struct pika_piece *fill_inline(struct sock *sk,
				      struct pika_piece *piece,
				      struct msghdr *msg, u32 len)
{
	if (!pika_memory_reserve(sk, sizeof(*piece)))
		return ERR_PTR(-ENOBUFS);
	if (copy_from_iter(piece->bytes, len, &msg->msg_iter) != len)
		return ERR_PTR(-EFAULT);
	piece->len = len;
	return piece;
}

/* More than fits in a message: a server takes what would fit for that. */
static struct pika_piece *fill_page(struct sock *sk, struct pika_piece *piece,
				    struct msghdr *msg, u32 len)
{
	struct page_frag *frag = sk_page_frag(sk);

	if (!skb_page_frag_refill(PIKA_MSG_INLINE + 1, frag, sk->sk_allocation))
		return ERR_PTR(-ENOMEM);
	len = min(len, frag->size - frag->offset);
	if (!pika_memory_reserve(sk, sizeof(*piece) + len))
		return ERR_PTR(-ENOBUFS);
	if (copy_page_from_iter(frag->page, frag->offset, len,
				&msg->msg_iter) != len)
		return ERR_PTR(-EFAULT);
	get_page(frag->page);
	piece->page = frag->page;
	piece->offset = frag->offset;
	piece->len = len;
	frag->offset += len;
	return piece;
}

/* At most @room bytes of @msg. */
static struct pika_piece *make_piece(struct sock *sk, struct msghdr *msg,
				     u32 room)
{
	struct pika_piece *piece = pika_sock_make_piece(pika_sk(sk));
	u32 len = min_t(size_t, msg_data_left(msg), room);
	struct pika_piece *filled;

	if (!piece)
		return ERR_PTR(-ENOMEM);
	filled = len <= PIKA_MSG_INLINE ? fill_inline(sk, piece, msg, len) :
		fill_page(sk, piece, msg, len);
	if (IS_ERR(filled)) {
		pika_sock_free_piece(pika_sk(sk), piece);
		return filled;
	}
	piece->flags = msg_data_left(msg) || msg->msg_flags & MSG_MORE ?
		PIKA_SEND_MORE : 0;
	if (msg->msg_flags & MSG_OOB && !msg_data_left(msg))
		piece->flags |= PIKA_SEND_URGENT;
	return piece;
}

static int wait_for_room(struct sock *sk, long *timeout)
{
	struct pika_sock *ps = pika_sk(sk);
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	if (!is_full(ps))
		return 0;
	if (!*timeout)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(*timeout);
	add_wait_queue(sk_sleep(sk), &wait);
	sk_wait_event(sk, timeout, !may_send(sk) || !is_full(ps), &wait);
	remove_wait_queue(sk_sleep(sk), &wait);
	return 0;
}

/* Some of @msg, or waits for room. */
static int send_some(struct sock *sk, struct msghdr *msg, long *timeout)
{
	struct pika_sock *ps = pika_sk(sk);
	u32 room = pika_sock_send_room(ps);
	struct pika_piece *piece;
	int len;

	if (!room)
		return wait_for_room(sk, timeout);
	piece = make_piece(sk, msg, room);
	if (piece == ERR_PTR(-ENOBUFS)) {
		want_room(ps);
		return sk_stream_wait_memory(sk, timeout);
	}
	if (IS_ERR(piece))
		return PTR_ERR(piece);
	len = piece->len;
	pika_endpoint_lock(ps->endpoint);
	pika_sock_add_piece(ps, piece);
	pika_sock_flush(ps);
	pika_endpoint_unlock(ps->endpoint);
	/* release_sock() settles the last one. */
	if (msg_data_left(msg))
		pika_memory_settle(sk);
	return len;
}

static int wait_for_connect(struct sock *sk, long *timeout)
{
	if (!(BIT(sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)))
		return 0;
	return sk_stream_wait_connect(sk, timeout);
}

static int send_all(struct sock *sk, struct msghdr *msg)
{
	long timeout = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	int sent = 0;
	int n = wait_for_connect(sk, &timeout);

	while (n >= 0 && msg_data_left(msg)) {
		n = may_send(sk) ? send_some(sk, msg, &timeout) : -EPIPE;
		sent += max(n, 0);
	}
	if (sent || n >= 0)
		return sent;
	return sk_stream_error(sk, msg->msg_flags, n);
}

/**
 * pika_sock_sendmsg() - write
 * @sk: the socket
 * @msg: what to write, and flags
 * @len: bytes
 *
 * Context: process, may sleep.
 * Return: bytes written, or an error.
 */
int pika_sock_sendmsg(struct sock *sk, struct msghdr *msg, size_t len)
{
	int sent;

	lock_sock(sk);
	sent = send_all(sk, msg);
	release_sock(sk);
	return sent;
}

/*
 * The received packet that byte number @skip is in, with that byte's place in
 * it, and how many of it may be copied: none if it is urgent. Only readers take
 * packets away, and they hold the socket's lock; nothing is put behind one that
 * is being read.
 */
static struct sk_buff *packet_at(struct sock *sk, u32 *skip, u32 *most)
{
	struct pika_sock *ps = pika_sk(sk);
	u32 ahead = *skip;
	struct sk_buff *skb;
	u32 bytes;

	pika_endpoint_lock(ps->endpoint);
	skb_queue_walk(&sk->sk_receive_queue, skb) {
		bytes = pika_packet_of(skb)->bytes;
		if (*skip < bytes) {
			*most = pika_urgent_limit(ps, ahead, bytes - *skip);
			goto unlock;
		}
		*skip -= bytes;
	}
	skb = NULL;
unlock:
	ps->reading = skb;
	pika_endpoint_unlock(ps->endpoint);
	return skb;
}

/**
 * pika_sock_consume() - bytes were read
 * @ps: the socket, its endpoint locked
 * @skb: the first packet of its queue
 * @len: the first ones of that
 *
 * Return: @skb if nobody needs it any more, to be freed, or NULL.
 */
struct sk_buff *pika_sock_consume(struct pika_sock *ps, struct sk_buff *skb,
				  u32 len)
{
	struct pika_packet *pkt = pika_packet_of(skb);

	pkt->offset += len;
	pkt->bytes -= len;
	ps->read += len;
	WRITE_ONCE(ps->readable, ps->readable - len);
	ps->reading = NULL;
	pika_urgent_passed(ps);
	if (pkt->bytes)
		return NULL;
	__skb_unlink(skb, &ps->inet.sk.sk_receive_queue);
	WRITE_ONCE(ps->received_memory, ps->received_memory - pkt->truesize);
	ps->read_memory += pkt->truesize;
	return skb;
}

static void consume(struct sock *sk, struct sk_buff *skb, u32 len)
{
	struct pika_sock *ps = pika_sk(sk);

	pika_endpoint_lock(ps->endpoint);
	skb = pika_sock_consume(ps, skb, len);
	pika_endpoint_unlock(ps->endpoint);
	if (skb)
		consume_skb(skb);
}

/*
 * At most @len bytes copied of what is there, or -ENODATA. With MSG_PEEK @ahead
 * were looked at before. Of an urgent byte none is copied: it is skipped.
 */
static int copy_some(struct sock *sk, struct msghdr *msg, size_t len, int flags,
		     u32 *ahead)
{
	u32 skip = *ahead;
	u32 most;
	struct sk_buff *skb = packet_at(sk, &skip, &most);
	u32 n, used;

	if (!skb)
		return -ENODATA;
	n = min_t(size_t, len, most);
	used = len && !most ? 1 : n;
	if (n && !(flags & MSG_TRUNC) &&
	    skb_copy_datagram_msg(skb, pika_packet_of(skb)->offset + skip, msg,
				  n))
		return -EFAULT;
	if (flags & MSG_PEEK)
		*ahead += used;
	else
		consume(sk, skb, used);
	return n;
}

static bool has_ended(const struct sock *sk)
{
	return sock_flag(sk, SOCK_DONE) || READ_ONCE(sk->sk_err) ||
	       READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN ||
	       READ_ONCE(sk->sk_state) == TCP_CLOSE;
}

/* 0 being the end as the peer meant it. */
static int why_ended(struct sock *sk)
{
	if (sock_flag(sk, SOCK_DONE))
		return 0;
	if (sk->sk_err)
		return sock_error(sk);
	return sk->sk_shutdown & RCV_SHUTDOWN ? 0 : -ENOTCONN;
}

/* Nothing is there: why not to wait, or 1: wait. */
static int why_not_wait(struct sock *sk, long timeout, bool ended)
{
	if (ended)
		return why_ended(sk);
	if (!timeout)
		return -EAGAIN;
	return signal_pending(current) ? sock_intr_errno(timeout) : 1;
}

static bool has_news(struct sock *sk, u32 seen)
{
	return READ_ONCE(pika_sk(sk)->readable) > seen || sk->sk_err ||
	       sk->sk_shutdown & RCV_SHUTDOWN || sk->sk_state == TCP_CLOSE;
}

static void wait_for_bytes(struct sock *sk, long *timeout, u32 seen)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	add_wait_queue(sk_sleep(sk), &wait);
	sk_wait_event(sk, timeout, has_news(sk, seen), &wait);
	remove_wait_queue(sk_sleep(sk), &wait);
}

/* Nobody reads over the urgent byte without noticing. */
static int why_stop_at_urgent(size_t done, long timeout)
{
	if (done)
		return done;
	if (!signal_pending(current))
		return 0;
	return timeout ? sock_intr_errno(timeout) : -EAGAIN;
}

/*
 * One message may bring bytes and the end, at any time. So the end counts only
 * if it was there before the queue was found empty.
 */
static int receive(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	size_t target = sock_rcvlowat(sk, flags & MSG_WAITALL, len);
	long timeout = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	size_t done = 0;
	u32 ahead = 0;
	bool ended;
	int n;

	do {
		if (pika_urgent_is_next(pika_sk(sk), ahead)) {
			n = why_stop_at_urgent(done, timeout);
			if (n)
				return n;
		}
		ended = has_ended(sk);
		n = copy_some(sk, msg, len - done, flags, &ahead);
		if (n >= 0) {
			done += n;
			continue;
		}
		if (n != -ENODATA)
			return done ?: n;
		if (done >= target)
			break;
		n = why_not_wait(sk, timeout, ended);
		if (n <= 0)
			return done ?: n;
		wait_for_bytes(sk, &timeout, ahead);
	} while (done < len);
	return done;
}

/**
 * pika_sock_recvmsg() - read
 * @sk: the socket
 * @msg: where to
 * @len: bytes
 * @flags: MSG_*
 *
 * Context: process, may sleep.
 * Return: bytes read, 0 at the end, or an error.
 */
int pika_sock_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
		      int flags)
{
	struct pika_sock *ps = pika_sk(sk);
	int n;

	if (flags & MSG_ERRQUEUE)
		return -EAGAIN;
	lock_sock(sk);
	if (sk->sk_state == TCP_LISTEN)
		n = -ENOTCONN;
	else
		n = flags & MSG_OOB ? pika_urgent_recv(sk, msg, len, flags) :
			receive(sk, msg, len, flags);
	if (ps->indebted)
		pika_memory_settle(sk);
	if (ps->reading || pika_sock_hears_of_reading(ps)) {
		pika_endpoint_lock(ps->endpoint);
		ps->reading = NULL;
		pika_sock_flush(ps);
		pika_endpoint_unlock(ps->endpoint);
	}
	release_sock(sk);
	return n;
}

static __poll_t readiness(struct sock *sk)
{
	struct pika_sock *ps = pika_sk(sk);
	u32 target = max(READ_ONCE(sk->sk_rcvlowat), 1);
	u8 shut = READ_ONCE(sk->sk_shutdown);
	int state = READ_ONCE(sk->sk_state);
	__poll_t mask = 0;

	if (shut == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shut & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	if (state == TCP_SYN_SENT)
		return mask;
	if (pika_urgent_is_next(ps, 0) && !pika_urgent_is_inline(ps))
		target++;
	if (READ_ONCE(ps->readable) >= target)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (pika_urgent_is_there(ps))
		mask |= EPOLLPRI;
	if (shut & SEND_SHUTDOWN || !is_full(ps))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/**
 * pika_sock_poll() - what may be done without waiting
 * @file: the socket's
 * @sock: the socket
 * @sk: likewise
 * @wait: where to wait
 *
 * Return: EPOLL*.
 */
__poll_t pika_sock_poll(struct file *file, struct socket *sock, struct sock *sk,
			struct poll_table_struct *wait)
{
	if (sk->sk_state == TCP_LISTEN)
		return pika_accept_poll(file, pika_sk(sk), wait);
	sock_poll_wait(file, sock, wait);
	return readiness(sk);
}
