// SPDX-License-Identifier: GPL-2.0-only
//
// PIKA's ring against its peers and against what the hardware allows: two pinned
// threads, 64-byte messages. Every repetition runs all of them in turn, so that what
// disturbs one disturbs all. Results are medians, ratios the medians of each
// repetition's; only the ratios mean anything on another machine.
//
// A virtual machine's CPUs move on the real ones, and what is fast between two that
// share a cache need not be between two that do not. So repetitions are told apart by
// how far the CPUs were from each other.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
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

#include "program.hh"
#include "rings.hh"
#include "two_cpus.hh"

namespace {

using nlohmann::json;

constexpr unsigned outstanding = 64;

struct Timing {
  double ns;
  bool disturbed;
};

/// Nanoseconds that @near takes here for a round while @far runs on the other CPU.
/// @near(from, until) does some of @n rounds; the first quarter warms the caches.
template <class Near, class Far>
Timing time_once(int far_cpu, uint64_t n, Near& near, Far far) {
  std::atomic<bool> ready{false};
  long far_preemptions = 0;
  std::thread other([&] {
    bench::pin(far_cpu);
    ready.store(true);
    ready.notify_one();
    far_preemptions = -bench::preemptions();
    far();
    far_preemptions += bench::preemptions();
  });
  // Asleep: the thread begins on this CPU, and we shall have a fresh time slice.
  ready.wait(false);
  const uint64_t warm = n / 4;
  long near_preemptions = -bench::preemptions();
  near(0, warm);
  const auto start = std::chrono::steady_clock::now();
  near(warm, n);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  near_preemptions += bench::preemptions();
  other.join();
  return {took.count() / static_cast<double>(n - warm), near_preemptions + far_preemptions > 0};
}

/// The same, unless others keep both from running.
template <class Near, class Far>
std::optional<double> timed(int far_cpu, uint64_t n, Near near, Far far) {
  for (int tries = 0; tries < 20; ++tries) {
    const Timing timing = time_once(far_cpu, n, near, far);
    if (!timing.disturbed) return timing.ns;
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
  const auto near = [&](uint64_t from, uint64_t until) {
    for (uint64_t i = from; i < until; ++i) {
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
  const auto near = [&](uint64_t from, uint64_t until) {
    for (uint64_t i = from; i < until; ++i) {
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
  uint64_t sent = 0, got = 0;
  const auto near = [&](uint64_t from, uint64_t until) {
    if (from == 0) sent = got = 0;
    while (got < until) {
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
  const auto near = [&](uint64_t from, uint64_t until) {
    for (uint64_t sent = from; sent < until;) sent += send_some(ring, sent, until - sent);
  };
  const auto far = [&] {
    for (uint64_t got = 0; got < n;) ring.receive([&](const pika_msg& msg) { check(msg, got++); });
  };
  return timed(far_cpu, n, near, far);
}

enum Column { round_trips, streams, pipelined, columns };
constexpr const char* column_names[columns] = {"round_trip", "stream", "outstanding_64"};

struct Row {
  std::string name;
  std::function<std::optional<double>(int far_cpu)> run[columns];
};

Row limit_row(const char* name, unsigned lines) {
  return {name, {[=](int cpu) { return limit(cpu, 1'000, lines); }, {}, {}}};
}

template <class Ring>
Row ring_row() {
  return {Ring::name,
          {[](int cpu) { return round_trip<Ring>(cpu, 1'000); },
           [](int cpu) { return stream<Ring>(cpu, 10'000); },
           [](int cpu) { return request_reply<Ring>(cpu, 6'000); }}};
}

constexpr size_t limit_index = 1;
constexpr size_t pika_index = 2;

std::vector<Row> rows() {
  return {limit_row("limit: one line", 1),
          limit_row("limit: one line each way", 2),
          ring_row<bench::PikaRing<1>>(),
          ring_row<bench::PikaRing<16>>(),
          ring_row<bench::PikaRing<1, PIKA_RING_SLOTS>>(),
          ring_row<bench::DpdkRing<1>>(),
          ring_row<bench::DpdkRing<16>>(),
          ring_row<bench::CkRing>(),
          ring_row<bench::BoostQueue<1>>(),
          ring_row<bench::BoostQueue<16>>(),
          limit_row("limit: the same, at the end", 2)};
}

/// One repetition: nanoseconds by row and column.
using Sample = std::vector<std::array<std::optional<double>, columns>>;

Sample sample(const std::vector<Row>& rows, int far_cpu) {
  Sample sample(rows.size());
  for (size_t r = 0; r < rows.size(); ++r)
    for (int c = 0; c < columns; ++c)
      if (rows[r].run[c]) sample[r][c] = rows[r].run[c](far_cpu);
  return sample;
}

/// Where the two CPUs were, by what a line each way took.
struct Place {
  const char* name;
  double limit_ns_below;
};
constexpr Place places[] = {
    {"threads of one core", 80}, {"cores that share a cache", 200}, {"cores far apart", 1e9}};

const Place* place_at(const std::optional<double>& limit) {
  if (!limit) return nullptr;
  return std::find_if(std::begin(places), std::end(places),
                      [&](const Place& place) { return *limit < place.limit_ns_below; });
}

/// Nothing if they moved meanwhile.
const Place* place_of(const Sample& sample) {
  const Place* place = place_at(sample[limit_index][round_trips]);
  return place == place_at(sample.back()[round_trips]) ? place : nullptr;
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  const auto middle = values.begin() + static_cast<long>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The median over @p samples of what @p value says of each.
template <class F>
std::optional<double> median_of(const std::vector<Sample>& samples, F value) {
  std::vector<double> values;
  for (const Sample& sample : samples)
    if (const std::optional<double> v = value(sample)) values.push_back(*v);
  return median(values);
}

struct Result {
  std::optional<double> ns;
  std::optional<double> times_pika;
};

Result result(const std::vector<Sample>& samples, size_t row, int column) {
  const auto ns = [=](const Sample& s) { return s[row][column]; };
  const auto times_pika = [=](const Sample& s) -> std::optional<double> {
    const auto mine = s[row][column], pika = s[pika_index][column];
    return mine && pika ? std::optional(*mine / *pika) : std::nullopt;
  };
  return {median_of(samples, ns), median_of(samples, times_pika)};
}

void print_table(const std::vector<Row>& rows, const char* place,
                 const std::vector<Sample>& samples) {
  std::printf("%s, %zu repetitions\n", place, samples.size());
  std::printf("%-28s %17s %17s %17s\n", "  ns, and times PIKA's", "round trip", "stream",
              "64 outstanding");
  for (size_t r = 0; r < rows.size(); ++r) {
    std::printf("  %-26s", rows[r].name.c_str());
    for (int c = 0; c < columns; ++c) {
      const Result cell = result(samples, r, c);
      if (cell.ns && cell.times_pika)
        std::printf(" %9.1f %6.2fx", *cell.ns, *cell.times_pika);
      else
        std::printf(" %9s %7s", rows[r].run[c] ? "busy" : "-", "");
    }
    std::printf("\n");
  }
}

json to_json(const std::vector<Row>& rows, const char* place, const std::vector<Sample>& samples) {
  json all = json::array();
  for (size_t r = 0; r < rows.size(); ++r) {
    json row{{"name", rows[r].name}};
    for (int c = 0; c < columns; ++c) {
      const Result cell = result(samples, r, c);
      if (cell.ns && cell.times_pika)
        row[column_names[c]] = {{"ns", *cell.ns}, {"times_pika", *cell.times_pika}};
    }
    all.push_back(row);
  }
  return {{"place", place}, {"repetitions", samples.size()}, {"rows", all}};
}

std::vector<Sample> measure(const std::vector<Row>& rows, int far_cpu,
                            std::chrono::seconds at_least) {
  const auto end = std::chrono::steady_clock::now() + at_least;
  std::vector<Sample> samples;
  do {
    samples.push_back(sample(rows, far_cpu));
  } while (std::chrono::steady_clock::now() < end);
  return samples;
}

/// Prints a table for each place that was seen, and tells all as JSON.
json report(const std::vector<Row>& rows, const std::vector<Sample>& samples) {
  json all = json::array();
  for (const Place& place : places) {
    std::vector<Sample> there;
    for (const Sample& sample : samples)
      if (place_of(sample) == &place) there.push_back(sample);
    if (there.empty()) continue;
    print_table(rows, place.name, there);
    all.push_back(to_json(rows, place.name, there));
  }
  const auto moved = std::count_if(samples.begin(), samples.end(),
                                   [](const Sample& s) { return place_of(s) == nullptr; });
  if (moved > 0) std::printf("%ld repetitions more: the CPUs moved, or were too busy\n", moved);
  return all;
}

int run(CLI::App& app, int argc, char** argv) {
  app.description("Measures PIKA's message ring against its peers, on two CPUs.");
  unsigned seconds = 5;
  std::string json_file;
  app.add_option("--seconds", seconds, "for how long, about")->check(CLI::Range(0, 3600));
  app.add_option("--json", json_file, "also write the results to this file, as JSON");
  app.parse(argc, argv);
  const auto cpu = bench::two_cpus();
  bench::pin(cpu.near);
  const auto all = rows();
  const json results = report(all, measure(all, cpu.far, std::chrono::seconds(seconds)));
  if (!json_file.empty()) bench::write_json(json_file, results);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return bench::main_of("bench/ring", run, argc, argv); }
