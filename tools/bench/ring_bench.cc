// SPDX-License-Identifier: GPL-2.0-only
//
// PIKA's ring against its peers and against what the hardware allows: two
// pinned threads, 64-byte messages. Every repetition runs all of them in turn,
// so that what disturbs one disturbs all; results are medians, and only their
// ratios mean anything on another machine.

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "rings.hh"

namespace {

using bench::slots;
using nlohmann::json;

constexpr unsigned outstanding = 64;

/// The two CPUs, of those that this process may use.
std::vector<int> cpus() {
  cpu_set_t set;
  std::vector<int> found;
  sched_getaffinity(0, sizeof(set), &set);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) found.push_back(cpu);
  return found;
}

void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

/// How often this thread had to leave its CPU to others.
long preemptions() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

struct Timing {
  double ns;
  bool disturbed;
};

/// Nanoseconds that @near takes here while @far runs on the other CPU.
template <class Near, class Far>
Timing time_once(int far_cpu, Near near, Far far) {
  std::atomic<bool> ready{false};
  long far_preemptions = 0;
  std::thread other([&] {
    pin(far_cpu);
    ready.store(true);
    far_preemptions = -preemptions();
    far();
    far_preemptions += preemptions();
  });
  while (!ready.load()) {
  }
  long near_preemptions = -preemptions();
  const auto start = std::chrono::steady_clock::now();
  near();
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  near_preemptions += preemptions();
  other.join();
  return {took.count(), near_preemptions + far_preemptions > 0};
}

/// Nanoseconds for each of @n rounds, unless others keep both from running.
template <class Near, class Far>
std::optional<double> timed(int far_cpu, uint64_t n, Near near, Far far) {
  for (int tries = 0; tries < 5; ++tries) {
    const Timing timing = time_once(far_cpu, near, far);
    if (!timing.disturbed) return timing.ns / static_cast<double>(n);
  }
  return std::nullopt;
}

struct alignas(2 * PIKA_LINE) Line {
  std::atomic<uint64_t> value{0};
};

/// A number goes to the other CPU and comes back, in the same line or another.
std::optional<double> limit(int far_cpu, uint64_t n, unsigned lines) {
  Line line[2];
  auto& there = line[0].value;
  auto& back = line[lines - 1].value;
  const auto near = [&] {
    for (uint64_t i = 0; i < n; ++i) {
      there.store(2 * i + 1, std::memory_order_release);
      while (back.load(std::memory_order_acquire) != 2 * i + 2) {
      }
    }
  };
  const auto far = [&] {
    for (uint64_t i = 0; i < n; ++i) {
      while (there.load(std::memory_order_acquire) != 2 * i + 1) {
      }
      back.store(2 * i + 2, std::memory_order_release);
    }
  };
  return timed(far_cpu, n, near, far);
}

/// Message number @n of a stream; the rest of the line travels with it.
void fill(pika_msg& msg, uint64_t n) {
  msg.type = PIKA_MSG_SEND;
  msg.from = 0;
  msg.flow = n;
  msg.send.len = static_cast<uint32_t>(n);
}

void check(const pika_msg& msg, uint64_t n) {
  if (msg.flow == n && msg.send.len == static_cast<uint32_t>(n)) return;
  std::fprintf(stderr, "bench/ring: got message %lu instead of %lu\n", msg.flow, n);
  std::abort();
}

/// Sends what fits of a batch that begins with message @first.
template <class Ring>
unsigned send_some(Ring& ring, uint64_t first, uint64_t n) {
  return ring.send(std::min<uint64_t>(n, Ring::batch),
                   [=](pika_msg& msg, unsigned i) { fill(msg, first + i); });
}

template <class Ring>
void answer(Ring& requests, Ring& replies, uint64_t n) {
  for (uint64_t done = 0; done < n;) {
    uint64_t numbers[Ring::batch];
    unsigned got = 0, sent = 0;
    requests.receive([&](const pika_msg& msg) { numbers[got++] = msg.flow; });
    while (sent < got)
      sent += replies.send(got - sent,
                           [&](pika_msg& msg, unsigned i) { fill(msg, numbers[sent + i]); });
    done += got;
  }
}

/// One message there, one back, nothing else on the way.
template <class Ring>
std::optional<double> round_trip(int far_cpu, uint64_t n) {
  Ring there, back;
  const auto near = [&] {
    for (uint64_t i = 0; i < n; ++i) {
      send_some(there, i, 1);
      while (back.receive([&](const pika_msg& msg) { check(msg, i); }) == 0) {
      }
    }
  };
  const auto far = [&] {
    for (uint64_t i = 0; i < n; ++i) {
      while (there.receive([&](const pika_msg& msg) { check(msg, i); }) == 0) {
      }
      send_some(back, i, 1);
    }
  };
  return timed(far_cpu, n, near, far);
}

