// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket options: a table of those of level TCP that the servers act on; levels
 * IP and IPv6 are Linux's own. Any other is unknown, as Linux says of those. In
 * process context.
 */

#include "option.h"

#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "../core/ts_info.h"

#include "executor.h"
#include "sock.h"
#include "stack.h"

/**
 * struct option - an option of level TCP
 * @name: TCP_*
 * @setting: the servers' name of it
 * @unit: what 1 is in the servers' unit
 * @least: refused below
 * @most: refused above
 * @initial: until the program sets it
 */
struct option {
	int name;
	enum pika_setting setting;
	u32 unit;
	int least;
	int most;
	int initial;
};

static const struct option options[] = {
	{ TCP_NODELAY, PIKA_SET_NODELAY, 1, INT_MIN, INT_MAX, 0 },
	{ TCP_CORK, PIKA_SET_CORK, 1, INT_MIN, INT_MAX, 0 },
	{ TCP_QUICKACK, PIKA_SET_QUICKACK, 1, INT_MIN, INT_MAX, 1 },
	{ TCP_KEEPIDLE, PIKA_SET_KEEP_IDLE, 1000, 1, 32767, 7200 },
	{ TCP_KEEPINTVL, PIKA_SET_KEEP_INTERVAL, 1000, 1, 32767, 75 },
	{ TCP_KEEPCNT, PIKA_SET_KEEP_COUNT, 1, 1, 127, 9 },
	{ TCP_USER_TIMEOUT, PIKA_SET_USER_TIMEOUT, 1, 0, INT_MAX, 0 },
	{ TCP_MAXSEG, PIKA_SET_MSS, 1, 88, 32767, 536 },
};

static const struct option *find(int name)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].name == name)
			return &options[i];
	return NULL;
}

static bool is_flag(const struct option *option)
{
	return option->least == INT_MIN;
}

static void set(struct sock *sk, enum pika_setting setting, u32 value)
{
	struct pika_sock *ps = pika_sk(sk);

	pika_endpoint_lock(ps->endpoint);
	pika_sock_set(ps, setting, value);
	pika_endpoint_unlock(ps->endpoint);
}

/* What Linux has accepted, the servers do. */
static void follow_ip(struct sock *sk, int option)
{
	const struct inet_sock *inet = inet_sk(sk);

	lock_sock(sk);
	if (option == IP_TOS)
		set(sk, PIKA_SET_TOS, inet->tos);
	else if (option == IP_TTL && inet->uc_ttl > 0)
		set(sk, PIKA_SET_TTL, inet->uc_ttl);
	release_sock(sk);
}

static void follow_ipv6(struct sock *sk, int option)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);

	lock_sock(sk);
	if (option == IPV6_TCLASS)
		set(sk, PIKA_SET_TOS, np->tclass);
	else if (option == IPV6_UNICAST_HOPS && np->hop_limit > 0)
		set(sk, PIKA_SET_TTL, np->hop_limit);
	release_sock(sk);
}

static bool is_ipv6(const struct sock *sk, int level)
{
	return level == SOL_IPV6 && sk->sk_family == AF_INET6;
}

/*
 * A time is kept as so many time-outs, the first of a second, each twice the
 * one before, as Linux does.
 */
#define DEFER_MOST	120

static u8 timeouts_of(int seconds)
{
	int period = 1, timeouts = 1, rto = 1;

	if (seconds <= 0)
		return 0;
	for (; seconds > period && timeouts < U8_MAX; timeouts++) {
		rto = min(2 * rto, DEFER_MOST);
		period += rto;
	}
	return timeouts;
}

static int seconds_of(u8 timeouts)
{
	int period = 0, rto = 1;

	for (; timeouts; timeouts--) {
		period += rto;
		rto = min(2 * rto, DEFER_MOST);
	}
	return period;
}

/* A wish: what comes by a link is given to accept() at once. */
static int set_defer_accept(struct sock *sk, int seconds)
{
	WRITE_ONCE(pika_sk(sk)->defer_accept, timeouts_of(seconds));
	return 0;
}

