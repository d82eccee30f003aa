/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TCP socket of Linux's inside a PIKA socket. It has the port, so Linux's
 * rules decide who may have that; it listens where the PIKA socket listens, and
 * so hears what comes by loopback or by no link; and it takes the place of a
 * socket that connects to where no link leads. Another one takes the place of a
 * socket whose stack is stopped by force.
 */
#ifndef PIKA_LINUX_INNER_H
#define PIKA_LINUX_INNER_H

#include "compat.h"

struct pika_accept_queue;
struct pika_sock;

int pika_inner_bind(struct pika_sock *ps, struct pika_sockaddr *addr, int len);
void pika_inner_release(struct pika_sock *ps);
int pika_inner_listen(struct pika_sock *ps, int backlog);
void pika_inner_hear(struct pika_sock *ps, struct pika_accept_queue *q);
void pika_inner_end_listen(struct pika_sock *ps);
bool pika_inner_waits(const struct pika_sock *ps);
struct sock *pika_inner_accept(struct pika_sock *ps);
int pika_inner_take_over(struct pika_sock *ps, struct socket *sock);
struct socket *pika_inner_make_dead(struct pika_sock *ps, int error);
void pika_inner_put_dead(struct pika_sock *ps, struct socket *dead,
			 struct socket *sock);
bool pika_inner_replaced(void);

#endif /* PIKA_LINUX_INNER_H */
