// SPDX-License-Identifier: GPL-2.0-only
//
// Two hosts, each server and each application on a thread of its own. Hundreds of
// connections both ways, accepted through the connection managers, every byte compared.
// A race is the sanitizer's to report.

#include <gtest/gtest.h>

#include <array>
#include <csignal>

#include "selftests/sim/two_stacks_traffic.hh"
#include "selftests/tsan/threaded_host.hh"

namespace pika {
namespace {

using sim::operator""_ms;
using sim::operator""_s;

constexpr size_t connections = 600;
constexpr uint16_t port = 80;
constexpr uint16_t first_client_port = 20'000;
constexpr uint16_t next_client_port = 11;  // so that all flow groups occur

size_t number_of(const sim::Place& client) {
  return static_cast<size_t>(client.port - first_client_port) / next_client_port;
}

/// One host's programs: an acceptor and clients at each endpoint. All but start() runs
/// on the endpoint's own thread.
class Programs {
 public:
  Programs(EndpointThread& at, const sim::Listener& listener,
           const std::vector<sim::ConnectionPlan>& plans)
      : at_(at), acceptor_(at.endpoint().acceptor(listener)), plans_(plans) {}

  /// Accepts when all servers know the listener; from then on clients connect.
  void accept_after(sim::Nanos delay) {
    acceptor_.on_event = [this] { accept(); };
    at_.loop().after(delay, [this] { accept(); });
  }

  void connect_after(sim::Nanos delay, const sim::ConnectionPlan& plan,
                     const sim::HostOptions& peer) {
    at_.loop().after(delay + plan.start, [this, &plan, &peer] { connect(plan, peer); });
  }

  size_t finished() const {
    size_t n = 0;
    for (const auto& talker : talkers_) n += talker->finished();
    return n;
  }
  size_t accepted() const { return accepted_; }

 private:
  void accept() {
    for (auto socket = acceptor_.accept(); socket; socket = acceptor_.accept()) {
      accepted_++;
      talk(**socket, plans_[number_of((*socket)->remote())], false);
    }
  }

  void connect(const sim::ConnectionPlan& plan, const sim::HostOptions& peer) {
    const auto& own = at_.options();
    const sim::Place from{plan.v6 ? own.v6 : own.v4, plan.local_port};
    talk(at_.endpoint().connect({plan.v6 ? peer.v6 : peer.v4, plan.port}, from), plan, true);
  }

  void talk(sim::Socket& socket, const sim::ConnectionPlan& plan, bool client) {
    const sim::Random random(plan.key + client);
    talkers_.push_back(std::make_unique<sim::Talker>(at_.loop(), random, plan, client));
    talkers_.back()->start(socket, 0);
  }

  EndpointThread& at_;
  sim::Acceptor& acceptor_;
  const std::vector<sim::ConnectionPlan>& plans_;
  std::vector<std::unique_ptr<sim::Talker>> talkers_;
  size_t accepted_ = 0;
};

std::vector<sim::ConnectionPlan> make_plans(uint64_t seed) {
  sim::Random random(seed);
  std::vector<sim::ConnectionPlan> plans(connections);
  for (uint32_t i = 0; i < connections; i++) {
    sim::ConnectionPlan& plan = plans[i];
    plan.number = i;
    plan.key = static_cast<uint32_t>(random.next());
    plan.from_first = random.chance(0.5);
    plan.v6 = random.chance(0.5);
    plan.port = port;
    plan.local_port = static_cast<uint16_t>(first_client_port + i * next_client_port);
    plan.endpoint = random.below(2);
    plan.start = random.below(20) * 1_ms;  // at once where they can be
    for (sim::EndPlan* end : {&plan.client, &plan.server}) {
      end->bytes = random.below(6'000);
      end->piece_max = random.between(1, 3'000);
      end->shuts_down = random.chance(0.7);
    }
  }
  return plans;
}

/// Half of the runs lose nothing: then no timer mends what a lost wake-up has left.
double loss_of(uint64_t seed) { return seed % 2 ? 0.01 : 0; }

sim::HostOptions make_options(bool first) {
  sim::HostOptions options;
  options.name = first ? "first" : "second";
  options.composition = first ? "TS2+LS2+CM1" : "TS2LS2CM2";
  options.v4 = sim::address_v4(192, 0, 2, first ? 1 : 2);
  options.v6 = sim::address_v6(first ? 1 : 2);
  options.endpoints = 2;
  options.ring_slots = 16;
  options.run_delay_min = options.run_delay_max = 0;
  options.frees_by_message = first;
  options.ts.max_flows = 1'024;
  options.ts.receive_buffer = options.ts.send_buffer = 8'192;
  options.cm.max_waiting = 1'024;
  return options;
}

/// Two hosts and all programs.
class World {
 public:
  explicit World(uint64_t seed)
      : plans_(make_plans(seed)),
        hosts_{{crew_, make_options(true), loss_of(seed)},
               {crew_, make_options(false), loss_of(seed)}} {
    ThreadedHost::connect(hosts_[0], hosts_[1]);
    for (size_t h = 0; h < 2; h++) {
      sim::Listener& listener = hosts_[h].endpoint(0).endpoint().listen({{}, port}, 128);
      for (size_t e = 0; e < 2; e++)
        programs_.push_back(std::make_unique<Programs>(hosts_[h].endpoint(e), listener, plans_));
    }
    for (const auto& each : programs_) each->accept_after(5_ms);
    for (const sim::ConnectionPlan& plan : plans_)
      at(!plan.from_first, plan.endpoint)
          .connect_after(10_ms, plan, hosts_[plan.from_first].options());
  }

  void run() {
    std::vector<std::function<void()>> bodies;
    for (ThreadedHost& host : hosts_) host.add_threads(bodies);
    crew_.run(bodies);
  }

  Programs& at(size_t host, size_t endpoint) { return *programs_[host * 2 + endpoint]; }
  ThreadedHost& host(size_t i) { return hosts_[i]; }
  size_t finished() const {
    size_t n = 0;
    for (const auto& each : programs_) n += each->finished();
    return n;
  }

 private:
  std::vector<sim::ConnectionPlan> plans_;
  Crew crew_{1'000_s};
  ThreadedHost hosts_[2];
  std::vector<std::unique_ptr<Programs>> programs_;
};

void give_up(int) {
  constexpr char text[] = "alarm: the threads still run, or one hangs\n";
  [[maybe_unused]] const auto n = write(STDERR_FILENO, text, sizeof(text) - 1);
  _exit(1);
}

void expect_all_done(World& world) {
  EXPECT_EQ(world.host(0).complaint(), "");
  EXPECT_EQ(world.host(1).complaint(), "");
  EXPECT_EQ(world.finished(), connections * 2);
  for (size_t h = 0; h < 2; h++)
    for (size_t e = 0; e < 2; e++) {
      EXPECT_GT(world.at(h, e).accepted(), connections / 40);
      EXPECT_GT(world.host(h).endpoint(e).member().sleeps(), 20u);
      EXPECT_GT(world.host(h).server(e).member().sleeps(), 20u);
    }
}

class Servers : public testing::TestWithParam<uint64_t> {};

TEST_P(Servers, threads__every_byte_arrives_and_nothing_is_shared) {
  std::signal(SIGALRM, give_up);
  alarm(100);
  World world(GetParam());
  world.run();
  alarm(0);
  expect_all_done(world);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Servers, testing::Range<uint64_t>(1, 5));

}  // namespace
}  // namespace pika
