// SPDX-License-Identifier: GPL-2.0-only
//
// ICMP errors as bytes. Written from the RFCs, without the core's help, because it
// judges the core.
#ifndef PIKA_SIM_ICMP_HH
#define PIKA_SIM_ICMP_HH

#include "tools/sim/segment.hh"

namespace pika::sim {

enum class IcmpKind { too_big, net_unreachable, host_unreachable, port_unreachable };

/// @param about the segment that could not be delivered; its headers come back
/// @param mtu of the next hop, with too_big
/// @return the error that a router sends to @p about.from (RFC 792, RFC 1191, RFC 4443).
Bytes icmp_error(const Segment& about, IcmpKind kind, uint32_t mtu);

}  // namespace pika::sim

#endif  // PIKA_SIM_ICMP_HH
