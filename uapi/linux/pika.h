/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/pika.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_PIKA_H
#define _UAPI_LINUX_PIKA_H

#define PIKA_GENL_NAME		"pika"
#define PIKA_GENL_VERSION	1

#define PIKA_ABI	1

enum {
	PIKA_A_MODULE_VERSION = 1,
	PIKA_A_MODULE_ABI,

	__PIKA_A_MODULE_MAX,
	PIKA_A_MODULE_MAX = (__PIKA_A_MODULE_MAX - 1)
};

enum {
	PIKA_CMD_MODULE_GET = 1,

	__PIKA_CMD_MAX,
	PIKA_CMD_MAX = (__PIKA_CMD_MAX - 1)
};

#endif /* _UAPI_LINUX_PIKA_H */
