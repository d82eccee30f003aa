// SPDX-License-Identifier: GPL-2.0-only
/*
 * A server's memory, its seam to the kernel, and when it runs. All but set-up
 * and tear-down runs on the server's core with bottom halves off.
 */

#include "executor.h"

#include <linux/cpu.h>
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <uapi/linux/pika.h>

#include "../core/cm.h"
#include "../core/link.h"
#include "../core/ts.h"

#include "compat.h"
#include "endpoint.h"
#include "receive.h"
#include "sock_memory.h"
#include "stack.h"
#include "trace.h"

/* Of one run. So many runs, and the tasklet leaves the work to the thread. */
#define BUDGET	64
#define RUNS	4

static struct pika_executor *executor_of(struct pika_env *env)
{
	return container_of(env, struct pika_executor, env);
}

static u64 now_ns(struct pika_env *env)
{
	return ktime_get_ns();
}

static u32 random(struct pika_env *env)
{
	return get_random_u32();
}

/* The endpoint of this core needs no interrupt: see serve_endpoint(). */
static void ring_bell(struct pika_env *env, u16 to)
{
	struct pika_executor *e = executor_of(env);

	if (to == e->endpoint)
		e->endpoint_rung = true;
	else
		pika_doorbell_ring(&e->doorbells[to]);
}

static u32 rx_burst(struct pika_env *env, u16 queue, struct pika_packet **pkts,
		    u32 n)
{
	return pika_rx_burst(executor_of(env)->rx, pkts, n);
}

static bool transmit(struct pika_env *env, u16 queue,
		     const struct pika_frame *frame)
{
	struct pika_executor *e = executor_of(env);

	pika_transmit(e->routes, e->stack->net, frame,
		      e->stack->firewall == PIKA_FIREWALL_SYN);
	return true;
}

/* Frames are the device's as soon as they are given to it. */
static void flush(struct pika_env *env, u16 queue)
{
}

static bool append(struct pika_env *env, struct pika_packet *to,
		   const struct pika_packet *from)
{
	return pika_packet_append(to, from);
}

static void free_packet(struct pika_env *env, struct pika_packet *pkt)
{
	pika_packet_free(pkt);
}

static void pass(struct pika_env *env, struct pika_packet *pkt)
{
	struct pika_executor *e = executor_of(env);

	if (pika_packet_pass(e->stack->net, pkt))
		return;
	e->passed_late++;
	trace_pika_drop("device", "passed_late");
}

static const struct pika_env_ops env_ops = {
	.now_ns = now_ns,
	.random = random,
	.ring_bell = ring_bell,
	.rx_burst = rx_burst,
	.transmit = transmit,
	.flush = flush,
	.append = append,
	.free_packet = free_packet,
	.pass = pass,
};

/*
 * One that is armed for an earlier time stays: to move it for each packet costs
 * more than to come once for nothing.
 */
static void arm_timer(struct pika_executor *e)
{
	struct pika_server *s = e->server;
	u32 expires_ms;
	ktime_t expires;
	s32 after;

	if (!pika_server_next_timer(s, &expires_ms))
		return;
	after = max_t(s32, expires_ms - s->now_ms, 1);
	expires = ns_to_ktime(s->now_ns + (u64)after * NSEC_PER_MSEC);
	if (!hrtimer_is_queued(&e->timer) ||
	    ktime_before(expires, hrtimer_get_expires(&e->timer)))
		hrtimer_start(&e->timer, expires, HRTIMER_MODE_ABS_PINNED);
}

static void serve_endpoint(struct pika_executor *e)
{
	if (!e->endpoint_rung)
		return;
	e->endpoint_rung = false;
	pika_endpoint_serve(e->stack->endpoints[e->core]);
}

static void watch(struct pika_executor *e)
{
	bool on = trace_pika_message_enabled() || trace_pika_drop_enabled();

	e->server->trace = on ? &pika_trace_shown : NULL;
}

/* An idle server sends nothing: it need not be woken for that. */
static void follow_mtu(struct pika_executor *e)
{
	u16 mtu = READ_ONCE(e->stack->mtu);

	if (likely(mtu == e->mtu))
		return;
	e->mtu = mtu;
	if (e->server->ts)
		pika_ts_set_mtu(e->server, mtu);
}

/* True: there is, or may soon be, more to do. */
static bool step(struct pika_executor *e)
{
	struct pika_server *s = e->server;
	u32 work;

	WARN_ON_ONCE(smp_processor_id() != e->core);
	watch(e);
	follow_mtu(e);
	work = pika_server_run(s, BUDGET);
	serve_endpoint(e);
	if (work)
		e->worked_ns = s->now_ns;
	if (work >= BUDGET ||
	    s->now_ns - e->worked_ns < (u64)e->stack->idle_us * NSEC_PER_USEC)
		return true;
	if (!pika_server_may_sleep(s))
		return true;
	/* The bell is armed: who queues a packet from now on rings it. */
	if (e->rx && pika_rx_waits(e->rx))
		return true;
	serve_endpoint(e);
	arm_timer(e);
	return false;
}

