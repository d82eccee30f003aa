/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transmission control block: all that a transport server knows of one
 * flow. Private to that server; others name it by a handle (msg.h).
 */
#ifndef PIKA_CORE_TCB_H
#define PIKA_CORE_TCB_H

#include "flow.h"
#include "packet.h"
#include "server.h"

/*
 * RFC 9293 3.3.2. LISTEN is the connection managers'. CLOSED: out of the flow
 * table, and there only until nobody has to be told anything.
 */
enum pika_tcp_state {
	PIKA_TCP_CLOSED,
	PIKA_TCP_SYN_SENT,
	PIKA_TCP_SYN_RECEIVED,
	PIKA_TCP_ESTABLISHED,
	PIKA_TCP_FIN_WAIT_1,
	PIKA_TCP_FIN_WAIT_2,
	PIKA_TCP_CLOSE_WAIT,
	PIKA_TCP_CLOSING,
	PIKA_TCP_LAST_ACK,
	PIKA_TCP_TIME_WAIT,
};

/* struct pika_tcb.flags: what was agreed on with the peer */
#define PIKA_TCB_TIMESTAMPS	0x00000001u	/* RFC 7323 3 */
#define PIKA_TCB_SCALED		0x00000002u	/* RFC 7323 2 */
#define PIKA_TCB_SACK		0x00000004u	/* RFC 2018 */
/* what the application wants */
#define PIKA_TCB_NODELAY	0x00000010u
#define PIKA_TCB_CORK		0x00000020u
#define PIKA_TCB_MORE		0x00000040u	/* the last SEND said so */
#define PIKA_TCB_QUICKACK	0x00000080u
#define PIKA_TCB_KEEPALIVE	0x00000100u
#define PIKA_TCB_LINGER		0x00000200u	/* no GONE before FIN's ACK */
/* what is to be sent, or is going on */
#define PIKA_TCB_ARM		0x00000800u	/* the timer, for @clocks */
#define PIKA_TCB_OUTPUT		0x00001000u	/* look what can be sent */
#define PIKA_TCB_ACK_NOW	0x00002000u
#define PIKA_TCB_ACK_DELAYED	0x00004000u	/* RFC 5681 4.2 */
#define PIKA_TCB_PUSH		0x00008000u	/* send a partial segment too */
#define PIKA_TCB_FIN		0x00010000u	/* a FIN follows the data */
#define PIKA_TCB_PERSIST	0x00020000u	/* RETRANSMIT means probes */
#define PIKA_TCB_RTT		0x00040000u	/* @rtt_seq is being timed */
#define PIKA_TCB_RECOVERY	0x00080000u	/* RFC 6582 */
#define PIKA_TCB_URGENT_OUT	0x00100000u	/* @snd_up is valid */
#define PIKA_TCB_URGENT_IN	0x00200000u	/* @rcv_up is to come */
#define PIKA_TCB_LOSSY		0x00400000u	/* something was missing */
#define PIKA_TCB_PROBE		0x00800000u	/* RETRANSMIT: a probe */
/* where the flow is */
#define PIKA_TCB_PASSIVE	0x01000000u	/* an ADMIT began it */
#define PIKA_TCB_OFFERED	0x02000000u	/* ASSIGN named an acceptor */
#define PIKA_TCB_OWNED		0x04000000u	/* a socket has it */
#define PIKA_TCB_CLOSED		0x08000000u	/* and has sent CLOSE */
#define PIKA_TCB_GONE		0x10000000u	/* and was told GONE */
#define PIKA_TCB_CHANGED	0x20000000u	/* on the list of changed */
#define PIKA_TCB_BLOCKED	0x40000000u	/* waits for the LS's ring */
#define PIKA_TCB_AGREED		0x80000000u	/* was ESTABLISHED once */

/* struct pika_tcb.tell: messages that are due, in the order of sending */
#define PIKA_TELL_OFFER		0x01	/* CONNECTION_AVAILABLE */
#define PIKA_TELL_RESULT	0x02	/* CLAIM_RESULT */
#define PIKA_TELL_UPDATE	0x04	/* UPDATE */
#define PIKA_TELL_ESTABLISHED	0x08	/* ESTABLISHED */
#define PIKA_TELL_TIMEOUT	0x10	/* ACCEPT_TIMEOUT */
#define PIKA_TELL_CLAIMED	0x20	/* CLAIMED */
#define PIKA_TELL_CLOSED	0x40	/* CONNECTION_CLOSED */

#define PIKA_TELL_ENDPOINT \
	(PIKA_TELL_OFFER | PIKA_TELL_RESULT | PIKA_TELL_UPDATE)
