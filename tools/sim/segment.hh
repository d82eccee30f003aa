// SPDX-License-Identifier: GPL-2.0-only
//
// TCP segments as values and as bytes, and the core's frames as the bytes that a
// card would send. Written from the RFCs, without the core's help, because it
// judges the core.
#ifndef PIKA_SIM_SEGMENT_HH
#define PIKA_SIM_SEGMENT_HH

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tools/sim/core.hh"

namespace pika::sim {

using Bytes = std::vector<uint8_t>;

/// One address and port.
struct Place {
  pika_addr addr{};
  uint16_t port = 0;
};

/// @return the IPv4 address a.b.c.d as the core writes it.
pika_addr address_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
/// @return the IPv6 address fd00::@p host.
pika_addr address_v6(uint16_t host);
bool is_v4(const pika_addr& addr);
bool operator==(const Place& a, const Place& b);
std::string to_string(const Place& place);

/// A segment; numbers as in the header, in host order.
struct Segment {
  Place from;
  Place to;
  uint32_t seq = 0;
  uint32_t ack = 0;
  uint8_t flags = 0;
  uint8_t tos = 0;
  uint16_t window = 0;
  uint16_t urgent = 0;
  Bytes options{};
  Bytes payload{};

  bool has(uint8_t flag) const { return flags & flag; }
  /// Sequence numbers that it takes (RFC 9293 3.4).
  uint32_t length() const {
    return static_cast<uint32_t>(payload.size()) + has(PIKA_TCP_SYN) + has(PIKA_TCP_FIN);
  }
};

/// @return an IPv4 or IPv6 packet, by the addresses, with right checksums.
Bytes encode(const Segment& segment);

/// @return what @p bytes say, or nothing if they are no TCP segment, are shorter than
///   they say, or a checksum is wrong. Bytes after the packet are padding.
std::optional<Segment> decode(std::span<const uint8_t> bytes);

/// "192.0.2.1:80 > 192.0.2.2:1024 S. 1:1 ack 2 win 65535 <...>" for messages.
std::string to_string(const Segment& segment);

/// Copies len bytes from offset of the application's buffer into out; false if there is
/// no such buffer.
using ReadBuffer = std::function<bool(uint64_t buffer, uint32_t offset, std::span<uint8_t> out)>;

/// What a card makes of a frame: gathers the payload, completes the checksum and cuts it
/// into segments if it is to.
/// @return the packets, or nothing if a fragment cannot be read or does not add up.
std::optional<std::vector<Bytes>> to_packets(const pika_frame& frame, const ReadBuffer& read);

}  // namespace pika::sim

#endif  // PIKA_SIM_SEGMENT_HH
