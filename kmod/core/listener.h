/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Listeners of a connection manager: found by their number, or by the address
 * and port that a SYN is for. Private to one server.
 */
#ifndef PIKA_CORE_LISTENER_H
#define PIKA_CORE_LISTENER_H

#include "list.h"
#include "msg.h"
#include "pool.h"
#include "server.h"

#define PIKA_PEER_WORDS	(PIKA_PEERS / 64)

/**
 * struct pika_listener - a listening port
 * @next_port: in the chain of its address and port
 * @next_id: in the chain of its number
 * @addr: local address; the unspecified one of either family for any
 * @port: local port, host order
 * @v6only: with the unspecified IPv6 address: not for IPv4
 * @woken: WAKE was sent, and no acceptor has registered since
 * @id: the application side's number for it, never used twice
 * @backlog: connections that may wait here, but for one more
 * @half_open: admitted, the handshake not done
 * @unclaimed: established, not yet claimed
 * @flows: admitted, and not yet CONNECTION_CLOSED
 * @ready: registered acceptors without an offer, longest so first
 * @busy: registered acceptors with an offer
 * @absent: acceptors that must register again
 * @waiting: connections without an acceptor, oldest first
 * @offered: connections offered to an acceptor
 * @late: likewise, and not claimed in time: offered to the next that registers
 * @endpoints: who ever listened or registered, one bit by address
 * @waking: those of them whose WAKE waits for room
 * @waking_link: on the CM's list of listeners with such
 */
struct pika_listener {
	struct pika_listener *next_port;
	struct pika_listener *next_id;
	struct pika_addr addr;
	u16 port;
	bool v6only;
	bool woken;
	u32 id;
	u32 backlog;
	u32 half_open;
	u32 unclaimed;
	u32 flows;
	struct pika_list ready;
	struct pika_list busy;
	struct pika_list absent;
	struct pika_list waiting;
	struct pika_list offered;
	struct pika_list late;
	u64 endpoints[PIKA_PEER_WORDS];
	u64 waking[PIKA_PEER_WORDS];
	struct pika_list waking_link;
};

/**
 * struct pika_listeners - all listeners of a CM
 * @pool: where they live
 * @by_port: chains by address and port, @mask + 1 of them
 * @by_id: chains by number, as many
 * @mask: see above
 * @last: what was looked for last, as most SYNs are for the same; or NULL
 * @last_addr: by this address, and the port that it has
 */
struct pika_listeners {
	struct pika_pool pool;
	struct pika_listener **by_port;
	struct pika_listener **by_id;
	u32 mask;
	struct pika_listener *last;
	struct pika_addr last_addr;
};

bool pika_listeners_init(struct pika_listeners *listeners,
			 struct pika_arena *arena, u32 count);
struct pika_listener *pika_listener_add(struct pika_listeners *listeners,
					const struct pika_msg_listen *listen,
					int *error);
bool pika_listener_is(const struct pika_listener *listener,
		      const struct pika_msg_listen *listen);
void pika_listener_remove(struct pika_listeners *listeners,
			  struct pika_listener *listener);
void pika_listener_put(struct pika_listeners *listeners,
		       struct pika_listener *listener);
struct pika_listener *
pika_listener_by_id(const struct pika_listeners *listeners, u32 id);
struct pika_listener *pika_listener_for(struct pika_listeners *listeners,
					const struct pika_addr *addr, u16 port);

#endif /* PIKA_CORE_LISTENER_H */
