/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every message between two servers, or a server and an application CPU: one
 * cache line each. The table below is the list; Documentation/messages.rst is
 * made from it. Messages report state that their sender keeps: a sender whose
 * ring is full sends later what is true then.
 */
#ifndef PIKA_CORE_MSG_H
#define PIKA_CORE_MSG_H

#include "env.h"

/*
 * X(NAME, from, to, payload, section of the paper, meaning). LS, TS and CM are
 * components of servers, APP an endpoint of an application CPU, CTL the control
 * side of the shell.
 */
#define PIKA_MESSAGES(X) \
	X(SYN, "LS", "CM", packet, "3.1", \
	  "a client asks for a connection: admission only") \
	X(ADMIT, "CM", "TS", admit, "3.1", \
	  "answer the SYN, for this listener") \
	X(SEGMENT, "LS", "TS", packet, "3.1", \
	  "a segment of a flow that the TS owns") \
	X(ICMP, "LS", "TS", icmp, "3.1", \
	  "the network could not deliver a segment of a flow") \
	X(TRANSMIT, "TS", "LS", transmit, "3.1", \
	  "send this frame on one of your queues") \
	X(SENT, "LS", "TS", transmit, "3.1", \
	  "the frame of a TRANSMIT is its sender's again") \
	X(LISTEN, "APP", "CM, LS", listen, "3.1", \
	  "a listening port appears") \
	X(UNLISTEN, "APP", "CM, LS", listen, "3.1", \
	  "a listening port goes") \
	X(LISTENING, "CM, LS", "APP", listening, "3.1", \
	  "answer to both: done, or why not") \
	X(ACCEPT_CONNECTION, "APP", "CM", acceptor, "3.2", \
	  "this acceptor is ready") \
	X(ESTABLISHED, "TS", "CM", established, "3.2", \
	  "the client's handshake is done: choose an acceptor") \
	X(ASSIGN, "CM", "TS", assign, "3.2", \
	  "offer the connection to that acceptor") \
	X(CONNECTION_AVAILABLE, "TS", "APP", available, "3.2", \
	  "a connection for you: claim it") \
	X(CLAIM_CONNECTION, "APP", "TS", claim, "3.2", \
	  "taken") \
	X(CLAIM_RESULT, "TS", "APP", update, "3.2", \
	  "yours, with what has arrived; or too late: register again") \
	X(ACCEPT_TIMEOUT, "TS", "CM", established, "3.2", \
	  "not claimed in time: drop that acceptor, assign another") \
	X(CLAIMED, "TS", "CM", claimed, "3.2", \
	  "an acceptor has claimed: it no longer waits") \
	X(CONNECTION_CLOSED, "TS", "CM", closed, "3.3", \
	  "with its service time") \
	X(WAKE, "CM", "APP", acceptor, "3.2", \
	  "connections wait and no acceptor is known: wake every waiter") \
	/* OFFER, CM to CM, goes here with the balancer (paper 3.3). */ \
	X(SEND, "APP", "TS", send, "4.2", \
	  "bytes to send") \
	X(RECEIVED, "APP", "TS", received, "4.2", \
	  "bytes that the program has read: the window may open") \
	X(SHUTDOWN, "APP", "TS", close, "4.2", \
	  "no more bytes will be sent") \
	X(CLOSE, "APP", "TS", close, "4.2", \
	  "the socket is gone: finish, linger or reset") \
	X(CONNECT, "APP", "TS", connect, "4.2", \
	  "open a connection") \
	X(OPTION, "APP", "TS", option, "4.2", \
	  "a socket option that the stack acts on") \
	X(UPDATE, "TS", "APP", update, "4.2", \
	  "whatever changed: bytes in, bytes acknowledged, end, error") \
	/* MOVED, TS to APP and TS, and MOVE_ACK, with live hand-over. */ \
	X(FREE, "APP", "TS", packet, "4.1", \
	  "a received packet goes home to its pool")

enum pika_msg_type {
	PIKA_MSG_NONE,
#define X(name, from, to, payload, section, meaning) PIKA_MSG_##name,
	PIKA_MESSAGES(X)
#undef X
	PIKA_MSG_TYPES
};

/*
 * A handle names an object of a server: resolved by its owner alone, which
 * refuses one whose generation is not the object's.
 */
