// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the network says about segments that it could not deliver. Anybody may
 * say so: what is believed is about a segment that is under way (RFC 5927 4.1),
 * and ends nothing but an attempt to connect (RFC 5461). Runs on its server's
 * core only.
 */

#include "tcp.h"

/* Less is not believed (Linux's min_pmtu; RFC 8201 4). */
#define LEAST_V4	552
#define LEAST_V6	1280

static bool is_in_flight(const struct pika_tcb *tcb, u32 seq)
{
	return !pika_seq_before(seq, tcb->snd_una) &&
	       pika_seq_before(seq, tcb->snd_max);
}

/* Payload of a segment that a path takes. */
static u16 mss_of(const struct pika_tcb *tcb, u16 mtu)
{
	bool v4 = pika_addr_is_v4(&tcb->key.local);
	u32 headers = v4 ? 40 : 60;

	if (tcb->flags & PIKA_TCB_TIMESTAMPS)
		headers += PIKA_OPTIONS_TIMESTAMP;
	return max_t(u16, mtu, v4 ? LEAST_V4 : LEAST_V6) - headers;
}

/* Smaller segments; what was too big is sent again (RFC 8201 5.4). */
static void shrink(struct pika_server *s, struct pika_tcb *tcb, u16 mtu)
{
	u16 mss = mss_of(tcb, mtu);

	if (tcb->state < PIKA_TCP_ESTABLISHED || mss >= tcb->mss)
		return;
	s->ts->stats.path_mtus++;
	tcb->mss = mss;
	pika_tcp_go_back(s, tcb);
}

static void on_icmp(struct pika_server *s, const struct pika_msg *msg)
{
	const struct pika_msg_icmp *icmp = &msg->icmp;
	struct pika_flow_key key = {
		.local = icmp->local,
		.remote = icmp->remote,
		.local_port = icmp->local_port,
		.remote_port = icmp->remote_port,
	};
	struct pika_tcb *tcb = pika_ts_lookup(s, &key, pika_ts_hash(s, &key));

	if (!tcb || !is_in_flight(tcb, icmp->seq)) {
		s->ts->stats.icmp_ignored++;
		return;
	}
	if (!icmp->error)
		shrink(s, tcb, icmp->mtu);
	else if (tcb->state == PIKA_TCP_SYN_SENT)
		pika_tcp_die(s, tcb, icmp->error);
	else
		tcb->soft_error = min_t(u16, icmp->error, 255);
}

/* Part of pika_ts_init(). */
void pika_ts_icmp_init(struct pika_server *s)
{
	s->handlers[PIKA_MSG_ICMP] = on_icmp;
}