#define PIKA_TELL_CM (PIKA_TELL_ESTABLISHED | PIKA_TELL_TIMEOUT | \
		      PIKA_TELL_CLAIMED | PIKA_TELL_CLOSED)

/*
 * The clocks of a flow. One timer serves them: it is armed for the first, or
 * for an earlier time that has become void.
 */
enum pika_clock {
	PIKA_CLOCK_RETRANSMIT,	/* RTO, or with PIKA_TCB_PERSIST a probe */
	PIKA_CLOCK_ACK,		/* delayed ACK */
	PIKA_CLOCK_KEEP,	/* keep-alive */
	PIKA_CLOCK_LIFE,	/* TIME_WAIT, FIN_WAIT_2 of an orphan, linger */
	PIKA_CLOCK_CLAIM,	/* until ACCEPT_TIMEOUT */
	PIKA_CLOCKS
};

/**
 * struct pika_place - where a byte of the send queue is
 * @chunk: index of its chunk, or PIKA_POOL_NONE: behind the last
 * @skip: bytes of the chunk that precede it
 */
struct pika_place {
	u32 chunk;
	u32 skip;
};

/**
 * struct pika_chunk - bytes of the application's, until they are acknowledged
 * @next: index of the one that follows, or PIKA_POOL_NONE
 * @len: how many
 * @offset: of the first, from the start of @buffer
 * @inline_bytes: they are in @bytes
 * @buffer: the shell's name for where they are
 * @bytes: the bytes themselves
 */
struct pika_chunk {
	u32 next;
	u32 len;
	u32 offset;
	bool inline_bytes;
	union {
		u64 buffer;
		u8 bytes[PIKA_MSG_INLINE];
	};
};

/**
 * struct pika_tcb - see above
 * @key: addresses and ports
 * @hash: of @key, in the flow table
 * @index: its own, in the pool
 * @handle: how others name it, as long as it is in use
 * @flags: PIKA_TCB_*
 * @rcv_nxt: RCV.NXT
 * @rcv_edge: RCV.NXT + RCV.WND as last told: it never moves left
 * @snd_una: SND.UNA
 * @snd_nxt: next to send; goes back to @snd_una when the RTO fires
 * @snd_max: SND.NXT in the RFC's sense: nothing beyond was ever sent
 * @snd_end: after the last byte of the send queue; a FIN's sequence number
 * @snd_wnd: SND.WND, in bytes
 * @snd_wl1: SND.WL1
 * @snd_wl2: SND.WL2
 * @snd_small: after the last segment smaller than @mss (Nagle)
 * @ts_recent: TS.Recent (RFC 7323 4.3)
 * @ts_recent_ms: when that was set
 * @ts_offset: what our timestamps are ahead of the clock
 * @last_ack: Last.ACK.sent (RFC 7323 4.3)
 * @heard_ms: when the last acceptable segment came
 * @mss: payload of a full segment, timestamp option subtracted
 * @state: enum pika_tcp_state
 * @tell: PIKA_TELL_*
 * @snd_shift: Snd.Wind.Shift
 * @rcv_shift: Rcv.Wind.Shift
 * @clocks: one bit for each of @deadline that is set
 * @duplicates: duplicate ACKs in a row
 * @oow_ms: when a segment without data was last answered only because it lay
 *	outside the window
 * @backoff: how often the RTO, or the time between probes, was doubled
 * @retries: retransmissions or window probes without an answer
 * @progress_ms: when the peer last acknowledged something, or the first byte
 *	that it has not was sent
 * @keep_probes: keep-alive probes without an answer
 * @head: first byte that is not acknowledged
 * @next: the byte at @snd_nxt
 * @tail: the last chunk, or PIKA_POOL_NONE
 * @cwnd: congestion window
 * @ssthresh: slow start threshold
 * @recover: RFC 6582 3.2
 * @acked_window: bytes acknowledged in congestion avoidance (RFC 5681 3.1)
 * @srtt_us: smoothed round trip time, eight times; 0: none yet
 * @rttvar_us: its variation, four times
 * @rto_ms: before back-off
 * @rtt_seq: the ACK of this sequence number ends the measurement
 * @rtt_us: when it began
 * @sent_ms: when data or a SYN was last sent
 * @snd_wnd_max: the largest window that it ever offered
 * @snd_up: SND.UP
 * @rcv_up: sequence number of the urgent byte
 * @ready: received, in order, for the next message to the application
 * @ready_last: the last packet of @ready
 * @early: received, beyond a hole, sorted and without overlap
 * @early_last: the last packet of @early
 * @ready_bytes: bytes in @ready
 * @unread: bytes in @ready, or handed over and not yet RECEIVED
 * @early_packets: packets in @early
 * @rcv_memory: true size of the packets that hold @unread and @early
 * @rcv_memory_most: no packet is kept beyond it; half of it is for payload
 * @acked: bytes acknowledged that UPDATE has to report
 * @borrowed: chunks, in the send queue or @held, of the application's
 *	buffers
 * @error: positive errno for the application
 * @endpoint: whom it is offered to or who owns it; PIKA_NOBODY
 * @update: PIKA_UPDATE_* that are due
 * @soft_error: what ICMP has said since the last progress; positive errno
 * @at_link: frames with payload that an LS in another server has
 * @held: chunks out of the send queue that those may refer to
 * @socket: the owner's name for it
 * @listener: from ADMIT
 * @acceptor: whom it is offered to, or who has claimed it
 * @refused_acceptor: for CLAIMED
 * @refused_endpoint: for CLAIMED
 * @cm: whose ADMIT began it
 * @offered_ns: when ASSIGN came first
 * @claim_us: from there to the claim
 * @user_timeout_ms: TCP_USER_TIMEOUT; 0: none
 * @keep_idle_ms: TCP_KEEPIDLE
 * @keep_interval_ms: TCP_KEEPINTVL
 * @keep_count: TCP_KEEPCNT
 * @tos: of IP headers
 * @ttl: of IP headers
 * @syn_retries: how often a SYN was sent again
 * @changed_next: in the list of changed ones
 * @blocked_next: in the list of those that wait for the LS
 * @wait_next: in the list of those in TIME_WAIT
 * @wait_prev: likewise
 * @deadline: of each clock
 * @board: what is missing, of ours or of the peer's (tcp_sack.h);
 *	PIKA_POOL_NONE if nothing is
 * @timer: for all of @clocks
 * @endpoint_retry: @tell waits for the endpoint's ring
 * @cm_retry: @tell waits for the CM's
 */
