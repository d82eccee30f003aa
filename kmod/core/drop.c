// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one place where a server drops what it has received, or was to send. Runs
 * on the server's own core.
 */

#include "drop.h"

/**
 * pika_count_drop() - a packet, or a frame, comes to nothing
 * @s: the server
 * @reason: the counter of one of its components that says why
 *
 * The packet itself is still the caller's.
 */
void pika_count_drop(struct pika_server *s, u64 *reason)
{
	(*reason)++;
	if (unlikely(s->trace))
		s->trace->drop(s, reason);
}

/**
 * pika_drop() - drop a packet
 * @s: the server
 * @pkt: the shell's on return
 * @reason: as for pika_count_drop()
 */
void pika_drop(struct pika_server *s, struct pika_packet *pkt, u64 *reason)
{
	pika_count_drop(s, reason);
	s->env->ops->free_packet(s->env, pkt);
}
