/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a flow has only while segments are missing, of ours or of the peer's:
 * memory of a pool, so that a flow without loss has none.
 */
#ifndef PIKA_CORE_TCP_SACK_H
#define PIKA_CORE_TCP_SACK_H

#include "tcp.h"

/**
 * struct pika_board - see above
 * @recent: what the peer has sent beyond a hole, the latest first
 * @twice: what it has sent twice, for the next ACK (RFC 2883); start equals
 *	end: nothing
 * @recents: how many of @recent
 */
struct pika_board {
	struct pika_sack recent[PIKA_OPTIONS_SACKS];
	struct pika_sack twice;
	u32 recents;
};

/* One board for so many flows. */
#define PIKA_BOARD_FLOWS	16

static inline struct pika_board *pika_board_of(const struct pika_server *s,
					       const struct pika_tcb *tcb)
{
	return (struct pika_board *)pika_pool_at(&s->ts->boards, tcb->board);
}

/* tcp_sack.c: memory, and what we tell the peer */
struct pika_board *pika_sack_board(struct pika_server *s, struct pika_tcb *tcb);
void pika_sack_tidy(struct pika_server *s, struct pika_tcb *tcb);
void pika_sack_drop(struct pika_server *s, struct pika_tcb *tcb);
void pika_sack_kept(struct pika_server *s, struct pika_tcb *tcb, u32 start,
		    u32 end);
void pika_sack_twice(struct pika_server *s, struct pika_tcb *tcb, u32 start,
		     u32 end);
void pika_sack_advanced(struct pika_server *s, struct pika_tcb *tcb);
void pika_sack_pruned(struct pika_server *s, struct pika_tcb *tcb);
void pika_sack_write(struct pika_server *s, struct pika_tcb *tcb,
		     struct pika_frame *frame);

#endif /* PIKA_CORE_TCP_SACK_H */
