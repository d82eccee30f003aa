// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/executor.hh"

#include <cstddef>

#include "tools/sim/host.hh"

namespace pika::sim {

const pika_env_ops Executor::ops = {
    .now_ns = [](pika_env* env) -> u64 { return host_of(env).loop().now(); },
    .random = [](pika_env* env) { return static_cast<u32>(host_of(env).random().next()); },
    .ring_bell = [](pika_env* env, u16 to) { host_of(env).ring_bell(to); },
    .rx_burst = [](pika_env* env, u16 queue, pika_packet** packets, u32 n) -> u32 {
      return host_of(env).nic().burst(queue, packets, n);
    },
    .transmit = [](pika_env* env, u16 queue,
                   const pika_frame* frame) { return host_of(env).nic().transmit(queue, *frame); },
    .flush = [](pika_env*, u16) {},
    .free_packet = [](pika_env* env, pika_packet* packet) { host_of(env).pool().put(packet); },
    .pass = [](pika_env* env, pika_packet* packet) { host_of(env).take_back(packet); },
};

Executor::Executor(Host& host, uint16_t id, const ServerPlan& plan)
    : pika_env{&ops},
      host_(host),
      id_(id),
      plan_(plan),
      bell_(allocate_lines<pika_bell>()),
      server_(allocate_lines<pika_server>()),
      steering_(allocate_lines<uint16_t>(PIKA_GROUPS * sizeof(uint16_t))) {
  pika_arena counting{.at = nullptr, .left = SIZE_MAX, .taken = 0};
  set_up(counting);
  memory_ = allocate_lines<uint8_t>(counting.taken);
  pika_arena arena{.at = memory_.get(), .left = counting.taken, .taken = 0};
  server_ = allocate_lines<pika_server>();
  set_up(arena);
  if (arena.left > 0) host.loop().fail("a server that needs less memory than it counted");
  wake();
}

/// Once to count, once in earnest.
void Executor::set_up(pika_arena& arena) {
  pika_server* s = server_.get();
  pika_server_init(s, this, id_, host_.servers(), bell_.get());
  s->cm = plan_.asks;
  s->ls = plan_.sends;
  s->ts_of = steering_.get();
  for (uint16_t group = 0; group < PIKA_GROUPS; group++) s->ts_of[group] = host_.ts_of(group);
  int error = 0;
  if (plan_.link) error |= pika_link_init(s, &arena, plan_.queue);
  if (plan_.transport) error |= pika_ts_init(s, &arena, &host_.options().ts);
  if (plan_.manager) error |= pika_cm_init(s, &arena, &host_.options().cm);
  if (error && arena.at) host_.loop().fail("a server cannot be set up");
}

void Executor::wake() {
  pika_bell_disarm(bell_.get());
  run_at(host_.loop().now() + host_.run_delay());
}

/// At the earliest time that somebody asked for; an event of a later one finds that
/// it is not awaited any more.
void Executor::run_at(Nanos when) {
  if (when >= next_run_) return;
  next_run_ = when;
  host_.loop().at(when, [this, when] {
    if (when == next_run_) run();
  });
}

void Executor::run() {
  next_run_ = never;
  runs_++;
  pika_bell_disarm(bell_.get());
  const bool worked = pika_server_run(server_.get(), host_.budget()) > 0;
  host_.check(*this);
  const bool received = plan_.link && host_.nic().has_received(plan_.queue);
  if (worked || received || !pika_server_may_sleep(server_.get())) return wake();
  sleep();
}

void Executor::sleep() {
  u32 expires_ms = 0;
  if (!pika_server_next_timer(server_.get(), &expires_ms)) return;
  const Nanos now_ms = host_.loop().now() / 1_ms;
  const auto after = static_cast<int32_t>(expires_ms - static_cast<uint32_t>(now_ms));
  run_at((now_ms + static_cast<Nanos>(after > 0 ? after : 1)) * 1_ms);
}

}  // namespace pika::sim