/// Requests and replies, never more than @outstanding requests without a reply.
template <class Ring>
std::optional<double> request_reply(int far_cpu, uint64_t n) {
  Ring requests, replies;
  const auto near = [&] {
    uint64_t sent = 0, got = 0;
    while (got < n) {
      if (sent < n && sent - got < outstanding)
        sent += send_some(requests, sent, std::min(outstanding - (sent - got), n - sent));
      replies.receive([&](const pika_msg& msg) { check(msg, got++); });
    }
  };
  return timed(far_cpu, n, near, [&] { answer(requests, replies, n); });
}

template <class Ring>
std::optional<double> stream(int far_cpu, uint64_t n) {
  Ring ring;
  const auto near = [&] {
    for (uint64_t sent = 0; sent < n;) sent += send_some(ring, sent, n - sent);
  };
  const auto far = [&] {
    for (uint64_t got = 0; got < n;) ring.receive([&](const pika_msg& msg) { check(msg, got++); });
  };
  return timed(far_cpu, n, near, far);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<long>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

enum Column { round_trips, streams, pipelined, columns };
constexpr const char* column_names[columns] = {"round_trip_ns", "stream_ns", "request_reply_ns"};

struct Row {
  std::string name;
  std::function<std::optional<double>(int far_cpu)> run[columns];
  std::vector<double> ns[columns];

  std::optional<double> result(Column column) const {
    if (ns[column].empty()) return std::nullopt;
    return median(ns[column]);
  }
};

Row limit_row(const char* name, unsigned lines) {
  return {name, {[=](int cpu) { return limit(cpu, 2'000, lines); }, {}, {}}, {}};
}

template <class Ring>
Row ring_row() {
  return {Ring::name,
          {[](int cpu) { return round_trip<Ring>(cpu, 2'000); },
           [](int cpu) { return stream<Ring>(cpu, 20'000); },
           [](int cpu) { return request_reply<Ring>(cpu, 10'000); }},
          {}};
}

constexpr size_t pika_index = 2;

std::vector<Row> rows() {
  return {limit_row("limit: one line", 1),  limit_row("limit: one line each way", 2),
          ring_row<bench::PikaRing<1>>(),   ring_row<bench::PikaRing<16>>(),
          ring_row<bench::DpdkRing<1>>(),   ring_row<bench::DpdkRing<16>>(),
          ring_row<bench::CkRing>(),        ring_row<bench::BoostQueue<1>>(),
          ring_row<bench::BoostQueue<16>>()};
}

void measure(std::vector<Row>& rows, int far_cpu, std::chrono::seconds at_least) {
  const auto end = std::chrono::steady_clock::now() + at_least;
  do {
    for (auto& row : rows)
      for (int c = 0; c < columns; ++c)
        if (row.run[c])
          if (const auto ns = row.run[c](far_cpu)) row.ns[c].push_back(*ns);
  } while (std::chrono::steady_clock::now() < end);
}

void print_table(const std::vector<Row>& rows) {
  std::printf("%-28s %17s %17s %17s\n", "ns, and times PIKA's", "round trip", "stream",
              "64 outstanding");
  for (const auto& row : rows) {
    std::printf("%-28s", row.name.c_str());
    for (int c = 0; c < columns; ++c) {
      const auto ns = row.result(Column(c)), pika = rows[pika_index].result(Column(c));
      if (ns && pika)
        std::printf(" %9.1f %6.2fx", *ns, *ns / *pika);
      else
        std::printf(" %9s %7s", row.run[c] ? "busy" : "-", "");
    }
    std::printf("\n");
  }
}

json to_json(const std::vector<Row>& rows) {
  json all = json::array();
  for (const auto& row : rows) {
    json one{{"name", row.name}};
    for (int c = 0; c < columns; ++c)
      if (const auto ns = row.result(Column(c))) one[column_names[c]] = *ns;
    all.push_back(one);
  }
  return all;
}

int run(int argc, char** argv) {
  CLI::App app("Measures PIKA's message ring against its peers, on two CPUs.");
  unsigned seconds = 5;
  bool as_json = false;
  app.add_option("--seconds", seconds, "for how long, about")->check(CLI::Range(0, 3600));
  app.add_flag("--json", as_json, "print JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  const auto cpu = cpus();
  if (cpu.size() < 2) throw std::runtime_error("one CPU; needs two");
  pin(cpu[0]);
  auto results = rows();
  measure(results, cpu[1], std::chrono::seconds(seconds));
  if (as_json)
    std::printf("%s\n", to_json(results).dump(2).c_str());
  else
    print_table(results);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench/ring: %s\n", e.what());
    return 1;
  }
}
