/* SPDX-License-Identifier: GPL-2.0-only */
/* A stack that is to stop lets what programs have closed come to its end. */
#ifndef PIKA_LINUX_DRAIN_H
#define PIKA_LINUX_DRAIN_H

#include <linux/types.h>

struct pika_stack;

void pika_drain(struct pika_stack *stack, u32 patience_ms);

#endif /* PIKA_LINUX_DRAIN_H */
