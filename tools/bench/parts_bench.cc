// SPDX-License-Identifier: GPL-2.0-only
//
// The parts of the core that every packet goes through, each alone: timers, the
// flow table, reading headers, hashes.

extern "C" {
#include "core/isn.h"
#include "core/timer.h"
}

#include <benchmark/benchmark.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "cycles.hh"
#include "flows.hh"
#include "packets.hh"

namespace {

using bench::Cycles;
using bench::flow_key;
using bench::flow_secret;
using bench::Flows;

// Timers. Those of other connections are spread over a minute.

class Wheel {
 public:
  explicit Wheel(size_t others) : others_(others) {
    std::mt19937 random(1);
    pika_wheel_init(&wheel_, 0);
    for (auto& timer : others_) {
      pika_timer_init(&timer);
      pika_timer_arm(&wheel_, &timer, 100 + random() % 60'000);
    }
  }
  pika_wheel* get() { return &wheel_; }

 private:
  pika_wheel wheel_;
  std::vector<pika_timer> others_;
};

void timer_arm_cancel(benchmark::State& state) {
  Wheel wheel(static_cast<size_t>(state.range(0)));
  pika_timer timer;
  pika_timer_init(&timer);
  u32 after = 0;
  const Cycles cycles;
  for (auto _ : state) {
    pika_timer_arm(wheel.get(), &timer, 200 + (after++ & 63));
    pika_timer_cancel(wheel.get(), &timer);
  }
  cycles.report(state);
}
BENCHMARK(timer_arm_cancel)->Arg(0)->Arg(100'000);

/// Moved to another time, as a retransmission timer is by each ACK.
void timer_rearm(benchmark::State& state) {
  Wheel wheel(static_cast<size_t>(state.range(0)));
  pika_timer timer;
  pika_timer_init(&timer);
  u32 after = 0;
  const Cycles cycles;
  for (auto _ : state) pika_timer_arm(wheel.get(), &timer, 200 + (after++ & 63));
  cycles.report(state);
}
BENCHMARK(timer_rearm)->Arg(0)->Arg(100'000);

/// Armed for one of the next 64 ticks, and fired. One iteration is one timer.
void timer_fire(benchmark::State& state) {
  constexpr u32 count = 1024;
  pika_wheel wheel;
  std::vector<pika_timer> timers(count);
  u32 now = 0;
  uint64_t fired = 0;
  pika_wheel_init(&wheel, now);
  for (auto& timer : timers) pika_timer_init(&timer);
  const auto fire = [](void* context, pika_timer*) { ++*static_cast<uint64_t*>(context); };
  const Cycles cycles;
  while (state.KeepRunningBatch(count)) {
    for (u32 i = 0; i < count; ++i) pika_timer_arm(&wheel, &timers[i], now + 1 + i % 64);
    for (const u32 end = now + 64; now != end;) pika_wheel_run(&wheel, ++now, count, fire, &fired);
  }
  cycles.report(state);
  if (fired != static_cast<uint64_t>(state.iterations())) state.SkipWithError("one did not fire");
}
BENCHMARK(timer_fire);

// The flow table.

/// One flow again and again, among range(0) others.
void flow_find_hot(benchmark::State& state) {
  const Flows flows(static_cast<u32>(state.range(0)) + 1, state.range(1));
  const pika_flow_key wanted = flow_key(0, state.range(1));
  const Cycles cycles;
  for (auto _ : state) benchmark::DoNotOptimize(flows.find(wanted));
  cycles.report(state);
}
BENCHMARK(flow_find_hot)->ArgsProduct({{0, 1000, 100'000}, {0}})->Args({100'000, 1});

/// Another one each time, in no order: its slot and its TCB are where the caches and
/// the size of the table left them.
void flow_find_cold(benchmark::State& state) {
  const auto count = static_cast<u32>(state.range(0)) + 1;
  const Flows flows(count, false);
  std::vector<u32> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(1));
  std::vector<pika_flow_key> wanted;
  wanted.reserve(count);
  for (const u32 n : order) wanted.push_back(flow_key(n));
  size_t i = 0;
  // The next search begins where this one's answer is known, as in a server that
  // works on what it found.
  const Cycles cycles;
  for (auto _ : state) {
    const u32 found = flows.find(wanted[i]);
    i += 1 + (found == PIKA_POOL_NONE);
    if (i >= count) i = 0;
  }
  cycles.report(state);
}
BENCHMARK(flow_find_cold)->Arg(0)->Arg(1000)->Arg(100'000);

/// A segment of a flow that there is not, such as a SYN.
void flow_find_nothing(benchmark::State& state) {
  const auto count = static_cast<u32>(state.range(0)) + 1;
  const Flows flows(count, false);
  u32 n = count;
  const Cycles cycles;
  for (auto _ : state) benchmark::DoNotOptimize(flows.find(flow_key(n++)));
  cycles.report(state);
}
BENCHMARK(flow_find_nothing)->Arg(100'000);

// Headers.

/// range(0): IPv6; range(1): bytes of payload; range(2): the checksum is still to be
/// verified.
void packet_parse(benchmark::State& state) {
  std::vector<u8> bytes = bench::segment(state.range(0), static_cast<u32>(state.range(1)));
  const pika_packet packet = bench::packet_of(bytes, !state.range(2));
  pika_segment seg;
  const Cycles cycles;
  for (auto _ : state) {
    if (pika_packet_parse(&packet, &seg) != PIKA_PARSE_OK) state.SkipWithError("does not parse");
    benchmark::DoNotOptimize(seg);
    benchmark::ClobberMemory();
  }
  cycles.report(state);
}
BENCHMARK(packet_parse)
    ->ArgNames({"v6", "payload", "sum"})
    ->Args({0, 0, 0})
    ->Args({0, 0, 1})
    ->Args({0, 1448, 1})
    ->Args({1, 0, 0})
    ->Args({1, 0, 1});

// Hashes.

void hash_of_flow(benchmark::State& state) {
  const pika_flow_secret secret = flow_secret();
  pika_flow_key flow = flow_key(0, state.range(0));
  const Cycles cycles;
  for (auto _ : state) {
    benchmark::DoNotOptimize(flow);
    benchmark::DoNotOptimize(pika_flow_hash(&secret, &flow));
  }
  cycles.report(state);
}
BENCHMARK(hash_of_flow)->ArgName("v6")->Arg(0)->Arg(1);

void siphash_2_4(benchmark::State& state) {
  const pika_secret secret{{1, 2}};
  std::vector<u8> bytes(static_cast<size_t>(state.range(0)));
  const Cycles cycles;
  for (auto _ : state) {
    benchmark::ClobberMemory();
    benchmark::DoNotOptimize(pika_siphash(&secret, bytes.data(), bytes.size()));
  }
  cycles.report(state);
}
BENCHMARK(siphash_2_4)->ArgName("bytes")->Arg(16)->Arg(64)->Arg(1024);

}  // namespace
