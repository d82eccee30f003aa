/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The connection manager (paper 3.1, 3.2): listeners, admission, acceptors, and
 * which of them is offered a connection.
 */
#ifndef PIKA_CORE_CM_H
#define PIKA_CORE_CM_H

#include "pending.h"

/* X(name, meaning): what a connection manager counts, by event. */
#define PIKA_CM_COUNTERS(X) \
	X(admitted, "SYNs given to a TS") \
	X(passed, "SYNs without a listener, given back to the host") \
	X(syn_backlog, "SYNs dropped: the listener's backlog is full") \
	X(syn_half_open, "SYNs dropped: too many handshakes are not done") \
	X(syn_quota, "SYNs dropped: the listener has as many as it may") \
	X(syn_no_room, "SYNs dropped: too many connections are not claimed") \
	X(syn_ring_full, "SYNs dropped: no room in the ring to the TS") \
	X(syn_malformed, "SYNs dropped: cannot be read") \
	X(established, "handshakes done") \
	X(assigned, "connections offered to an acceptor, again ones included") \
	X(reassigned, "of these, taken from an acceptor that did not claim") \
	X(waited, "connections for which no acceptor was there") \
	X(claimed, "connections claimed") \
	X(closed, "connections closed after having been claimed") \
	X(unclaimed, "connections closed before they were claimed") \
	X(not_established, "handshakes that were given up") \
	X(timeouts, "offers not claimed in time") \
	X(late_timeouts, "time-outs of offers that no longer stood") \
	X(registered, "registrations of acceptors") \
	X(acceptors_full, "registrations refused: too many acceptors") \
	X(wakes, "WAKEs sent or waiting to be sent") \
	X(aborted, "connections reset because their listener went") \
	X(stray, "messages about something unknown here")

struct pika_cm_stats {
#define X(name, meaning) u64 name;
	PIKA_CM_COUNTERS(X)
#undef X
};

/**
 * struct pika_cm_config - fixed when the server is set up
 * @max_listeners: listening ports
 * @max_acceptors: (listening socket, process) pairs
 * @max_waiting: connections that are admitted and not yet claimed
 * @max_half_open: of these, not yet established; 0: half of them
 * @max_flows: connections of one listener until they close; 0: no bound
 */
struct pika_cm_config {
	u32 max_listeners;
	u32 max_acceptors;
	u32 max_waiting;
	u32 max_half_open;
	u32 max_flows;
};

/**
 * struct pika_cm - a connection manager
 * @listeners: its listening ports
 * @acceptors: who accepts
 * @pendings: connections that are established and not yet claimed
 * @half_open: connections that are admitted and not yet established
 * @max_half_open: at most so many
 * @most_of_half_open: of these for one listener; the last quarter is for others
 * @max_flows: of one listener; others need TCBs, too
 * @waking: listeners some of whose WAKEs wait for room
 * @wakes: WAKEs wait for room, by endpoint
 * @stats: what happened
 *
 * @half_open and the entries of @pendings together are never more than
 * @pendings holds: whoever is admitted has a place when it is established.
 */
struct pika_cm {
	struct pika_listeners listeners;
	struct pika_acceptors acceptors;
	struct pika_pendings pendings;
	u32 half_open;
	u32 max_half_open;
	u32 most_of_half_open;
	u32 max_flows;
	struct pika_list waking;
	struct pika_retry wakes[PIKA_PEERS];
	struct pika_cm_stats stats;
};

int pika_cm_init(struct pika_server *s, struct pika_arena *arena,
		 const struct pika_cm_config *config);
int pika_cm_listen(struct pika_server *s, const struct pika_msg *msg);
int pika_cm_unlisten(struct pika_server *s, u32 id);

#endif /* PIKA_CORE_CM_H */
