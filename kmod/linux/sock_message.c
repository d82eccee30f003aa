// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a socket and its server tell each other. Runs with the socket's endpoint
 * locked, in system calls and in the endpoint's tasklet, and never waits: what
 * finds the ring full is said when there is room, as it is by then.
 */

#include "sock.h"

#include <linux/slab.h>
#include <net/tcp_states.h>

#include "accept.h"
#include "address.h"
#include "receive.h"
#include "rx_ring.h"
#include "sock_memory.h"
#include "sock_urgent.h"
#include "stack.h"
#include "trace.h"

/* Payload that is copied rather than to keep a packet for it. */
#define SMALL_PACKET	256

static struct hlist_head *bucket_of(struct pika_endpoint *ep, u64 id)
{
	return &ep->sockets[id % PIKA_ENDPOINT_BUCKETS];
}

static struct pika_sock *find(struct pika_endpoint *ep, u64 id)
{
	struct pika_sock *ps;

	hlist_for_each_entry(ps, bucket_of(ep, id), named)
		if (ps->id == id)
			return ps;
	return NULL;
}

/**
 * pika_sock_name() - let messages find a socket
 * @ps: not named; pika_sock_update() ends that
 */
void pika_sock_name(struct pika_sock *ps)
{
	ps->id = ++ps->endpoint->next_socket;
	hlist_add_head(&ps->named, bucket_of(ps->endpoint, ps->id));
	sock_hold(pika_sock_sk(ps));
}

/**
 * pika_sock_make_piece() - memory for bytes to be sent
 * @ps: the socket, owned by the caller
 *
 * Context: process, may sleep.
 * Return: an empty piece or NULL: no memory.
 */
struct pika_piece *pika_sock_make_piece(struct pika_sock *ps)
{
	struct pika_piece *piece = &ps->spare;

	/* Not used before it was given back. */
	if (smp_load_acquire(&ps->spare_taken))
		piece = kmalloc(sizeof(*piece), GFP_KERNEL);
	else
		ps->spare_taken = true;
	if (piece) {
		piece->page = NULL;
		piece->offset = 0;
	}
	return piece;
}

/**
 * pika_sock_free_piece() - bytes were acknowledged, or will never be sent
 * @ps: the socket
 * @piece: of its pieces, but on no list
 */
void pika_sock_free_piece(struct pika_sock *ps, struct pika_piece *piece)
{
	if (piece->page)
		put_page(piece->page);
	if (piece != &ps->spare)
		kfree(piece);
	else
		/* Whoever takes it next finds it unused. */
		smp_store_release(&ps->spare_taken, false);
}

/**
 * pika_sock_free_pieces() - nothing of a socket is on its way any more
 * @ps: the socket
 */
void pika_sock_free_pieces(struct pika_sock *ps)
{
	struct pika_piece *piece, *next;

	list_for_each_entry_safe(piece, next, &ps->pieces, link) {
		list_del(&piece->link);
		pika_sock_free_piece(ps, piece);
	}
	ps->unsent = NULL;
	ps->pieces_len = 0;
	WRITE_ONCE(ps->sent_memory, 0);
	WRITE_ONCE(ps->unacked, 0);
}

/* No message will name the socket any more. It may be freed here. */
static void forget(struct pika_sock *ps)
{
	list_del_init(&ps->waiter.link);
	hlist_del_init(&ps->named);
	WRITE_ONCE(ps->id, 0);
	ps->flow = PIKA_HANDLE_NONE;
	pika_sock_free_pieces(ps);
	pika_memory_settle_locked(ps);
	/* close() may wait for that. */
	if (ps->linger_ms)
		pika_sock_sk(ps)->sk_state_change(pika_sock_sk(ps));
	sock_put(pika_sock_sk(ps));
}

static bool post(struct pika_sock *ps, struct pika_msg *msg)
{
	msg->flow = ps->flow;
	if (pika_endpoint_post(ps->endpoint, ps->server, msg))
		return true;
	pika_endpoint_wait(ps->endpoint, ps->server, &ps->waiter);
	return false;
}

static bool post_connect(struct pika_sock *ps)
{
	struct pika_msg msg = {
		.type = PIKA_MSG_CONNECT,
		.connect = {
			.socket = ps->id,
			.remote_port = ntohs(ps->inet.inet_dport),
			.local_port = ps->local_port,
		},
	};

	pika_address_local(ps, &msg.connect.local);
	pika_address_remote(ps, &msg.connect.remote);
	return post(ps, &msg);
}

