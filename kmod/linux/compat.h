/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between the kernels that pika.ko is built for, 6.1 to 7. No
 * other file asks for a version.
 */
#ifndef PIKA_LINUX_COMPAT_H
#define PIKA_LINUX_COMPAT_H

#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/netlink.h>
#include <linux/version.h>
#include <net/flow.h>
#include <net/inet_dscp.h>
#include <net/sock.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define pika_sockaddr	sockaddr_unsized
#else
#define pika_sockaddr	sockaddr
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define PIKA_ACCEPT_ARGS	struct proto_accept_arg *accept
#define pika_accept_flags	(accept->flags)
#define pika_accept_error	(accept->err)
#else
#define PIKA_ACCEPT_ARGS	int accept_flags, int *accept_error, bool kern
#define pika_accept_flags	accept_flags
#define pika_accept_error	(*accept_error)
#endif

/* inet_accept()'s arguments, after the two sockets. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define PIKA_SOCK_ACCEPT_ARGS	struct proto_accept_arg *accept
#define pika_sock_accept(function, sock, newsock) \
	((function)(sock, newsock, accept))
#else
#define PIKA_SOCK_ACCEPT_ARGS	int accept_flags, bool accept_kern
#define pika_sock_accept(function, sock, newsock) \
	((function)(sock, newsock, accept_flags, accept_kern))
#endif

/* What waits on @sk, which listens, or NULL. */
static inline struct sock *pika_accept_now(struct sock *sk)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	struct proto_accept_arg arg = { .flags = O_NONBLOCK };

	return sk->sk_prot->accept(sk, &arg);
#else
	int err;

	return sk->sk_prot->accept(sk, O_NONBLOCK, &err, false);
#endif
}

/* Its file, with a reference, or NULL: none, or on its way out. Under RCU. */
static inline struct file *pika_hold_file(struct socket *sock)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return get_file_active(&sock->file);
#else
	struct file *file = READ_ONCE(sock->file);

	return file && get_file_rcu(file) ? file : NULL;
#endif
}

/* Before 6.6, what is IPv6's has to be at the end of the object. */
static inline void pika_set_pinfo_offset(struct proto *prot, u32 offset)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	prot->ipv6_pinfo_offset = offset;
#endif
}

/* What rules and routes see of IPv4's type of service. */
static inline void pika_flow_set_tos(struct flowi4 *fl4, u8 tos)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	fl4->flowi4_dscp = inet_dsfield_to_dscp(tos);
#else
	fl4->flowi4_tos = tos & INET_DSCP_MASK;
#endif
}

static inline void
pika_hrtimer_setup(struct hrtimer *timer,
		   enum hrtimer_restart (*fire)(struct hrtimer *timer))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
	hrtimer_setup(timer, fire, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED);
	timer->function = fire;
#endif
}

/*
 * A refusal in words, for whoever asked. Before 6.2 the text must outlive the
 * request: some buffers take turns, and it is copied soon.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define pika_refuse(extack, fmt, ...) \
	NL_SET_ERR_MSG_FMT(extack, fmt, ##__VA_ARGS__)
#else
#define PIKA_REFUSALS	8
#define PIKA_REFUSAL	160
#define pika_refuse(extack, fmt, ...) do {				\
	static char texts_[PIKA_REFUSALS][PIKA_REFUSAL];		\
	static atomic_t turn_;						\
	struct netlink_ext_ack *extack_ = extack;			\
	char *text_ = texts_[atomic_inc_return(&turn_) % PIKA_REFUSALS]; \
									\
	snprintf(text_, PIKA_REFUSAL, fmt, ##__VA_ARGS__);		\
	do_trace_netlink_extack(text_);					\
	if (extack_)							\
		extack_->_msg = text_;					\
} while (0)
#endif

#endif /* PIKA_LINUX_COMPAT_H */
