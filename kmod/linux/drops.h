/* SPDX-License-Identifier: GPL-2.0-only */
/* What is lost between a device and the servers, by reason. */
#ifndef PIKA_LINUX_DROPS_H
#define PIKA_LINUX_DROPS_H

#include <linux/types.h>

/**
 * struct pika_link_drops - counters, which change under their reader
 * @ring_full: received; the link server's ring had no room
 * @malformed: received; shorter than the headers say, or no memory to read them
 * @checksum: received; TCP's checksum is wrong
 * @unroutable: to be sent; there is no way, or one that is not ours to go
 * @no_memory: received or to be sent; no skb
 * @no_neighbour: to be sent; no neighbour entry
 * @passed_late: to be given back to Linux; the device has gone
 * @forbidden: SYNs; a rule of Linux's drops them, or NAT would change them
 */
struct pika_link_drops {
	u64 ring_full;
	u64 malformed;
	u64 checksum;
	u64 unroutable;
	u64 no_memory;
	u64 no_neighbour;
	u64 passed_late;
	u64 forbidden;
};

#endif /* PIKA_LINUX_DROPS_H */
