// SPDX-License-Identifier: GPL-2.0-only
//
// One direction of a cable: frames that were sent and are received a moment later, when
// the receiver has room, as if the two were on speaking terms about flow control.
#ifndef PIKA_NIC82599_WIRE_HH
#define PIKA_NIC82599_WIRE_HH

#include <cstdint>
#include <vector>

#include "tools/nic82599/loop.hh"
#include "tools/nic82599/sink.hh"

namespace pika::nic82599 {

/// Frames are kept one behind the other in a ring of bytes.
class Wire final : public Sink, public Loop::Pump {
 public:
  /// @p to outlives it.
  explicit Wire(Sink& to);

  /// A frame for which there is no space is dropped and counted.
  void take(ConstBytes frame) override;
  bool pump() override;

  uint64_t dropped() const { return dropped_; }

 private:
  static constexpr size_t size = 4 << 20;  ///< a power of two
  static constexpr size_t burst = 64;

  void copy_in(size_t at, ConstBytes from);
  void copy_out(size_t at, Bytes to) const;

  Sink& to_;
  std::vector<std::byte> ring_;
  std::vector<std::byte> frame_;  ///< the one that is delivered
  size_t head_ = 0;               ///< bytes put in, ever
  size_t tail_ = 0;               ///< bytes taken out, ever
  uint64_t dropped_ = 0;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_WIRE_HH
