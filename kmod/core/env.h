/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam: all that the core takes from where it runs. In the module the
 * kernel's headers stand behind it, in tests, benchmarks and the simulator
 * libc's; no other file of the core includes anything from outside.
 */
#ifndef PIKA_CORE_ENV_H
#define PIKA_CORE_ENV_H

#ifdef __KERNEL__

#include <asm/barrier.h>
#include <asm/byteorder.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#else

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;
typedef uint16_t __be16;
typedef uint32_t __be32;

#define cpu_to_be16(x) htobe16(x)
#define cpu_to_be32(x) htobe32(x)
#define be16_to_cpu(x) be16toh(x)
#define be32_to_cpu(x) be32toh(x)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#ifdef __cplusplus
#define _Static_assert static_assert
#else
#define min(a, b) \
	({ typeof(a) a_ = (a); typeof(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) \
	({ typeof(a) a_ = (a); typeof(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))
#endif
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define __aligned(n) __attribute__((aligned(n)))

/* Orders all that came before against all that comes after, between cores. */
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
/* After all that came before. */
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
/* Before all that comes after. */
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)

/* A broken invariant ends a test; in the kernel it is reported once. */
#define WARN_ON_ONCE(x) ({ bool warned_ = !!(x); assert(!warned_); warned_; })

#endif

#define PIKA_LINE	64
#define __pika_line	__aligned(PIKA_LINE)

/* A function whose registers must not cost those who call it only at times. */
#define __pika_apart	__attribute__((__noinline__))

struct pika_env;
struct pika_packet;
struct pika_frame;

/**
 * struct pika_env_ops - what a shell does for a server
 *
 * All are called on the server's own core, from pika_server_run(), and must
 * neither sleep nor call back into the server.
 *
 * @now_ns: monotonic clock. Read once for each run of a server.
 * @random: 32 random bits, good enough for ports and initial keys.
 * @ring_bell: make the owner of address @to look at its rings soon. @to said
 *	that it is about to sleep.
 * @rx_burst: at most @n packets of the link queue @queue into @pkts; the core
 *	owns them until @free_packet or until it hands them to the application.
 *	Returns how many.
 * @transmit: send @frame on the link queue @queue. The frame and its header
 *	are the caller's again on return; payload fragments stay valid until
 *	acknowledged and unreferenced, which the shell sees to. Returns false
 *	when the queue is full: the caller keeps the work and tries again.
 * @flush: all frames of this run of the server were given to @transmit.
 * @append: copy the payload of @from, which stays the core's, behind that of
 *	@to, if there is room or can be: false if not. May change where the data
 *	of @to are, how many are linear, and its truesize, even then.
 * @free_packet: the core is done with @pkt.
 * @pass: not ours after all: give @pkt back to the host's stack.
 */
struct pika_env_ops {
	u64 (*now_ns)(struct pika_env *env);
	u32 (*random)(struct pika_env *env);
	void (*ring_bell)(struct pika_env *env, u16 to);
	u32 (*rx_burst)(struct pika_env *env, u16 queue,
			struct pika_packet **pkts, u32 n);
	bool (*transmit)(struct pika_env *env, u16 queue,
			 const struct pika_frame *frame);
	void (*flush)(struct pika_env *env, u16 queue);
	bool (*append)(struct pika_env *env, struct pika_packet *to,
		       const struct pika_packet *from);
	void (*free_packet)(struct pika_env *env, struct pika_packet *pkt);
	void (*pass)(struct pika_env *env, struct pika_packet *pkt);
};

/**
 * struct pika_env - a shell as one server sees it; embedded in the shell's own
 * @ops: what it does
 */
struct pika_env {
	const struct pika_env_ops *ops;
};

#endif /* PIKA_CORE_ENV_H */