static bool post_claim(struct pika_sock *ps)
{
	struct pika_msg msg = {
		.type = PIKA_MSG_CLAIM_CONNECTION,
		.claim = { .socket = ps->id, .acceptor = ps->acceptor },
	};

	return post(ps, &msg);
}

static bool post_shutdown(struct pika_sock *ps)
{
	struct pika_msg msg = { .type = PIKA_MSG_SHUTDOWN };

	return post(ps, &msg);
}

static bool post_close(struct pika_sock *ps, u8 flags)
{
	struct pika_msg msg = {
		.type = PIKA_MSG_CLOSE,
		.close = {
			.linger_ms = ps->linger_ms,
			.received = ps->read,
			.flags = ps->linger | flags,
		},
	};

	return post(ps, &msg);
}

/* Its server has no page of it, and nobody waits for an answer. */
static bool may_forget(const struct pika_sock *ps)
{
	const struct pika_piece *piece;

	if (ps->from || ps->linger_ms)
		return false;
	list_for_each_entry(piece, &ps->pieces, link)
		if (piece->page)
			return false;
	return true;
}

/* The socket may be freed here: that is the last thing to be said of it. */
static bool settle_close(struct pika_sock *ps)
{
	bool last;

	if (!(ps->due & PIKA_DUE_CLOSE))
		return true;
	last = may_forget(ps);
	if (!post_close(ps, last ? PIKA_CLOSE_FORGET : 0))
		return false;
	ps->due &= ~PIKA_DUE_CLOSE;
	if (last)
		forget(ps);
	return true;
}

/* True if nothing of @what is due any more. */
static bool settle(struct pika_sock *ps, u32 what,
		   bool (*post_it)(struct pika_sock *ps))
{
	if (!(ps->due & what))
		return true;
	if (!post_it(ps))
		return false;
	ps->due &= ~what;
	return true;
}

static bool settle_options(struct pika_sock *ps)
{
	struct pika_msg msg;
	u32 option;

	while (ps->options_due) {
		option = __ffs(ps->options_due);
		msg = (struct pika_msg) {
			.type = PIKA_MSG_OPTION,
			.option.option = option,
			.option.value = ps->options[option],
		};
		if (!post(ps, &msg))
			return false;
		ps->options_due &= ~BIT(option);
	}
	return true;
}

static bool post_buffer(struct pika_sock *ps, u32 most)
{
	struct pika_msg msg = {
		.type = PIKA_MSG_OPTION,
		.option.option = PIKA_SET_RECEIVE_BUFFER,
		.option.value = most,
	};

	return post(ps, &msg);
}

static bool settle_buffer(struct pika_sock *ps)
{
	u32 most = pika_memory_receive_most(ps);

	if (most == ps->told_most)
		return true;
	if (!post_buffer(ps, most))
		return false;
	ps->told_most = most;
	return true;
}

/*
 * A quarter of what may be unread, or of its memory: often enough that the
 * window never closes for want of it, and not for each read. CLOSE tells the
 * rest.
 */
static bool received_is_due(const struct pika_sock *ps)
{
	u32 most = ps->told_most;

	return !ps->closed &&
	       ((ps->read && ps->read >= most / 8) ||
		(ps->read_memory > 0 && ps->read_memory >= most / 4));
}

static bool post_received(struct pika_sock *ps)
{
	struct pika_msg msg = {
		.type = PIKA_MSG_RECEIVED,
		.received.bytes = ps->read,
		.received.truesize = max(ps->read_memory, 0),
	};

	if (!post(ps, &msg))
		return false;
	ps->read = 0;
	ps->read_memory = min(ps->read_memory, 0);
	return true;
}

static bool post_piece(struct pika_sock *ps, const struct pika_piece *piece)
{
	struct pika_msg msg = {
		.type = PIKA_MSG_SEND,
		.send = { .len = piece->len, .flags = piece->flags },
	};

	if (piece->page) {
		msg.send.buffer = (uintptr_t)piece->page;
		msg.send.offset = piece->offset;
	} else {
		memcpy(msg.send.bytes, piece->bytes, piece->len);
	}
	return post(ps, &msg);
}

static bool settle_pieces(struct pika_sock *ps)
{
	struct pika_piece *piece = ps->unsent;

	while (piece) {
		if (!post_piece(ps, piece))
			return false;
		piece = list_is_last(&piece->link, &ps->pieces) ? NULL :
			list_next_entry(piece, link);
		ps->unsent = piece;
	}
	return true;
}

