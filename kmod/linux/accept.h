/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The application side of a listening socket (paper 3.2): its acceptors, one
 * for each process that accepts, the connections offered to them, and those
 * that were claimed and wait for accept().
 */
#ifndef PIKA_LINUX_ACCEPT_H
#define PIKA_LINUX_ACCEPT_H

#include <linux/poll.h>

#include "compat.h"

struct pika_accept_queue;
struct pika_endpoint;
struct pika_msg;
struct pika_sock;
struct pika_stack;

/* System calls, and the stack. */
int pika_accept_listen(struct pika_sock *ps, u32 backlog);
int pika_accept_backlog(struct pika_sock *ps, u32 backlog);
void pika_accept_stop(struct pika_sock *ps);
void pika_accept_unlisten(struct pika_sock *ps);
struct sock *pika_accept(struct sock *sk, int flags, int *error);
__poll_t pika_accept_poll(struct file *file, struct pika_sock *ps,
			  struct poll_table_struct *wait);
void pika_accept_lose_all(struct pika_stack *stack);
void pika_accept_forget_all(struct pika_stack *stack);

/* In softirq. */
void pika_accept_elsewhere(struct pika_accept_queue *q);

/* Messages, with the endpoint locked. */
void pika_accept_available(struct pika_endpoint *ep,
			   const struct pika_msg *msg);
void pika_accept_listening(struct pika_endpoint *ep,
			   const struct pika_msg *msg);
void pika_accept_wake(struct pika_endpoint *ep, const struct pika_msg *msg);
bool pika_accept_claimed(struct pika_sock *ps);
void pika_accept_too_late(struct pika_sock *ps);

#endif /* PIKA_LINUX_ACCEPT_H */
