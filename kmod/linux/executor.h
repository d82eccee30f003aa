/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Executes one server on its core, always with bottom halves off, which keeps
 * the executors apart: a tasklet, raised by doorbells, packets and the timer,
 * and while there is much to do a pinned kernel thread.
 */
#ifndef PIKA_LINUX_EXECUTOR_H
#define PIKA_LINUX_EXECUTOR_H

#include <linux/hrtimer.h>
#include <linux/interrupt.h>

#include "../core/server.h"

#include "doorbell.h"
#include "rx_ring.h"
#include "rings.h"
#include "transmit.h"

struct pika_stack;

/* trace.c: a server's @trace while a tracepoint is on */
extern const struct pika_trace pika_trace_shown;

/**
 * struct pika_executor - see above
 * @env: what the core calls
 * @server: the server
 * @stack: whose it is
 * @arena: memory of its components
 * @rings: its ends of the rings
 * @doorbells: one for each address, as long as @stack->addresses
 * @rx: packets for it, if it has a link server
 * @routes: how its frames leave
 * @tasklet: the idle state's executor
 * @timer: the server's next
 * @thread: the polling one, which does nothing on other CPUs than @core
 * @worked_ns: when it last had something to do
 * @core: its CPU
 * @endpoint: address of that CPU's endpoint
 * @mtu: of the links, as the server knows it
 * @passed_late: packets to be given back whose device had gone
 * @polls: @thread is to run
 * @runs: it is being executed
 * @endpoint_rung: @endpoint has messages, and no tasklet is raised for them
 */
struct pika_executor {
	struct pika_env env;
	struct pika_server *server;
	struct pika_stack *stack;
	void *arena;
	struct pika_rings rings;
	struct pika_doorbell *doorbells;
	struct pika_rx *rx;
	struct pika_routes *routes;
	struct tasklet_struct tasklet;
	struct hrtimer timer;
	struct task_struct *thread;
	u64 worked_ns;
	int core;
	u16 endpoint;
	u16 mtu;
	u64 passed_late;
	bool polls;
	bool runs;
	bool endpoint_rung;
};

struct pika_executor *pika_executor_make(struct pika_stack *stack, u16 address,
					 int core);
void pika_executor_start(struct pika_executor *e);
void pika_executor_run(struct pika_executor *e);
void pika_executor_park(struct pika_executor *e);
void pika_executor_unpark(struct pika_executor *e);
void pika_executor_stop(struct pika_executor *e);
void pika_executor_release(struct pika_executor *e);
void pika_executor_free(struct pika_executor *e);

#endif /* PIKA_LINUX_EXECUTOR_H */