/* What can be said before the flow has a name, then the rest, in order. */
static bool settle_all(struct pika_sock *ps)
{
	if (!ps->id)
		return true;
	if (!settle(ps, PIKA_DUE_CONNECT, post_connect) ||
	    !settle(ps, PIKA_DUE_CLAIM, post_claim))
		return false;
	if (ps->flow == PIKA_HANDLE_NONE)
		return true;
	if (received_is_due(ps) && !post_received(ps))
		return false;
	return settle_options(ps) && settle_buffer(ps) && settle_pieces(ps) &&
	       settle(ps, PIKA_DUE_SHUTDOWN, post_shutdown) && settle_close(ps);
}

static bool again(struct pika_waiter *waiter)
{
	return settle_all(container_of(waiter, struct pika_sock, waiter));
}

/**
 * pika_sock_hears_of_reading() - is there something to say after a read?
 * @ps: the socket; its endpoint need not be locked
 *
 * Return: true if pika_sock_flush() would say it.
 */
bool pika_sock_hears_of_reading(const struct pika_sock *ps)
{
	return received_is_due(ps) ||
	       ps->told_most != pika_memory_receive_most(ps);
}

/**
 * pika_sock_flush() - say what is due, now or when there is room
 * @ps: the socket
 */
void pika_sock_flush(struct pika_sock *ps)
{
	if (!ps->due && !ps->options_due && !ps->unsent &&
	    !pika_sock_hears_of_reading(ps))
		return;
	if (!pika_waiter_waits(&ps->waiter))
		settle_all(ps);
}

/**
 * pika_sock_add_piece() - bytes to be sent
 * @ps: connected, with room
 * @piece: the socket's on return
 */
void pika_sock_add_piece(struct pika_sock *ps, struct pika_piece *piece)
{
	list_add_tail(&piece->link, &ps->pieces);
	ps->pieces_len++;
	WRITE_ONCE(ps->sent_memory, ps->sent_memory + pika_piece_memory(piece));
	WRITE_ONCE(ps->unacked, ps->unacked + piece->len);
	if (!ps->unsent)
		ps->unsent = piece;
}

/**
 * pika_sock_set() - a socket option that the stack acts on
 * @ps: the socket, in any state
 * @setting: enum pika_setting
 * @value: its value
 */
void pika_sock_set(struct pika_sock *ps, u32 setting, u32 value)
{
	ps->options[setting] = value;
	ps->options_due |= BIT(setting);
	ps->options_set |= BIT(setting);
	pika_sock_flush(ps);
}

/**
 * pika_sock_free_received() - what was not read never will be
 * @ps: the socket
 */
void pika_sock_free_received(struct pika_sock *ps)
{
	__skb_queue_purge(&pika_sock_sk(ps)->sk_receive_queue);
	ps->readable = 0;
	ps->urgent = PIKA_URGENT_NONE;
	WRITE_ONCE(ps->received_memory, 0);
}

/**
 * pika_sock_close_flow() - the program has closed the socket
 * @ps: need not have a flow
 * @flags: PIKA_CLOSE_*
 *
 * The socket lives on until its server needs nothing of it any more.
 */
void pika_sock_close_flow(struct pika_sock *ps, u8 flags)
{
	if (ps->closed)
		return;
	ps->closed = true;
	ps->linger = flags;
	pika_sock_free_received(ps);
	if (!ps->id)
		return;
	if (ps->due & PIKA_DUE_CONNECT) {
		/* Nobody has heard of it yet. */
		forget(ps);
		return;
	}
	ps->due |= PIKA_DUE_CLOSE;
	pika_sock_flush(ps);
}

static void drop_packets(struct pika_packet *pkt, u64 *counter,
			 const char *reason)
{
	struct pika_packet *each;

	for (each = pkt; each; each = each->next) {
		(*counter)++;
		trace_pika_drop("endpoint", reason);
	}
	pika_packets_free(pkt);
}

/* Costs more memory than it is worth; under half of the bound few do. */
static bool is_wasteful(const struct pika_sock *ps,
			const struct pika_packet *pkt)
{
	return pkt->truesize > 2 * pkt->bytes &&
	       (pkt->bytes <= SMALL_PACKET ||
		ps->received_memory > ps->inet.sk.sk_rcvbuf / 2);
}

/*
 * Behind the last that is unread, if that saves memory. What is saved the
 * server hears of like of what is read.
 */
static bool join_last(struct pika_sock *ps, struct pika_packet *pkt)
{
	struct sk_buff *skb = skb_peek_tail(&ps->inet.sk.sk_receive_queue);
	struct pika_packet *last;
	bool joined;
	int more;

	if (!skb || skb == ps->reading || !is_wasteful(ps, pkt))
		return false;
	last = pika_packet_of(skb);
	more = -last->truesize;
	joined = pika_packet_append(last, pkt);
	more += last->truesize;
	WRITE_ONCE(ps->received_memory, ps->received_memory + more);
	ps->read_memory -= more;
	if (!joined)
		return false;
	last->bytes += pkt->bytes;
	ps->read_memory += pkt->truesize;
	pika_packet_free(pkt);
	return true;
}

