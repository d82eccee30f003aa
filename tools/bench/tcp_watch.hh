// SPDX-License-Identifier: GPL-2.0-only
//
// The time that a stack takes, as short as it may be.

#pragma once

#include <x86intrin.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace bench {

/// Sums up the time between start() and stop(). Reads the time-stamp counter: a call
/// for the time would take as long as what is measured.
class Watch {
 public:
  void start() { begin_ = __rdtsc(); }

  void stop() {
    ticks_ += __rdtsc() - begin_;
    ++stops_;
  }

  /// Nanoseconds of what was measured since the last call; what measuring takes is
  /// not among them.
  double take_ns() {
    const double ticks = static_cast<double>(ticks_) - overhead() * static_cast<double>(stops_);
    ticks_ = stops_ = 0;
    return std::max(ticks, 0.0) * tick_ns();
  }

 private:
  /// Of a tick, by the system's clock.
  static double tick_ns() {
    static const double ns = [] {
      using Clock = std::chrono::steady_clock;
      const auto start = Clock::now();
      const uint64_t ticks = __rdtsc();
      while (Clock::now() - start < std::chrono::milliseconds(20)) {
      }
      const std::chrono::duration<double, std::nano> took = Clock::now() - start;
      return took.count() / static_cast<double>(__rdtsc() - ticks);
    }();
    return ns;
  }

  /// Ticks between start() and stop() with nothing in between.
  static double overhead() {
    static const double ticks = [] {
      uint64_t least = UINT64_MAX;
      for (int i = 0; i < 1000; ++i) {
        const uint64_t begin = __rdtsc();
        least = std::min<uint64_t>(least, __rdtsc() - begin);
      }
      return static_cast<double>(least);
    }();
    return ticks;
  }

  uint64_t begin_ = 0;
  uint64_t ticks_ = 0;
  uint64_t stops_ = 0;
};

}  // namespace bench
