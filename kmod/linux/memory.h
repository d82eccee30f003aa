/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that begins on a cache line, as the core's objects must. */
#ifndef PIKA_LINUX_MEMORY_H
#define PIKA_LINUX_MEMORY_H

#include <linux/topology.h>
#include <linux/vmalloc.h>

/* Zeroed; NULL if there is none. Process context; freed with vfree(). */
static inline void *pika_lines_alloc(size_t bytes, int cpu)
{
	return vzalloc_node(bytes, cpu_to_node(cpu));
}

#endif /* PIKA_LINUX_MEMORY_H */
