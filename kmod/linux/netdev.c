// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes and gives back the devices of a stack, in process context under RTNL. A
 * device that is unregistered goes from its stack; the stack lives on.
 */

#include "netdev.h"

#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "compat.h"
#include "events.h"
#include "receive.h"
#include "stack.h"

/* Its place among the stack's; NULL asks for a free one. -1: none. */
static int place_of(const struct pika_stack *stack,
		    const struct net_device *dev)
{
	int i;

	for (i = 0; i < PIKA_STACK_LINKS; i++)
		if (stack->links[i] == dev)
			return i;
	return -1;
}

static struct net_device *find(const struct pika_stack *stack, const char *name,
			       struct netlink_ext_ack *extack)
{
	struct net_device *dev = __dev_get_by_name(stack->net, name);

	if (!dev)
		pika_refuse(extack, "link %s: no such device here", name);
	return dev;
}

/* Holds it, in a place of its own, which is returned; or why it cannot be. */
static int add_link(struct pika_stack *stack, struct net_device *dev,
		    struct netlink_ext_ack *extack)
{
	int i = place_of(stack, NULL);

	if (place_of(stack, dev) >= 0) {
		pika_refuse(extack, "link %s: is one of this stack already",
			    dev->name);
		return -EEXIST;
	}
	if (i < 0) {
		pika_refuse(extack, "link %s: expected at most %u", dev->name,
			    PIKA_STACK_LINKS);
		return -E2BIG;
	}
	if (dev->flags & IFF_LOOPBACK || netdev_is_rx_handler_busy(dev)) {
		pika_refuse(extack,
			    "link %s: is loopback, or a port of something else",
			    dev->name);
		return -EBUSY;
	}
	dev_hold(dev);
	WRITE_ONCE(stack->links[i], dev);
	return i;
}

static int add_first_link(struct pika_stack *stack, const char *name,
			  struct netlink_ext_ack *extack)
{
	struct net_device *dev = find(stack, name, extack);
	int i;

	if (!dev)
		return -ENODEV;
	if (place_of(stack, dev) >= 0) {
		pika_refuse(extack, "link %s: named twice", name);
		return -EINVAL;
	}
	i = add_link(stack, dev, extack);
	return i < 0 ? i : 0;
}

/*
 * What is sent from now on fits any link. Connections that have outlived all of
 * them keep to what it was.
 */
static void look_at_mtus(struct pika_stack *stack)
{
	u32 mtu = U32_MAX;
	u32 i;

	for (i = 0; i < PIKA_STACK_LINKS; i++)
		if (stack->links[i])
			mtu = min(mtu, READ_ONCE(stack->links[i]->mtu));
	if (mtu != U32_MAX)
		WRITE_ONCE(stack->mtu, min_t(u32, mtu, U16_MAX));
}

static void put_link(struct pika_stack *stack, u32 i)
{
	struct net_device *dev = stack->links[i];

	WRITE_ONCE(stack->links[i], NULL);
	dev_put(dev);
}

static void put_links(struct pika_stack *stack)
{
	u32 i;

	for (i = 0; i < PIKA_STACK_LINKS; i++)
		put_link(stack, i);
}

/**
 * pika_netdev_check() - find a stack's devices
 * @stack: to be started; holds its devices on return
 * @names: with commas between them
 * @extack: told what is wrong
 *
 * Context: process, under RTNL.
 * Return: 0, or an error, and none is held.
 */
int pika_netdev_check(struct pika_stack *stack, const char *names,
		      struct netlink_ext_ack *extack)
{
	char *copy = kstrdup(names, GFP_KERNEL);
	char *rest = copy;
	char *name;
	int err = 0;

	if (!copy)
		return -ENOMEM;
	while (!err && (name = strsep(&rest, ",")))
		err = add_first_link(stack, name, extack);
	if (err)
		put_links(stack);
	look_at_mtus(stack);
	stack->ts.mtu = stack->mtu;
	kfree(copy);
	return err;
}

static bool is_up(const struct net_device *dev)
{
	return netif_running(dev) && netif_carrier_ok(dev);
}

/* From now on, packets come by it. */
static int take_link(struct pika_stack *stack, u32 i,
		     struct netlink_ext_ack *extack)
{
	struct net_device *dev = stack->links[i];
	int err = netdev_rx_handler_register(dev, pika_receive, stack);

	if (err)
		pika_refuse(extack, "link %s: cannot be taken", dev->name);
	else
		__assign_bit(i, stack->links_up, is_up(dev));
	return err;
}

/**
 * pika_netdev_attach() - from now on, packets come
 * @stack: has its devices, and servers that run
 * @extack: told what is wrong
 *
 * Context: process, under RTNL.
 * Return: 0, or an error, and no packet comes.
 */
int pika_netdev_attach(struct pika_stack *stack, struct netlink_ext_ack *extack)
{
	u32 i;
	int err;

	for (i = 0; i < PIKA_STACK_LINKS && stack->links[i]; i++) {
		err = take_link(stack, i, extack);
		if (err)
			goto unregister;
	}
	look_at_mtus(stack);
	return 0;

unregister:
	while (i-- > 0)
		netdev_rx_handler_unregister(stack->links[i]);
	put_links(stack);
	return err;
}

