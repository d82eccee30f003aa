// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections, read and told. They are read from the asker's CPU while their
 * servers go on, which neither wait nor know. Who owns one is asked of the
 * endpoint, under its lock.
 */

#include "connections.h"

#include <net/netlink.h>
#include <net/tcp_states.h>
#include <uapi/linux/pika.h>

#include "executor.h"
#include "sock.h"
#include "stack.h"

/* Places looked at for one message, so that each is soon done. */
#define LOOKED_AT	16384

static const u8 linux_states[] = {
	[PIKA_TCP_CLOSED] = TCP_CLOSE,
	[PIKA_TCP_SYN_SENT] = TCP_SYN_SENT,
	[PIKA_TCP_SYN_RECEIVED] = TCP_SYN_RECV,
	[PIKA_TCP_ESTABLISHED] = TCP_ESTABLISHED,
	[PIKA_TCP_FIN_WAIT_1] = TCP_FIN_WAIT1,
	[PIKA_TCP_FIN_WAIT_2] = TCP_FIN_WAIT2,
	[PIKA_TCP_CLOSE_WAIT] = TCP_CLOSE_WAIT,
	[PIKA_TCP_CLOSING] = TCP_CLOSING,
	[PIKA_TCP_LAST_ACK] = TCP_LAST_ACK,
	[PIKA_TCP_TIME_WAIT] = TCP_TIME_WAIT,
};

static void find_owner(const struct pika_stack *stack,
		       struct pika_connection *c)
{
	struct pika_endpoint *ep = pika_stack_endpoint(stack, c->flow.endpoint);

	c->cpu = -1;
	if (!c->flow.owned || !ep)
		return;
	if (pika_sock_owner(ep, c->flow.socket, &c->inode, &c->uid))
		c->cpu = ep->cpu;
}

/* Up to @end; returns the place after the last that was looked at. */
static u32 read_some(const struct pika_stack *stack, u16 server, u32 place,
		     u32 end, struct pika_connections *connections)
{
	const struct pika_server *s = stack->executors[server]->server;
	struct pika_connection *c;

	for (; place < end && connections->len < PIKA_CONNECTIONS; place++) {
		c = &connections->all[connections->len];
		if (!pika_ts_info(s, place, &c->flow))
			continue;
		c->server = server;
		find_owner(stack, c);
		connections->len++;
	}
	return place;
}

static u32 places_of(const struct pika_stack *stack, u16 server)
{
	const struct pika_server *s = stack->executors[server]->server;

	return s->ts ? pika_ts_places(s) : 0;
}

/**
 * pika_connections_read() - read some connections
 * @stack: stays meanwhile
 * @cursor: of the answer before; 0: from the beginning. Any number will do
 * @connections: zeroed; filled in
 *
 * Context: process.
 */
void pika_connections_read(struct pika_stack *stack, u64 cursor,
			   struct pika_connections *connections)
{
	u32 server = cursor >> 32;
	u32 place = cursor;
	u32 left = LOOKED_AT;
	u32 end, places;

	for (; server < pika_stack_servers(stack); server++, place = 0) {
		places = places_of(stack, server);
		if (place >= places)
			continue;
		end = place + min(places - place, left);
		left -= end - place;
		place = read_some(stack, server, place, end, connections);
		if (place < places) {
			connections->more = true;
			connections->cursor = (u64)server << 32 | place;
			return;
		}
	}
}

static int put_ends(struct sk_buff *skb, const struct pika_flow_key *key)
{
	return nla_put(skb, PIKA_A_CONNECTION_LOCAL, sizeof(key->local),
		       &key->local) ||
	       nla_put(skb, PIKA_A_CONNECTION_REMOTE, sizeof(key->remote),
		       &key->remote) ||
	       nla_put_u16(skb, PIKA_A_CONNECTION_LOCAL_PORT,
			   key->local_port) ||
	       nla_put_u16(skb, PIKA_A_CONNECTION_REMOTE_PORT,
			   key->remote_port);
}

static int put_flow(struct sk_buff *skb, const struct pika_flow_info *flow)
{
	return nla_put_u32(skb, PIKA_A_CONNECTION_RECV_QUEUE,
			   flow->received) ||
	       nla_put_u32(skb, PIKA_A_CONNECTION_SEND_QUEUE, flow->queued) ||
	       nla_put_u32(skb, PIKA_A_CONNECTION_UNACKED, flow->unacked) ||
	       nla_put_u32(skb, PIKA_A_CONNECTION_MSS, flow->mss) ||
	       nla_put_u32(skb, PIKA_A_CONNECTION_RTT_US, flow->rtt_us) ||
	       nla_put_u32(skb, PIKA_A_CONNECTION_RTTVAR_US,
			   flow->rttvar_us) ||
	       nla_put_u32(skb, PIKA_A_CONNECTION_RTO_MS, flow->rto_ms) ||
	       nla_put_u32(skb, PIKA_A_CONNECTION_CWND, flow->cwnd) ||
	       nla_put_u32(skb, PIKA_A_CONNECTION_SSTHRESH, flow->ssthresh) ||
	       nla_put_u32(skb, PIKA_A_CONNECTION_SEND_WINDOW,
			   flow->send_window) ||
	       nla_put_u32(skb, PIKA_A_CONNECTION_RECEIVE_WINDOW,
			   flow->receive_window) ||
	       nla_put_u32(skb, PIKA_A_CONNECTION_RETRIES, flow->retries);
}

static int put_owner(struct sk_buff *skb, const struct pika_connection *c)
{
	if (c->cpu < 0)
		return 0;
	if (nla_put_u32(skb, PIKA_A_CONNECTION_CPU, c->cpu) ||
	    nla_put_u32(skb, PIKA_A_CONNECTION_UID,
			from_kuid_munged(current_user_ns(), c->uid)))
		return -EMSGSIZE;
	if (!c->inode)
		return 0;
	return nla_put_u64_64bit(skb, PIKA_A_CONNECTION_INODE, c->inode,
				 PIKA_A_CONNECTION_PAD);
}

static int put_one(struct sk_buff *skb, const struct pika_connection *c)
{
	struct nlattr *nest = nla_nest_start(skb,
					     PIKA_A_CONNECTIONS_CONNECTION);

	if (!nest ||
	    nla_put_u32(skb, PIKA_A_CONNECTION_SERVER, c->server) ||
	    nla_put_u8(skb, PIKA_A_CONNECTION_STATE,
		       linux_states[c->flow.state]) ||
	    put_ends(skb, &c->flow.key) || put_flow(skb, &c->flow) ||
	    put_owner(skb, c))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * pika_connections_put() - tell what was read
 * @skb: a message with at least PIKA_CONNECTIONS_ROOM bytes left
 * @connections: what was read
 *
 * Context: process, the asker's.
 * Return: 0 or -EMSGSIZE, and then @skb is of no use.
 */
int pika_connections_put(struct sk_buff *skb,
			 const struct pika_connections *connections)
{
	u32 i;

	if (connections->more &&
	    nla_put_u64_64bit(skb, PIKA_A_CONNECTIONS_CURSOR,
			      connections->cursor, PIKA_A_CONNECTIONS_PAD))
		return -EMSGSIZE;
	for (i = 0; i < connections->len; i++)
		if (put_one(skb, &connections->all[i]))
			return -EMSGSIZE;
	return 0;
}
