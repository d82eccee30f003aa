// SPDX-License-Identifier: GPL-2.0-only
//
// Prints the rate of this machine's time stamp counter in kHz, which is also
// the rate that a guest under TCG sees. Takes 50 ms.

#include <time.h>
#include <x86intrin.h>

#include <cstdint>
#include <cstdio>

namespace {

int64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

int main() {
  constexpr int64_t span_ns = 50'000'000;
  const int64_t start_ns = now_ns();
  const uint64_t start = __rdtsc();
  int64_t end_ns = start_ns;
  while (end_ns - start_ns < span_ns) end_ns = now_ns();
  const uint64_t ticks = __rdtsc() - start;
  std::printf("%.0f\n", static_cast<double>(ticks) * 1e6 / static_cast<double>(end_ns - start_ns));
}