static void queue_packet(struct pika_sock *ps, struct pika_packet *pkt)
{
	if (join_last(ps, pkt))
		return;
	WRITE_ONCE(ps->received_memory, ps->received_memory + pkt->truesize);
	__skb_queue_tail(&pika_sock_sk(ps)->sk_receive_queue,
			 pika_packet_skb(pkt));
}

static void take_packets(struct pika_sock *ps, struct pika_packet *pkt)
{
	struct pika_packet *next;

	if (ps->closed) {
		drop_packets(pkt, &ps->endpoint->closed, "closed");
		return;
	}
	for (; pkt; pkt = next) {
		next = pkt->next;
		WRITE_ONCE(ps->readable, ps->readable + pkt->bytes);
		WRITE_ONCE(ps->received, ps->received + pkt->bytes);
		queue_packet(ps, pkt);
	}
}

static void take_acked(struct pika_sock *ps, u32 bytes)
{
	struct pika_piece *piece, *next;

	WRITE_ONCE(ps->unacked, ps->unacked - bytes);
	WRITE_ONCE(ps->acked, ps->acked + bytes);
	ps->acked_of_first += bytes;
	list_for_each_entry_safe(piece, next, &ps->pieces, link) {
		if (ps->acked_of_first < piece->len)
			return;
		ps->acked_of_first -= piece->len;
		list_del(&piece->link);
		ps->pieces_len--;
		WRITE_ONCE(ps->sent_memory,
			   ps->sent_memory - pika_piece_memory(piece));
		pika_sock_free_piece(ps, piece);
	}
}

static void fail(struct pika_sock *ps, int error)
{
	struct sock *sk = pika_sock_sk(ps);

	WRITE_ONCE(sk->sk_err, error);
	sk->sk_shutdown = SHUTDOWN_MASK;
	inet_sk_set_state(sk, TCP_CLOSE);
	sk_error_report(sk);
}

static void end_of_stream(struct sock *sk)
{
	sk->sk_shutdown |= RCV_SHUTDOWN;
	sock_set_flag(sk, SOCK_DONE);
	if (sk->sk_state == TCP_ESTABLISHED)
		inet_sk_set_state(sk, TCP_CLOSE_WAIT);
}

/* A change of state wakes all who wait, but sends no SIGIO. */
static void wake_for_change(struct sock *sk,
			    const struct pika_msg_update *update)
{
	sk->sk_state_change(sk);
	if (update->flags & PIKA_UPDATE_CONNECTED)
		sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
	if (update->flags & PIKA_UPDATE_EOF)
		sk_wake_async(sk, SOCK_WAKE_WAITD,
			      sk->sk_shutdown == SHUTDOWN_MASK ? POLL_HUP :
			      POLL_IN);
}

/*
 * Programs hear of it when all of it is there. As by Linux, the end of a stream
 * is both a change and something to read: two signals for who asked for them.
 */
static void wake(struct sock *sk, const struct pika_msg_update *update)
{
	if (update->flags & (PIKA_UPDATE_CONNECTED | PIKA_UPDATE_EOF) ||
	    update->error)
		wake_for_change(sk, update);
	if (update->flags & PIKA_UPDATE_URGENT)
		sk_send_sigurg(sk);
	if (update->packet || update->flags & PIKA_UPDATE_EOF)
		sk->sk_data_ready(sk);
	if (update->acked && pika_sock_makes_room(pika_sk(sk)))
		sk->sk_write_space(sk);
}

static void apply(struct pika_sock *ps, const struct pika_msg_update *update)
{
	struct sock *sk = pika_sock_sk(ps);

	if (update->flags & PIKA_UPDATE_URGENT && !ps->closed)
		pika_urgent_told(ps, update->urgent);
	take_packets(ps, update->packet);
	take_acked(ps, update->acked);
	if (ps->closed)
		return;
	if (update->flags & PIKA_UPDATE_CONNECTED)
		inet_sk_set_state(sk, TCP_ESTABLISHED);
	if (update->flags & PIKA_UPDATE_EOF)
		end_of_stream(sk);
	if (update->error)
		fail(ps, update->error);
}

