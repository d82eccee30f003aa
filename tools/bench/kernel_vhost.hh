// SPDX-License-Identifier: GPL-2.0-only
//
// Gives a tap device packets in bursts, as a card does that its driver polls: through
// the kernel's vhost-net, which is how virtual machines send. It takes up to 64 from
// its queue before anything else runs on that CPU.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "file.hh"

namespace bench {

/// All that it does fails by std::system_error.
class Vhost {
 public:
  /// @param tap a descriptor of the tap's, without a virtio header of its own
  explicit Vhost(int tap);

  static constexpr unsigned queue_len = 256;
  static constexpr size_t most_bytes = 1536;

  /// Puts in one frame, from its Ethernet header on, of at most most_bytes; at most
  /// queue_len before send().
  void put(std::span<const uint8_t> frame);

  /// The stack has had all of them when this returns.
  void send();

 private:
  struct Buffer {
    std::array<uint8_t, 10> header;  ///< VIRTIO 1.2, 5.1.6: all 0, nothing is left to do
    std::array<uint8_t, most_bytes> frame;
  };
  struct Descriptor {
    uint64_t address;
    uint32_t len;
    uint16_t flags, next;
  };
  struct Used {
    uint32_t id, len;
  };
  /// A queue as VIRTIO 1.2, 2.7 lays it out. The kernel's headers for it are no C++.
  struct Queue {
    alignas(16) std::array<Descriptor, queue_len> descriptors;
    struct {
      uint16_t flags, index;
      std::array<uint16_t, queue_len> ring;
    } available;
    struct alignas(4) {
      uint16_t flags, index;
      std::array<Used, queue_len> ring;
    } used;
    std::array<Buffer, queue_len> buffers;
  };

  void give_memory();
  void set_up_queue();

  std::unique_ptr<Queue> queue_;
  File vhost_;
  File kick_;
  File call_;
  uint16_t next_ = 0;
};

}  // namespace bench
