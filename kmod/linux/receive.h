/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which packets of a device are PIKA's: the device's rx handler, and the way
 * back for what was not after all.
 */
#ifndef PIKA_LINUX_RECEIVE_H
#define PIKA_LINUX_RECEIVE_H

#include <linux/netdevice.h>

struct pika_packet;
struct pika_stack;

void pika_receive_init(void);
rx_handler_result_t pika_receive(struct sk_buff **pskb);
bool pika_receive_judged(struct pika_stack *stack, struct sk_buff *skb);
void pika_receive_icmp(struct pika_stack *stack, const struct sk_buff *skb);
void pika_packet_free(struct pika_packet *pkt);
void pika_packets_free(struct pika_packet *pkt);
bool pika_packet_pass(struct net *net, struct pika_packet *pkt);

#endif /* PIKA_LINUX_RECEIVE_H */
