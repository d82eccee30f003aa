// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts and stops a stack, in process context, one at a time. Servers of a
 * stopped stack run no more before anything of it is freed.
 */

#include "stack.h"

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "accept.h"
#include "compat.h"
#include "drain.h"
#include "endpoint.h"
#include "events.h"
#include "executor.h"
#include "firewall.h"
#include "force.h"
#include "netdev.h"
#include "sock.h"
#include "suspend.h"

#define CONNS_LEAST	256
#define CONNS_MOST	1048576
#define CONNS_DEFAULT	16384

/* Pieces of unacknowledged data for each connection, if all had as many. */
#define CHUNKS		4

#define BUFFER		(128 * 1024)

/* Whatever SO_SNDBUF says. */
#define SEND_MOST	(1024 * 1024)

/* Of a frame: Linux, or the device, cuts it. */
#define SEGMENTS	32

/* How long what is closed may go on sending while the stack stops. */
#define DRAIN_MS	5000

/* One stack is started or stopped at a time. RTNL is taken inside. */
static DEFINE_MUTEX(control);

/* All stacks, under control. */
static LIST_HEAD(stacks);

/* All stacks are parked and none is started. Changed under control. */
static bool suspended;

/**
 * struct pika_net - what a network namespace has of ours
 * @stack: or NULL; changed under control, by RCU for whoever makes sockets
 */
struct pika_net {
	struct pika_stack __rcu *stack;
};

static unsigned int pika_net_id;

/*
 * Cores that run servers, of one stack each: they must not go offline. Changed
 * under control, with CPUs kept from coming and going.
 */
static struct cpumask server_cores;

static int cpuhp_state;

static int parse_composition(struct pika_stack *stack, const char *text,
			     struct netlink_ext_ack *extack)
{
	struct pika_composition_fault fault;
	char why[96];

	if (!text || strscpy(stack->text, text, sizeof(stack->text)) < 0) {
		pika_refuse(extack, "expected a composition, as TS1LS1CM1");
		return -EINVAL;
	}
	if (!pika_composition_parse(text, &stack->composition, &fault)) {
		pika_composition_explain(text, &fault, why, sizeof(why));
		pika_refuse(extack, "%s", why);
		return -EINVAL;
	}
	pika_composition_map_groups(&stack->composition, stack->ts_of);
	stack->addresses = stack->composition.servers + nr_cpu_ids;
	if (stack->addresses > PIKA_PEERS) {
		pika_refuse(extack, "%s: %u servers and CPUs, more than %u",
			    text, stack->addresses, PIKA_PEERS);
		return -E2BIG;
	}
	return 0;
}

/* The first ones that are online and not another stack's. */
static void choose_cores(struct pika_stack *stack)
{
	u32 left = stack->composition.servers;
	int cpu;

	for_each_cpu_andnot(cpu, cpu_online_mask, &server_cores) {
		if (!left--)
			return;
		cpumask_set_cpu(cpu, &stack->cores);
	}
}

static int check_core(int cpu, struct netlink_ext_ack *extack)
{
	if (cpu >= nr_cpu_ids || !cpu_online(cpu)) {
		pika_refuse(extack, "core %d: not online", cpu);
		return -EINVAL;
	}
	if (cpumask_test_cpu(cpu, &server_cores)) {
		pika_refuse(extack,
			    "core %d: runs a server of another namespace's stack",
			    cpu);
		return -EBUSY;
	}
	return 0;
}

static int check_cores(struct pika_stack *stack, const char *text,
		       struct netlink_ext_ack *extack)
{
	u32 servers = stack->composition.servers;
	int cpu, err;

	if (!text) {
		choose_cores(stack);
	} else if (cpulist_parse(text, &stack->cores)) {
		pika_refuse(extack, "cores %.64s: not a list of CPUs", text);
		return -EINVAL;
	}
	if (cpumask_weight(&stack->cores) != servers) {
		pika_refuse(extack, "%u cores for %u servers; expected as many",
			    cpumask_weight(&stack->cores), servers);
		return -EINVAL;
	}
	for_each_cpu(cpu, &stack->cores) {
		err = check_core(cpu, extack);
		if (err)
			return err;
	}
	return 0;
}

