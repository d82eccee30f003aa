/* SPDX-License-Identifier: GPL-2.0-only */
/* What there is to tell about an acceptor. */
#ifndef PIKA_CORE_CM_INFO_H
#define PIKA_CORE_CM_INFO_H

#include "cm.h"

/**
 * struct pika_acceptor_state - an acceptor, as it was when somebody looked
 * @listener: number of what it accepts from
 * @id: the application side's number for it
 * @endpoint: its address
 * @registered: it may be offered connections
 * @offers: made to it and neither claimed nor withdrawn
 * @open: claimed by it and not closed
 * @service_us: moving average of service times; 0: none yet
 * @claim_us: moving median of claim latencies; 0: none yet
 * @claimed: connections that it has claimed
 * @timeouts: offers that it did not claim in time
 */
struct pika_acceptor_state {
	u32 listener;
	u32 id;
	u16 endpoint;
	bool registered;
	u32 offers;
	u32 open;
	u32 service_us;
	u32 claim_us;
	u32 claimed;
	u32 timeouts;
};

u32 pika_cm_places(const struct pika_server *s);
bool pika_cm_acceptor(const struct pika_server *s, u32 index,
		      struct pika_acceptor_state *state);

#endif /* PIKA_CORE_CM_INFO_H */
