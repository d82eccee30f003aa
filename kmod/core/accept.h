/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The connection manager's side of the speculative handshake (paper 3.2): which
 * connection is offered to which acceptor, and what follows from a time-out.
 */
#ifndef PIKA_CORE_ACCEPT_H
#define PIKA_CORE_ACCEPT_H

#include "cm.h"

void pika_accept_init(struct pika_cm *cm);
void pika_accept_begin(struct pika_server *s, struct pika_pending *pending);
void pika_accept_register(struct pika_server *s,
			  struct pika_acceptor *acceptor);
void pika_accept_expire(struct pika_server *s, struct pika_pending *pending);
void pika_accept_relieve(struct pika_server *s, struct pika_acceptor *acceptor);
void pika_accept_end(struct pika_server *s, struct pika_pending *pending);
void pika_accept_abort(struct pika_server *s, struct pika_pending *pending);
void pika_accept_heard(struct pika_listener *listener, u16 endpoint);

#endif /* PIKA_CORE_ACCEPT_H */
