/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between the kernels that PIKA builds for (6.1, 6.12, 7.x)
 * is here, in the newest kernel's terms; no other file asks for a version.
 */
#ifndef PIKA_LINUX_COMPAT_H
#define PIKA_LINUX_COMPAT_H

#include <linux/version.h>
#include <net/genetlink.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
/*
 * Before 6.2 an extended ack holds only a pointer, which is read after the
 * handler returned and may be read late: the text cycles through a few
 * buffers. A reader overtaken by 16 refusals sees a later text, never an
 * unterminated one.
 */
#define PIKA_EXTACK_TEXTS	16
#define PIKA_EXTACK_LEN		80

#define GENL_SET_ERR_MSG_FMT(info, fmt, args...) do {			\
	static char texts[PIKA_EXTACK_TEXTS][PIKA_EXTACK_LEN];		\
	static atomic_t next;						\
	char *text = texts[(unsigned int)atomic_inc_return(&next) %	\
			   PIKA_EXTACK_TEXTS];				\
	struct netlink_ext_ack *extack = (info)->extack;		\
									\
	snprintf(text, PIKA_EXTACK_LEN, fmt, ##args);			\
	if (extack)							\
		extack->_msg = text;					\
} while (0)
#endif

#endif /* PIKA_LINUX_COMPAT_H */