/* From now on they stay online. */
static int take_cores(struct pika_stack *stack, const char *text,
		      struct netlink_ext_ack *extack)
{
	int err;

	cpus_read_lock();
	err = check_cores(stack, text, extack);
	if (err)
		cpumask_clear(&stack->cores);
	cpumask_or(&server_cores, &server_cores, &stack->cores);
	cpus_read_unlock();
	return err;
}

static void give_back_cores(struct pika_stack *stack)
{
	cpus_read_lock();
	cpumask_andnot(&server_cores, &server_cores, &stack->cores);
	cpus_read_unlock();
}

static int check_ports(struct net *net, struct netlink_ext_ack *extack)
{
	int low, high;

	inet_get_local_port_range(net, &low, &high);
	if (high < PIKA_PORT_FIRST || low > PIKA_PORT_LAST)
		return 0;
	pika_refuse(extack,
		    "ip_local_port_range %d-%d: reaches into %d-%d, which are PIKA's",
		    low, high, PIKA_PORT_FIRST, PIKA_PORT_LAST);
	return -EADDRINUSE;
}

/*
 * How many of all connections, at each CM, so that other listeners and active
 * opens find places, too.
 */
static u32 flows_of_listener(const struct pika_stack *stack, u32 conns)
{
	const struct pika_composition *c = &stack->composition;
	u32 cms = 0;
	u64 all = 0;
	u16 i;

	for (i = 0; i < c->servers; i++) {
		all += c->components[i] & BIT(PIKA_COMPONENT_TS) ? conns : 0;
		cms += !!(c->components[i] & BIT(PIKA_COMPONENT_CM));
	}
	return div_u64(all * 3, 4 * cms);
}

static int set_sizes(struct pika_stack *stack, u32 max_conns,
		     struct netlink_ext_ack *extack)
{
	u32 conns = max_conns ?: CONNS_DEFAULT;

	if (conns < CONNS_LEAST || conns > CONNS_MOST) {
		pika_refuse(extack, "%u connections: expected %u to %u", conns,
			    CONNS_LEAST, CONNS_MOST);
		return -EINVAL;
	}
	conns = roundup_pow_of_two(conns);
	stack->ts = (struct pika_ts_config) {
		.max_flows = conns,
		.max_chunks = CHUNKS * conns,
		.receive_buffer = BUFFER,
		.send_buffer = SEND_MOST,
		.max_segments = SEGMENTS,
	};
	stack->cm = (struct pika_cm_config) {
		.max_listeners = 256,
		.max_acceptors = 1024,
		.max_waiting = conns / 2,
		.max_flows = flows_of_listener(stack, conns),
	};
	return 0;
}

static void free_stack(struct pika_stack *stack)
{
	u32 i;

	for (i = 0; stack->executors && i < pika_stack_servers(stack); i++)
		if (stack->executors[i])
			pika_executor_free(stack->executors[i]);
	for (i = 0; stack->endpoints && i < nr_cpu_ids; i++)
		if (stack->endpoints[i])
			pika_endpoint_free(stack->endpoints[i]);
	kfree(stack->executors);
	kfree(stack->endpoints);
	give_back_cores(stack);
	xa_destroy(&stack->listeners);
	pika_allow_release(&stack->allow);
	free_percpu(stack->open);
	free_percpu(stack->live);
	kvfree(stack);
}

static struct pika_stack *
make_stack(struct net *net, const struct pika_stack_config *config)
{
	struct pika_stack *stack = kvzalloc(sizeof(*stack), GFP_KERNEL);

	if (!stack)
		return NULL;
	stack->net = net;
	stack->idle_us = config->idle_us;
	stack->firewall = config->firewall;
	xa_init_flags(&stack->listeners, XA_FLAGS_ALLOC1);
	stack->open = alloc_percpu(int);
	stack->live = alloc_percpu(int);
	if (stack->open && stack->live)
		return stack;
	free_stack(stack);
	return NULL;
}

