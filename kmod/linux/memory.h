/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that begins on a cache line, as the core's objects must. */
#ifndef PIKA_LINUX_MEMORY_H
#define PIKA_LINUX_MEMORY_H

#include <linux/gfp.h>
#include <linux/nodemask.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>

/* Zeroed; NULL if there is none. Process context; freed with vfree(). */
static inline void *pika_lines_alloc(size_t bytes, int cpu)
{
	return vzalloc_node(bytes, cpu_to_node(cpu));
}

/*
 * The same, for what is much and looked at in no order: in huge pages where
 * that costs no distance.
 */
static inline void *pika_table_alloc(size_t bytes, int cpu)
{
	if (num_online_nodes() > 1)
		return pika_lines_alloc(bytes, cpu);
	return vmalloc_huge(bytes, GFP_KERNEL | __GFP_ZERO);
}

#endif /* PIKA_LINUX_MEMORY_H */
