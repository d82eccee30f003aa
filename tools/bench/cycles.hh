// SPDX-License-Identifier: GPL-2.0-only
//
// A column "cycles" for google-benchmark: the paper counts in them. They are the
// time stamp counter's, which runs at one speed whatever that of the core.
#ifndef PIKA_BENCH_CYCLES_HH
#define PIKA_BENCH_CYCLES_HH

#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <vector>

namespace bench {

/// Cycles in a nanosecond, measured once against the system's clock.
inline double cycles_per_ns() {
  static const double cycles = [] {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const uint64_t begin = __rdtsc();
    while (Clock::now() - start < std::chrono::milliseconds(20)) {
    }
    const std::chrono::duration<double, std::nano> took = Clock::now() - start;
    return static_cast<double>(__rdtsc() - begin) / took.count();
  }();
  return cycles;
}

/// What this thread has spent since it was made; not what others took from it.
class Cycles {
 public:
  void report(benchmark::State& state) const {
    const double cycles = static_cast<double>(cpu_ns() - start_) * cycles_per_ns();
    state.counters["cycles"] = cycles / static_cast<double>(state.iterations());
  }

 private:
  static uint64_t cpu_ns() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  }

  uint64_t start_ = cpu_ns();
};

/// The same where two threads are needed and time passes while one of them is kept
/// from running: the median of many short rounds.
class MedianCycles {
 public:
  void start() { start_ = __rdtsc(); }
  /// @param each how many of what is measured there were in the round
  void stop(unsigned each) { rounds_.push_back(static_cast<double>(__rdtsc() - start_) / each); }

  void report(benchmark::State& state) {
    const auto middle = rounds_.begin() + static_cast<long>(rounds_.size() / 2);
    std::nth_element(rounds_.begin(), middle, rounds_.end());
    state.counters["cycles"] = *middle;
  }

 private:
  uint64_t start_ = 0;
  std::vector<double> rounds_;
};

}  // namespace bench

#endif  // PIKA_BENCH_CYCLES_HH
