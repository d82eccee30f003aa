// SPDX-License-Identifier: GPL-2.0-only
//
// Received packets, each in heap blocks of exactly its size, and how many of them
// are out: at the end of a simulation all must have come back.
#ifndef PIKA_SIM_PACKET_POOL_HH
#define PIKA_SIM_PACKET_POOL_HH

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tools/sim/core.hh"

namespace pika::sim {

/// Where a host's received packets come from and go home to.
class PacketPool {
 public:
  /// A packet of @p bytes, which begin with the IP header.
  /// @param linear how many of them the core may read; the others are as good as in
  ///   pages of an skb
  /// @return the core's until put()
  pika_packet* make(std::span<const uint8_t> bytes, size_t linear);

  /// @p packet, out of make(), is done with: one, not its chain.
  void put(pika_packet* packet);

  /// Copies out.size() bytes from @p offset of @p packet's data, linear or not.
  static void copy(const pika_packet* packet, size_t offset, std::span<uint8_t> out);
  /// All bytes of @p packet.
  static std::vector<uint8_t> bytes(const pika_packet* packet);

  /// Packets made and not put.
  size_t out() const { return out_; }

 private:
  struct Packet : pika_packet {
    std::unique_ptr<uint8_t[]> head;
    std::vector<uint8_t> tail;
  };

  size_t out_ = 0;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_PACKET_POOL_HH
