/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A forced stop closes the sockets that programs hold. They keep descriptors of
 * sockets that are Linux's from then on.
 */
#ifndef PIKA_LINUX_FORCE_H
#define PIKA_LINUX_FORCE_H

struct pika_sock;
struct pika_stack;

void pika_force_enlist(struct pika_sock *ps);
void pika_force_delist(struct pika_sock *ps);
int pika_force_close(struct pika_stack *stack);

#endif /* PIKA_LINUX_FORCE_H */