#define PIKA_HANDLE_NONE	0ULL

static inline u64 pika_handle(u16 server, u32 index, u32 generation)
{
	return (u64)server << 48 | (u64)(index & 0xffffff) << 24 |
	       (generation & 0xffffff);
}

static inline u16 pika_handle_server(u64 handle)
{
	return handle >> 48;
}

static inline u32 pika_handle_index(u64 handle)
{
	return (handle >> 24) & 0xffffff;
}

static inline u32 pika_handle_generation(u64 handle)
{
	return handle & 0xffffff;
}

/* An IPv6 address, or an IPv4 address mapped into one (RFC 4291 2.5.5.2). */
struct pika_addr {
	u8 b[16];
};

struct pika_msg_packet {
	struct pika_packet *packet;
};

struct pika_msg_admit {
	struct pika_packet *packet;
	u32 listener;
	u16 cm;
};

/* As struct pika_icmp_error. */
struct pika_msg_icmp {
	struct pika_addr local;
	struct pika_addr remote;
	u16 local_port;
	u16 remote_port;
	u32 seq;
	u16 error;
	u16 mtu;
};

struct pika_msg_transmit {
	struct pika_frame *frame;
	u16 queue;
};

/*
 * @cookie comes back in LISTENING. @backlog: all of it, at each CM; to change
 * it LISTEN is sent again, to the CMs.
 */
struct pika_msg_listen {
	struct pika_addr addr;
	u64 cookie;
	u32 listener;
	u32 backlog;
	u16 port;
	u8 v6only;
};

struct pika_msg_listening {
	u64 cookie;
	u32 listener;
	s32 error;
};

struct pika_msg_acceptor {
	u32 listener;
	u32 acceptor;
	u32 generation;
};

/* Who waits for a connection: an acceptor behind an endpoint's rings. */
struct pika_msg_established {
	u32 listener;
	u32 acceptor;
	u16 endpoint;
};

/*
 * Ignored if the flow is claimed: then a CLAIMED is on its way. @endpoint
 * PIKA_NOBODY: the listener has gone, nobody will claim the flow: reset it.
 */
struct pika_msg_assign {
	u32 listener;
	u32 acceptor;
	u32 claim_timeout_us;
	u16 endpoint;
};

/*
 * Who has the connection: sent once for each that is claimed, as its place in
 * the backlog is free again. @refused: the acceptor of an ASSIGN that came too
 * late; @refused_endpoint PIKA_NOBODY: none did.
 */
struct pika_msg_claimed {
	u32 listener;
	u32 acceptor;
	u32 refused;
	u16 endpoint;
	u16 refused_endpoint;
};

struct pika_msg_available {
	struct pika_addr local;
	struct pika_addr remote;
	u32 listener;
	u32 acceptor;
	u16 local_port;
	u16 remote_port;
};

/* @socket: how the application side wants the flow named to it from now on. */
struct pika_msg_claim {
	u64 socket;
	u32 acceptor;
};

/*
 * The end of every ADMIT, so that the backlog is right: also of one that began
 * no flow, for want of room or because the SYN was a repeated one.
 * @established: the client's handshake had been done
 * @acceptor: who claimed it; @endpoint PIKA_NOBODY: nobody did
 * @service_us: CONNECTION_AVAILABLE to now. @claim_us: to the claim.
 */
struct pika_msg_closed {
	u32 listener;
	u32 acceptor;
	u32 service_us;
	u32 claim_us;
	u16 endpoint;
	bool established;
};

/* Payload of at most so many bytes is in the message, more in @buffer. */
#define PIKA_MSG_INLINE	32

struct pika_msg_send {
	u32 len;
	u8 flags;
	union {
		struct {
			u64 buffer;
			u32 offset;
		};
		u8 bytes[PIKA_MSG_INLINE];
	};
};

#define PIKA_SEND_MORE		0x01	/* MSG_MORE: more follows at once */
#define PIKA_SEND_URGENT	0x02	/* the last byte is urgent (RFC 6093) */

/* @truesize: of what held them, or is held more tightly now */
struct pika_msg_received {
	u32 bytes;
	u32 truesize;
};

