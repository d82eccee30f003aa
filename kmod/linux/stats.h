/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What servers and endpoints have counted, and how it is told: a snapshot is
 * taken while the stack is there, and put into a message afterwards.
 */
#ifndef PIKA_LINUX_STATS_H
#define PIKA_LINUX_STATS_H

#include "../core/cm.h"
#include "../core/link.h"
#include "../core/ts.h"

#include "drops.h"

struct pika_stack;
struct sk_buff;

/* Bytes that any snapshot fits into as attributes. */
#define PIKA_STATS_ROOM	32768

/**
 * struct pika_endpoint_stats - what the application side of a CPU counts
 * @stray: see the table in stats.c, which is in this order
 * @lost: likewise
 * @closed: likewise
 */
struct pika_endpoint_stats {
	u64 stray;
	u64 lost;
	u64 closed;
};

/**
 * struct pika_stats - a snapshot of one server or endpoint
 * @address: whose
 * @addresses: how many there are
 * @servers: how many of them are servers'
 * @core: its CPU
 * @has: its components, bits of enum pika_component; 0 for an endpoint
 * @link: if it has one
 * @ts: likewise
 * @cm: likewise
 * @device: between the devices and a server
 * @dispatch: of a server
 * @received: messages from others, by type, of a server
 * @sent: likewise
 * @endpoint: of an endpoint
 */
struct pika_stats {
	u32 address;
	u32 addresses;
	u32 servers;
	u32 core;
	u8 has;
	struct pika_link_stats link;
	struct pika_ts_stats ts;
	struct pika_cm_stats cm;
	struct pika_link_drops device;
	struct pika_server_stats dispatch;
	u64 received[PIKA_MSG_TYPES];
	u64 sent[PIKA_MSG_TYPES];
	struct pika_endpoint_stats endpoint;
};

void pika_stats_read(const struct pika_stack *stack, u32 address,
		     struct pika_stats *stats);
const char *pika_stats_name(const struct pika_server *s, const u64 *counter,
			    const char **component);
int pika_stats_put(struct sk_buff *skb, const struct pika_stats *stats);

#endif /* PIKA_LINUX_STATS_H */
