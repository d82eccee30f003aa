/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to tell about listening sockets: a snapshot of one is taken
 * while the stack is there, and put into a message afterwards.
 */
#ifndef PIKA_LINUX_LISTENERS_H
#define PIKA_LINUX_LISTENERS_H

#include "../core/msg.h"

struct pika_stack;
struct sk_buff;

/* So many of a listener's acceptors are told of. */
#define PIKA_LISTENER_ACCEPTORS	128

/* Bytes that any snapshot fits into as attributes. */
#define PIKA_LISTENER_ROOM	8192

/**
 * struct pika_acceptor_info - see the netlink spec
 * @pid: as the reader sees it
 * @server: whose connection manager it registers with
 * @registered: as far as its own side knows
 */
struct pika_acceptor_info {
	u32 pid;
	u16 server;
	bool registered;
};

/**
 * struct pika_listener_info - see the netlink spec
 * @number: its own
 * @addr: local address
 * @port: local port
 * @v6only: it takes no IPv4
 * @backlog: of each connection manager
 * @offered: connections not claimed yet
 * @claimed: connections not accepted yet
 * @acceptors_len: how many it has
 * @acceptors: the first of them
 */
struct pika_listener_info {
	u32 number;
	struct pika_addr addr;
	u16 port;
	bool v6only;
	u32 backlog;
	u32 offered;
	u32 claimed;
	u32 acceptors_len;
	struct pika_acceptor_info acceptors[PIKA_LISTENER_ACCEPTORS];
};

int pika_listener_info_read(struct pika_stack *stack, u32 after,
			    struct pika_listener_info *info);
int pika_listener_info_put(struct sk_buff *skb,
			   const struct pika_listener_info *info);

#endif /* PIKA_LINUX_LISTENERS_H */