static int make_executors(struct pika_stack *stack)
{
	u16 servers = pika_stack_servers(stack);
	int cpu = cpumask_first(&stack->cores);
	u16 i;

	stack->executors = kcalloc(servers, sizeof(*stack->executors),
				   GFP_KERNEL);
	if (!stack->executors)
		return -ENOMEM;
	for (i = 0; i < servers; i++) {
		stack->executors[i] = pika_executor_make(stack, i, cpu);
		if (!stack->executors[i])
			return -ENOMEM;
		cpu = cpumask_next(cpu, &stack->cores);
	}
	for (i = 0; i < servers; i++)
		stack->rx_of[i] =
			stack->executors[stack->executors[i]->server->ls]->rx;
	return 0;
}

static int make_endpoints(struct pika_stack *stack)
{
	u16 servers = pika_stack_servers(stack);
	int cpu;

	stack->endpoints = kcalloc(nr_cpu_ids, sizeof(*stack->endpoints),
				   GFP_KERNEL);
	if (!stack->endpoints)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		stack->endpoints[cpu] = pika_endpoint_make(stack, servers + cpu,
							   cpu);
		if (!stack->endpoints[cpu])
			return -ENOMEM;
	}
	return 0;
}

static void join_servers(struct pika_executor *from, struct pika_executor *to)
{
	struct pika_ring_out *out = pika_rings_out(&from->rings,
						   to->server->id);
	struct pika_ring_in *in = pika_rings_in(&to->rings, from->server->id);

	pika_server_attach_out(from->server, to->server->id, out, in,
			       PIKA_RING_SLOTS, to->rings.bell);
	pika_server_attach_in(to->server, from->server->id, out, in,
			      PIKA_RING_SLOTS);
	pika_doorbell_init(&from->doorbells[to->server->id], &to->tasklet,
			   to->core);
}

static void join_endpoint(struct pika_executor *e, struct pika_endpoint *ep)
{
	struct pika_endpoint_peer *peer = &ep->peers[e->server->id];
	struct pika_ring_out *down = pika_rings_out(&e->rings, ep->address);
	struct pika_ring_in *down_in = pika_rings_in(&ep->rings, e->server->id);
	struct pika_ring_out *up = pika_rings_out(&ep->rings, e->server->id);
	struct pika_ring_in *up_in = pika_rings_in(&e->rings, ep->address);

	pika_server_attach_out(e->server, ep->address, down, down_in,
			       PIKA_RING_SLOTS, ep->rings.bell);
	pika_consumer_init(&peer->in, down, down_in, PIKA_RING_SLOTS);
	pika_doorbell_init(&e->doorbells[ep->address], &ep->tasklet, ep->cpu);
	pika_server_attach_in(e->server, ep->address, up, up_in,
			      PIKA_RING_SLOTS);
	pika_producer_init(&peer->out, up, up_in, PIKA_RING_SLOTS);
	peer->bell = e->rings.bell;
	pika_doorbell_init(&peer->doorbell, &e->tasklet, e->core);
}

static void join(struct pika_stack *stack)
{
	u16 servers = pika_stack_servers(stack);
	struct pika_executor *e;
	u16 i, j;
	int cpu;

	for (i = 0; i < servers; i++) {
		e = stack->executors[i];
		for (j = 0; j < servers; j++)
			if (i != j)
				join_servers(e, stack->executors[j]);
		for_each_possible_cpu(cpu)
			join_endpoint(e, stack->endpoints[cpu]);
	}
}

/* No csd of the stack's is on its way, and no handler of one runs. */
static void wait_for_doorbells(struct pika_stack *stack)
{
	struct pika_endpoint *ep;
	struct pika_executor *e;
	u32 i, j;
	int cpu;

	for (i = 0; i < pika_stack_servers(stack); i++) {
		e = stack->executors[i];
		pika_rx_wait(e->rx);
		for (j = 0; j < stack->addresses; j++)
			pika_doorbell_wait(&e->doorbells[j]);
		for_each_possible_cpu(cpu) {
			ep = stack->endpoints[cpu];
			pika_doorbell_wait(&ep->peers[i].doorbell);
		}
	}
	synchronize_rcu();
}

