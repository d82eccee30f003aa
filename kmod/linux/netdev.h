/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices of a stack: taken at start or when somebody adds one, back at
 * stop, when somebody removes one or when they go.
 */
#ifndef PIKA_LINUX_NETDEV_H
#define PIKA_LINUX_NETDEV_H

#include <linux/types.h>

struct net_device;
struct netlink_ext_ack;
struct pika_stack;

int pika_netdev_init(void);
void pika_netdev_exit(void);
int pika_netdev_check(struct pika_stack *stack, const char *names,
		      struct netlink_ext_ack *extack);
int pika_netdev_attach(struct pika_stack *stack,
		       struct netlink_ext_ack *extack);
int pika_netdev_add(struct pika_stack *stack, const char *name,
		    struct netlink_ext_ack *extack);
int pika_netdev_remove(struct pika_stack *stack, const char *name,
		       struct netlink_ext_ack *extack);
void pika_netdev_detach(struct pika_stack *stack);
void pika_netdev_names(const struct pika_stack *stack, char *text, size_t size);
bool pika_netdev_is_link(const struct pika_stack *stack,
			 const struct net_device *dev);

#endif /* PIKA_LINUX_NETDEV_H */
