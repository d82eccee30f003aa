// SPDX-License-Identifier: GPL-2.0-only

#include "selftests/tsan/threaded_host.hh"

#include <algorithm>

namespace pika {

using sim::Bytes;
using sim::operator""_ms;

uint64_t HeapBuffers::put(std::span<const uint8_t> bytes) {
  left_.fetch_add(1, std::memory_order_relaxed);
  return reinterpret_cast<uint64_t>(new Bytes(bytes.begin(), bytes.end()));
}

/// Small payload has no buffer; its name is 0.
void HeapBuffers::free(uint64_t name) {
  if (!name) return;
  left_.fetch_sub(1, std::memory_order_relaxed);
  delete reinterpret_cast<Bytes*>(name);  // NOLINT(performance-no-int-to-ptr): from put()
}

bool HeapBuffers::read(uint64_t name, uint32_t offset, std::span<uint8_t> out) const {
  const auto& bytes =
      *reinterpret_cast<const Bytes*>(name);  // NOLINT(performance-no-int-to-ptr): from put()
  if (bytes.size() < offset + out.size()) return false;
  std::copy_n(bytes.begin() + offset, out.size(), out.begin());
  return true;
}

void Lane::push(Bytes bytes) {
  const std::lock_guard guard(lock_);
  bytes_.push_back(std::move(bytes));
}

std::optional<Bytes> Lane::pop() {
  const std::lock_guard guard(lock_);
  if (bytes_.empty()) return {};
  Bytes first = std::move(bytes_.front());
  bytes_.pop_front();
  return first;
}

const pika_env_ops ServerThread::seam = {
    .now_ns = [](pika_env* env) -> u64 { return self(env).crew_.now(); },
    .random = [](pika_env* env) { return static_cast<u32>(self(env).random_.next()); },
    .ring_bell = [](pika_env* env, u16 to) { self(env).host_.ring_bell(to); },
    .rx_burst = [](pika_env* env, u16, pika_packet** packets,
                   u32 n) { return self(env).burst(packets, n); },
    .transmit =
        [](pika_env* env, u16, const pika_frame* frame) {
          self(env).transmit(*frame);
          return true;
        },
    .flush = [](pika_env*, u16) {},
    .append = [](pika_env* env, pika_packet* to,
                 const pika_packet* from) { return self(env).host_.pool().append(to, from); },
    .free_packet = [](pika_env* env, pika_packet* packet) { self(env).host_.pool().put(packet); },
    .pass = [](pika_env* env, pika_packet* packet) { self(env).host_.pool().put(packet); },
};

ServerThread::ServerThread(ThreadedHost& host, Crew& crew, uint16_t id, uint64_t seed)
    : pika_env{&seam},
      host_(host),
      crew_(crew),
      member_(crew.add()),
      random_(seed),
      memory_(sim::make_server(host.memory(), host, id, *this)) {}

uint64_t ServerThread::next_timer() const {
  u32 expires_ms = 0;
  if (!pika_server_next_timer(memory_.server, &expires_ms)) return Crew::never;
  const uint64_t now_ms = crew_.now() / 1_ms;
  const auto after = static_cast<int32_t>(expires_ms - static_cast<uint32_t>(now_ms));
  return (now_ms + static_cast<uint64_t>(std::max(after, 1))) * 1_ms;
}

void ServerThread::run() {
  while (true) {
    if (pika_server_run(memory_.server, host_.options().budget)) continue;
    if (waiting_.load(std::memory_order_relaxed)) continue;
    if (!pika_server_may_sleep(memory_.server)) continue;
    if (!member_.sleep(next_timer())) return;
  }
}

uint32_t ServerThread::burst(pika_packet** packets, uint32_t n) {
  uint32_t got = 0;
  for (const auto& lane : lanes_) {
    while (got < n) {
      const auto bytes = lane->pop();
      if (!bytes) break;
      packets[got++] = host_.pool().make(*bytes, bytes->size());
    }
  }
  waiting_.fetch_sub(got, std::memory_order_relaxed);
  return got;
}

/// To the queue that the other card steers it to.
void ServerThread::transmit(const pika_frame& frame) {
  const auto read = [this](uint64_t name, uint32_t offset, std::span<uint8_t> out) {
    return host_.buffers().read(name, offset, out);
  };
  auto packets = sim::to_packets(frame, read);
  for (Bytes& packet : packets.value()) {
    if (random_.chance(host_.loss())) continue;
    ThreadedHost& to = host_.peer();
    const uint16_t group = sim::decode(packet).value().from.port % PIKA_GROUPS;
    ServerThread& link = to.link(to.plan(to.plan(to.ts_of(group)).sends).queue);
    link.lanes_[memory_.server->link->queue]->push(std::move(packet));
    link.waiting_.fetch_add(1, std::memory_order_relaxed);
    link.member_.ring();
  }
}

EndpointThread::EndpointThread(ThreadedHost& host, Crew& crew, size_t number)
    : Machine(own_loop_, sim::Random(number), host.options()),
      host_(host),
      crew_(crew),
      member_(crew.add()),
      own_loop_(crew.now()) {
  read_composition();
  number_from(static_cast<uint32_t>(number << 16), 0);
  auto* bell = host.memory().allocate<pika_bell>("a bell", {});
  endpoint_ =
      std::make_unique<sim::Endpoint>(*this, static_cast<uint16_t>(servers() + number), bell);
}

void EndpointThread::run() {
  do {
    endpoint_->wake();
    own_loop_.run_until(crew_.now());
  } while (member_.sleep(own_loop_.failed() || own_loop_.idle() ? Crew::never : own_loop_.next()));
}

void EndpointThread::ring_bell(uint16_t to) { host_.ring_bell(to); }

sim::PacketPool& EndpointThread::pool() { return host_.pool(); }

sim::SendBuffers& EndpointThread::buffers() { return host_.buffers(); }

ThreadedHost::ThreadedHost(Crew& crew, const sim::HostOptions& options, double loss)
    : Machine(set_up_loop_, sim::Random(1), options), set_up_loop_(crew.now()), loss_(loss) {
  if (!read_composition()) loop().fail(options.composition + ": not a composition");
  for (uint16_t id = 0; id < servers(); id++)
    servers_.push_back(std::make_unique<ServerThread>(*this, crew, id, random().next()));
  for (size_t i = 0; i < options.endpoints; i++)
    endpoints_.push_back(std::make_unique<EndpointThread>(*this, crew, i));
  sim::Rings rings(memory_, *this);
  for (const auto& from : servers_) {
    for (const auto& to : servers_)
      if (from != to) rings.join(from->server(), to->server());
    for (const auto& endpoint : endpoints_) rings.join(from->server(), endpoint->endpoint());
  }
}

void ThreadedHost::connect(ThreadedHost& a, ThreadedHost& b) {
  a.peer_ = &b;
  b.peer_ = &a;
  for (ThreadedHost* host : {&a, &b})
    for (const auto& server : host->servers_)
      while (server->lanes_.size() < host->peer().queues())
        server->lanes_.push_back(std::make_unique<Lane>());
}

void ThreadedHost::add_threads(std::vector<std::function<void()>>& bodies) {
  for (const auto& server : servers_) bodies.emplace_back([&server] { server->run(); });
  for (const auto& endpoint : endpoints_) bodies.emplace_back([&endpoint] { endpoint->run(); });
}

ServerThread& ThreadedHost::link(uint16_t queue) {
  for (uint16_t id = 0;; id++)
    if (plan(id).link && plan(id).queue == queue) return *servers_[id];
}

void ThreadedHost::ring_bell(uint16_t to) {
  if (to < servers())
    servers_[to]->member().ring();
  else
    endpoints_[to - servers()]->member().ring();
}

std::string ThreadedHost::complaint() {
  if (loop().failed()) return loop().failure();
  for (const auto& endpoint : endpoints_) {
    if (endpoint->loop().failed()) return endpoint->loop().failure();
    if (endpoint->endpoint().sockets() > 0) return name() + ": sockets never went";
  }
  for (const auto& server : servers_) {
    const pika_server& s = server->server();
    if (s.ts && pika_ts_flows(&s) > 0) return name() + ": flows never went";
  }
  if (buffers_.left() > 0) return name() + ": send buffers leaked";
  if (pool_.out() > 0) return name() + ": packets leaked";
  return {};
}

}  // namespace pika
