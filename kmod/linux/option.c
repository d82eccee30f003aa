// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket options: a table of those of level TCP that the servers act on; level
 * IP is Linux's own. Any other is unknown, as Linux says of those. In process
 * context.
 */

#include "option.h"

#include <linux/tcp.h>
#include <net/ip.h>

#include "sock.h"

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

	if (level == SOL_IP) {
		err = ip_setsockopt(sk, level, option, value, len);
		if (!err)
			follow_ip(sk, option);
		return err;
	}
	if (level != SOL_TCP || !known)
		return -ENOPROTOOPT;
	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_sockptr(&v, value, sizeof(v)))
		return -EFAULT;
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
	const struct option *known = find(option);
	int room, v;

	if (level == SOL_IP)
		return ip_getsockopt(sk, level, option, value, len);
	if (level != SOL_TCP || !known)
		return -ENOPROTOOPT;
	if (get_user(room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	room = min_t(int, room, sizeof(v));
	v = current_value(pika_sk(sk), known);
	if (put_user(room, len) || copy_to_user(value, &v, room))
		return -EFAULT;
	return 0;
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
