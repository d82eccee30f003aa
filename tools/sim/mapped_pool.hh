// SPDX-License-Identifier: GPL-2.0-only
//
// Packets in pages that only their owner's process can use.
#ifndef PIKA_SIM_MAPPED_POOL_HH
#define PIKA_SIM_MAPPED_POOL_HH

#include <deque>

#include "tools/sim/packet_pool.hh"

namespace pika::sim {

/// A pool of places, each of some pages, in a host's memory. Who owns which is written
/// in a ledger; a process opens a place that was given to it and closes it again when
/// it gives it away. Only the outside makes and puts packets.
class MappedPool : public PacketPool {
 public:
  /// @param memory mapped
  explicit MappedPool(Memory& memory);

  void give(pika_packet* packet, Party to) override;
  bool take(pika_packet* packet) override;
  /// After the message was sent, but before its receiver runs.
  void give(const pika_msg& msg, Party to) override;
  void take(const pika_msg& msg) override;

  /// This process is @p self from now on.
  void enter(Party self) { self_ = self; }
  /// "packet 5, which is server 2's", if that is what @p address is in.
  std::string describe(const void* address) const;

 protected:
  pika_packet* allocate(size_t linear) override;
  void release(pika_packet* packet) override;
  void extend(pika_packet*, size_t) override {}  // all have that room

 private:
  static constexpr size_t places = 4'096;
  static constexpr size_t pages = 3;  // 9000 bytes and the header

  size_t place_of(const void* packet) const;
  void protect(size_t place, int protection);

  Party self_ = outside;
  size_t size_;  // of a place
  std::byte* memory_;
  Party* owners_;
  std::deque<size_t> free_;  // the longest unused one first
};

}  // namespace pika::sim

#endif  // PIKA_SIM_MAPPED_POOL_HH
