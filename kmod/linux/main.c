// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings the module up and unwinds it. Runs in the loading process; holds no
 * policy and no state of its own.
 */

#include <linux/module.h>

#include "netlink.h"
#include "sock.h"
#include "stack.h"

static int __init pika_init(void)
{
	int err;

	err = pika_stack_init();
	if (err)
		return err;
	err = pika_sock_register();
	if (err)
		goto exit_stack;
	err = pika_nl_register();
	if (err)
		goto unregister_sock;
	return 0;

unregister_sock:
	pika_sock_unregister();
exit_stack:
	pika_stack_exit();
	return err;
}

static void __exit pika_exit(void)
{
	pika_nl_unregister();
	pika_sock_unregister();
	pika_stack_exit();
}

module_init(pika_init);
module_exit(pika_exit);

/* No module alias: a user's socket or netlink call must not load the module. */
MODULE_DESCRIPTION("PIKA, a network service for multikernels");
MODULE_LICENSE("GPL");
MODULE_VERSION(PIKA_VERSION);