static void run_some(struct pika_executor *e)
{
	u32 i;

	for (i = 0; i < RUNS; i++)
		if (!step(e))
			return;
	WRITE_ONCE(e->polls, true);
	wake_up_process(e->thread);
}

/**
 * pika_executor_run() - execute a server that was rung on its own core
 * @e: the server's
 *
 * Spares the softirq. If it is being executed further up, it goes on later.
 *
 * Context: the server's core, bottom halves off, no lock of an endpoint's held.
 */
void pika_executor_run(struct pika_executor *e)
{
	if (e->runs) {
		tasklet_schedule(&e->tasklet);
		return;
	}
	e->runs = true;
	if (!READ_ONCE(e->stack->halted))
		run_some(e);
	e->runs = false;
}

static void on_tasklet(struct tasklet_struct *tasklet)
{
	struct pika_executor *e = from_tasklet(e, tasklet, tasklet);

	pika_executor_run(e);
}

static enum hrtimer_restart on_timer(struct hrtimer *timer)
{
	struct pika_executor *e = container_of(timer, struct pika_executor,
					       timer);

	tasklet_schedule(&e->tasklet);
	return HRTIMER_NORESTART;
}

/* True: there is more to do. */
static bool poll_once(struct pika_executor *e)
{
	bool again;

	e->runs = true;
	again = step(e);
	e->runs = false;
	if (!again)
		WRITE_ONCE(e->polls, false);
	return again;
}

/*
 * A core that is to go offline sends this thread away, for good, before anybody
 * is asked whether it may. Once that is refused the thread goes back.
 */
static void go_home(const struct pika_executor *e)
{
	cpus_read_lock();
	WARN_ON_ONCE(set_cpus_allowed_ptr(current, cpumask_of(e->core)));
	cpus_read_unlock();
}

static void poll(struct pika_executor *e)
{
	bool again = true;
	bool at_home;

	do {
		local_bh_disable();
		at_home = smp_processor_id() == e->core;
		if (at_home)
			again = poll_once(e);
		local_bh_enable();
		if (!at_home)
			go_home(e);
		cond_resched();
	} while (again && !kthread_should_stop() && !kthread_should_park());
}

static int serve(void *data)
{
	struct pika_executor *e = data;

	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			kthread_parkme();
			continue;
		}
		set_current_state(TASK_IDLE);
		if (!READ_ONCE(e->polls) && !kthread_should_stop() &&
		    !kthread_should_park())
			schedule();
		__set_current_state(TASK_RUNNING);
		if (READ_ONCE(e->polls))
			poll(e);
	}
	return 0;
}

static int set_up_components(struct pika_executor *e, struct pika_arena *arena)
{
	const struct pika_stack *stack = e->stack;
	struct pika_server *s = e->server;
	u8 has = stack->composition.components[s->id];
	int err = 0;

	if (has & BIT(PIKA_COMPONENT_LS))
		err = pika_link_init(s, arena, 0);
	if (!err && has & BIT(PIKA_COMPONENT_TS))
		err = pika_ts_init(s, arena, &stack->ts);
	if (!err && has & BIT(PIKA_COMPONENT_CM))
		err = pika_cm_init(s, arena, &stack->cm);
	return err;
}

/* Bytes that the components of a server want. */
static size_t count_components(struct pika_executor *e)
{
	const struct pika_stack *stack = e->stack;
	struct pika_server *s = e->server;
	u8 has = stack->composition.components[s->id];
	struct pika_arena arena = { .left = SIZE_MAX };

	if (has & BIT(PIKA_COMPONENT_LS))
		pika_link_init(s, &arena, 0);
	if (has & BIT(PIKA_COMPONENT_TS))
		pika_ts_init(s, &arena, &stack->ts);
	if (has & BIT(PIKA_COMPONENT_CM))
		pika_cm_init(s, &arena, &stack->cm);
	return arena.taken;
}