static void kill_tasklets(struct pika_stack *stack)
{
	u16 i;
	int cpu;

	for (i = 0; i < pika_stack_servers(stack); i++)
		tasklet_kill(&stack->executors[i]->tasklet);
	for_each_possible_cpu(cpu)
		pika_endpoint_stop(stack->endpoints[cpu]);
}

/* Nobody gives it anything to do any more: all that runs comes to its end. */
static void come_to_rest(struct pika_stack *stack)
{
	u16 i;
	int cpu;

	WRITE_ONCE(stack->halted, true);
	for (i = 0; i < pika_stack_servers(stack); i++)
		pika_executor_stop(stack->executors[i]);
	for_each_possible_cpu(cpu)
		pika_endpoint_stop(stack->endpoints[cpu]);
	wait_for_doorbells(stack);
	kill_tasklets(stack);
}

static void release_packets(struct pika_stack *stack)
{
	u16 i;
	int cpu;

	for (i = 0; i < pika_stack_servers(stack); i++)
		pika_executor_release(stack->executors[i]);
	for_each_possible_cpu(cpu)
		pika_endpoint_release(stack->endpoints[cpu]);
}

static void lose_links(struct pika_stack *stack)
{
	rtnl_lock();
	pika_netdev_detach(stack);
	rtnl_unlock();
	pika_firewall_detach(stack);
}

static int attach(struct pika_stack *stack, struct netlink_ext_ack *extack)
{
	int err = pika_firewall_attach(stack, extack);

	if (err)
		return err;
	rtnl_lock();
	err = pika_netdev_attach(stack, extack);
	rtnl_unlock();
	return err;
}

static int bring_up(struct pika_stack *stack, struct netlink_ext_ack *extack)
{
	u16 i;
	int err;

	for (i = 0; i < pika_stack_servers(stack); i++)
		pika_executor_start(stack->executors[i]);
	err = attach(stack, extack);
	if (err) {
		lose_links(stack);
		come_to_rest(stack);
		release_packets(stack);
	}
	return err;
}

static int build_parts(struct pika_stack *stack,
		       const struct pika_stack_config *config,
		       struct netlink_ext_ack *extack)
{
	int err;

	err = make_executors(stack);
	if (!err)
		err = make_endpoints(stack);
	if (err) {
		pika_refuse(extack, "%s: not enough memory", stack->text);
		return err;
	}
	join(stack);
	return 0;
}

static int find_links(struct pika_stack *stack, const char *names,
		      struct netlink_ext_ack *extack)
{
	int err;

	if (!names || !*names) {
		pika_refuse(extack, "expected at least one link");
		return -EINVAL;
	}
	rtnl_lock();
	err = pika_netdev_check(stack, names, extack);
	rtnl_unlock();
	return err;
}

/* Under control. */
static int start(struct pika_stack *stack,
		 const struct pika_stack_config *config,
		 struct netlink_ext_ack *extack)
{
	int err;

	err = parse_composition(stack, config->composition, extack);
	if (!err)
		err = set_sizes(stack, config->max_conns, extack);
	if (!err)
		err = pika_allow_parse(&stack->allow, config->allow, extack);
	if (!err)
		err = take_cores(stack, config->cores, extack);
	if (!err)
		err = check_ports(stack->net, extack);
	if (!err)
		err = find_links(stack, config->links, extack);
	if (err)
		return err;
	err = build_parts(stack, config, extack);
	if (!err)
		err = bring_up(stack, extack);
	if (err)
		lose_links(stack);
	return err;
}

static struct pika_net *pika_net_of(const struct net *net)
{
	return net_generic(net, pika_net_id);
}

/* Under control. NULL: it has none. */
static struct pika_stack *stack_of(const struct net *net)
{
	return rcu_dereference_protected(pika_net_of(net)->stack,
					 lockdep_is_held(&control));
}