/*
 * A second CLOSE is ignored, but for one with PIKA_CLOSE_RESET.
 * @linger_ms: how long CLOSE may go on sending; 0 with PIKA_CLOSE_RESET.
 * @received: bytes that the program has read and no RECEIVED told of; what is
 *	unread then makes CLOSE a reset (RFC 9293 3.10.4 and Linux)
 *
 * With PIKA_CLOSE_FORGET the owner says that none of its buffers is in use. It
 * forgets the flow at once, and is told GONE only if something it is told must
 * wait for room anyway. What crosses CLOSE still arrives.
 */
struct pika_msg_close {
	u32 linger_ms;
	u32 received;
	u8 flags;
};

#define PIKA_CLOSE_RESET	0x01	/* send RST, forget what is unsent */
#define PIKA_CLOSE_FORGET	0x02	/* the last word: no GONE is awaited */

struct pika_msg_connect {
	struct pika_addr remote;
	struct pika_addr local;
	u64 socket;
	u16 remote_port;
	u16 local_port;
};

/* Times are in milliseconds, buffers in bytes of true size. */
enum pika_setting {
	PIKA_SET_NODELAY,
	PIKA_SET_CORK,
	PIKA_SET_QUICKACK,
	PIKA_SET_KEEPALIVE,
	PIKA_SET_KEEP_IDLE,
	PIKA_SET_KEEP_INTERVAL,
	PIKA_SET_KEEP_COUNT,
	PIKA_SET_USER_TIMEOUT,
	PIKA_SET_MSS,
	PIKA_SET_TOS,
	PIKA_SET_TTL,
	PIKA_SET_RECEIVE_BUFFER,
};

/* @option: enum pika_setting; an unknown one is counted and ignored */
struct pika_msg_option {
	u32 option;
	u32 value;
};

/*
 * @packet: the head of a chain of received packets in order, or NULL; its
 *	bytes of payload count in @bytes.
 * @acked: bytes that the peer has acknowledged since the last message
 * @urgent: with PIKA_UPDATE_URGENT, how many bytes after the first of @packet
 *	the urgent byte comes (RFC 6093); it may not have arrived yet
 * @error: a positive errno
 */
struct pika_msg_update {
	u64 socket;
	struct pika_packet *packet;
	u32 bytes;
	u32 acked;
	u32 urgent;
	u16 error;
	u8 flags;
};

#define PIKA_UPDATE_CONNECTED	0x01	/* an active open has succeeded */
#define PIKA_UPDATE_EOF		0x02	/* the peer sends no more */
#define PIKA_UPDATE_GONE	0x04	/* last word: no buffer is in use */
#define PIKA_UPDATE_TIMED_OUT	0x08	/* of a claim: too late */
#define PIKA_UPDATE_URGENT	0x10	/* @urgent: where its urgent byte is */

/**
 * struct pika_msg - one message, one cache line in a ring
 * @tag: the ring's; not the sender's to set
 * @type: enum pika_msg_type
 * @reserved: 0
 * @from: address of the sender, set by pika_send()
 * @flow: handle of the flow that it is about, or PIKA_HANDLE_NONE
 */
struct pika_msg {
	u32 tag;
	u8 type;
	u8 reserved;
	u16 from;
	u64 flow;
	/* private: by type */
	union {
		struct pika_msg_packet packet;
		struct pika_msg_admit admit;
		struct pika_msg_icmp icmp;
		struct pika_msg_transmit transmit;
		struct pika_msg_listen listen;
		struct pika_msg_listening listening;
		struct pika_msg_acceptor acceptor;
		struct pika_msg_established established;
		struct pika_msg_assign assign;
		struct pika_msg_claimed claimed;
		struct pika_msg_available available;
		struct pika_msg_claim claim;
		struct pika_msg_closed closed;
		struct pika_msg_send send;
		struct pika_msg_received received;
		struct pika_msg_close close;
		struct pika_msg_connect connect;
		struct pika_msg_option option;
		struct pika_msg_update update;
	};
};

static_assert(sizeof(struct pika_msg) == PIKA_LINE, "a message is one line");

/*
 * A handler's message is valid until it returns. Handlers of components that
 * live in the sending server are called by pika_send() itself, so sending is
 * the last thing that a handler does with an object.
 */
struct pika_server;
typedef void (*pika_handler)(struct pika_server *s, const struct pika_msg *msg);

const char *pika_msg_name(u8 type);

#endif /* PIKA_CORE_MSG_H */
