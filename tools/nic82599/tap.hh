// SPDX-License-Identifier: GPL-2.0-only
//
// A tap device of this machine as what a card is plugged into.
#ifndef PIKA_NIC82599_TAP_HH
#define PIKA_NIC82599_TAP_HH

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libpika/descriptor.hh"
#include "libpika/result.hh"
#include "tools/nic82599/loop.hh"
#include "tools/nic82599/sink.hh"

namespace pika::nic82599 {

/// What the machine sends waits in the device's queue while the card has no room.
class Tap final : public Sink, public Loop::Pump {
 public:
  /// Opens the tap device @p name, and makes it if there is none, which goes with the
  /// program then. @p loop and @p to outlive the tap.
  static Result<std::unique_ptr<Tap>> open(const std::string& name, Loop& loop, Sink& to);
  ~Tap() override;

  /// A frame that the machine does not take is dropped and counted.
  void take(ConstBytes frame) override;
  bool pump() override;

  uint64_t dropped() const { return dropped_; }

 private:
  static constexpr size_t longest = 1 << 16;
  static constexpr size_t burst = 64;

  Tap(Descriptor device, Loop& loop, Sink& to);

  Descriptor device_;
  Loop& loop_;
  Sink& to_;
  std::vector<std::byte> frame_;
  bool readable_ = true;
  uint64_t dropped_ = 0;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_TAP_HH
