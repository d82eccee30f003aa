// SPDX-License-Identifier: GPL-2.0-only
//
// What the receiver knows about a frame: where its headers are, and whether its checksums
// are right.
#ifndef PIKA_NIC82599_HEADERS_HH
#define PIKA_NIC82599_HEADERS_HH

#include "tools/nic82599/host.hh"

namespace pika::nic82599 {

enum class Ip : uint8_t { none, v4, v6 };
enum class Transport : uint8_t { none, tcp, udp, sctp };

struct Headers {
  bool tagged = false;      ///< by a VLAN, outermost
  uint16_t tag = 0;         ///< the tag's priority and VLAN
  uint16_t first_type = 0;  ///< what follows the addresses
  uint16_t type = 0;        ///< ... and the VLAN tag
  Ip ip = Ip::none;
  bool ip_extended = false;  ///< with options or extension headers
  bool fragment = false;
  Transport transport = Transport::none;
  uint32_t ip_at = 0;
  uint32_t transport_at = 0;
  uint32_t ip_end = 0;  ///< where the IP packet ends; padding may follow
};

/// @p frame has at least 14 bytes. @p tag_type is the Ethernet type of VLAN tags.
Headers parse(ConstBytes frame, uint16_t tag_type);

enum class Checked : uint8_t { no, good, bad };

Checked check_ip(ConstBytes frame, const Headers& headers);
Checked check_transport(ConstBytes frame, const Headers& headers);

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_HEADERS_HH
