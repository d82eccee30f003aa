/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of PIKA's sockets, as Linux counts it, and how received bytes are
 * held tightly.
 */
#ifndef PIKA_LINUX_SOCK_MEMORY_H
#define PIKA_LINUX_SOCK_MEMORY_H

#include <net/sock.h>

struct pika_packet;
struct pika_sock;

void pika_memory_init(struct proto *prot);
void pika_memory_begin(struct pika_sock *ps);
void pika_memory_end(struct pika_sock *ps);
bool pika_memory_reserve(struct sock *sk, u32 size);
void pika_memory_settle(struct sock *sk);
void pika_memory_settle_locked(struct pika_sock *ps);
u32 pika_memory_receive_most(const struct pika_sock *ps);

bool pika_packet_append(struct pika_packet *to, const struct pika_packet *from);

#endif /* PIKA_LINUX_SOCK_MEMORY_H */
