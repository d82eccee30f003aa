/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lwIP as a server, for the TCP benchmark. There is one in a process: its state
 * is global.
 */
#ifndef PIKA_BENCH_LWIP_SERVER_H
#define PIKA_BENCH_LWIP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../tcp_wire.h"

/* Idle connections that there may be. */
#define LWIP_IDLE	100000

/**
 * struct lwip_setup - what lwip_server_start() is told
 * @wire: where frames go
 * @address: the server's, in host order
 * @port: that it listens on
 * @begins: the first byte of each request
 * @page: the answer
 * @page_len: bytes of @page
 */
struct lwip_setup {
	struct wire *wire;
	uint32_t address;
	uint16_t port;
	uint8_t begins;
	const void *page;
	uint16_t page_len;
};

void lwip_server_start(const struct lwip_setup *setup);
void lwip_server_offload(bool offload);
void lwip_server_set_now(uint64_t ns);
uint8_t *lwip_server_buffer(void);
void lwip_server_deliver(uint32_t len);
void lwip_server_work(void);
unsigned int lwip_server_open(void);
void lwip_server_set_idle(unsigned int others);
size_t lwip_server_bytes_per_connection(void);

#endif /* PIKA_BENCH_LWIP_SERVER_H */
