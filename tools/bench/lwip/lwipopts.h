/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How lwIP is built for the TCP benchmark: without threads, assertions and
 * messages, and with the fastest of what it leaves to choose. It negotiates
 * what PIKA does, timestamps and window scaling, and counts, as PIKA does.
 */
#ifndef PIKA_BENCH_LWIPOPTS_H
#define PIKA_BENCH_LWIPOPTS_H

#define NO_SYS				1
#define SYS_LIGHTWEIGHT_PROT		0
#define LWIP_NETCONN			0
#define LWIP_SOCKET			0
#define LWIP_STATS			1
#define LWIP_STATS_DISPLAY		0

#define LWIP_IPV4			1
#define LWIP_IPV6			0
#define LWIP_ARP			0
#define LWIP_ICMP			0
#define LWIP_RAW			0
#define LWIP_UDP			0
#define IP_FRAG				0
#define IP_REASSEMBLY			0
#define LWIP_CHECKSUM_CTRL_PER_NETIF	1

#define TCP_MSS				1460
#define TCP_WND				(128 * 1024)
#define TCP_SND_BUF			(64 * 1024)
#define TCP_SND_QUEUELEN		128
#define LWIP_WND_SCALE			1
#define TCP_RCV_SCALE			2
#define LWIP_TCP_TIMESTAMPS		1
#define TCP_LISTEN_BACKLOG		1
#define TCP_OVERSIZE			0

#define MEM_ALIGNMENT			8
#define MEM_SIZE			(4 * 1024 * 1024)
#define MEMP_NUM_TCP_PCB		4096
#define MEMP_NUM_TCP_PCB_LISTEN		2
#define MEMP_NUM_TCP_SEG		4096
#define MEMP_NUM_PBUF			1024
#define PBUF_POOL_SIZE			2048
#define PBUF_POOL_BUFSIZE		1536

#endif /* PIKA_BENCH_LWIPOPTS_H */
