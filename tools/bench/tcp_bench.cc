// SPDX-License-Identifier: GPL-2.0-only
//
// A short connection and a keep-alive request, server side only: PIKA's core against
// lwIP, fed with the same packets. A short connection is SYN; ACK and request; the
// client's FIN, which acknowledges the page; the ACK of the server's FIN. Only the
// stack's handling of a batch of these counts, application included. All are run
// in turn, in random order, so that what disturbs one disturbs all; results are
// medians.

#include <benchmark/benchmark.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "program.hh"
#include "tcp_subject.hh"

namespace {

using bench::Options;
using bench::Row;
using bench::Runner;
using bench::Subject;
using nlohmann::json;

/// From the issue: of lwIP's, of PIKA's own without others, and in bytes.
constexpr double most_of_lwip = 0.65;
constexpr double most_of_empty = 1.3;
constexpr double most_bytes = 512;

std::vector<Row> rows() {
  using bench::most_others;
  return {
      {.what = "short", .at_once = 1},
      {.what = "short", .at_once = 64},
      {.what = "short", .others = 1'000, .at_once = 64},
      {.what = "short", .others = most_others, .at_once = 64},
      {.what = "short-mss-only", .at_once = 64, .options = Options::mss},
      {.what = "short-offload", .at_once = 64, .offload = true},
      {.what = "keep-alive", .keep_alive = true, .at_once = 1},
      {.what = "keep-alive", .keep_alive = true, .at_once = 64},
      {.what = "keep-alive", .keep_alive = true, .others = 1'000, .at_once = 64},
      {.what = "keep-alive", .keep_alive = true, .others = most_others, .at_once = 64},
  };
}

/// lwIP looks at every open connection for each packet of a new one.
bool takes_long(const Subject& subject, const Row& row) {
  return row.others > 10'000 && !row.keep_alive && subject.name() == std::string("lwIP");
}

void add(Subject& subject, const Row& row, int repetitions) {
  const auto run = [&subject, row](benchmark::State& state) {
    Runner runner(subject.world(row), row);
    if (!takes_long(subject, row))
      for (unsigned i = 0; i < 256; i += row.at_once) runner.batch();  // caches
    for ([[maybe_unused]] auto _ : state) state.SetIterationTime(runner.batch() * 1e-9);
  };
  const bool few = takes_long(subject, row);
  benchmark::RegisterBenchmark((row.name() + "/" + subject.name()).c_str(), run)
      ->UseManualTime()
      ->Iterations(few ? 1 : 256 / row.at_once)
      ->Repetitions(few ? 3 : repetitions);
}

/// Keeps every repetition's result, in nanoseconds, by the benchmark's name.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) throw std::runtime_error(run.error_message);
      if (run.run_type == Run::RT_Iteration)
        ns_[run.run_name.function_name].push_back(run.GetAdjustedRealTime());
    }
  }

  double median(const std::string& name) const {
    std::vector<double> ns = ns_.at(name);
    const auto middle = ns.begin() + static_cast<long>(ns.size() / 2);
    std::nth_element(ns.begin(), middle, ns.end());
    return *middle;
  }
  double pika(const Row& row) const { return median(row.name() + "/PIKA"); }
  double lwip(const Row& row) const { return median(row.name() + "/lwIP"); }

 private:
  std::map<std::string, std::vector<double>> ns_;
};

/// How much of PIKA's part of @p row is the application's side of the rings.
double endpoint_ns(bench::Pika& pika, const Row& row, int batches) {
  bench::World& world = pika.world(row);
  auto& stack = dynamic_cast<bench::PikaStack&>(*world.stack);
  bench::Watch watch;
  std::vector<double> ns;
  Runner runner(world, row);
  stack.watch_app(&watch);
  for (int i = 0; i < batches; ++i) {
    runner.batch();
    ns.push_back(watch.take_ns() / row.at_once);
  }
  stack.watch_app(nullptr);
  std::sort(ns.begin(), ns.end());
  return ns[ns.size() / 2];
}

/// What must hold, and whether it does.
struct Target {
  std::string what;
  double is;
  double most;

  bool holds() const { return is <= most; }
};

