/* SPDX-License-Identifier: GPL-2.0-only */
/* Socket options of level TCP, IP and IPv6. */
#ifndef PIKA_LINUX_OPTION_H
#define PIKA_LINUX_OPTION_H

#include <net/sock.h>

struct pika_sock;

int pika_option_set(struct sock *sk, int level, int option, sockptr_t value,
		    unsigned int len);
int pika_option_get(struct sock *sk, int level, int option, char __user *value,
		    int __user *len);
void pika_option_inherit(struct pika_sock *child, const struct pika_sock *from);
void pika_option_copy(struct sock *tcp, const struct pika_sock *from);
void pika_option_keepalive(struct sock *sk, int on);

#endif /* PIKA_LINUX_OPTION_H */