/* Under control. */
static int check_startable(const struct net *net,
			   struct netlink_ext_ack *extack)
{
	if (suspended) {
		pika_refuse(extack, "the host is being suspended");
		return -EBUSY;
	}
	if (stack_of(net)) {
		pika_refuse(extack,
			    "a stack is started already in this namespace");
		return -EEXIST;
	}
	return 0;
}

/**
 * pika_stack_start() - start the stack of a network namespace
 * @net: has none
 * @config: what it is to be
 * @extack: told in one line what is wrong
 *
 * Context: process, may sleep.
 * Return: 0, or an error, and nothing has changed.
 */
int pika_stack_start(struct net *net, const struct pika_stack_config *config,
		     struct netlink_ext_ack *extack)
{
	struct pika_stack *stack;
	int err;

	pika_firewall_prepare();
	mutex_lock(&control);
	err = check_startable(net, extack);
	if (err)
		goto unlock;
	err = -ENOMEM;
	stack = make_stack(net, config);
	if (!stack)
		goto unlock;
	err = start(stack, config, extack);
	if (err) {
		free_stack(stack);
		goto unlock;
	}
	__module_get(THIS_MODULE);
	list_add(&stack->started, &stacks);
	rcu_assign_pointer(pika_net_of(net)->stack, stack);
	pika_event_started(stack);
unlock:
	mutex_unlock(&control);
	return err;
}

static int sum(const int __percpu *counts)
{
	int total = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		total += READ_ONCE(*per_cpu_ptr(counts, cpu));
	return total;
}

/* Whoever still waits for a server waits no more. */
static void forget_sockets(struct pika_stack *stack)
{
	int cpu;

	for_each_possible_cpu(cpu)
		pika_sock_forget_all(stack->endpoints[cpu]);
	pika_accept_forget_all(stack);
	while (sum(stack->live))
		usleep_range(100, 1000);
}

/* Under control. */
static void stop(struct pika_stack *stack, bool forced)
{
	pika_drain(stack, forced ? 0 : DRAIN_MS);
	lose_links(stack);
	come_to_rest(stack);
	forget_sockets(stack);
	release_packets(stack);
	list_del(&stack->started);
	RCU_INIT_POINTER(pika_net_of(stack->net)->stack, NULL);
	synchronize_rcu();
	pika_event_stopped(stack, forced);
	free_stack(stack);
	module_put(THIS_MODULE);
}

/* No socket is made meanwhile. */
static int check_closed(struct pika_stack *stack,
			struct netlink_ext_ack *extack)
{
	int open = sum(stack->open);

	if (!open)
		return 0;
	pika_refuse(extack,
		    "programs hold %d sockets of this stack; end them first, or stop --force",
		    open);
	return -EBUSY;
}

static int force_closed(struct pika_stack *stack,
			struct netlink_ext_ack *extack)
{
	int err = pika_force_close(stack);

	if (err)
		pika_refuse(extack, "%d sockets cannot be closed now: %s",
			    sum(stack->open), err == -ENOMEM ?
			    "no memory" : "calls do not return");
	return err;
}

/* Calls in progress may need servers, which are parked, to return. */
static int check_stoppable(const struct pika_stack *stack, bool force,
			   struct netlink_ext_ack *extack)
{
	if (!stack) {
		pika_refuse(extack, "no stack is started in this namespace");
		return -ESRCH;
	}
	if (force && suspended) {
		pika_refuse(extack, "the host is being suspended");
		return -EBUSY;
	}
	return 0;
}

/**
 * pika_stack_stop() - stop the stack of a network namespace
 * @net: the namespace
 * @force: close the sockets that programs hold
 * @extack: told in one line what is wrong
 *
 * Context: process, may sleep, for some seconds if what programs have closed
 * has not sent all.
 * Return: 0, -ESRCH: there is none, or -EBUSY: programs hold sockets, or the
 * host is being suspended.
 */
int pika_stack_stop(struct net *net, bool force, struct netlink_ext_ack *extack)
{
	struct pika_stack *stack;
	int err;

	mutex_lock(&control);
	stack = stack_of(net);
	err = check_stoppable(stack, force, extack);
	if (err)
		goto unlock;
	WRITE_ONCE(stack->stopping, true);
	synchronize_rcu();
	err = force ? force_closed(stack, extack) : check_closed(stack, extack);
	if (err)
		WRITE_ONCE(stack->stopping, false);
	else
		stop(stack, force);
unlock:
	mutex_unlock(&control);
	return err;
}

