// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/host.hh"

#include <cerrno>

namespace pika::sim {

Host::Host(Loop& loop, Random random, const HostOptions& options)
    : loop_(loop), random_(random), options_(options) {}

Result<std::unique_ptr<Host>> Host::make(Loop& loop, Random random, const HostOptions& options) {
  std::unique_ptr<Host> host(new Host(loop, random, options));
  if (!host->plan()) return Error{EINVAL, options.composition + ": not a composition"};
  host->make_nic();
  for (uint16_t id = 0; id < host->servers(); id++)
    host->executors_.push_back(std::make_unique<Executor>(*host, id, host->plans_[id]));
  for (size_t i = 0; i < options.endpoints; i++) {
    const auto address = static_cast<uint16_t>(host->servers() + i);
    host->endpoints_.push_back(std::make_unique<Endpoint>(*host, address));
  }
  host->make_rings();
  return host;
}

void Host::make_nic() {
  options_.nic.queues = 0;
  for (const ServerPlan& plan : plans_) options_.nic.queues += plan.link;
  nic_ = std::make_unique<Nic>(loop_, random_.split(), pool_, options_.nic);
  nic_->steer = [this](uint16_t group) { return plans_[plans_[ts_of(group)].sends].queue; };
  nic_->read_buffer = [this](uint64_t name, uint32_t offset, std::span<uint8_t> out) {
    return buffers_.read(name, offset, out);
  };
  nic_->on_work = [this](size_t queue) {
    for (const auto& executor : executors_)
      if (executor->plan().link && executor->plan().queue == queue) executor->wake();
  };
}

Host::Ring& Host::new_ring() {
  // Named: clang 14 does not construct an aggregate in place.
  return rings_.emplace_back(
      Ring{allocate_lines<pika_ring_out>(pika_ring_out_size(options_.ring_slots)),
           allocate_lines<pika_ring_in>()});
}

void Host::make_rings() {
  for (const auto& from : executors_) {
    for (const auto& to : executors_)
      if (from != to) join(*from, *to);
    for (const auto& endpoint : endpoints_) join(*from, *endpoint);
  }
}

void Host::join(Executor& from, Executor& to) {
  const Ring& ring = new_ring();
  const u32 slots = options_.ring_slots;
  pika_server_attach_out(&from.server(), to.server().id, ring.out.get(), ring.in.get(), slots,
                         to.bell());
  pika_server_attach_in(&to.server(), from.server().id, ring.out.get(), ring.in.get(), slots);
}

void Host::join(Executor& server, Endpoint& endpoint) {
  const u32 slots = options_.ring_slots;
  const Ring& down = new_ring();
  pika_server_attach_out(&server.server(), endpoint.address(), down.out.get(), down.in.get(), slots,
                         endpoint.bell());
  pika_consumer in;
  pika_consumer_init(&in, down.out.get(), down.in.get(), slots);
  const Ring& up = new_ring();
  pika_server_attach_in(&server.server(), endpoint.address(), up.out.get(), up.in.get(), slots);
  pika_producer out;
  pika_producer_init(&out, up.out.get(), up.in.get(), slots);
  endpoint.attach(server.server().id, out, in, server.bell());
}

uint16_t Host::cm_of(const Endpoint& endpoint) const {
  return cms_[(endpoint.address() - servers()) % cms_.size()];
}

uint16_t Host::ts_of_connect(const Place& remote, const Place&) {
  return ts_of(remote.port % PIKA_GROUPS);
}

void Host::ring_bell(uint16_t to) {
  if (to < servers())
    executors_[to]->wake();
  else
    endpoints_[to - servers()]->wake();
}

Nanos Host::run_delay() { return random_.between(options_.run_delay_min, options_.run_delay_max); }

void Host::check(const Executor& executor) {
  if (on_run) on_run(executor.server());
}

/// What Linux does with a segment that no socket waits for (RFC 9293 3.10.7.1).
void Host::take_back(pika_packet* packet) {
  passed_++;
  const auto segment = decode(PacketPool::bytes(packet));
  pool_.put(packet);
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
  for (const auto& executor : executors_) {
    const pika_server& server = executor->server();
    if (const pika_ts* ts = server.ts) {
      flows += ts->tcbs.used;
      taken += ts->chunks.used + ts->frames.used + ts->answers.used;
    }
    if (server.link) taken += server.link->frames.used;
    if (server.manager) pending += server.manager->half_open + server.manager->pendings.pool.used;
  }
  for (const auto& [n, what] :
       {std::pair{sockets, "sockets never went"}, std::pair{flows, "flows never went"},
        std::pair{pending, "connections that a CM still waits for"},
        std::pair{taken, "chunks, frames or answers leaked"},
        std::pair{buffers_.count(), "send buffers leaked"},
        std::pair{pool_.out(), "packets leaked"}})
    if (n) return complain(n, what);
  return {};
}

/// Who is there, and who works with whom.
bool Host::plan() {
  pika_composition_fault fault;
  pika_composition c;
  if (!pika_composition_parse(options_.composition.c_str(), &c, &fault)) return false;
  uint16_t queues = 0;
  for (uint16_t id = 0; id < c.servers; id++) {
    const auto has = [&c, id](pika_component what) { return pika_composition_has(&c, id, what); };
    ServerPlan plan{.link = has(PIKA_COMPONENT_LS),
                    .transport = has(PIKA_COMPONENT_TS),
                    .manager = has(PIKA_COMPONENT_CM),
                    .asks = pika_composition_cm_of(&c, id),
                    .sends = pika_composition_ls_of(&c, id)};
    if (plan.link) plan.queue = queues++;
    if (plan.manager) cms_.push_back(id);
    if (plan.manager || plan.link) cms_and_links_.push_back(id);
    plans_.push_back(plan);
  }
  groups_.resize(PIKA_GROUPS);
  pika_composition_map_groups(&c, groups_.data());
  return true;
}

}  // namespace pika::sim
