// SPDX-License-Identifier: GPL-2.0-only
//
// What a card stands in: the guest's memory, its interrupts, a wire and a clock.
// The program gives it QEMU's; unit tests and fuzzers give it their own. All on one
// thread.
#ifndef PIKA_NIC82599_HOST_HH
#define PIKA_NIC82599_HOST_HH

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pika::nic82599 {

using Bytes = std::span<std::byte>;
using ConstBytes = std::span<const std::byte>;
using Time = std::chrono::nanoseconds;  ///< since some start; never goes back

/// Nothing here calls back into the card: a frame that loops comes to Card::receive()
/// from the event loop, later.
class Host {
 public:
  virtual ~Host() = default;

  /// Copies from the guest's memory at @p address.
  /// Returns: false if not all of it is mapped for reading; @p to is then undefined.
  virtual bool read(uint64_t address, Bytes to) = 0;

  /// Copies into the guest's memory at @p address.
  /// Returns: false if not all of it is mapped for writing; nothing was written then.
  virtual bool write(uint64_t address, ConstBytes from) = 0;

  /// Raises MSI-X vector @p vector; the vector table's own masks are the host's matter.
  virtual void interrupt(unsigned vector) = 0;

  /// Sends a frame, from its Ethernet header to the last byte before the FCS. The bytes
  /// are the card's again when the call returns.
  virtual void transmit(ConstBytes frame) = 0;

  virtual Time now() const = 0;

  /// Wants Card::run() at @p when, or not at all for Time::max(). One at a time: a later
  /// call takes the earlier one's place.
  virtual void wake_at(Time when) = 0;

  /// The guest did what no driver should. One line, without its end.
  virtual void complain(std::string_view what) = 0;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_HOST_HH