/* The port is in use to the same peer: another one may do. */
static bool tries_again(struct pika_sock *ps, const struct pika_msg *msg)
{
	if (msg->update.error != EADDRINUSE || !ps->picks_port || ps->closed ||
	    ps->tries++ >= PIKA_PORT_LAST - PIKA_PORT_FIRST)
		return false;
	pika_sock_pick_port(ps);
	ps->due |= PIKA_DUE_CONNECT;
	pika_sock_flush(ps);
	return true;
}

/**
 * pika_sock_update() - UPDATE or CLAIM_RESULT
 * @ep: whose
 * @msg: the message
 */
void pika_sock_update(struct pika_endpoint *ep, const struct pika_msg *msg)
{
	const struct pika_msg_update *update = &msg->update;
	struct pika_sock *ps = find(ep, update->socket);
	bool claimed = msg->type == PIKA_MSG_CLAIM_RESULT;

	if (!ps) {
		/* An UPDATE may cross the CLOSE of a socket. */
		ep->stray += claimed;
		drop_packets(update->packet, &ep->closed, "closed");
		return;
	}
	if (msg->flow == PIKA_HANDLE_NONE && tries_again(ps, msg))
		return;
	if (ps->flow == PIKA_HANDLE_NONE)
		ps->flow = msg->flow;
	if (update->flags & PIKA_UPDATE_TIMED_OUT) {
		pika_accept_too_late(ps);
		forget(ps);
		return;
	}
	apply(ps, update);
	pika_memory_settle_locked(ps);
	if (claimed && !pika_accept_claimed(ps))
		return;
	if (!claimed && !ps->closed)
		wake(pika_sock_sk(ps), update);
	if (update->flags & PIKA_UPDATE_GONE)
		forget(ps);
	else
		pika_sock_flush(ps);
}

/**
 * pika_sock_setup() - the messages' side of a new socket
 * @ps: zeroed, but for what Linux has set
 * @ep: its endpoint from now on
 */
void pika_sock_setup(struct pika_sock *ps, struct pika_endpoint *ep)
{
	ps->endpoint = ep;
	ps->stack = ep->stack;
	ps->flow = PIKA_HANDLE_NONE;
	INIT_HLIST_NODE(&ps->named);
	INIT_LIST_HEAD(&ps->pieces);
	INIT_LIST_HEAD(&ps->arrived);
	INIT_LIST_HEAD(&ps->opened);
	pika_waiter_init(&ps->waiter, again);
}

/**
 * pika_sock_reset_closed() - what closed sockets still send is not waited for
 * @ep: of a stack that is to stop
 *
 * Context: process. Locks the endpoint.
 */
void pika_sock_reset_closed(struct pika_endpoint *ep)
{
	struct hlist_node *next;
	struct pika_sock *ps;
	u32 i;

	pika_endpoint_lock(ep);
	for (i = 0; i < PIKA_ENDPOINT_BUCKETS; i++)
		hlist_for_each_entry_safe(ps, next, &ep->sockets[i], named) {
			if (!ps->closed || ps->linger & PIKA_CLOSE_RESET)
				continue;
			ps->linger |= PIKA_CLOSE_RESET;
			ps->due |= PIKA_DUE_CLOSE;
			pika_sock_flush(ps);
		}
	pika_endpoint_unlock(ep);
}

/**
 * pika_sock_forget_all() - the servers will say nothing any more
 * @ep: of a stack that is halted; all its sockets are closed
 *
 * Context: process. Locks the endpoint.
 */
void pika_sock_forget_all(struct pika_endpoint *ep)
{
	struct hlist_node *next;
	struct pika_sock *ps;
	u32 i;

	spin_lock_bh(&ep->lock);
	for (i = 0; i < PIKA_ENDPOINT_BUCKETS; i++)
		hlist_for_each_entry_safe(ps, next, &ep->sockets[i], named) {
			if (ps->from)
				pika_accept_too_late(ps);
			forget(ps);
		}
	spin_unlock_bh(&ep->lock);
}

/**
 * pika_sock_owner() - who has a socket
 * @ep: its endpoint
 * @id: its name there; any number will do
 * @inode: set to what /proc/PID/fd calls it; 0: no program has it
 * @uid: set to who made it
 *
 * Context: process. Locks the endpoint.
 * Return: false if there is none of that name.
 */
bool pika_sock_owner(struct pika_endpoint *ep, u64 id, unsigned long *inode,
		     kuid_t *uid)
{
	struct pika_sock *ps;

	spin_lock_bh(&ep->lock);
	ps = find(ep, id);
	if (ps) {
		*inode = sock_i_ino(pika_sock_sk(ps));
		*uid = READ_ONCE(pika_sock_sk(ps)->sk_uid);
	}
	spin_unlock_bh(&ep->lock);
	return ps;
}
