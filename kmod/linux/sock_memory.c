// SPDX-License-Identifier: GPL-2.0-only
/*
 * Charges what a socket's bytes hold of memory to the socket, its cgroup and
 * TCP's limits. Messages and calls count it under the endpoint's lock; Linux's
 * own counters of a socket are for who owns it, also in setsockopt(). So they
 * are settled by whoever has the socket locked, and in softirq only if nobody
 * has: then the owner does it, when it unlocks.
 */

#include "sock_memory.h"

#include <net/tcp.h>

#include "rx_ring.h"
#include "sock.h"
#include "stack.h"

/* Unless the program says otherwise. */
#define SEND_BUFFER	(128 * 1024)

/* Larger ones would not come from a single page. */
#define APPEND_MOST	SKB_WITH_OVERHEAD(PAGE_SIZE)

/**
 * pika_memory_init() - PIKA's sockets share TCP's limits
 * @prot: not registered yet
 *
 * Only TCP's struct proto itself is exported by all kernels.
 */
void __init pika_memory_init(struct proto *prot)
{
	prot->memory_allocated = tcp_prot.memory_allocated;
	prot->per_cpu_fw_alloc = tcp_prot.per_cpu_fw_alloc;
	prot->sockets_allocated = tcp_prot.sockets_allocated;
	prot->memory_pressure = tcp_prot.memory_pressure;
	prot->enter_memory_pressure = tcp_prot.enter_memory_pressure;
	prot->leave_memory_pressure = tcp_prot.leave_memory_pressure;
	prot->sysctl_mem = tcp_prot.sysctl_mem;
	prot->sysctl_wmem_offset = tcp_prot.sysctl_wmem_offset;
	prot->sysctl_rmem_offset = tcp_prot.sysctl_rmem_offset;
}

/**
 * pika_memory_begin() - a socket's buffers, until the program says otherwise
 * @ps: new
 */
void pika_memory_begin(struct pika_sock *ps)
{
	struct sock *sk = pika_sock_sk(ps);

	sk->sk_rcvbuf = 2 * ps->stack->ts.receive_buffer;
	sk->sk_sndbuf = SEND_BUFFER;
	ps->told_most = sk->sk_rcvbuf;
	sk_sockets_allocated_inc(sk);
}

/* Returns false if the system, or a cgroup, has no more. */
static bool reserve(struct sock *sk, int size, int kind)
{
	int missing = size - sk->sk_forward_alloc;

	return missing <= 0 || __sk_mem_schedule(sk, missing, kind);
}

/**
 * pika_memory_reserve() - may so much more be sent?
 * @sk: the socket, owned by the caller
 * @size: bytes of memory
 *
 * Context: process, may sleep.
 * Return: false if not.
 */
bool pika_memory_reserve(struct sock *sk, u32 size)
{
	return reserve(sk, size, SK_MEM_SEND);
}

static void settle_sent(struct pika_sock *ps, struct sock *sk)
{
	int more = READ_ONCE(ps->sent_memory) - sk->sk_wmem_queued;

	if (!more)
		return;
	sk_wmem_queued_add(sk, more);
	if (more > 0)
		sk_mem_charge(sk, more);
	else
		sk_mem_uncharge(sk, -more);
}

/*
 * What has come is there: its sender was told so. If it cannot be charged the
 * socket is in debt, and takes nothing more until that is paid.
 */
static void settle_received(struct pika_sock *ps, struct sock *sk)
{
	int more = READ_ONCE(ps->received_memory) -
		   atomic_read(&sk->sk_rmem_alloc);

	if (!more && !ps->indebted)
		return;
	atomic_add(more, &sk->sk_rmem_alloc);
	if (more < 0)
		sk_mem_uncharge(sk, -more);
	if (more > 0 || ps->indebted)
		reserve(sk, max(more, 0), SK_MEM_RECV);
	if (more > 0)
		sk_mem_charge(sk, more);
	WRITE_ONCE(ps->indebted, sk->sk_forward_alloc < 0);
}

/**
 * pika_memory_settle() - Linux's counters say what the socket's own do
 * @sk: the socket, owned by the caller; or by nobody, its spinlock held
 *
 * Also what proto.release_cb is.
 */
void pika_memory_settle(struct sock *sk)
{
	struct pika_sock *ps = pika_sk(sk);

	settle_sent(ps, sk);
	settle_received(ps, sk);
}

/**
 * pika_memory_settle_locked() - likewise, unless somebody owns the socket
 * @ps: the socket, its endpoint locked
 */
void pika_memory_settle_locked(struct pika_sock *ps)
{
	struct sock *sk = pika_sock_sk(ps);

	if (ps->received_memory == atomic_read(&sk->sk_rmem_alloc) &&
	    ps->sent_memory == READ_ONCE(sk->sk_wmem_queued) && !ps->indebted)
		return;
	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk))
		pika_memory_settle(sk);
	bh_unlock_sock(sk);
}

/**
 * pika_memory_end() - a socket holds nothing any more
 * @ps: nobody else has it
 */
void pika_memory_end(struct pika_sock *ps)
{
	pika_memory_settle(pika_sock_sk(ps));
	sk_sockets_allocated_dec(pika_sock_sk(ps));
}

/**
 * pika_memory_receive_most() - true size that a flow may hold
 * @ps: its socket
 *
 * Return: for PIKA_SET_RECEIVE_BUFFER.
 */
u32 pika_memory_receive_most(const struct pika_sock *ps)
{
	return ps->indebted ? 0 : READ_ONCE(ps->inet.sk.sk_rcvbuf);
}

/* Room for @bytes more behind what is there, and for as many as that. */
static bool grow(struct sk_buff *skb, u32 bytes)
{
	u32 size = skb_end_offset(skb);
	u32 more = min_t(u32, size, APPEND_MOST - min_t(u32, size,
							APPEND_MOST));

	if (skb_tailroom(skb) + more < bytes)
		return false;
	return !pskb_expand_head(skb, 0, more, GFP_ATOMIC);
}

/**
 * pika_packet_append() - hold two packets' payload in one
 * @to: it goes behind what is left of this one's; one that nobody else sees
 * @from: the caller's still
 *
 * Context: softirq, or bottom halves off.
 * Return: false if there is no room, and what is in the packets is the same.
 */
bool pika_packet_append(struct pika_packet *to, const struct pika_packet *from)
{
	struct sk_buff *skb = pika_packet_skb(to);
	u32 end = to->offset + to->bytes;

	if (skb->len + from->bytes > APPEND_MOST || skb_linearize(skb))
		return false;
	/* Padding, or what another packet has brought as well. */
	skb_trim(skb, end);
	to->data = skb->data;
	to->len = end;
	to->linear = end;
	to->truesize = skb->truesize;
	if ((skb_cloned(skb) || skb_tailroom(skb) < from->bytes) &&
	    !grow(skb, from->bytes))
		return false;
	skb_copy_bits(pika_packet_skb((struct pika_packet *)from), from->offset,
		      skb_put(skb, from->bytes), from->bytes);
	to->data = skb->data;
	to->len = skb->len;
	to->linear = skb->len;
	to->truesize = skb->truesize;
	return true;
}
