/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a flow has only while segments are missing, of ours or of the peer's:
 * memory of a pool, so that a flow without loss has none.
 */
#ifndef PIKA_CORE_TCP_SACK_H
#define PIKA_CORE_TCP_SACK_H

#include "tcp.h"

/* One board for so many flows. */
#define PIKA_BOARD_FLOWS	16
#define PIKA_HOLES		32

/**
 * struct pika_hole - what the peer does not have and something behind it has
 * @start: first sequence number
 * @end: after the last one
 * @resend: up to here it was sent again
 * @mark: snd_max when that was last done
 */
struct pika_hole {
	u32 start;
	u32 end;
	u32 resend;
	u32 mark;
};

/**
 * struct pika_board - see above
 * @recent: what the peer has sent beyond a hole, the latest first
 * @twice: what it has sent twice, for the next ACK (RFC 2883); start equals
 *	end: nothing
 * @recents: how many of @recent
 * @holes: how many of @hole
 * @edge: the peer has what is below and in no hole; nothing above, as far as
 *	it said
 * @una: SND.UNA as it was when the board was last looked at
 * @lost_to: holes that begin below are lost, whatever the peer has above them
 * @spare: what the peer has below does not show that anything is lost
 * @recovering: PIKA_TCB_RECOVERY is by these holes, not by duplicate ACKs
 * @urge: one segment may go, whatever is in flight
 * @undo: @undo_cwnd, @undo_ssthresh and @undo_ts are set
 * @probing: a probe is out: @probe_end, @probe_mark and @probe_ts are set
 * @undo_cwnd: cwnd before the loss
 * @undo_ssthresh: likewise
 * @undo_ts: TSval of the first segment that was sent again
 * @probe_end: after what was sent as a probe
 * @probe_mark: all below was sent before the probe
 * @probe_ts: TSval of the probe
 * @cursor: sequence number of the byte at @cursor_place
 * @cursor_place: where to go on sending again; valid from SND.UNA on
 * @hole: sorted, without overlap; all sequence numbers from SND.UNA to @edge
 *	that the peer has not said to have
 */
struct pika_board {
	struct pika_sack recent[PIKA_OPTIONS_SACKS];
	struct pika_sack twice;
	u32 recents;

	u32 holes;
	u32 edge;
	u32 una;
	u32 lost_to;
	u32 spare;
	bool recovering;
	bool urge;
	bool undo;
	bool probing;
	u32 undo_cwnd;
	u32 undo_ssthresh;
	u32 undo_ts;
	u32 probe_end;
	u32 probe_mark;
	u32 probe_ts;
	u32 cursor;
	struct pika_place cursor_place;
	struct pika_hole hole[PIKA_HOLES];
};

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

/* tcp_holes.c: what the peer tells us */
void pika_holes_init(struct pika_board *board, u32 una);
bool pika_holes_sack(struct pika_board *board, u32 start, u32 end);
void pika_holes_trim(struct pika_board *board, u32 una);
void pika_holes_all(struct pika_board *board, u32 una, u32 max);
bool pika_holes_has(const struct pika_board *board, u32 seq);
u32 pika_holes_lost(const struct pika_board *board, u32 mss);
u32 pika_holes_pipe(const struct pika_board *board, u32 lost, u32 max);

/* tcp_recovery.c: what follows from it */
bool pika_recovery_blocks(struct pika_server *s, struct pika_tcb *tcb,
			  const struct pika_arrival *in);
void pika_recovery_check(struct pika_server *s, struct pika_tcb *tcb,
			 const struct pika_arrival *in);
bool pika_recovery_timeout(struct pika_server *s, struct pika_tcb *tcb);
void pika_recovery_output(struct pika_server *s, struct pika_tcb *tcb);
u32 pika_recovery_room(const struct pika_server *s,
		       const struct pika_tcb *tcb);
u32 pika_recovery_frame(const struct pika_server *s,
			const struct pika_tcb *tcb);
bool pika_recovery_is_on(const struct pika_server *s,
			 const struct pika_tcb *tcb);

/* tcp_probe.c: a loss that nothing shows */
void pika_probe_arm(struct pika_server *s, struct pika_tcb *tcb);
void pika_probe_follow(struct pika_server *s, struct pika_tcb *tcb);
void pika_probe_send(struct pika_server *s, struct pika_tcb *tcb);
void pika_probe_check(struct pika_tcb *tcb, struct pika_board *board,
		      const struct pika_arrival *in);

#endif /* PIKA_CORE_TCP_SACK_H */
