/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to tell about acceptors: some are read while the stack is
 * there, and put into a message afterwards.
 */
#ifndef PIKA_LINUX_ACCEPTORS_H
#define PIKA_LINUX_ACCEPTORS_H

#include "../core/cm_info.h"

struct pika_stack;
struct sk_buff;

/* So many are told of at a time. */
#define PIKA_ACCEPTORS	64

/* Bytes that they fit into as attributes. */
#define PIKA_ACCEPTORS_ROOM	16384

/**
 * struct pika_told_acceptor - see the netlink spec
 * @server: whose connection manager knows it
 * @state: what that knows
 * @cpu: of its endpoint
 * @pid: as the reader sees it; 0: not, or the process has gone
 * @addr: of its listener
 * @port: likewise
 */
struct pika_told_acceptor {
	u16 server;
	struct pika_acceptor_state state;
	u32 cpu;
	u32 pid;
	struct pika_addr addr;
	u16 port;
};

/**
 * struct pika_told_acceptors - see above
 * @more: there may be others, from @cursor on
 * @cursor: see there
 * @len: how many
 * @all: in the order of servers
 */
struct pika_told_acceptors {
	bool more;
	u64 cursor;
	u32 len;
	struct pika_told_acceptor all[PIKA_ACCEPTORS];
};

void pika_acceptors_read(struct pika_stack *stack, u64 cursor,
			 struct pika_told_acceptors *acceptors);
int pika_acceptors_put(struct sk_buff *skb,
		       const struct pika_told_acceptors *acceptors);

#endif /* PIKA_LINUX_ACCEPTORS_H */
