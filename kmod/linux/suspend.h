/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parks all stacks while the host is suspended or hibernated.
 */
#ifndef PIKA_LINUX_SUSPEND_H
#define PIKA_LINUX_SUSPEND_H

int pika_suspend_init(void);
void pika_suspend_exit(void);

#endif /* PIKA_LINUX_SUSPEND_H */
