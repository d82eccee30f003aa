// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings messages from an endpoint's rings to sockets and listeners, and those
 * who waited for room to their turn. Runs in the endpoint's tasklet, and in
 * whoever holds its lock. Never waits.
 */

#include "endpoint.h"

#include <linux/slab.h>

#include "accept.h"
#include "executor.h"
#include "receive.h"
#include "sock.h"
#include "stack.h"
#include "trace.h"

/* Messages of one ring taken at a time; then others may have the lock. */
#define BUDGET	64

static void dispatch(struct pika_endpoint *ep, const struct pika_msg *msg)
{
	switch (msg->type) {
	case PIKA_MSG_UPDATE:
	case PIKA_MSG_CLAIM_RESULT:
		pika_sock_update(ep, msg);
		break;
	case PIKA_MSG_CONNECTION_AVAILABLE:
		pika_accept_available(ep, msg);
		break;
	case PIKA_MSG_LISTENING:
		pika_accept_listening(ep, msg);
		break;
	case PIKA_MSG_WAKE:
		pika_accept_wake(ep, msg);
		break;
	default:
		ep->stray++;
	}
}

/* True: there is more. */
static bool drain_peer(struct pika_endpoint *ep,
		       struct pika_endpoint_peer *peer)
{
	const struct pika_msg *msg;
	u32 left;

	for (left = BUDGET; left > 0; left--) {
		msg = pika_ring_peek(&peer->in);
		if (!msg)
			break;
		trace_pika_message(PIKA_WAY_RECEIVED, msg, ep->address);
		dispatch(ep, msg);
		pika_ring_pop(&peer->in);
	}
	pika_consumer_publish(&peer->in);
	if (pika_consumer_owes_bell(&peer->in))
		pika_doorbell_ring(&peer->doorbell);
	return !left;
}

static bool has_room(struct pika_producer *out)
{
	return out->head != out->limit || pika_producer_renew(out);
}

static void resume_waiters(struct pika_endpoint_peer *peer)
{
	struct pika_waiter *waiter;

	while (!list_empty(&peer->waiters) && has_room(&peer->out)) {
		waiter = list_first_entry(&peer->waiters, struct pika_waiter,
					  link);
		list_del_init(&waiter->link);
		if (!waiter->again(waiter))
			return;
	}
}

/* True: there is more. */
static bool drain(struct pika_endpoint *ep)
{
	bool more = false;
	u16 i;

	for (i = 0; i < pika_stack_servers(ep->stack); i++) {
		more |= drain_peer(ep, &ep->peers[i]);
		resume_waiters(&ep->peers[i]);
	}
	return more;
}

/* The server of this CPU is not rung but returned: it can be executed here. */
static struct pika_executor *ring_bells(struct pika_endpoint *ep)
{
	struct pika_executor *here = NULL;
	struct pika_endpoint_peer *peer;
	u16 i;

	if (!ep->unrung_len)
		return NULL;
	smp_mb(); /* the messages come before who sleeps is looked at */
	while (ep->unrung_len) {
		i = ep->unrung[--ep->unrung_len];
		peer = &ep->peers[i];
		peer->unrung = false;
		if (!pika_bell_armed(peer->bell))
			continue;
		if (peer->doorbell.cpu == smp_processor_id())
			here = ep->stack->executors[i];
		else
			pika_doorbell_ring(&peer->doorbell);
	}
	return here;
}

/* The server that is then to be executed here, or NULL. */
static struct pika_executor *serve(struct pika_endpoint *ep)
{
	struct pika_executor *here;

	spin_lock(&ep->lock);
	if (drain(ep))
		tasklet_schedule(&ep->tasklet);
	here = ring_bells(ep);
	spin_unlock(&ep->lock);
	return here;
}

static void on_tasklet(struct tasklet_struct *tasklet)
{
	struct pika_endpoint *ep = from_tasklet(ep, tasklet, tasklet);
	struct pika_executor *here;

	if (READ_ONCE(ep->stack->halted))
		return;
	here = serve(ep);
	if (here)
		pika_executor_run(here);
}

/**
 * pika_endpoint_make() - the endpoint of a CPU
 * @stack: whose
 * @address: the endpoint's
 * @cpu: possible, and perhaps offline
 *
 * Its ends of the rings are attached by the caller.
 *
 * Context: process.
 * Return: the endpoint or NULL: no memory.
 */
