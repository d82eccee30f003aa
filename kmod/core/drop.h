/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that come to nothing: each has a counter that says why. */
#ifndef PIKA_CORE_DROP_H
#define PIKA_CORE_DROP_H

#include "server.h"

void pika_count_drop(struct pika_server *s, u64 *reason);
void pika_drop(struct pika_server *s, struct pika_packet *pkt, u64 *reason);

#endif /* PIKA_CORE_DROP_H */
