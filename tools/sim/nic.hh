// SPDX-License-Identifier: GPL-2.0-only
//
// A host's network card: queue pairs that steer by flow group, checksum and
// segmentation offload, transmit queues that fill up.
#ifndef PIKA_SIM_NIC_HH
#define PIKA_SIM_NIC_HH

#include <deque>
#include <functional>
#include <vector>

#include "tools/sim/loop.hh"
#include "tools/sim/packet_pool.hh"
#include "tools/sim/random.hh"
#include "tools/sim/segment.hh"

namespace pika::sim {

/// How a card behaves.
struct NicOptions {
  size_t queues = 1;
  size_t rx_slots = 1024;   ///< of each queue; what comes then is dropped
  size_t tx_slots = 256;    ///< likewise; transmit() refuses then
  Nanos frame_time = 1_us;  ///< of one frame on the line
  double checked = 0;       ///< part of the packets whose checksum the card has checked
  double nonlinear = 0;     ///< part of the checked ones that are not linear
  double missteered = 0;    ///< part of the packets that go to some other queue
};

/// See above. Packets are made in the host's pool as they are taken by burst().
class Nic {
 public:
  Nic(Loop& loop, Random random, PacketPool& pool, const NicOptions& options);

  /// To the wire, one packet at a time.
  std::function<void(Bytes)> on_transmit;
  /// There is something to receive on a queue, or room again to transmit.
  std::function<void(size_t queue)> on_work;
  /// Which queue a flow group is received on.
  std::function<size_t(uint16_t group)> steer;
  /// Reads the application's payload.
  ReadBuffer read_buffer;

  /// From the wire.
  void receive(Bytes bytes);

  /// The core's seam; see struct pika_env_ops.
  uint32_t burst(size_t queue, pika_packet** packets, uint32_t n);
  bool transmit(size_t queue, const pika_frame& frame);
  /// The host's own stack sends, too.
  void transmit_raw(Bytes bytes) { on_transmit(std::move(bytes)); }

  bool has_received(size_t queue) const { return !queues_[queue].received.empty(); }
  size_t dropped() const { return dropped_; }

 private:
  struct Queue {
    std::deque<Bytes> received;
    size_t transmitting = 0;
    bool refused = false;
    Nanos free_at = 0;
  };

  size_t queue_of(const Bytes& bytes);
  pika_packet* make(const Bytes& bytes);
  void start(size_t queue, Bytes bytes);
  void finish(size_t queue, Bytes bytes);

  Loop& loop_;
  Random random_;
  PacketPool& pool_;
  NicOptions options_;
  std::vector<Queue> queues_;
  size_t dropped_ = 0;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_NIC_HH
