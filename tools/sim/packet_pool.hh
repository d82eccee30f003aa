// SPDX-License-Identifier: GPL-2.0-only
//
// Received packets, each in heap blocks of exactly its size, and how many of them
// are out: at the end of a simulation all must have come back.
#ifndef PIKA_SIM_PACKET_POOL_HH
#define PIKA_SIM_PACKET_POOL_HH

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "tools/sim/memory.hh"

namespace pika::sim {

/// Where a host's received packets come from and go home to. Whose a packet is changes
/// with messages and with calls of the seam: who hands one over says give(), who gets
/// it says take(). Where all share one process that means nothing.
///
/// The true size of a packet is that of an skb with a card's usual buffer, however
/// little is in it.
class PacketPool {
 public:
  static constexpr size_t buffer = 2'048;
  static constexpr size_t overhead = 512;  // struct sk_buff and its shared info

  PacketPool() = default;
  virtual ~PacketPool() = default;
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;

  /// A packet of @p bytes, which begin with the IP header.
  /// @param linear how many of them the core may read; the others are as good as in
  ///   pages of an skb
  /// @return the caller's until put()
  pika_packet* make(std::span<const uint8_t> bytes, size_t linear);

  /// @p packet, out of make() and the caller's, is done with: one, not its chain.
  void put(pika_packet* packet);

  /// Copies out.size() bytes from @p offset of @p packet's data, linear or not.
  void copy(const pika_packet* packet, size_t offset, std::span<uint8_t> out) const;
  /// The core's seam; see struct pika_env_ops. Packets that are linear, as far as a
  /// card's usual buffer has room.
  bool append(pika_packet* to, const pika_packet* from);
  /// All bytes of @p packet.
  std::vector<uint8_t> bytes(const pika_packet* packet) const;

  /// Packets made and not put.
  size_t out() const { return out_.load(std::memory_order_relaxed); }

  /// From now on @p packet is @p to's, not this process's.
  virtual void give(pika_packet*, Party /*to*/) {}
  /// @p packet was given to this process.
  /// @return false if it was not
  virtual bool take(pika_packet*) { return true; }

  /// The same for all packets that are handed over with a message.
  virtual void give(const pika_msg&, Party /*to*/) {}
  virtual void take(const pika_msg&) {}

 protected:
  /// @return room for a packet whose data of @p linear bytes is @p data
  virtual pika_packet* allocate(size_t linear);
  virtual void release(pika_packet* packet);
  /// Room for @p linear bytes, at most a usual buffer, with those that are there.
  virtual void extend(pika_packet* packet, size_t linear);

 private:
  struct Block : pika_packet {
    std::unique_ptr<uint8_t[]> head;
  };

  // Atomic, and in no order: threads may share a pool of linear packets.
  std::atomic<size_t> out_ = 0;
  std::unordered_map<const pika_packet*, std::vector<uint8_t>> tails_;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_PACKET_POOL_HH
