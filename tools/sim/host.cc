// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/host.hh"

#include <cerrno>

#include "tools/sim/assembly.hh"

namespace pika::sim {

Host::Host(Loop& loop, Random random, const HostOptions& options)
    : Machine(loop, random, options), memory_(options.processes) {
  if (options.processes) {
    auto pool = std::make_unique<MappedPool>(memory_);
    mapped_pool_ = pool.get();
    pool_ = std::move(pool);
  } else {
    pool_ = std::make_unique<PacketPool>();
  }
}

Result<std::unique_ptr<Host>> Host::make(Loop& loop, Random random, const HostOptions& options) {
  std::unique_ptr<Host> host(new Host(loop, random, options));
  if (!host->read_composition()) return Error{EINVAL, options.composition + ": not a composition"};
  host->make_nic();
  for (uint16_t id = 0; id < host->servers(); id++)
    host->executors_.push_back(std::make_unique<Executor>(*host, id));
  for (size_t i = 0; i < options.endpoints; i++)
    host->make_endpoint(static_cast<uint16_t>(host->servers() + i));
  host->make_rings();
  host->start();
  return host;
}

void Host::make_nic() {
  options_.nic.queues = queues();
  nic_ = std::make_unique<Nic>(loop_, random_.split(), *pool_, options_.nic);
  nic_->steer = [this](uint16_t group) { return plan(plan(ts_of(group)).sends).queue; };
  nic_->read_buffer = [this](uint64_t name, uint32_t offset, std::span<uint8_t> out) {
    return buffers_.read(name, offset, out);
  };
  nic_->on_work = [this](size_t queue) {
    for (uint16_t id = 0; id < servers(); id++)
      if (plan(id).link && plan(id).queue == queue) executors_[id]->wake();
  };
}

void Host::make_endpoint(uint16_t address) {
  auto* bell = memory_.allocate<pika_bell>("the bell of an endpoint",
                                           {.writer = outside, .reader = everybody});
  endpoints_.push_back(std::make_unique<Endpoint>(*this, address, bell));
}

void Host::make_rings() {
  Rings rings(memory_, *this);
  for (const auto& from : executors_) {
    for (const auto& to : executors_)
      if (from != to) rings.join(from->server(), to->server());
    for (const auto& endpoint : endpoints_) rings.join(from->server(), *endpoint);
  }
}

/// All is set up: to each his own from now on.
void Host::start() {
  for (const auto& executor : executors_)
    if (options_.prepare) options_.prepare(executor->server());
  if (!options_.processes) return;
  for (const auto& executor : executors_) executor->start_process();
  memory_.keep_from_forks();
  enter(outside);
}

void Host::enter(Party self) {
  memory_.enter(self);
  if (mapped_pool_) mapped_pool_->enter(self);
}

std::string Host::describe(const void* address) const {
  std::string what = mapped_pool_ ? mapped_pool_->describe(address) : std::string();
  if (what.empty()) what = memory_.describe(address);
  return what.empty() ? "no memory of this host" : what;
}

void Host::for_each_server(const std::function<void(const pika_server&)>& see) const {
  for (const auto& executor : executors_) {
    const auto look = executor->look();
    see(executor->server());
  }
}

void Host::ring_bell(uint16_t to) {
  if (to < servers())
    executors_[to]->wake();
  else
    endpoints_[to - servers()]->wake();
}

/// In the server's own process: what the test sees it may not change.
void Host::check(const pika_server& server) {
  if (on_run) on_run(server);
}

/// What Linux does with a segment that no socket waits for (RFC 9293 3.10.7.1).
void Host::take_back(pika_packet* packet) {
  passed_++;
  const auto segment = decode(pool_->bytes(packet));
  pool_->put(packet);
  if (!segment || segment->has(PIKA_TCP_RST)) return;
  Segment reset{.from = segment->to, .to = segment->from, .flags = PIKA_TCP_RST};
  if (segment->has(PIKA_TCP_ACK)) {
    reset.seq = segment->ack;
  } else {
    reset.flags |= PIKA_TCP_ACK;
    reset.ack = segment->seq + segment->length();
  }
  nic_->transmit_raw(encode(reset));
}

std::string Host::leftovers() {
  const auto complain = [this](size_t n, const char* what) {
    return n ? options_.name + ": " + std::to_string(n) + " " + what : std::string();
  };
  size_t sockets = 0;
  for (const auto& endpoint : endpoints_) sockets += endpoint->sockets();
  size_t flows = 0;
  size_t taken = 0;
  size_t pending = 0;
  for_each_server([&flows, &taken, &pending](const pika_server& server) {
    if (const pika_ts* ts = server.ts) {
      flows += ts->tcbs.used;
      taken += ts->chunks.used + ts->frames.used + ts->boards.used;
    }
    if (server.link) taken += server.link->frames.used;
    if (server.manager) pending += server.manager->half_open + server.manager->pendings.pool.used;
  });
  for (const auto& [n, what] :
       {std::pair{sockets, "sockets never went"}, std::pair{flows, "flows never went"},
        std::pair{pending, "connections that a CM still waits for"},
        std::pair{taken, "chunks, frames or boards leaked"},
        std::pair{buffers_.count(), "send buffers leaked"},
        std::pair{pool_->out(), "packets leaked"}})
    if (n) return complain(n, what);
  return {};
}

}  // namespace pika::sim
