// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/executor.hh"

#include "tools/sim/host.hh"
#include "tools/sim/process.hh"

namespace pika::sim {

const pika_env_ops Executor::local_ops = {
    .now_ns = [](pika_env* env) -> u64 { return host_of(env).loop().now(); },
    .random = [](pika_env* env) { return static_cast<u32>(host_of(env).random().next()); },
    .ring_bell = [](pika_env* env, u16 to) { host_of(env).ring_bell(to); },
    .rx_burst = [](pika_env* env, u16 queue, pika_packet** packets, u32 n) -> u32 {
      return host_of(env).nic().burst(queue, packets, n);
    },
    .transmit = [](pika_env* env, u16 queue,
                   const pika_frame* frame) { return host_of(env).nic().transmit(queue, *frame); },
    .flush = [](pika_env*, u16) {},
    .append = [](pika_env* env, pika_packet* to,
                 const pika_packet* from) { return host_of(env).pool().append(to, from); },
    .free_packet = [](pika_env* env, pika_packet* packet) { host_of(env).pool().put(packet); },
    .pass = [](pika_env* env, pika_packet* packet) { host_of(env).take_back(packet); },
};

Executor::Executor(Host& host, uint16_t id)
    : pika_env{&local_ops},
      host_(host),
      id_(id),
      has_link_(host.plan(id).link),
      queue_(host.plan(id).queue),
      memory_(make_server(host.memory(), host, id, *this)) {
  wake();
}

Executor::~Executor() = default;

Executor::Sight Executor::look() const {
  return {{host_.memory(), memory_.server}, {host_.memory(), memory_.arena}};
}

void Executor::start_process() { process_ = std::make_unique<ServerProcess>(*this); }

void Executor::wake() {
  if (woken_) return;
  woken_ = true;
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

bool Executor::has_received() const {
  return received_ ? *received_ : has_link_ && host_.nic().has_received(queue_);
}

Rest Executor::run_here() {
  const uint32_t budget = host_.options().budget;
  const bool more = pika_server_run(memory_.server, budget) >= budget;
  host_.check(*memory_.server);
  Rest rest;
  if (more || has_received() || !pika_server_may_sleep(memory_.server)) return rest;
  rest.sleeps = true;
  rest.timed = pika_server_next_timer(memory_.server, &rest.expires_ms);
  return rest;
}

void Executor::run() {
  next_run_ = never;
  woken_ = false;
  runs_++;
  const Rest rest = process_ ? process_->run() : run_here();
  if (host_.loop().failed()) return;
  if (!rest.sleeps) return wake();
  if (!rest.timed) return;
  const Nanos now_ms = host_.loop().now() / 1_ms;
  const auto after = static_cast<int32_t>(rest.expires_ms - static_cast<uint32_t>(now_ms));
  run_at((now_ms + static_cast<Nanos>(after > 0 ? after : 1)) * 1_ms);
}

}  // namespace pika::sim
