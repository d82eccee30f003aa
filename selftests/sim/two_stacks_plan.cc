// SPDX-License-Identifier: GPL-2.0-only

#include <algorithm>

#include "selftests/sim/two_stacks_traffic.hh"

namespace pika::sim {
namespace {

/// Most sizes are small and some are not, as in life: it is their logarithm that is
/// spread evenly.
size_t some_size(Random& random, size_t max) {
  const size_t limit = size_t{1} << random.below(16);
  return std::min(max, random.below(limit + 1));
}

EndPlan some_end(Random& random) {
  EndPlan end;
  end.bytes = some_size(random, 20'000);
  end.piece_max = 1 + some_size(random, 4'000);
  end.pause = random.chance(0.3) ? 0.1 : 0;
  end.pause_max = random.chance(0.2) ? 2_s : 5_ms;
  end.more = random.chance(0.1) ? 0.5 : 0;
  end.shuts_down = random.chance(0.7);
  return end;
}

ConnectionPlan some_connection(Random& random, uint32_t number, const Plan& plan) {
  ConnectionPlan c;
  c.number = number;
  c.key = static_cast<uint32_t>(random.next());
  c.from_first = random.chance(0.5);
  c.v6 = random.chance(0.5);
  c.port = plan.ports[random.below(plan.ports.size())];
  if (random.chance(0.7))
    c.local_port = static_cast<uint16_t>(20'000 + number * 611 + random.below(611));
  c.endpoint = random.below(plan.host.endpoints);
  c.start = random.chance(0.5) ? random.below(300_us) : random.below(50_ms);
  c.client = some_end(random);
  c.server = some_end(random);
  if (!c.local_port) c.client.bytes += 4;
  // An orphan does not wait for ever for a reader who dawdles.
  const size_t least = std::max(c.client.bytes, c.server.bytes) / 40;
  c.client.piece_max = std::max(c.client.piece_max, least);
  c.server.piece_max = std::max(c.server.piece_max, least);
  EndPlan& end = random.chance(0.5) ? c.client : c.server;
  end.aborts = random.chance(0.12);
  end.abort_at = random.below(end.bytes + 1);
  return c;
}

WireOptions some_wire(Random& random) {
  WireOptions wire;
  wire.delay = random.between(5_us, 20_ms) >> random.below(8);
  wire.reorder_delay = wire.delay * 2 + random.below(5_ms);
  const double bad[] = {0, 0.01, 0.05, 0.12};
  const auto pick = [&random, &bad] { return bad[random.below(4)]; };
  if (random.chance(0.15)) return wire;
  wire.lost = pick();
  wire.duplicated = pick();
  wire.corrupted = pick() / 2;
  wire.reordered = pick() * 2;
  wire.padded = 0.5;
  return wire;
}

HostOptions some_host(Random& random) {
  HostOptions host;
  host.endpoints = 2;
  host.ring_slots = PIKA_RING_MIN_SLOTS << random.below(4);
  host.budget = static_cast<uint32_t>(random.between(1, 64));
  host.run_delay_min = random.between(100, 1'000);
  host.run_delay_max = host.run_delay_min + random.below(20_us);
  host.frees_by_message = random.chance(0.5);
  host.ts.receive_buffer = 2'048u << random.below(5);
  host.ts.send_buffer = 2'048u << random.below(5);
  host.ts.mtu = random.chance(0.7) ? 1'500 : static_cast<u16>(random.between(1'280, 9'000));
  host.ts.max_segments = random.chance(0.5) ? 1 : 16;
  host.nic.checked = random.chance(0.5) ? 0.5 : 0;
  host.nic.nonlinear = 0.5;
  host.nic.missteered = random.chance(0.3) ? 0.2 : 0;
  host.nic.tx_slots = 4u << random.below(6);
  return host;
}

/// Some runs see the milliseconds of the timers wrap.
Nanos some_clock(Random& random) {
  constexpr Nanos wrap = (Nanos{1} << 32) * 1_ms;
  return random.chance(0.3) ? wrap - random.below(3_s) : 1_s + random.below(wrap);
}

}  // namespace

Plan::Plan(uint64_t number) : seed(number) {
  Random random(number);
  clock = some_clock(random);
  host = some_host(random);
  wire = some_wire(random);
  ports = {80, 2'100, 8'080};  // of different flow groups' servers
  ports.resize(random.between(1, 3));
  backlog = static_cast<uint32_t>(random.between(1, 16));
  accept_late = random.chance(0.3) ? 0.3 : 0;
  const uint32_t n = static_cast<uint32_t>(random.between(1, 16));
  for (uint32_t i = 0; i < n; i++) connections.push_back(some_connection(random, i, *this));
}

}  // namespace pika::sim
