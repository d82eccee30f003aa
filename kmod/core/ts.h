/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transport server (paper 3.1): owns TCP flows and their TCBs.
 */
#ifndef PIKA_CORE_TS_H
#define PIKA_CORE_TS_H

#include "packet.h"
#include "server.h"

/**
 * struct pika_ts_config - known when the server is set up
 * @max_flows: TCBs, a power of two
 * @max_chunks: pieces of unsent or unacknowledged data
 * @max_time_wait: flows in TIME_WAIT, of @max_flows; the oldest makes room.
 *	0: half of them
 * @receive_buffer: bytes that a flow may have received and the program has not
 *	read; packets that hold them may have twice that true size
 * @send_buffer: bytes that a flow may have accepted and the peer has not
 *	acknowledged
 * @mtu: of the path, before path MTU discovery: IP header and up. See
 *	pika_ts_set_mtu()
 * @max_segments: that a frame may hold, if the shell or the card cuts it (TSO);
 *	0 or 1: neither does
 */
struct pika_ts_config {
	u32 max_flows;
	u32 max_chunks;
	u32 max_time_wait;
	u32 receive_buffer;
	u32 send_buffer;
	u16 mtu;
	u16 max_segments;
};

/* X(name, meaning): what a transport server counts, by event. */
#define PIKA_TS_STATS(X) \
	X(passive_opens, "SYNs answered for a listener") \
	X(active_opens, "CONNECTs that sent a SYN") \
	X(established, "handshakes done") \
	X(connect_failed, "active opens refused or timed out") \
	X(segments_in, "segments for a flow of ours") \
	X(segments_predicted, "of those, taken by header prediction") \
	X(frames_out, "frames given to a link server") \
	X(retransmits, "segments sent again") \
	X(timeouts, "retransmission time-outs") \
	X(fast_retransmits, "recoveries entered by duplicate ACKs or SACK") \
	X(undone, "of those and of time-outs, undone: nothing was lost") \
	X(lost_again, "retransmissions that were lost, too") \
	X(tail_probes, "segments sent again before the RTO (RFC 8985 7)") \
	X(sacks_ignored, "SACK blocks that cannot be") \
	X(probes, "zero-window probes sent") \
	X(keep_probes, "keep-alive probes sent") \
	X(delayed_acks, "ACKs sent by their clock") \
	X(resets_in, "flows reset by the peer") \
	X(resets_out, "RSTs sent") \
	X(challenges, "challenge ACKs sent (RFC 5961)") \
	X(challenges_limited, "challenge ACKs not sent: too many in a second") \
	X(time_wait_recycled, "TIME_WAITs ended early for room") \
	X(time_wait_reused, "TIME_WAITs ended by a newer SYN (RFC 6191)") \
	X(claims, "connections claimed") \
	X(claims_refused, "claims that came too late") \
	X(claim_timeouts, "offers not claimed in time") \
	X(assigns_late, "ASSIGNs for a claimed connection") \
	X(user_timeouts, "flows given up: the peer did not answer") \
	X(aborted_unread, "flows reset: closed with unread data, or after it") \
	X(dropped_malformed, "packets that do not parse") \
	X(dropped_paws, "segments with an old timestamp (RFC 7323 5)") \
	X(dropped_window, "segments outside the window") \
	X(dropped_ack, "segments with an unacceptable ACK") \
	X(dropped_state, "segments or payload that the state excludes") \
	X(dropped_early, "segments beyond a hole: too many there, or before") \
	X(dropped_duplicate, "packets without a new byte") \
	X(dropped_closed_window, "packets for which the buffer had no room") \
	X(joined, "packets copied behind the one before, to need less memory") \
	X(dropped_pruned, "packets beyond a hole dropped to free memory") \
	X(dropped_memory, "packets dropped: the unread ones take too much") \
	X(no_flow, "segments passed on: no flow of ours") \
	X(icmp_ignored, "ICMP errors about nothing that is on its way") \
	X(path_mtus, "times that a path took smaller packets only") \
	X(no_tcb, "SYNs and CONNECTs refused: no TCB free") \
	X(no_chunk, "flows reset: no chunk free for their data") \
	X(no_board, "times that no memory was free for SACK's blocks") \
	X(no_frame, "times that no frame was free, or no room for it") \
	X(send_overrun, "flows reset: more sent than the send buffer holds") \
	X(send_malformed, "flows reset: a SEND that cannot be") \
	X(send_closed, "SENDs for a flow that sends no more") \
	X(stale, "messages for a flow that is gone") \
	X(unknown_option, "OPTIONs not known")

/* One counter for each line of the table. */
struct pika_ts_stats {
#define X(name, meaning) u64 name;
	PIKA_TS_STATS(X)
#undef X
};

int pika_ts_init(struct pika_server *s, struct pika_arena *arena,
		 const struct pika_ts_config *config);
void pika_ts_set_mtu(struct pika_server *s, u16 mtu);
u32 pika_ts_flush(struct pika_server *s);
bool pika_ts_waits(const struct pika_server *s);
void pika_ts_release(struct pika_server *s);
const struct pika_ts_stats *pika_ts_read_stats(const struct pika_server *s);
u32 pika_ts_flows(const struct pika_server *s);

#endif /* PIKA_CORE_TS_H */
