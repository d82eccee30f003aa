/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a bell is rung: an interrupt on the owner's core that raises its tasklet.
 * One doorbell for each pair of ringer and owner, so that the ringer alone
 * touches it.
 */
#ifndef PIKA_LINUX_DOORBELL_H
#define PIKA_LINUX_DOORBELL_H

#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/smp.h>

/**
 * struct pika_doorbell - see above
 * @csd: raises @tasklet; pending while it is locked
 * @tasklet: the owner's
 * @cpu: the owner's core
 */
struct pika_doorbell {
	call_single_data_t csd;
	struct tasklet_struct *tasklet;
	int cpu;
};

static inline void pika_doorbell_answer(void *tasklet)
{
	tasklet_schedule(tasklet);
}

static inline void pika_doorbell_init(struct pika_doorbell *bell,
				      struct tasklet_struct *tasklet, int cpu)
{
	INIT_CSD(&bell->csd, pika_doorbell_answer, tasklet);
	bell->tasklet = tasklet;
	bell->cpu = cpu;
}

/*
 * Context: preemption off, the ringer's own. One that is still pending will do.
 * The CPU of an endpoint may be offline: then this one does its work.
 */
static inline void pika_doorbell_ring(struct pika_doorbell *bell)
{
	if (bell->cpu == smp_processor_id() ||
	    smp_call_function_single_async(bell->cpu, &bell->csd) == -ENXIO)
		tasklet_schedule(bell->tasklet);
}

/* Nobody rings it any more; once no interrupt is on its way it may be freed. */
static inline void pika_doorbell_wait(struct pika_doorbell *bell)
{
	while (READ_ONCE(bell->csd.node.u_flags) & CSD_FLAG_LOCK)
		usleep_range(100, 1000);
}

#endif /* PIKA_LINUX_DOORBELL_H */
