/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LISTEN and UNLISTEN as a server takes them: one message for its connection
 * manager and its link server alike, and one answer.
 */
#ifndef PIKA_CORE_LISTEN_H
#define PIKA_CORE_LISTEN_H

#include "server.h"

void pika_listen_init(struct pika_server *s);

#endif /* PIKA_CORE_LISTEN_H */
