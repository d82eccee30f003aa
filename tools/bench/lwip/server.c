// SPDX-License-Identifier: GPL-2.0-only
/*
 * lwIP's side of the TCP benchmark: a link without Ethernet whose receive
 * buffers come from lwIP's own pool, and a program on its raw API.
 */

#include "lwip/server.h"

#include <string.h>

#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"

/**
 * struct session - what the program keeps of a connection
 * @next: while it is free
 * @pcb: lwIP's
 * @requests: that were answered
 */
struct session {
	struct session *next;
	struct tcp_pcb *pcb;
	unsigned int requests;
};

static struct {
	struct lwip_setup setup;
	struct netif link;
	u32_t now_ms;
	struct pbuf *received[WIRE_RECEIVE];
	unsigned int head;
	unsigned int tail;
	struct session sessions[LWIP_IDLE + MEMP_NUM_TCP_PCB];
	struct session *free;
	unsigned int open;
	struct tcp_pcb idle[LWIP_IDLE];
	unsigned int idle_len;
} server;

u32_t sys_now(void)
{
	return server.now_ms;
}

static err_t transmit(struct netif *link, struct pbuf *p, const ip4_addr_t *to)
{
	struct wire *wire = server.setup.wire;
	struct wire_frame *frame = &wire->frames[wire->sent];

	(void)link;
	(void)to;
	if (wire->sent == WIRE_FRAMES)
		return ERR_MEM;
	frame->len = pbuf_copy_partial(p, frame->bytes, p->tot_len, 0);
	wire->sent++;
	return ERR_OK;
}

static err_t set_up_link(struct netif *link)
{
	link->name[0] = 'b';
	link->name[1] = 'n';
	link->mtu = 1500;
	link->output = transmit;
	return ERR_OK;
}

static struct pbuf *new_buffer(void)
{
	return pbuf_alloc(PBUF_RAW, PBUF_POOL_BUFSIZE, PBUF_POOL);
}

static void free_session(struct session *session)
{
	session->next = server.free;
	server.free = session;
	server.open--;
}

static err_t on_end(struct session *session, struct tcp_pcb *pcb)
{
	free_session(session);
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_err(pcb, NULL);
	return tcp_close(pcb);
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p,
			 err_t error)
{
	const struct lwip_setup *setup = &server.setup;
	struct session *session = arg;

	if (!p || error != ERR_OK)
		return on_end(session, pcb);
	if (*(u8_t *)p->payload != setup->begins)
		abort();
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	session->requests++;
	return tcp_write(pcb, setup->page, setup->page_len,
			 TCP_WRITE_FLAG_COPY);
}

static void on_error(void *arg, err_t error)
{
	(void)error;
	free_session(arg);
}

static err_t on_accepted(void *arg, struct tcp_pcb *pcb, err_t error)
{
	struct session *session = server.free;

	(void)arg;
	if (error != ERR_OK || !session)
		return ERR_MEM;
	server.free = session->next;
	server.open++;
	session->pcb = pcb;
	session->requests = 0;
	tcp_arg(pcb, session);
	tcp_recv(pcb, on_received);
	tcp_err(pcb, on_error);
	return ERR_OK;
}

static void listen_on(u16_t port)
{
	struct tcp_pcb *pcb = tcp_new();

	if (tcp_bind(pcb, IP_ADDR_ANY, port) != ERR_OK)
		abort();
	pcb = tcp_listen_with_backlog(pcb, 255);
	if (!pcb)
		abort();
	tcp_accept(pcb, on_accepted);
}

/* lwIP is set up, has a link, and listens. Once in a process. */
void lwip_server_start(const struct lwip_setup *setup)
{
	ip4_addr_t address = { lwip_htonl(setup->address) };
	ip4_addr_t mask = { lwip_htonl(0xff000000) };
	unsigned int i;

	server.setup = *setup;
	lwip_init();
	netif_add(&server.link, &address, &mask, NULL, NULL, set_up_link,
		  ip_input);
	netif_set_default(&server.link);
	netif_set_up(&server.link);
	netif_set_link_up(&server.link);
	for (i = 0; i < LWIP_ARRAYSIZE(server.sessions); i++)
		free_session(&server.sessions[i]);
	server.open = 0;
	for (i = 0; i < WIRE_RECEIVE; i++)
		server.received[i] = new_buffer();
	listen_on(setup->port);
}

/* Are TCP's checksums the link's? IPv4's header is checked here, as by PIKA. */
void lwip_server_offload(bool offload)
{
	u16_t flags = NETIF_CHECKSUM_ENABLE_ALL;

	if (offload)
		flags &= ~(NETIF_CHECKSUM_GEN_TCP | NETIF_CHECKSUM_CHECK_TCP);
	NETIF_SET_CHECKSUM_CTRL(&server.link, flags);
}

void lwip_server_set_now(uint64_t ns)
{
	server.now_ms = ns / 1000000;
}

uint8_t *lwip_server_buffer(void)
{
	return server.received[server.tail % WIRE_RECEIVE]->payload;
}

void lwip_server_deliver(uint32_t len)
{
	struct pbuf *p = server.received[server.tail++ % WIRE_RECEIVE];

	p->len = len;
	p->tot_len = len;
}

/* The main loop of a system without threads: packets, then timers. */
void lwip_server_work(void)
{
	struct pbuf **place;
	struct pbuf *p;

	while (server.head != server.tail) {
		place = &server.received[server.head++ % WIRE_RECEIVE];
		p = *place;
		*place = new_buffer();
		if (server.link.input(p, &server.link) != ERR_OK)
			pbuf_free(p);
	}
	sys_check_timeouts();
}

unsigned int lwip_server_open(void)
{
	return server.open;
}

/*
 * Connections that are open now and not yet idle are, from now on: they move out
 * of lwIP's pool, which holds 65,535 at most, and out of its sight.
 */
static void put_aside(void)
{
	struct tcp_pcb *next;
	struct tcp_pcb *pcb;

	for (pcb = tcp_active_pcbs; pcb; pcb = next) {
		next = pcb->next;
		if (pcb >= server.idle && pcb < server.idle + LWIP_IDLE)
			continue;
		if (server.idle_len == LWIP_IDLE)
			abort();
		server.idle[server.idle_len++] = *pcb;
		memp_free(MEMP_TCP_PCB, pcb);
	}
	tcp_active_pcbs = NULL;
}

/*
 * All open connections are idle, and @others of them where lwIP looks for a
 * packet's. That is a list: with all of them on it, to open them would take
 * minutes.
 */
void lwip_server_set_idle(unsigned int others)
{
	struct tcp_pcb *pcb;

	put_aside();
	if (others > server.idle_len)
		abort();
	for (pcb = server.idle; pcb < server.idle + others; pcb++) {
		pcb->next = tcp_active_pcbs;
		tcp_active_pcbs = pcb;
	}
}

size_t lwip_server_bytes_per_connection(void)
{
	return sizeof(struct tcp_pcb);
}