/**
 * pika_netdev_detach() - no packet comes any more
 * @stack: its devices are nobody's on return
 *
 * Context: process, under RTNL.
 */
void pika_netdev_detach(struct pika_stack *stack)
{
	u32 i;

	for (i = 0; i < PIKA_STACK_LINKS; i++)
		if (stack->links[i])
			netdev_rx_handler_unregister(stack->links[i]);
	put_links(stack);
}

/**
 * pika_netdev_names() - names of a stack's devices
 * @stack: the stack
 * @text: with commas between them
 * @size: of @text
 *
 * Context: process, under RTNL.
 */
void pika_netdev_names(const struct pika_stack *stack, char *text, size_t size)
{
	size_t len = 0;
	u32 i;

	text[0] = '\0';
	for (i = 0; i < PIKA_STACK_LINKS; i++)
		if (stack->links[i])
			len += scnprintf(text + len, size - len, "%s%s",
					 len ? "," : "", stack->links[i]->name);
}

/**
 * pika_netdev_is_link() - is a device one of a stack's?
 * @stack: the stack
 * @dev: compared only
 *
 * Context: any.
 * Return: true if it is.
 */
bool pika_netdev_is_link(const struct pika_stack *stack,
			 const struct net_device *dev)
{
	u32 i;

	for (i = 0; i < PIKA_STACK_LINKS; i++)
		if (READ_ONCE(stack->links[i]) == dev)
			return true;
	return false;
}

/**
 * pika_netdev_add() - one more link for a stack that runs
 * @stack: held by pika_stack_hold()
 * @name: of the device
 * @extack: told what is wrong
 *
 * Context: process, under RTNL.
 * Return: 0, or an error, and nothing has changed.
 */
int pika_netdev_add(struct pika_stack *stack, const char *name,
		    struct netlink_ext_ack *extack)
{
	struct net_device *dev = find(stack, name, extack);
	int i, err;

	if (!dev)
		return -ENODEV;
	i = add_link(stack, dev, extack);
	if (i < 0)
		return i;
	err = take_link(stack, i, extack);
	if (err)
		put_link(stack, i);
	else
		pika_event_link_added(stack, dev, true);
	look_at_mtus(stack);
	return err;
}

static int check_removable(const struct pika_stack *stack,
			   const struct net_device *dev,
			   struct netlink_ext_ack *extack)
{
	u32 links = 0;
	u32 i;

	for (i = 0; i < PIKA_STACK_LINKS; i++)
		links += !!stack->links[i];
	if (place_of(stack, dev) < 0) {
		pika_refuse(extack, "link %s: is none of this stack",
			    dev->name);
		return -ENOENT;
	}
	if (links == 1) {
		pika_refuse(extack,
			    "link %s: is the only one; stop the stack, or add another first",
			    dev->name);
		return -EBUSY;
	}
	return 0;
}

/**
 * pika_netdev_remove() - one link less for a stack that runs
 * @stack: held by pika_stack_hold()
 * @name: of the device, which stays as it is
 * @extack: told what is wrong
 *
 * Context: process, under RTNL.
 * Return: 0, or an error, and nothing has changed.
 */
int pika_netdev_remove(struct pika_stack *stack, const char *name,
		       struct netlink_ext_ack *extack)
{
	struct net_device *dev = find(stack, name, extack);
	int err;

	if (!dev)
		return -ENODEV;
	err = check_removable(stack, dev, extack);
	if (err)
		return err;
	netdev_rx_handler_unregister(dev);
	pika_event_link_added(stack, dev, false);
	put_link(stack, place_of(stack, dev));
	look_at_mtus(stack);
	return 0;
}

static void forget(struct net_device *dev)
{
	struct pika_stack *stack = rtnl_dereference(dev->rx_handler_data);
	int i = place_of(stack, dev);

	netdev_rx_handler_unregister(dev);
	if (i < 0)
		return;
	pika_event_link_gone(stack, dev);
	put_link(stack, i);
	look_at_mtus(stack);
}

/* One change may be told of more than once. */
static void look_at(const struct net_device *dev)
{
	struct pika_stack *stack = rtnl_dereference(dev->rx_handler_data);
	bool up = is_up(dev);
	u32 i;

	for (i = 0; i < PIKA_STACK_LINKS; i++) {
		if (stack->links[i] != dev ||
		    test_bit(i, stack->links_up) == up)
			continue;
		__assign_bit(i, stack->links_up, up);
		pika_event_link_up(stack, dev, up);
	}
}

static int on_event(struct notifier_block *block, unsigned long event,
		    void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);

	if (rtnl_dereference(dev->rx_handler) != pika_receive)
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
		look_at(dev);
		break;
	case NETDEV_CHANGEMTU:
		look_at_mtus(rtnl_dereference(dev->rx_handler_data));
		break;
	case NETDEV_UNREGISTER:
		forget(dev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = on_event };

int __init pika_netdev_init(void)
{
	pika_receive_init();
	return register_netdevice_notifier(&notifier);
}

void pika_netdev_exit(void)
{
	unregister_netdevice_notifier(&notifier);
}
