// SPDX-License-Identifier: GPL-2.0-only
//
// The receive rings: frames into the guest's buffers, and what is known about them into
// descriptors.
#ifndef PIKA_NIC82599_RX_RINGS_HH
#define PIKA_NIC82599_RX_RINGS_HH

#include <array>
#include <cstdint>
#include <vector>

#include "tools/nic82599/complaints.hh"
#include "tools/nic82599/host.hh"
#include "tools/nic82599/offsets.hh"
#include "tools/nic82599/registers.hh"

namespace pika::nic82599 {

/// What a descriptor says about a frame.
struct RxReport {
  uint32_t rss_hash = 0;
  uint32_t packet_info = 0;  ///< kinds of hash and of packet
  uint32_t status = 0;       ///< and errors, of the frame's last descriptor
  uint16_t tag = 0;
};

class RxRings {
 public:
  RxRings(Registers& registers, Host& host, Complaints& complaints);

  bool enabled(unsigned queue) const;
  /// Some queue is enabled, and each that is has a descriptor.
  bool has_room() const;
  bool any_enabled() const { return enabled_ != decltype(enabled_){}; }

  /// Writes a frame, which may take several descriptors.
  /// Returns: false, and the driver is told of no part of it, if there are not enough or
  /// one is of no use.
  bool deliver(unsigned queue, ConstBytes frame, const RxReport& report);

  /// A register of the ring that tells where it is, or RXDCTL, was written.
  void changed(unsigned queue);

  void reset();

  bool no_done = false;  ///< for faults: DD is not written

 private:
  struct Descriptor {
    uint64_t buffer;
    uint64_t header;
  };
  static constexpr uint32_t batch = 64;

  struct Ring {
    // Descriptors that were read at once and not yet used.
    std::array<Descriptor, batch> fetched;
    uint32_t first = 0;
    uint32_t count = 0;
  };

  uint32_t value(unsigned queue, uint32_t what) const { return registers_[reg::rx(queue) + what]; }
  uint32_t size(unsigned queue) const { return value(queue, reg::rdlen) / sizeof(Descriptor); }
  uint64_t base(unsigned queue) const;
  uint32_t available(unsigned queue) const;
  uint32_t buffer_size(unsigned queue) const;
  uint32_t after(unsigned queue, uint32_t index) const {
    return index + 1 == size(queue) ? 0 : index + 1;
  }
  const Descriptor* fetch(unsigned queue, uint32_t index, uint32_t available);
  bool fill(unsigned queue, ConstBytes frame);
  bool tell(unsigned queue, size_t bytes, const RxReport& report);
  bool write_back(unsigned queue, uint32_t index, uint32_t bytes, bool last,
                  const RxReport& report);
  void stop(unsigned queue);

  Registers& registers_;
  Host& host_;
  Complaints& complaints_;
  std::vector<Ring> rings_{reg::queues};
  std::array<uint64_t, reg::queues / 64> enabled_{};
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_RX_RINGS_HH
