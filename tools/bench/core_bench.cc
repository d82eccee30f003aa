// SPDX-License-Identifier: GPL-2.0-only
//
// What the paper's Table 2 measures beyond rings: a message that goes through the
// dispatcher into a handler, which answers, and microthreads.

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>

#include "cycles.hh"
#include "servers.hh"
#include "two_cpus.hh"

namespace {

using bench::Cycles;
using bench::Server;

constexpr unsigned outstanding = 64;
constexpr auto request = PIKA_MSG_SEND;
constexpr auto reply = PIKA_MSG_UPDATE;

/// What the near server's handler has counted. The servers are plain C.
uint64_t replies;

void on_request(pika_server* s, const pika_msg* msg) {
  pika_msg answer{};
  answer.type = reply;
  answer.flow = msg->flow;
  // The near side publishes how far it has read at the end of its run.
  if (!pika_send(s, msg->from, &answer)) pika_hold(s);
}

void on_reply(pika_server*, const pika_msg* msg) {
  if (msg->flow == replies) ++replies;
}

bool ask(Server& near, uint16_t to, uint64_t number) {
  pika_msg msg{};
  msg.type = request;
  msg.flow = number;
  msg.send.len = 1;
  return pika_send(near.get(), to, &msg);
}

/// Two servers, the far one polled by a thread on the other CPU.
class Polled {
 public:
  Polled() {
    replies = 0;
    servers_.near->handlers[reply] = on_reply;
    servers_.far->handlers[request] = on_request;
    const int far_cpu = bench::two_cpus().far;
    thread_ = std::thread([this, far_cpu] {
      bench::pin(far_cpu);
      ready_.store(true);
      ready_.notify_one();
      while (!stop_.load(std::memory_order_relaxed)) servers_.far.run();
    });
    ready_.wait(false);
  }
  Polled(const Polled&) = delete;
  Polled& operator=(const Polled&) = delete;
  ~Polled() {
    stop_.store(true);
    thread_.join();
  }

  Server& near() { return servers_.near; }

 private:
  bench::TwoServers servers_;
  std::atomic<bool> ready_{false};
  alignas(PIKA_LINE) std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// One request, its reply, the next request; so many of them in an iteration.
void dispatch_synchronous(benchmark::State& state) {
  constexpr unsigned round = 64;
  Polled polled;
  Server& near = polled.near();
  bench::MedianCycles cycles;
  uint64_t asked = 0;
  for (auto _ : state) {
    cycles.start();
    for (unsigned i = 0; i < round; ++i) {
      ask(near, 1, asked++);
      while (replies != asked) near.run();
    }
    cycles.stop(round);
  }
  cycles.report(state);
}
BENCHMARK(dispatch_synchronous)->UseRealTime()->Iterations(300);

/// As many requests as may be under way.
void dispatch_concurrent(benchmark::State& state) {
  constexpr unsigned round = 1024;
  Polled polled;
  Server& near = polled.near();
  bench::MedianCycles cycles;
  uint64_t asked = 0;
  for (auto _ : state) {
    cycles.start();
    for (const uint64_t end = replies + round; replies < end;) {
      while (asked - replies < outstanding && ask(near, 1, asked)) ++asked;
      near.run();
    }
    // What is over belongs to the next round, as what was under way did to this.
    cycles.stop(round);
  }
  cycles.report(state);
}
BENCHMARK(dispatch_concurrent)->UseRealTime()->Iterations(300);

/// Both handlers in one server: pika_send() calls them.
void dispatch_direct(benchmark::State& state) {
  bench::TwoServers servers;
  Server& near = servers.near;
  near->handlers[request] = on_request;
  near->handlers[reply] = on_reply;
  replies = 0;
  uint64_t asked = 0;
  const Cycles cycles;
  for (auto _ : state) ask(near, near->id, asked++);
  cycles.report(state);
  if (replies != asked) state.SkipWithError("a reply is missing");
}
BENCHMARK(dispatch_direct);

void finish(pika_server*, pika_microthread* thread, const pika_msg*) {
  ++*static_cast<uint64_t*>(thread->argument);
}

void wait(pika_server* s, pika_microthread* thread, const pika_msg*) {
  *static_cast<u64*>(thread->argument) = pika_microthread_wait(s, thread, finish);
}

/// Created, run to its end, gone.
void microthread_run(benchmark::State& state) {
  bench::TwoServers servers;
  servers.near.add_microthreads(64);
  uint64_t finished = 0;
  const Cycles cycles;
  for (auto _ : state) {
    pika_microthread_start(servers.near.get(), finish, &finished);
    benchmark::ClobberMemory();
  }
  cycles.report(state);
  if (finished != static_cast<uint64_t>(state.iterations())) state.SkipWithError("one is missing");
}
BENCHMARK(microthread_run);

/// Created, waits, is given its reply, gone.
void microthread_wait(benchmark::State& state) {
  bench::TwoServers servers;
  servers.near.add_microthreads(64);
  pika_server* s = servers.near.get();
  const pika_msg msg{};
  const Cycles cycles;
  for (auto _ : state) {
    u64 token = 0;
    pika_microthread_start(s, wait, &token);
    if (!pika_microthread_resume(s, token, &msg)) state.SkipWithError("nobody waits");
  }
  cycles.report(state);
}
BENCHMARK(microthread_wait);

}  // namespace

int main(int argc, char** argv) {
  try {
    bench::pin(bench::two_cpus().near);
    benchmark::Initialize(&argc, argv);
    benchmark::AddCustomContext("cycles_per_ns", std::to_string(bench::cycles_per_ns()));
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench/core: %s\n", e.what());
    return 1;
  }
}
