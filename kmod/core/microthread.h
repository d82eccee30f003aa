/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Microthreads (paper 4.2): work of a server that waits for replies, as small
 * continuations in the server's own memory. One has no stack: each of its steps
 * is a function, and what it must remember is in the microthread.
 */
#ifndef PIKA_CORE_MICROTHREAD_H
#define PIKA_CORE_MICROTHREAD_H

#include "pool.h"
#include "server.h"

#define PIKA_MICROTHREAD_WORDS	4
#define PIKA_MICROTHREADS	65536

struct pika_microthread;

/*
 * One step. @reply: what it waited for, valid until the step returns; NULL for
 * the first step. A step that does not wait again is the last.
 */
typedef void (*pika_step)(struct pika_server *s,
			  struct pika_microthread *thread,
			  const struct pika_msg *reply);

/**
 * struct pika_microthread - work that waits, or is being done
 * @step: what the reply is for; NULL: it does not wait
 * @argument: the owner's
 * @word: the owner's, all 0 at first
 * @waits: how often it has waited
 */
struct pika_microthread {
	pika_step step;
	void *argument;
	u64 word[PIKA_MICROTHREAD_WORDS];
	u32 waits;
} __pika_line;

static_assert(sizeof(struct pika_microthread) == PIKA_LINE, "one line");

/* X(name, meaning): what is counted of microthreads, by event. */
#define PIKA_MICROTHREAD_COUNTERS(X) \
	X(started, "microthreads started") \
	X(waited, "times that one waited for a reply") \
	X(refused, "not started: too many wait") \
	X(stale, "replies that nobody waits for any more")

struct pika_microthread_stats {
#define X(name, meaning) u64 name;
	PIKA_MICROTHREAD_COUNTERS(X)
#undef X
};

/**
 * struct pika_microthreads - all of a server
 * @pool: where they live
 * @spare: index of one that is taken and at rest, or PIKA_POOL_NONE: those that
 *	never wait need no other
 * @stats: what happened
 */
struct pika_microthreads {
	struct pika_pool pool;
	u32 spare;
	struct pika_microthread_stats stats;
};

int pika_microthreads_init(struct pika_server *s, struct pika_arena *arena,
			   u32 count);
bool pika_microthread_start(struct pika_server *s, pika_step step,
			    void *argument);
u64 pika_microthread_wait(struct pika_server *s,
			  struct pika_microthread *thread, pika_step step);
bool pika_microthread_resume(struct pika_server *s, u64 token,
			     const struct pika_msg *reply);
bool pika_microthread_cancel(struct pika_server *s, u64 token);

#endif /* PIKA_CORE_MICROTHREAD_H */
