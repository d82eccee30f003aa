/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream socket on a stack: a Linux socket to programs, a flow's application
 * side to the servers. sock_ops.c and sock.c are its calls, sock_stream.c its
 * bytes, sock_message.c its messages.
 */
#ifndef PIKA_LINUX_SOCK_H
#define PIKA_LINUX_SOCK_H

#include <linux/ipv6.h>
#include <net/inet_sock.h>

#include "../core/msg.h"

#include "endpoint.h"

struct pika_accept_queue;
struct pika_heard;

/* What a socket has still to tell its server. */
#define PIKA_DUE_CONNECT	0x01
#define PIKA_DUE_CLAIM		0x02
#define PIKA_DUE_SHUTDOWN	0x04
#define PIKA_DUE_CLOSE		0x08

/* Those that a program sets; PIKA_SET_RECEIVE_BUFFER follows SO_RCVBUF. */
#define PIKA_SETTINGS	(PIKA_SET_TTL + 1)

/* Pieces that a socket may have on their way: each takes a place in its TS. */
#define PIKA_PIECES	512

/**
 * struct pika_piece - bytes on their way, in the order they were written
 * @link: on the socket's list
 * @page: where they are, with a reference; NULL: in @bytes
 * @offset: from the start of @page
 * @len: how many
 * @flags: PIKA_SEND_*
 * @bytes: few ones
 */
struct pika_piece {
	struct list_head link;
	struct page *page;
	u32 offset;
	u32 len;
	u8 flags;
	u8 bytes[PIKA_MSG_INLINE];
};

/**
 * struct pika_sock - see above
 * @inet: what Linux knows; first
 * @stack: whose, or NULL: could not be made
 * @destruct: Linux's, for the socket's family
 * @endpoint: fixed
 * @listening: its queue if it listens, or NULL
 * @heard: all the queues that it ever had
 * @defer_accept: TCP_DEFER_ACCEPT, in timeouts
 * @inner: a Linux TCP socket that has its port, or NULL
 * @tries: ports tried by an active open
 * @local_port: of the socket, host order
 * @picks_port: the port was not the program's choice
 * @opened: on its endpoint's list of those that programs hold
 * @named: among its endpoint's sockets by @id, if @id is not 0; then the table
 *	holds a reference. This and all that follows is under the endpoint's
 *	lock.
 * @id: its name in messages
 * @flow: its flow's name, or PIKA_HANDLE_NONE
 * @server: who has the flow
 * @due: PIKA_DUE_*
 * @options_due: by enum pika_setting, one bit each
 * @options_set: likewise, those that the program ever set
 * @options: their values
 * @waiter: waits for room in the ring to @server
 * @closed: by the program
 * @linger: of CLOSE, PIKA_CLOSE_*
 * @linger_ms: of CLOSE; close() waits so long
 * @pieces: not yet acknowledged
 * @spare: one of them, if @spare_taken, which spares an allocation
 * @spare_taken: set by who writes, cleared with the piece off the list
 * @unsent: the first of @pieces that no SEND told of, or NULL
 * @pieces_len: how many
 * @unacked: their bytes, but for
 * @acked_of_first: those of the first piece that are acknowledged
 * @acked: bytes that the peer has acknowledged, of all
 * @received: bytes that have come, of all
 * @readable: bytes in sk_receive_queue
 * @urgent: enum pika_urgent
 * @urgent_at: of all bytes, how many come before the urgent one
 * @read: bytes that were read and no RECEIVED told of
 * @read_memory: true size that held them, or was saved since; likewise
 * @reading: the packet that a reader is copying from, or NULL
 * @told_most: what the server knows of SO_RCVBUF
 * @wants_room: the program was told that there is no room for more
 * @received_memory: true size of sk_receive_queue
 * @sent_memory: of @pieces
 * @indebted: some of that is not charged, see sock_memory.c
 * @from: the queue that it is accepted from, until it is; with a reference
 * @acceptor: number of the acceptor that it was offered to
 * @claimer: number of the acceptor that claimed it
 * @claimed_at: when it was confirmed, in jiffies
 * @arrived: on one of @from's lists, under @from's lock
 */