/* There is one algorithm. */
static const char congestion[TCP_CA_NAME_MAX] = "reno";

static int set_congestion(sockptr_t value, unsigned int len)
{
	char name[TCP_CA_NAME_MAX] = {};

	if (!len)
		return -EINVAL;
	if (copy_from_sockptr(name, value, min_t(u32, len, sizeof(name) - 1)))
		return -EFAULT;
	return strcmp(name, congestion) ? -ENOENT : 0;
}

static int put_answer(char __user *value, int __user *len, const void *answer,
		      int size)
{
	int room;

	if (get_user(room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	room = min(room, size);
	if (put_user(room, len) || copy_to_user(value, answer, room))
		return -EFAULT;
	return 0;
}

/*
 * What the flow's server knows, read as pikactl does it: while the server goes
 * on, which neither waits nor knows. False: there is no flow.
 */
static bool read_flow(const struct pika_sock *ps, struct pika_flow_info *flow)
{
	u64 handle = READ_ONCE(ps->flow);
	const struct pika_executor *e;

	if (handle == PIKA_HANDLE_NONE)
		return false;
	e = ps->stack->executors[pika_handle_server(handle)];
	return pika_ts_info(e->server, pika_handle_index(handle), flow) &&
	       flow->owned && flow->endpoint == ps->endpoint->address &&
	       flow->socket == READ_ONCE(ps->id);
}

/* Linux counts windows in segments. */
static void add_windows(struct tcp_info *info,
			const struct pika_flow_info *flow)
{
	u32 mss = max(flow->mss, 1u);

	info->tcpi_snd_mss = flow->mss;
	info->tcpi_unacked = DIV_ROUND_UP(flow->unacked, mss);
	info->tcpi_snd_cwnd = flow->cwnd / mss;
	info->tcpi_snd_ssthresh = min_t(u32, flow->ssthresh / mss,
					TCP_INFINITE_SSTHRESH);
	info->tcpi_notsent_bytes = flow->queued - min(flow->queued,
						      flow->unacked);
	info->tcpi_snd_wnd = flow->send_window;
}

static void add_flow(struct tcp_info *info, const struct pika_flow_info *flow)
{
	if (flow->agreed & PIKA_TCB_TIMESTAMPS)
		info->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (flow->agreed & PIKA_TCB_SACK)
		info->tcpi_options |= TCPI_OPT_SACK;
	if (flow->agreed & PIKA_TCB_SCALED) {
		info->tcpi_options |= TCPI_OPT_WSCALE;
		info->tcpi_snd_wscale = flow->send_shift;
		info->tcpi_rcv_wscale = flow->receive_shift;
	}
	info->tcpi_retransmits = min(flow->retries, 255u);
	info->tcpi_backoff = flow->backoff;
	info->tcpi_rto = flow->rto_ms * USEC_PER_MSEC;
	info->tcpi_rtt = flow->rtt_us;
	info->tcpi_rttvar = flow->rttvar_us;
	add_windows(info, flow);
}

/* What the socket and its flow's server know; the rest is 0. */
static int get_info(const struct pika_sock *ps, char __user *value,
		    int __user *len)
{
	struct pika_flow_info flow;
	const struct sock *sk = &ps->inet.sk;
	struct tcp_info info = {
		.tcpi_state = READ_ONCE(sk->sk_state),
		.tcpi_bytes_received = READ_ONCE(ps->received),
		.tcpi_bytes_acked = READ_ONCE(ps->acked),
		.tcpi_bytes_sent = READ_ONCE(ps->acked) +
				   READ_ONCE(ps->unacked),
		.tcpi_rcv_space = ps->stack->ts.receive_buffer,
	};

	if (read_flow(ps, &flow)) {
		add_flow(&info, &flow);
		info.tcpi_pmtu = READ_ONCE(ps->stack->mtu);
	}
	return put_answer(value, len, &info, sizeof(info));
}

/* Policies of IPsec's for this socket alone, which servers would not ask. */
static bool is_policy(int level, int option)
{
	return level == SOL_IP ?
		option == IP_IPSEC_POLICY || option == IP_XFRM_POLICY :
		option == IPV6_IPSEC_POLICY || option == IPV6_XFRM_POLICY;
}

/* TCP_MAXSEG of 0: as if it had never been set. */
static int unset(struct sock *sk, enum pika_setting setting)
{
	struct pika_sock *ps = pika_sk(sk);

	lock_sock(sk);
	pika_endpoint_lock(ps->endpoint);
	ps->options_set &= ~BIT(setting);
	ps->options_due &= ~BIT(setting);
	pika_endpoint_unlock(ps->endpoint);
	release_sock(sk);
	return 0;
}

/**
 * pika_option_set() - setsockopt()
 * @sk: the socket
 * @level: of the option
 * @option: its name
 * @value: an int, for level TCP
 * @len: of @value
 *
 * Return: 0 or an error.
 */
int pika_option_set(struct sock *sk, int level, int option, sockptr_t value,
		    unsigned int len)
{
	const struct option *known = find(option);
	int v, err;

	if ((level == SOL_IP || is_ipv6(sk, level)) && is_policy(level, option))
		return -ENOPROTOOPT;
	if (level == SOL_IP) {
		err = ip_setsockopt(sk, level, option, value, len);
		if (!err)
			follow_ip(sk, option);
		return err;
	}
	if (is_ipv6(sk, level)) {
		err = ipv6_setsockopt(sk, level, option, value, len);
		if (!err)
			follow_ipv6(sk, option);
		return err;
	}
	if (level != SOL_TCP)
		return -ENOPROTOOPT;
	if (option == TCP_CONGESTION)
		return set_congestion(value, len);
	if (len < sizeof(v))
		return -EINVAL;
	if (!known && option != TCP_DEFER_ACCEPT)
		return -ENOPROTOOPT;
	if (copy_from_sockptr(&v, value, sizeof(v)))
		return -EFAULT;
	if (!known)
		return set_defer_accept(sk, v);
	if (option == TCP_MAXSEG && !v)
		return unset(sk, known->setting);
	if (v < known->least || v > known->most)
		return -EINVAL;
	lock_sock(sk);
	set(sk, known->setting, is_flag(known) ? !!v : v * known->unit);
	release_sock(sk);
	return 0;
}

static int current_value(const struct pika_sock *ps,
			 const struct option *option)
{
	if (!(READ_ONCE(ps->options_set) & BIT(option->setting)))
		return option->initial;
	return READ_ONCE(ps->options[option->setting]) / option->unit;
}

/* Of a connection, what a segment may have; else what it is to be. */
static int get_mss(const struct pika_sock *ps, const struct option *option)
{
	struct pika_flow_info flow;

	return read_flow(ps, &flow) ? flow.mss : current_value(ps, option);
}

/* There is no dst that Linux could ask. */
static bool asks_for_mtu(const struct pika_sock *ps, int level, int option)
{
	if (READ_ONCE(ps->flow) == PIKA_HANDLE_NONE)
		return false;
	return (level == SOL_IP && option == IP_MTU) ||
	       (is_ipv6(&ps->inet.sk, level) && option == IPV6_MTU);
}

/**
 * pika_option_get() - getsockopt()
 * @sk: the socket
 * @level: of the option
 * @option: its name
 * @value: an int, for level TCP
 * @len: of @value; set to what was written
 *
 * Return: 0 or an error.
 */
int pika_option_get(struct sock *sk, int level, int option, char __user *value,
		    int __user *len)
{
	const struct pika_sock *ps = pika_sk(sk);
	const struct option *known = find(option);
	int v;

	if (asks_for_mtu(ps, level, option)) {
		v = READ_ONCE(ps->stack->mtu);
		return put_answer(value, len, &v, sizeof(v));
	}
	if (level == SOL_IP)
		return ip_getsockopt(sk, level, option, value, len);
	if (is_ipv6(sk, level))
		return ipv6_getsockopt(sk, level, option, value, len);
	if (level != SOL_TCP)
		return -ENOPROTOOPT;
	switch (option) {
	case TCP_INFO:
		return get_info(ps, value, len);
	case TCP_CONGESTION:
		return put_answer(value, len, congestion, sizeof(congestion));
	case TCP_DEFER_ACCEPT:
		v = seconds_of(READ_ONCE(ps->defer_accept));
		break;
	case TCP_MAXSEG:
		v = get_mss(ps, known);
		break;
	default:
		if (!known)
			return -ENOPROTOOPT;
		v = current_value(ps, known);
	}
	return put_answer(value, len, &v, sizeof(v));
}

/* Level SOCKET, and what of level IP a packet shows. */
static void copy_linux(struct sock *to, const struct sock *from)
{
	const u8 locks = SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK;

	to->sk_rcvtimeo = from->sk_rcvtimeo;
	to->sk_sndtimeo = from->sk_sndtimeo;
	to->sk_rcvlowat = from->sk_rcvlowat;
	to->sk_priority = from->sk_priority;
	to->sk_mark = from->sk_mark;
	to->sk_lingertime = from->sk_lingertime;
	sock_valbool_flag(to, SOCK_LINGER, sock_flag(from, SOCK_LINGER));
	sock_valbool_flag(to, SOCK_URGINLINE, sock_flag(from, SOCK_URGINLINE));
	if (from->sk_userlocks & SOCK_SNDBUF_LOCK)
		to->sk_sndbuf = from->sk_sndbuf;
	if (from->sk_userlocks & SOCK_RCVBUF_LOCK)
		to->sk_rcvbuf = from->sk_rcvbuf;
	to->sk_userlocks |= from->sk_userlocks & locks;
	inet_sk(to)->tos = inet_sk(from)->tos;
	inet_sk(to)->uc_ttl = inet_sk(from)->uc_ttl;
	if (from->sk_family != AF_INET6)
		return;
	inet6_sk(to)->tclass = inet6_sk(from)->tclass;
	inet6_sk(to)->hop_limit = inet6_sk(from)->hop_limit;
}

/**
 * pika_option_inherit() - a child has its listener's options
 * @child: nobody else knows it yet
 * @from: the listener
 *
 * Context: process.
 */
void pika_option_inherit(struct pika_sock *child, const struct pika_sock *from)
{
	struct sock *sk = pika_sock_sk(child);

	copy_linux(sk, &from->inet.sk);
	sock_valbool_flag(sk, SOCK_KEEPOPEN,
			  sock_flag(&from->inet.sk, SOCK_KEEPOPEN));
	child->defer_accept = from->defer_accept;
	memcpy(child->options, from->options, sizeof(child->options));
	child->options_set = from->options_set;
	child->options_due = from->options_set;
}

static void set_tcp(struct sock *tcp, int name, int value)
{
	tcp->sk_prot->setsockopt(tcp, SOL_TCP, name, KERNEL_SOCKPTR(&value),
				 sizeof(value));
}

/**
 * pika_option_copy() - what a program has set goes on to hold
 * @tcp: Linux's, in the place of @from or inside it
 * @from: the socket
 *
 * Context: process, may sleep; @tcp is not locked.
 */
void pika_option_copy(struct sock *tcp, const struct pika_sock *from)
{
	const struct option *option;
	u32 i;

	lock_sock(tcp);
	copy_linux(tcp, &from->inet.sk);
	release_sock(tcp);
	if (sock_flag(&from->inet.sk, SOCK_KEEPOPEN))
		sock_set_keepalive(tcp);
	if (from->defer_accept)
		set_tcp(tcp, TCP_DEFER_ACCEPT, seconds_of(from->defer_accept));
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		option = &options[i];
		if (READ_ONCE(from->options_set) & BIT(option->setting))
			set_tcp(tcp, option->name, current_value(from, option));
	}
}

/**
 * pika_option_keepalive() - SO_KEEPALIVE
 * @sk: the socket, locked
 * @on: or off
 */
void pika_option_keepalive(struct sock *sk, int on)
{
	struct pika_sock *ps = pika_sk(sk);

	pika_endpoint_lock(ps->endpoint);
	pika_sock_set(ps, PIKA_SET_KEEPALIVE, !!on);
	pika_endpoint_unlock(ps->endpoint);
}
