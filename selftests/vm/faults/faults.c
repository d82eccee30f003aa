// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes one deliberate mistake when it is loaded, so that the harness's tests
 * can see whether a guest with that mistake fails. Never part of pika.ko.
 */

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

static char *fault = "none";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "none, warning, out-of-bounds, inversion, leak or lockup");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static int warn(void)
{
	WARN(1, "deliberate warning\n");
	return 0;
}

static int out_of_bounds(void)
{
	char *bytes = kmalloc(16, GFP_KERNEL);

	if (!bytes)
		return -ENOMEM;
	OPTIMIZER_HIDE_VAR(bytes); /* or gcc would see the mistake */
	bytes[16] = 1;
	kfree(bytes);
	return 0;
}

/* Both orders in one thread: harmless by luck, and lockdep's to find. */
static int inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
	return 0;
}

static int leak(void)
{
	return kmalloc(1000, GFP_KERNEL) ? 0 : -ENOMEM;
}

/* Holds this CPU until the watchdog speaks, and the run's time-out ends it. */
static int lockup(void)
{
	preempt_disable();
	for (;;)
		cpu_relax();
	return 0;
}

static const struct {
	const char *name;
	int (*commit)(void);
} faults[] = {
	{ "warning", warn },
	{ "out-of-bounds", out_of_bounds },
	{ "inversion", inversion },
	{ "leak", leak },
	{ "lockup", lockup },
};

static int __init faults_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(fault, faults[i].name))
			return faults[i].commit();
	return strcmp(fault, "none") ? -EINVAL : 0;
}

static void __exit faults_exit(void)
{
}

module_init(faults_init);
module_exit(faults_exit);

MODULE_DESCRIPTION("Deliberate mistakes for the test harness");
MODULE_LICENSE("GPL");
