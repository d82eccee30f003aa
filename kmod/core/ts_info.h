/* SPDX-License-Identifier: GPL-2.0-only */
/* What there is to tell about a flow. */
#ifndef PIKA_CORE_TS_INFO_H
#define PIKA_CORE_TS_INFO_H

#include "tcb.h"

/**
 * struct pika_flow_info - a flow, as it was when somebody looked
 * @key: addresses and ports
 * @handle: names it in messages
 * @socket: its owner's name for it, if @owned
 * @state: enum pika_tcp_state
 * @owned: a socket has it
 * @endpoint: the owner's, or of the acceptor that it is offered to, or
 *	PIKA_NOBODY
 * @received: bytes that have come and were not read, as far as the TS knows
 * @queued: bytes that are not acknowledged, sent or not
 * @unacked: sequence numbers sent and not acknowledged
 * @mss: payload of a full segment
 * @rtt_us: smoothed round trip time; 0: none yet
 * @rttvar_us: its variation
 * @rto_ms: time until a retransmission, back-off included
 * @cwnd: congestion window, in bytes
 * @ssthresh: slow start threshold, in bytes
 * @send_window: what the peer offers, in bytes
 * @receive_window: what we offer, in bytes
 * @retries: retransmissions or probes in a row without an answer
 * @agreed: PIKA_TCB_TIMESTAMPS, _SCALED and _SACK that are in use
 * @send_shift: by which the peer scales its windows
 * @receive_shift: by which we do
 * @backoff: how often @rto_ms was doubled
 */
struct pika_flow_info {
	struct pika_flow_key key;
	u64 handle;
	u64 socket;
	u8 state;
	bool owned;
	u16 endpoint;
	u32 received;
	u32 queued;
	u32 unacked;
	u32 mss;
	u32 rtt_us;
	u32 rttvar_us;
	u32 rto_ms;
	u32 cwnd;
	u32 ssthresh;
	u32 send_window;
	u32 receive_window;
	u32 retries;
	u32 agreed;
	u8 send_shift;
	u8 receive_shift;
	u8 backoff;
};

u32 pika_ts_places(const struct pika_server *s);
bool pika_ts_info(const struct pika_server *s, u32 index,
		  struct pika_flow_info *info);
u32 pika_ts_find_sending(const struct pika_server *s, u32 index,
			 struct pika_flow_info *info);

#endif /* PIKA_CORE_TS_INFO_H */