struct pika_sock {
	struct inet_sock inet;
	struct pika_stack *stack;
	void (*destruct)(struct sock *sk);
	struct pika_endpoint *endpoint;
	struct pika_accept_queue *listening;
	struct pika_heard *heard;
	u8 defer_accept;
	struct socket *inner;
	u32 tries;
	u16 local_port;
	bool picks_port;
	struct list_head opened;

	struct hlist_node named;
	u64 id;
	u64 flow;
	u16 server;
	u32 due;
	u32 options_due;
	u32 options_set;
	u32 options[PIKA_SETTINGS];
	struct pika_waiter waiter;
	bool closed;
	u8 linger;
	u32 linger_ms;
	struct list_head pieces;
	struct pika_piece spare;
	bool spare_taken;
	struct pika_piece *unsent;
	u32 pieces_len;
	u32 unacked;
	u32 acked_of_first;
	u64 acked;
	u64 received;
	u32 readable;
	u8 urgent;
	u64 urgent_at;
	u32 read;
	int read_memory;
	struct sk_buff *reading;
	u32 told_most;
	bool wants_room;
	int received_memory;
	int sent_memory;
	bool indebted;

	struct pika_accept_queue *from;
	u32 acceptor;
	u32 claimer;
	unsigned long claimed_at;
	struct list_head arrived;
};

/* Linux wants what is IPv6's at the end. */
struct pika_sock6 {
	struct pika_sock pika;
	struct ipv6_pinfo inet6;
};

static_assert(offsetof(struct pika_sock6, inet6) + sizeof(struct ipv6_pinfo) ==
	      sizeof(struct pika_sock6), "nothing follows");

static inline struct pika_sock *pika_sk(const struct sock *sk)
{
	return (struct pika_sock *)sk;
}

static inline struct sock *pika_sock_sk(struct pika_sock *ps)
{
	return &ps->inet.sk;
}

/* sock_ops.c */
int pika_sock_register(void);
void pika_sock_unregister(void);

/* sock.c */
extern struct proto pika_prot4;
extern struct proto pika_prot6;

int pika_sock_listen(struct sock *sk, struct socket *sock, int backlog);
int pika_sock_ioctl(struct socket *sock, struct sock *sk, unsigned int cmd,
		    unsigned long arg);
struct pika_sock *pika_sock_make_child(struct sock *listener,
				       struct pika_endpoint *ep);
void pika_sock_pick_port(struct pika_sock *ps);
void pika_sock_abort(struct pika_sock *ps);

/* sock_stream.c */
int pika_sock_sendmsg(struct sock *sk, struct msghdr *msg, size_t len);
int pika_sock_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
		      int flags);
__poll_t pika_sock_poll(struct file *file, struct socket *sock, struct sock *sk,
			struct poll_table_struct *wait);
u32 pika_sock_send_room(const struct pika_sock *ps);
bool pika_sock_makes_room(struct pika_sock *ps);
struct sk_buff *pika_sock_consume(struct pika_sock *ps, struct sk_buff *skb,
				  u32 len);

/* What a piece takes. */
static inline u32 pika_piece_memory(const struct pika_piece *piece)
{
	return sizeof(*piece) + (piece->page ? piece->len : 0);
}

/* sock_message.c: all but the last four with the endpoint locked */
void pika_sock_name(struct pika_sock *ps);
void pika_sock_flush(struct pika_sock *ps);
void pika_sock_add_piece(struct pika_sock *ps, struct pika_piece *piece);
bool pika_sock_hears_of_reading(const struct pika_sock *ps);
void pika_sock_close_flow(struct pika_sock *ps, u8 flags);
void pika_sock_update(struct pika_endpoint *ep, const struct pika_msg *msg);
void pika_sock_set(struct pika_sock *ps, u32 setting, u32 value);
struct pika_piece *pika_sock_make_piece(struct pika_sock *ps);
void pika_sock_free_piece(struct pika_sock *ps, struct pika_piece *piece);
void pika_sock_free_pieces(struct pika_sock *ps);
void pika_sock_free_received(struct pika_sock *ps);
void pika_sock_setup(struct pika_sock *ps, struct pika_endpoint *ep);
void pika_sock_reset_closed(struct pika_endpoint *ep);
void pika_sock_forget_all(struct pika_endpoint *ep);
bool pika_sock_owner(struct pika_endpoint *ep, u64 id, unsigned long *inode,
		     kuid_t *uid);

#endif /* PIKA_LINUX_SOCK_H */