struct pika_endpoint *pika_endpoint_make(struct pika_stack *stack, u16 address,
					 int cpu)
{
	u16 servers = pika_stack_servers(stack);
	struct pika_endpoint *ep;
	u16 i;

	ep = pika_lines_alloc(struct_size(ep, peers, servers), cpu);
	if (!ep)
		return NULL;
	if (pika_rings_init(&ep->rings, servers, cpu)) {
		vfree(ep);
		return NULL;
	}
	spin_lock_init(&ep->lock);
	spin_lock_init(&ep->open_lock);
	INIT_LIST_HEAD(&ep->open);
	ep->stack = stack;
	ep->address = address;
	ep->cpu = cpu;
	tasklet_setup(&ep->tasklet, on_tasklet);
	for (i = 0; i < servers; i++)
		INIT_LIST_HEAD(&ep->peers[i].waiters);
	pika_bell_arm(ep->rings.bell);
	return ep;
}

/**
 * pika_endpoint_stop() - the endpoint does nothing more
 * @ep: of a stack that is halted
 *
 * Context: process, may sleep.
 */
void pika_endpoint_stop(struct pika_endpoint *ep)
{
	tasklet_kill(&ep->tasklet);
}

/**
 * pika_endpoint_release() - free the packets in an endpoint's rings
 * @ep: stopped, like its peers
 *
 * Context: process.
 */
void pika_endpoint_release(struct pika_endpoint *ep)
{
	const struct pika_msg *msg;
	u16 i;

	for (i = 0; i < pika_stack_servers(ep->stack); i++) {
		while ((msg = pika_ring_peek(&ep->peers[i].in))) {
			if (msg->type == PIKA_MSG_UPDATE ||
			    msg->type == PIKA_MSG_CLAIM_RESULT)
				pika_packets_free(msg->update.packet);
			pika_ring_pop(&ep->peers[i].in);
		}
	}
}

/**
 * pika_endpoint_free() - free its memory
 * @ep: stopped, or never used; no socket is its any more
 */
void pika_endpoint_free(struct pika_endpoint *ep)
{
	pika_rings_free(&ep->rings);
	vfree(ep);
}

/**
 * pika_endpoint_lock() - use an endpoint
 * @ep: of any CPU
 *
 * Context: process.
 */
void pika_endpoint_lock(struct pika_endpoint *ep)
	__acquires(&ep->lock)
{
	spin_lock_bh(&ep->lock);
}

/**
 * pika_endpoint_unlock() - done with an endpoint
 * @ep: locked; what was posted is known to the servers on return
 *
 * If a server of this CPU was rung it runs before this returns.
 *
 * Context: process.
 */
void pika_endpoint_unlock(struct pika_endpoint *ep)
	__releases(&ep->lock)
{
	struct pika_executor *here = ring_bells(ep);

	spin_unlock(&ep->lock);
	if (here)
		pika_executor_run(here);
	local_bh_enable();
}

/**
 * pika_endpoint_serve() - the server of its CPU has messages for it
 * @ep: not locked
 *
 * Context: that server's executor, while the server does not sleep.
 */
void pika_endpoint_serve(struct pika_endpoint *ep)
{
	struct pika_executor *here = serve(ep);

	if (here)
		tasklet_schedule(&here->tasklet);
}

/**
 * pika_endpoint_drain() - take what has come, without waiting for the tasklet
 * @ep: not locked
 *
 * Context: process.
 */
void pika_endpoint_drain(struct pika_endpoint *ep)
{
	pika_endpoint_lock(ep);
	if (drain(ep))
		tasklet_schedule(&ep->tasklet);
	pika_endpoint_unlock(ep);
}

/**
 * pika_endpoint_post() - send a message to a server
 * @ep: locked
 * @to: address
 * @msg: its from field is filled in
 *
 * Return: false if the ring is full: wait.
 */
bool pika_endpoint_post(struct pika_endpoint *ep, u16 to, struct pika_msg *msg)
{
	struct pika_endpoint_peer *peer = &ep->peers[to];

	msg->from = ep->address;
	if (!pika_ring_push(&peer->out, msg))
		return false;
	trace_pika_message(PIKA_WAY_SENT, msg, to);
	if (!peer->unrung) {
		peer->unrung = true;
		ep->unrung[ep->unrung_len++] = to;
	}
	return true;
}

/**
 * pika_endpoint_wait() - be called when there is room
 * @ep: locked
 * @to: the server whose ring is full
 * @waiter: may be waiting already
 */
void pika_endpoint_wait(struct pika_endpoint *ep, u16 to,
			struct pika_waiter *waiter)
{
	if (!pika_waiter_waits(waiter))
		list_add_tail(&waiter->link, &ep->peers[to].waiters);
}
