// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts, suspends and resumes microthreads. Runs on the server's own core.
 * Does not know what they wait for: who takes the reply's message resumes them.
 */

#include "microthread.h"

/*
 * A token is a handle whose index has room for the number of the wait, so that
 * a reply to an earlier request does not pass for one to a later.
 */
static u64 token_of(const struct pika_server *s,
		    const struct pika_microthread *thread)
{
	const struct pika_pool *pool = &s->microthreads->pool;
	u32 index = thread - (struct pika_microthread *)pool->objects;

	return pika_handle(s->id, (thread->waits & 0xff) << 16 | index,
			   pika_pool_generation(pool, index));
}

/**
 * pika_microthreads_init() - let a server have microthreads
 * @s: after pika_server_init()
 * @arena: memory
 * @count: at most so many at a time, up to PIKA_MICROTHREADS
 *
 * Context: set-up.
 * Return: 0, or -ENOMEM; then @arena knows how much was wanted.
 */
int pika_microthreads_init(struct pika_server *s, struct pika_arena *arena,
			   u32 count)
{
	struct pika_microthreads *all = pika_arena_take(arena, sizeof(*all));
	void *objects =
		pika_arena_take(arena, count * sizeof(struct pika_microthread));
	struct pika_pool_slot *slots =
		pika_arena_take(arena, count * sizeof(*slots));

	if (!all || !objects || !slots)
		return -ENOMEM;
	pika_pool_init(&all->pool, objects, slots,
		       sizeof(struct pika_microthread), count);
	all->spare = PIKA_POOL_NONE;
	s->microthreads = all;
	return 0;
}

/*
 * A step may have sent a request that was answered at once, by a component of
 * this server: then later steps ran inside it, the last of them has ended the
 * microthread, and its place may be another's. The generation tells.
 */
static void run_step(struct pika_server *s, struct pika_microthread *thread,
		     pika_step step, const struct pika_msg *reply)
{
	struct pika_microthreads *all = s->microthreads;
	u32 index = thread - (struct pika_microthread *)all->pool.objects;
	u32 generation = pika_pool_generation(&all->pool, index);

	step(s, thread, reply);
	if (pika_pool_generation(&all->pool, index) != generation ||
	    thread->step)
		return;
	if (!thread->waits && all->spare == PIKA_POOL_NONE)
		all->spare = index;
	else
		pika_pool_put(&all->pool, index);
}

static struct pika_microthread *take(struct pika_microthreads *all)
{
	u32 index = all->spare;

	all->spare = PIKA_POOL_NONE;
	if (index == PIKA_POOL_NONE)
		index = pika_pool_take(&all->pool);
	if (unlikely(index == PIKA_POOL_NONE))
		return NULL;
	return pika_pool_at(&all->pool, index);
}

/**
 * pika_microthread_start() - begin work that may have to wait
 * @s: a server with microthreads
 * @step: runs at once
 * @argument: for it
 *
 * Return: false if there are too many: nothing was done.
 */
bool pika_microthread_start(struct pika_server *s, pika_step step,
			    void *argument)
{
	struct pika_microthreads *all = s->microthreads;
	struct pika_microthread *thread = take(all);

	if (unlikely(!thread)) {
		all->stats.refused++;
		return false;
	}
	all->stats.started++;
	*thread = (struct pika_microthread) { .argument = argument };
	run_step(s, thread, step, NULL);
	return true;
}

/**
 * pika_microthread_wait() - there is a next step
 * @s: a server with microthreads
 * @thread: the one whose step is running; returns soon after this
 * @step: runs when the reply has come
 *
 * Send the request after this call, as the last thing that the step does: the
 * reply may come before sending returns.
 *
 * Return: the token, which travels in the request and comes back in the reply.
 */
u64 pika_microthread_wait(struct pika_server *s,
			  struct pika_microthread *thread, pika_step step)
{
	thread->step = step;
	thread->waits++;
	s->microthreads->stats.waited++;
	return token_of(s, thread);
}

static struct pika_microthread *find_waiting(struct pika_server *s, u64 token)
{
	struct pika_microthread *thread;

	if (pika_handle_server(token) != s->id)
		return NULL;
	thread = pika_pool_find(&s->microthreads->pool,
				pika_handle_index(token) & 0xffff,
				pika_handle_generation(token));
	if (!thread || !thread->step || token_of(s, thread) != token)
		return NULL;
	return thread;
}

/**
 * pika_microthread_resume() - a reply has come
 * @s: a server with microthreads
 * @token: from the reply
 * @reply: the reply
 *
 * Return: false if nobody waits for it: it was cancelled, or answered twice.
 */
bool pika_microthread_resume(struct pika_server *s, u64 token,
			     const struct pika_msg *reply)
{
	struct pika_microthread *thread = find_waiting(s, token);
	pika_step step;

	if (!thread) {
		s->microthreads->stats.stale++;
		return false;
	}
	step = thread->step;
	thread->step = NULL;
	run_step(s, thread, step, reply);
	return true;
}

/**
 * pika_microthread_cancel() - what it would have done is no longer wanted
 * @s: a server with microthreads
 * @token: of one that waits
 *
 * Return: false if it does not wait.
 */
bool pika_microthread_cancel(struct pika_server *s, u64 token)
{
	struct pika_microthread *thread = find_waiting(s, token);

	if (!thread)
		return false;
	pika_pool_put(&s->microthreads->pool,
		      pika_handle_index(token) & 0xffff);
	return true;
}