/* Under control. Messages, packets and rings of bells wait where they are. */
static void park(struct pika_stack *stack)
{
	u16 i;

	if (stack->lost)
		return;
	WRITE_ONCE(stack->halted, true);
	synchronize_rcu(); /* no server runs but in its thread */
	for (i = 0; i < pika_stack_servers(stack); i++)
		pika_executor_park(stack->executors[i]);
}

/*
 * Under control, while no CPU comes or goes. Without one of its cores a server
 * must not run.
 */
static void unpark(struct pika_stack *stack)
{
	u16 i;
	int cpu;

	if (stack->lost)
		return;
	if (!cpumask_subset(&stack->cores, cpu_online_mask)) {
		pr_err("pika: stack %s: cores %*pbl: not all came back after suspend; it stays halted, stop it\n",
		       stack->text, cpumask_pr_args(&stack->cores));
		WRITE_ONCE(stack->lost, true);
		pika_accept_lose_all(stack);
		return;
	}
	WRITE_ONCE(stack->halted, false);
	for (i = 0; i < pika_stack_servers(stack); i++)
		pika_executor_unpark(stack->executors[i]);
	for_each_possible_cpu(cpu)
		pika_endpoint_drain(stack->endpoints[cpu]);
}

/**
 * pika_stack_park_all() - the host is about to be suspended
 *
 * From now on no server runs and cores may go offline.
 *
 * Context: process, may sleep; nothing that is not idempotent.
 */
void pika_stack_park_all(void)
{
	struct pika_stack *stack;

	mutex_lock(&control);
	if (!suspended)
		list_for_each_entry(stack, &stacks, started)
			park(stack);
	WRITE_ONCE(suspended, true);
	mutex_unlock(&control);
}

/**
 * pika_stack_unpark_all() - the host has resumed, or is not suspended after all
 *
 * Context: process, may sleep.
 */
void pika_stack_unpark_all(void)
{
	struct pika_stack *stack;

	mutex_lock(&control);
	cpus_read_lock();
	if (suspended)
		list_for_each_entry(stack, &stacks, started)
			unpark(stack);
	WRITE_ONCE(suspended, false);
	cpus_read_unlock();
	mutex_unlock(&control);
}

static u32 count_flows(const struct pika_stack *stack)
{
	u32 flows = 0;
	u16 i;

	for (i = 0; i < pika_stack_servers(stack); i++)
		if (stack->executors[i]->server->ts)
			flows += pika_ts_flows(stack->executors[i]->server);
	return flows;
}

/**
 * pika_stack_hold() - the stack of a network namespace, to look at
 * @net: the namespace
 * @extack: told in one line if there is none
 *
 * Context: process, may sleep.
 * Return: the stack, which neither stops nor changes until
 * pika_stack_let_go(); NULL: none, and nothing is to be let go.
 */
struct pika_stack *pika_stack_hold(struct net *net,
				   struct netlink_ext_ack *extack)
{
	struct pika_stack *stack;

	mutex_lock(&control);
	stack = stack_of(net);
	if (!stack) {
		mutex_unlock(&control);
		pika_refuse(extack, "no stack is started in this namespace");
	}
	return stack;
}

void pika_stack_let_go(struct pika_stack *stack)
{
	mutex_unlock(&control);
}

/**
 * pika_stack_read_state() - what a stack is
 * @stack: held
 * @state: filled in
 *
 * Context: process, may sleep.
 */