static int set_up_server(struct pika_executor *e, u16 address)
{
	struct pika_stack *stack = e->stack;
	struct pika_arena arena = {};
	struct pika_server *s;

	e->server = pika_lines_alloc(sizeof(*e->server), e->core);
	if (!e->server)
		return -ENOMEM;
	s = e->server;
	pika_server_init(s, &e->env, address, stack->composition.servers,
			 e->rings.bell);
	s->cm = pika_composition_cm_of(&stack->composition, address);
	s->ls = pika_composition_ls_of(&stack->composition, address);
	arena.left = count_components(e);
	e->arena = pika_table_alloc(arena.left +
				    PIKA_GROUPS * sizeof(*s->ts_of), e->core);
	if (!e->arena)
		return -ENOMEM;
	arena.at = e->arena;
	s->ts_of = (u16 *)(arena.at + arena.left);
	memcpy(s->ts_of, stack->ts_of, sizeof(stack->ts_of));
	return set_up_components(e, &arena);
}

static int make_parts(struct pika_executor *e, u16 address)
{
	struct pika_stack *stack = e->stack;
	int err;

	err = pika_rings_init(&e->rings, stack->addresses, e->core);
	if (err)
		return err;
	err = set_up_server(e, address);
	if (err)
		return err;
	e->doorbells = kvcalloc(stack->addresses, sizeof(*e->doorbells),
				GFP_KERNEL);
	e->routes = pika_routes_make(e->core);
	if (!e->doorbells || !e->routes)
		return -ENOMEM;
	if (e->server->link) {
		e->rx = pika_rx_make(&e->tasklet, e->rings.bell, e->core);
		if (!e->rx)
			return -ENOMEM;
	}
	e->thread = kthread_create_on_node(serve, e, cpu_to_node(e->core),
					   "pika/%u", address);
	if (IS_ERR(e->thread)) {
		err = PTR_ERR(e->thread);
		e->thread = NULL;
		return err;
	}
	kthread_bind(e->thread, e->core);
	return 0;
}

/**
 * pika_executor_make() - a server that does not run yet
 * @stack: whose; its composition and addresses are known
 * @address: the server's
 * @core: its CPU, online
 *
 * Rings are attached, and doorbells pointed at their owners, by the caller.
 *
 * Context: process.
 * Return: the executor or NULL: no memory.
 */
struct pika_executor *pika_executor_make(struct pika_stack *stack, u16 address,
					 int core)
{
	struct pika_executor *e = kzalloc(sizeof(*e), GFP_KERNEL);

	if (!e)
		return NULL;
	e->env.ops = &env_ops;
	e->stack = stack;
	e->core = core;
	e->mtu = stack->ts.mtu;
	e->endpoint = pika_stack_servers(stack) + core;
	tasklet_setup(&e->tasklet, on_tasklet);
	pika_hrtimer_setup(&e->timer, on_timer);
	if (make_parts(e, address)) {
		pika_executor_free(e);
		return NULL;
	}
	return e;
}

/**
 * pika_executor_start() - from now on the server runs
 * @e: with all its rings attached
 *
 * Context: process.
 */
void pika_executor_start(struct pika_executor *e)
{
	WRITE_ONCE(e->polls, true);
	wake_up_process(e->thread);
}

/**
 * pika_executor_park() - the server does not run for a while
 * @e: of a stack that is halted, which no tasklet executes any more
 *
 * Its core may go offline meanwhile.
 *
 * Context: process, may sleep.
 */
void pika_executor_park(struct pika_executor *e)
{
	kthread_park(e->thread);
	hrtimer_cancel(&e->timer);
}

/**
 * pika_executor_unpark() - the server goes on
 * @e: parked, of a stack that is halted no more; its core is online
 *
 * It looks at all that has come meanwhile.
 *
 * Context: process.
 */
void pika_executor_unpark(struct pika_executor *e)
{
	WRITE_ONCE(e->polls, true);
	kthread_unpark(e->thread);
}

/**
 * pika_executor_stop() - the server runs no more
 * @e: of a stack that is halted
 *
 * Its tasklet may still be raised, and then does nothing.
 *
 * Context: process, may sleep.
 */
void pika_executor_stop(struct pika_executor *e)
{
	kthread_stop(e->thread);
	e->thread = NULL;
	tasklet_kill(&e->tasklet);
	hrtimer_cancel(&e->timer);
}

/**
 * pika_executor_release() - free the packets that the server holds
 * @e: stopped, like its peers
 */
void pika_executor_release(struct pika_executor *e)
{
	pika_server_release(e->server);
}

/**
 * pika_executor_free() - free its memory
 * @e: stopped, or never started; its peers are stopped as well
 *
 * Context: process, may sleep.
 */
void pika_executor_free(struct pika_executor *e)
{
	if (e->thread)
		kthread_stop(e->thread);
	pika_rx_free(e->rx);
	pika_routes_free(e->routes);
	kvfree(e->doorbells);
	vfree(e->arena);
	vfree(e->server);
	pika_rings_free(&e->rings);
	kfree(e);
}
