// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings the module up and unwinds it. Runs in the loading process; holds no
 * policy and no state of its own.
 */

#include <linux/module.h>

#include "netlink.h"

static int __init pika_init(void)
{
	return pika_nl_register();
}

static void __exit pika_exit(void)
{
	pika_nl_unregister();
}

module_init(pika_init);
module_exit(pika_exit);

/* No module alias: a user's socket or netlink call must not load the module. */
MODULE_DESCRIPTION("PIKA, a network service for multikernels");
MODULE_LICENSE("GPL");
MODULE_VERSION(PIKA_VERSION);
