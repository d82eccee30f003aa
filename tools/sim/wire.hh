// SPDX-License-Identifier: GPL-2.0-only
//
// What lies between two cards: it loses, delays, reorders, duplicates, corrupts and
// pads packets, by seed.
#ifndef PIKA_SIM_WIRE_HH
#define PIKA_SIM_WIRE_HH

#include <functional>

#include "tools/sim/loop.hh"
#include "tools/sim/nic.hh"
#include "tools/sim/random.hh"

namespace pika::sim {

/// What a wire does to packets; parts of 1, independent of each other.
struct WireOptions {
  double lost = 0;
  double duplicated = 0;
  double corrupted = 0;  ///< one burst of at most 15 bits, which no checksum misses
  double reordered = 0;
  double padded = 0;  ///< to Ethernet's 46 bytes
  Nanos delay = 50_us;
  Nanos reorder_delay = 1_ms;  ///< at most, on top of delay
};

/// What a wire has done.
struct WireCounts {
  uint64_t packets = 0;
  uint64_t lost = 0;
  uint64_t corrupted = 0;
};

class Wire {
 public:
  Wire(Loop& loop, Random random, const WireOptions& options)
      : loop_(loop), random_(random), options_(options) {}

  /// Joins @p a and @p b, which both outlive the loop's events.
  void connect(Nic& a, Nic& b);

  /// Sees every packet as it is sent, before anything happens to it.
  std::function<void(const Bytes&)> tap;

  const WireCounts& counts() const { return counts_; }

 private:
  void carry(Nic& to, Bytes bytes);
  void deliver(Nic& to, Bytes bytes);
  void corrupt(Bytes& bytes);
  Nanos delay();

  Loop& loop_;
  Random random_;
  WireOptions options_;
  WireCounts counts_;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_WIRE_HH
