/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to tell about connections: some are read while the stack is
 * there, and put into a message afterwards.
 */
#ifndef PIKA_LINUX_CONNECTIONS_H
#define PIKA_LINUX_CONNECTIONS_H

#include <linux/uidgid.h>

#include "../core/ts_info.h"

struct pika_stack;
struct sk_buff;

/* So many are told of at a time. */
#define PIKA_CONNECTIONS	64

/* Bytes that they fit into as attributes. */
#define PIKA_CONNECTIONS_ROOM	32768

/**
 * struct pika_connection - see the netlink spec
 * @server: whose
 * @flow: what the server knows
 * @cpu: of the owner's endpoint; -1: none
 * @inode: of the owner, or 0
 * @uid: of the owner
 */
struct pika_connection {
	u16 server;
	struct pika_flow_info flow;
	int cpu;
	unsigned long inode;
	kuid_t uid;
};

/**
 * struct pika_connections - see above
 * @more: there may be others, from @cursor on
 * @cursor: see there
 * @len: how many
 * @all: in the order of servers
 */
struct pika_connections {
	bool more;
	u64 cursor;
	u32 len;
	struct pika_connection all[PIKA_CONNECTIONS];
};

void pika_connections_read(struct pika_stack *stack, u64 cursor,
			   struct pika_connections *connections);
int pika_connections_put(struct sk_buff *skb,
			 const struct pika_connections *connections);

#endif /* PIKA_LINUX_CONNECTIONS_H */
