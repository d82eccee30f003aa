// SPDX-License-Identifier: GPL-2.0-only
//
// Random numbers that depend on the seed alone, on every machine: splitmix64
// (Steele, Lea and Flood, 2014), without the standard library's distributions.
#ifndef PIKA_SIM_RANDOM_HH
#define PIKA_SIM_RANDOM_HH

#include <cstdint>

namespace pika::sim {

/// A stream of random numbers. Give each user its own by split(), so that one more
/// draw in one place does not change what all the others see.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  /// 64 random bits.
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  /// One of 0 .. n - 1; n > 0.
  uint64_t below(uint64_t n) { return next() % n; }

  /// One of low .. high, both included.
  uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }

  /// True once in 1 / probability draws.
  bool chance(double probability) {
    return static_cast<double>(next() >> 11) < probability * 9007199254740992.0;
  }

  /// Another stream, independent of what is drawn from this one later.
  Random split() { return Random(next()); }

 private:
  uint64_t state_;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_RANDOM_HH
