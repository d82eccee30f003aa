/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One stack: the servers, endpoints and devices of a network namespace, which
 * has at most one. A core runs a server of one stack only.
 */
#ifndef PIKA_LINUX_STACK_H
#define PIKA_LINUX_STACK_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/xarray.h>

#include "../core/cm.h"
#include "../core/composition.h"
#include "../core/ts.h"

#include "allow.h"

#define PIKA_STACK_TEXT	256
#define PIKA_STACK_LINKS	16
#define PIKA_HOOKS		4

/*
 * Ports of active opens; Linux's own range is below unless somebody moves it,
 * and then start refuses.
 */
#define PIKA_PORT_FIRST	61000
#define PIKA_PORT_LAST	65535

struct netlink_ext_ack;
struct pika_endpoint;
struct pika_executor;
struct pika_rx;

/**
 * struct pika_stack_config - what a stack is to be; texts may be NULL
 * @composition: TS1LS1CM1
 * @links: device names, with commas between them
 * @cores: a list of CPUs
 * @idle_us: how long a server without work goes on polling
 * @max_conns: connections of each server; 0: by default
 * @firewall: enum pika_firewall
 * @allow: see pika_allow_parse()
 */
struct pika_stack_config {
	const char *composition;
	const char *links;
	const char *cores;
	u32 idle_us;
	u32 max_conns;
	u32 firewall;
	const char *allow;
};

/**
 * struct pika_stack_state - what a stack is
 * @composition: as it was given
 * @links: names of its devices, those that are still there
 * @cores: of its servers
 * @idle_us: see struct pika_stack_config
 * @max_conns: likewise
 * @firewall: likewise
 * @allow: likewise
 * @servers: how many
 * @sockets: that programs hold
 * @lingering: that are closed, and still needed
 * @flows: that the servers know
 */
struct pika_stack_state {
	char composition[PIKA_STACK_TEXT];
	char links[PIKA_STACK_TEXT];
	char cores[PIKA_STACK_TEXT];
	u32 idle_us;
	u32 max_conns;
	u32 firewall;
	char allow[PIKA_ALLOW_TEXT];
	u32 servers;
	u32 sockets;
	u32 lingering;
	u32 flows;
};

/**
 * struct pika_stack - see above
 * @net: its network namespace, which stops it when it goes
 * @composition: parsed
 * @text: the same as it was given
 * @ts_of: which TS owns a flow group
 * @ts: of its transport servers
 * @cm: of its connection managers
 * @idle_us: see struct pika_stack_config
 * @firewall: likewise
 * @allow: who may make sockets
 * @addresses: how many servers and endpoints
 * @executors: by address
 * @endpoints: by CPU; NULL for one that cannot be
 * @rx_of: where packets for a TS go, by its address
 * @links: its devices or NULL, changed under RTNL
 * @mtu: the smallest of theirs, changed under RTNL; their servers follow
 * @links_up: those that were up when we last looked, under RTNL
 * @hooks: netfilter's, with this stack in them
 * @hooked: @hooks are registered
 * @defrags: IPv6's fragments are put together before the hooks
 * @cores: of its servers
 * @listeners: the listening sockets' side, by number
 * @next_listener: the number to try
 * @open: sockets that programs hold, by CPU, to be summed up
 * @live: sockets and listeners that exist
 * @stopping: no new ones
 * @halted: servers and endpoints do nothing, for good or until the host resumes
 * @lost: @halted for good: a core did not come back when the host resumed
 * @started: among all stacks, under control
 * @ports: local ports whose packets are ours
 *
 * A port's bit stays until the stack stops: TIME_WAIT may need it, and a packet
 * that is nobody's finds its way back to Linux.
 */
struct pika_stack {
	struct net *net;
	struct pika_composition composition;
	char text[PIKA_STACK_TEXT];
	u16 ts_of[PIKA_GROUPS];
	struct pika_ts_config ts;
	struct pika_cm_config cm;
	u32 idle_us;
	u32 firewall;
	struct pika_allow allow;
	u32 addresses;
	struct pika_executor **executors;
	struct pika_endpoint **endpoints;
	struct pika_rx *rx_of[PIKA_SERVERS];
	struct net_device *links[PIKA_STACK_LINKS];
	u16 mtu;
	DECLARE_BITMAP(links_up, PIKA_STACK_LINKS);
	struct nf_hook_ops hooks[PIKA_HOOKS];
	bool hooked;
	bool defrags;
	struct cpumask cores;
	struct xarray listeners;
	u32 next_listener;
	int __percpu *open;
	int __percpu *live;
	bool stopping;
	bool halted;
	bool lost;
	struct list_head started;
	DECLARE_BITMAP(ports, 65536);
};

static inline u16 pika_stack_servers(const struct pika_stack *stack)
{
	return stack->composition.servers;
}

/* NULL: @address is nobody's, as it may be if it was read while it changed. */
static inline struct pika_endpoint *
pika_stack_endpoint(const struct pika_stack *stack, u16 address)
{
	u32 cpu = address - pika_stack_servers(stack);

	return cpu < nr_cpu_ids ? stack->endpoints[cpu] : NULL;
}

int pika_stack_init(void);
void pika_stack_exit(void);
int pika_stack_start(struct net *net, const struct pika_stack_config *config,
		     struct netlink_ext_ack *extack);
int pika_stack_stop(struct net *net, bool force,
		    struct netlink_ext_ack *extack);

void pika_stack_park_all(void);
void pika_stack_unpark_all(void);

struct pika_stack *pika_stack_hold(struct net *net,
				   struct netlink_ext_ack *extack);
void pika_stack_let_go(struct pika_stack *stack);
void pika_stack_read_state(const struct pika_stack *stack,
			   struct pika_stack_state *state);

struct pika_stack *pika_stack_open(struct net *net);
void pika_stack_close(struct pika_stack *stack);
int pika_stack_count_open(const struct pika_stack *stack);
int pika_stack_count_live(const struct pika_stack *stack);

static inline void pika_stack_add_live(struct pika_stack *stack, int n)
{
	this_cpu_add(*stack->live, n);
}

#endif /* PIKA_LINUX_STACK_H */