struct pika_tcb {
	struct pika_flow_key key;
	u32 hash;
	u32 index;
	u32 flags;
	u32 rcv_nxt;
	u32 rcv_edge;
	u32 snd_una;
	u32 snd_nxt;
	u32 snd_max;

	u32 snd_end;
	u32 snd_wnd;
	u32 snd_wl1;
	u32 snd_wl2;
	u32 snd_small;
	u32 ts_recent;
	u32 ts_recent_ms;
	u32 ts_offset;
	u32 last_ack;
	u32 heard_ms;
	u16 mss;
	u8 state;
	u8 tell;
	u8 snd_shift;
	u8 rcv_shift;
	u8 clocks;
	u8 duplicates;
	u8 backoff;
	u8 retries;
	u8 keep_probes;
	u8 keep_count;
	u8 syn_retries;
	u32 oow_ms;
	u32 cwnd;

	struct pika_place head;
	struct pika_place next;
	u32 tail;
	u32 ssthresh;
	u32 recover;
	u32 acked_window;
	u32 srtt_us;
	u32 rttvar_us;
	u32 rto_ms;
	u32 rtt_seq;
	u32 rtt_us;
	u32 sent_ms;
	u32 progress_ms;
	u32 snd_wnd_max;
	u32 snd_up;
	u32 rcv_up;
	u32 board;

	struct pika_packet *ready;
	struct pika_packet *ready_last;
	struct pika_packet *early;
	struct pika_packet *early_last;
	u32 ready_bytes;
	u32 unread;
	u32 early_packets;
	u32 rcv_memory;
	u32 rcv_memory_most;
	u32 acked;
	u32 borrowed;
	u8 error;
	u8 soft_error;
	u16 endpoint;
	u64 socket;
	u64 offered_ns;
	u32 claim_us;
	u32 listener;
	u32 acceptor;
	u32 refused_acceptor;
	u16 refused_endpoint;
	u16 cm;
	u8 update;
	u8 tos;
	u8 ttl;
	u8 at_link;
	u32 held;

	u32 user_timeout_ms;
	u32 keep_idle_ms;
	u32 keep_interval_ms;
	u32 blocked_next;
	u32 wait_next;
	u32 wait_prev;
	u32 deadline[PIKA_CLOCKS];
	struct pika_tcb *changed_next;
	u64 handle;
	struct pika_timer timer;
	struct pika_retry endpoint_retry;
	struct pika_retry cm_retry;
} __pika_line;

/* With its pool slot and its two places in the flow table: 512 at most. */
static_assert(sizeof(struct pika_tcb) + sizeof(struct pika_pool_slot) +
	      2 * sizeof(struct pika_flow_slot) <= 512, "a flow's memory");

#endif /* PIKA_CORE_TCB_H */