void pika_stack_read_state(const struct pika_stack *stack,
			   struct pika_stack_state *state)
{
	strscpy(state->composition, stack->text, sizeof(state->composition));
	rtnl_lock();
	pika_netdev_names(stack, state->links, sizeof(state->links));
	rtnl_unlock();
	scnprintf(state->cores, sizeof(state->cores), "%*pbl",
		  cpumask_pr_args(&stack->cores));
	state->idle_us = stack->idle_us;
	state->max_conns = stack->ts.max_flows;
	state->firewall = stack->firewall;
	strscpy(state->allow, stack->allow.text, sizeof(state->allow));
	state->servers = pika_stack_servers(stack);
	state->sockets = sum(stack->open);
	state->lingering = max(sum(stack->live) - sum(stack->open), 0);
	state->flows = count_flows(stack);
}

/**
 * pika_stack_open() - the stack for a new socket of the caller's
 * @net: its network namespace
 *
 * Context: process.
 * Return: the stack, which stays until pika_stack_close(), or NULL: none, or it
 * is not for the caller.
 */
struct pika_stack *pika_stack_open(struct net *net)
{
	struct pika_stack *stack;

	rcu_read_lock();
	stack = rcu_dereference(pika_net_of(net)->stack);
	if (stack && !READ_ONCE(stack->stopping) &&
	    pika_allow_me(&stack->allow))
		this_cpu_inc(*stack->open);
	else
		stack = NULL;
	rcu_read_unlock();
	return stack;
}

/**
 * pika_stack_close() - a program has closed a socket
 * @stack: the socket's
 *
 * If the socket is still needed it counts as live.
 *
 * Context: any.
 */
void pika_stack_close(struct pika_stack *stack)
{
	this_cpu_dec(*stack->open);
}

/**
 * pika_stack_count_open() - sockets that programs hold
 * @stack: the stack
 *
 * Context: any.
 * Return: how many; exact once no new ones are made.
 */
int pika_stack_count_open(const struct pika_stack *stack)
{
	return sum(stack->open);
}

/**
 * pika_stack_count_live() - sockets and listeners that exist
 * @stack: the stack
 *
 * Context: any.
 * Return: how many; exact once no new ones are made.
 */
int pika_stack_count_live(const struct pika_stack *stack)
{
	return sum(stack->live);
}

/* No socket is left when a namespace goes. */
static void __net_exit leave_net(struct net *net)
{
	struct pika_stack *stack;

	mutex_lock(&control);
	stack = stack_of(net);
	if (stack) {
		WRITE_ONCE(stack->stopping, true);
		synchronize_rcu();
		stop(stack, false);
	}
	mutex_unlock(&control);
}

static struct pernet_operations net_ops = {
	.pre_exit = leave_net,
	.id = &pika_net_id,
	.size = sizeof(struct pika_net),
};

static void tell_core_kept(unsigned int cpu)
{
	struct pika_stack *stack;
	struct net *net;

	rcu_read_lock();
	for_each_net_rcu(net) {
		stack = rcu_dereference(pika_net_of(net)->stack);
		if (stack && cpumask_test_cpu(cpu, &stack->cores))
			pika_event_core_kept(stack, cpu);
	}
	rcu_read_unlock();
}

static int cpu_down(unsigned int cpu)
{
	if (!cpumask_test_cpu(cpu, &server_cores) || READ_ONCE(suspended))
		return 0;
	tell_core_kept(cpu);
	return -EBUSY;
}

/**
 * pika_stack_init() - be ready to start stacks
 *
 * Context: module load.
 * Return: 0 or an error.
 */
int __init pika_stack_init(void)
{
	int err;

	err = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "net/pika:online",
					NULL, cpu_down);
	if (err < 0)
		return err;
	cpuhp_state = err;
	err = pika_netdev_init();
	if (err)
		goto remove_state;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto exit_netdev;
	err = pika_suspend_init();
	if (err)
		goto unregister_pernet;
	return 0;

unregister_pernet:
	unregister_pernet_subsys(&net_ops);
exit_netdev:
	pika_netdev_exit();
remove_state:
	cpuhp_remove_state_nocalls(cpuhp_state);
	return err;
}

/* No stack is started, as a stack holds the module. */
void pika_stack_exit(void)
{
	pika_suspend_exit();
	unregister_pernet_subsys(&net_ops);
	pika_netdev_exit();
	cpuhp_remove_state_nocalls(cpuhp_state);
}