std::vector<Target> targets(const Collector& results) {
  const auto all = rows();
  const Row& empty = all[1];
  const Row& full = all[3];
  return {
      {"short connection, of lwIP's time", results.pika(empty) / results.lwip(empty), most_of_lwip},
      {"short connection among 100,000, of its time alone",
       results.pika(full) / results.pika(empty), most_of_empty},
      {"bytes of the core for an idle connection", bench::PikaStack::bytes_per_connection(),
       most_bytes},
  };
}

void print_table(const Collector& results, double endpoint) {
  std::printf("%-28s %12s %12s %7s\n", "ns; others, at once", "PIKA", "lwIP", "ratio");
  for (const Row& row : rows())
    std::printf("%-28s %12.1f %12.1f %7.3f\n", row.name().c_str(), results.pika(row),
                results.lwip(row), results.pika(row) / results.lwip(row));
  std::printf("of PIKA's short/0/64, the endpoint's side: %.1f ns\n", endpoint);
  std::printf("bytes of an idle connection: PIKA's core %.0f, lwIP %zu\n\n",
              bench::PikaStack::bytes_per_connection(), lwip_server_bytes_per_connection());
  for (const Target& target : targets(results))
    std::printf("%-6s %s: %.3f, at most %.2f\n", target.holds() ? "holds" : "MISSED",
                target.what.c_str(), target.is, target.most);
}

json to_json(const Collector& results, double endpoint) {
  json all{{"rows", json::array()}, {"targets", json::array()}};
  for (const Row& row : rows())
    all["rows"].push_back({{"what", row.what},
                           {"others", row.others},
                           {"at_once", row.at_once},
                           {"pika_ns", results.pika(row)},
                           {"lwip_ns", results.lwip(row)},
                           {"ratio", results.pika(row) / results.lwip(row)}});
  for (const Target& target : targets(results))
    all["targets"].push_back({{"what", target.what},
                              {"is", target.is},
                              {"most", target.most},
                              {"holds", target.holds()}});
  all["endpoint_ns"] = endpoint;
  all["lwip_bytes_per_connection"] = lwip_server_bytes_per_connection();
  return all;
}

/// For callgrind, which counts what happens inside Stack::work().
void run_once(Subject& subject, const std::string& name, unsigned n) {
  for (const Row& row : rows()) {
    if (row.name() != name) continue;
    Runner runner(subject.world(row), row);
    for (unsigned i = 0; i < n; i += row.at_once) runner.batch();
    return;
  }
  throw std::runtime_error(name + ": no such row");
}

int compare(bench::Pika& pika, bench::Lwip& lwip, int repetitions, bool as_json) {
  char name[] = "tcp", interleave[] = "--benchmark_enable_random_interleaving=true";
  char* arguments[] = {name, interleave, nullptr};
  int count = 2;
  benchmark::Initialize(&count, arguments);
  for (const Row& row : rows()) {
    add(pika, row, repetitions);
    add(lwip, row, repetitions);
  }
  Collector results;
  benchmark::RunSpecifiedBenchmarks(&results);
  const double endpoint = endpoint_ns(pika, rows()[1], repetitions);
  if (as_json)
    std::printf("%s\n", to_json(results, endpoint).dump(2).c_str());
  else
    print_table(results, endpoint);
  return 0;
}

int run(CLI::App& app, int argc, char** argv) {
  app.description("Compares PIKA's core with lwIP: a server's side of TCP connections.");
  int repetitions = 101;
  bool as_json = false;
  std::string once, stack = "PIKA";
  unsigned connections = 1024;
  app.add_option("--repetitions", repetitions, "results that a median is taken of")
      ->check(CLI::Range(1, 100'000));
  app.add_flag("--json", as_json, "print JSON");
  app.add_option("--once", once, "only run this row, such as short/0/64, for a profiler");
  app.add_option("--stack", stack, "with --once")->check(CLI::IsMember({"PIKA", "lwIP"}));
  app.add_option("--connections", connections, "with --once: or requests")
      ->check(CLI::Range(1, 1'000'000));
  app.parse(argc, argv);
  bench::Pika pika;
  bench::Lwip lwip;
  if (once.empty()) return compare(pika, lwip, repetitions, as_json);
  if (stack == "PIKA")
    run_once(pika, once, connections);
  else
    run_once(lwip, once, connections);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return bench::main_of("bench/tcp", run, argc, argv); }
