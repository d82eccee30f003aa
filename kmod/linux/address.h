/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A socket's two addresses: Linux's fields for them, by family, and the one
 * form of messages, in which IPv4 addresses are mapped into IPv6's.
 */
#ifndef PIKA_LINUX_ADDRESS_H
#define PIKA_LINUX_ADDRESS_H

#include "compat.h"

struct pika_addr;
struct pika_msg_available;
struct pika_sock;

/* What pika_address_route() says when no link leads there. */
#define PIKA_ELSEWHERE	1

void pika_address_local(const struct pika_sock *ps, struct pika_addr *addr);
void pika_address_remote(const struct pika_sock *ps, struct pika_addr *addr);
void pika_address_child(struct pika_sock *ps,
			const struct pika_msg_available *offer);
void pika_address_copy(struct pika_sock *ps, const struct sock *bound);
int pika_address_route(struct pika_sock *ps, const struct pika_sockaddr *addr,
		       int len);

#endif /* PIKA_LINUX_ADDRESS_H */
