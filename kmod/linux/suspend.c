// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listens to the host's power management. It calls in process context: before
 * programs are frozen, and when they run again.
 */

#include "suspend.h"

#include <linux/notifier.h>
#include <linux/suspend.h>

#include "stack.h"

static int on_power(struct notifier_block *block, unsigned long action,
		    void *unused)
{
	switch (action) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		pika_stack_park_all();
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		pika_stack_unpark_all();
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block power_notifier = {
	.notifier_call = on_power,
};

/**
 * pika_suspend_init() - from now on stacks are parked in time
 *
 * Context: module load.
 * Return: 0 or an error.
 */
int pika_suspend_init(void)
{
	return register_pm_notifier(&power_notifier);
}

/* No stack is started. */
void pika_suspend_exit(void)
{
	unregister_pm_notifier(&power_notifier);
}
