// SPDX-License-Identifier: GPL-2.0-only

#include <cerrno>
#include <cstdio>

#include "selftests/sim/invariants.hh"
#include "selftests/sim/two_stacks_traffic.hh"

namespace pika::sim {
namespace {

/// Many times what a run needs.
constexpr uint64_t most_steps = 2'000'000;

void print(const Loop& loop, const Bytes& bytes) {
  const auto segment = decode(bytes);
  std::printf("%12.6f  %s\n", static_cast<double>(loop.elapsed()) / 1e6,
              segment ? to_string(*segment).c_str() : "not TCP");
}

}  // namespace

TwoStacks::TwoStacks(const Plan& plan, const std::string& composition, bool trace, bool processes)
    : plan_(plan),
      loop_(plan.clock),
      random_(plan.seed ^ 0x5ca1ab1e),
      wire_(loop_, random_.split(), plan.wire) {
  make_hosts(composition, processes);
  wire_.tap = [this, trace](const Bytes& bytes) {
    note(bytes);
    if (trace) print(loop_, bytes);
  };
}

void TwoStacks::note(const Bytes& bytes) {
  constexpr uint64_t odd = 0x9e3779b97f4a7c15;
  digest_ = (digest_ ^ loop_.now()) * odd;
  for (const uint8_t byte : bytes) digest_ = (digest_ ^ byte) * odd;
}

void TwoStacks::make_hosts(const std::string& composition, bool processes) {
  HostOptions options = plan_.host;
  options.composition = composition;
  options.processes = processes;
  for (const bool first : {true, false}) {
    options.name = first ? "first" : "second";
    options.v4 = address_v4(192, 0, 2, first ? 1 : 2);
    options.v6 = address_v6(first ? 1 : 2);
    auto host = Host::make(loop_, random_.split(), options);
    if (!host) return loop_.fail(host.error().text);
    (*host)->on_run = [this](const pika_server& server) { check(server); };
    (first ? first_ : second_) = std::move(*host);
  }
  wire_.connect(first_->nic(), second_->nic());
}

void TwoStacks::check(const pika_server& server) {
  const std::string what = broken_invariant(server);
  if (!what.empty()) loop_.fail("server " + std::to_string(server.id) + ": " + what);
}

Result<Outcomes> TwoStacks::run() {
  for (const ConnectionPlan& plan : plan_.connections)
    connections_.push_back({std::make_unique<Talker>(loop_, Random(plan.key), plan, true),
                            std::make_unique<Talker>(loop_, Random(plan.key + 1), plan, false)});
  if (!loop_.failed()) {
    listen(*first_);
    listen(*second_);
    loop_.run_all(most_steps);
    wind_up();
    loop_.run_all(most_steps);
    unlisten();
    loop_.run_all(most_steps);
  }
  for (const auto& host : {first_.get(), second_.get()})
    if (!loop_.failed())
      if (const std::string left = host->leftovers(); !left.empty()) loop_.fail(left);
  if (loop_.failed()) return Error{EIO, loop_.failure()};
  Outcomes all(connections_.size());
  for (size_t i = 0; i < connections_.size(); i++)
    if (!plan_.connections[i].aborted() && !connections_[i].client->gave_up())
      all[i] = connections_[i].client->outcome() + "; " + connections_[i].server->outcome();
  return all;
}

void TwoStacks::listen(Host& host) {
  for (const uint16_t port : plan_.ports) {
    Listener& listener = host.endpoint(port % host.endpoints()).listen({{}, port}, plan_.backlog);
    listeners_.push_back(&listener);
    listener.on_event = [this, &host, &listener] {
      if (listener.error()) return loop_.fail("listen: errno " + std::to_string(listener.error()));
      if (!listener.listening()) return;
      for (size_t i = 0; i < host.endpoints(); i++) accept(host.endpoint(i).acceptor(listener));
      if (++listening_ < plan_.ports.size() * 2) return;
      for (size_t n = 0; n < plan_.connections.size(); n++)
        loop_.after(plan_.connections[n].start, [this, n] { connect(n); });
    };
  }
}

void TwoStacks::accept(Acceptor& acceptor) {
  acceptor.on_event = [this, &acceptor] {
    if (!random_.chance(plan_.accept_late)) return poll_accept(acceptor);
    loop_.after(random_.below(5_ms), [this, &acceptor] { poll_accept(acceptor); });
  };
  acceptor.on_event();
}

void TwoStacks::poll_accept(Acceptor& acceptor) {
  while (true) {
    const auto socket = acceptor.accept();
    if (!socket) return;
    identify(**socket);
  }
}

void TwoStacks::identify(Socket& socket) {
  for (const ConnectionPlan& plan : plan_.connections)
    if (plan.local_port && plan.local_port == socket.remote().port)
      return serve(plan.number, socket, 0);
  nameless_.insert(&socket);
  socket.on_event = [this, &socket] {
    std::array<uint8_t, 4> first;
    if (!socket.error() && socket.readable() < first.size()) return;
    nameless_.erase(&socket);
    if (socket.error()) return socket.close();
    if (!socket.recv(first)) return loop_.fail("readable, but recv fails");
    if (first[0] >= connections_.size()) return loop_.fail("a connection that nobody made");
    serve(first[0], socket, first.size());
  };
  socket.on_event();
}

void TwoStacks::serve(size_t number, Socket& socket, size_t read) {
  Connection& connection = connections_[number];
  if (connection.server->started()) return loop_.fail("a connection that was accepted twice");
  connection.server->set_peer(*connection.client);
  connection.server->start(socket, read);
}

void TwoStacks::connect(size_t number) {
  const ConnectionPlan& plan = plan_.connections[number];
  Host& from = host_of(plan.from_first);
  const Host& to = host_of(!plan.from_first);
  const auto address = [&plan](const Host& host) {
    return plan.v6 ? host.options().v6 : host.options().v4;
  };
  Socket& socket = from.endpoint(plan.endpoint)
                       .connect({address(to), plan.port}, {address(from), plan.local_port});
  connections_[number].client->set_peer(*connections_[number].server);
  connections_[number].client->start(socket, 0);
}

/// A reset that was lost leaves the other end waiting for ever. So does the end of a
/// handshake, if the client says nothing and the server has given up.
void TwoStacks::wind_up() {
  for (size_t i = 0; i < connections_.size() && !loop_.failed(); i++) {
    Talker& client = *connections_[i].client;
    Talker& server = *connections_[i].server;
    const bool half_open = client.silent() && !server.started();
    const bool excused = client.aborted() || server.aborted() || half_open;
    if (!excused && !(client.finished() && server.finished()))
      loop_.fail("connection " + std::to_string(i) + " hangs: client " + client.outcome() +
                 "; server " + server.outcome());
    client.give_up();
    server.give_up();
  }
  for (Socket* socket : nameless_) socket->abort();
  nameless_.clear();
}

void TwoStacks::unlisten() {
  if (loop_.failed()) return;
  for (Listener* listener : listeners_) listener->unlisten();
}

void TwoStacks::print_counters() {
  for (const Host* host : {first_.get(), second_.get()}) {
    if (!host) continue;
    host->for_each_server([host](const pika_server& server) {
      if (!server.ts) return;
      const auto* stats = pika_ts_read_stats(&server);
      std::printf("%s server %d:", host->name().c_str(), server.id);
#define X(name, meaning) \
  if (stats->name) std::printf(" " #name " %lu", static_cast<unsigned long>(stats->name));
      PIKA_TS_STATS(X)
#undef X
      std::printf("\n");
    });
  }
}

}  // namespace pika::sim
