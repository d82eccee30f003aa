// SPDX-License-Identifier: GPL-2.0-only
//
// The server's side of a short connection and of a keep-alive request by the kernel's
// stack, Linux's or PIKA's, system calls included. Meant for a guest whose clock counts
// instructions; tools/bench/vm runs it there, once for each stack.

#include <sys/resource.h>
#include <uapi/linux/pika.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernel_counts.hh"
#include "kernel_stack.hh"
#include "program.hh"
#include "tcp_client.hh"

namespace {

using bench::KernelStack;
using bench::Part;
using nlohmann::json;

enum class Kind { connect, request, upload, download };

/// Of Linux's instructions PIKA may take so many for a short connection.
constexpr double goal = 0.8;

struct Row {
  const char* name;
  Kind kind;
  unsigned at_once;
  bool bursts;
};

constexpr Row rows[] = {
    {"short connection", Kind::connect, 1, false},
    {"short connection, 64 at once", Kind::connect, 64, false},
    {"short connection, 64 in a burst", Kind::connect, 64, true},
    {"request on a kept connection", Kind::request, 1, false},
    {"request on a kept connection, 64 at once", Kind::request, 64, false},
    {"request on a kept connection, 64 in a burst", Kind::request, 64, true},
    {"KiB received in bulk, in bursts", Kind::upload, 1, true},
    {"KiB sent in bulk", Kind::download, 1, false},
};

/// Not counted: what is allocated once, and caches.
constexpr unsigned warm_up = 256;

long switches() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nvcsw + usage.ru_nivcsw;
}

class Runner {
 public:
  /// @param counts: whether the stack is PIKA's, whose servers count
  Runner(KernelStack& stack, const Row& row, bool counts)
      : client_(stack), stack_(stack), row_(row), counts_(counts) {
    stack_.set_bursts(row.bursts);
    if (row.kind != Kind::connect) peers_ = client_.open(row.at_once, unused_);
  }
  ~Runner() {
    if (row_.kind != Kind::connect) client_.close(peers_, unused_);
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  void run(unsigned n) {
    for (unsigned i = 0; i < n; i += row_.at_once) run_once();
  }

  /// Of one connection, request or KiB.
  json measure(unsigned connections) {
    const unsigned rounds = (connections + row_.at_once - 1) / row_.at_once;
    const double n = rounds * row_.at_once * units();
    run(warm_up);
    stack_.ledger().clear();
    stack_.take_frames();
    const auto counts = this->counts();
    const long before = switches();
    run(rounds * row_.at_once);
    json result{{"what", row_.name}, {"switches", double(switches() - before) / n}};
    for (const auto& [name, count] : this->counts())
      result["counts"][name] = double(count - counts.at(name)) / n;
    double all = 0;
    for (size_t part = 0; part < size_t(Part::count); ++part) {
      const double ticks = stack_.ledger().ticks(Part(part)) / n;
      result["parts"][bench::part_names[part]] = ticks;
      all += ticks;
    }
    result["instructions"] = all;
    result["frames"] = double(stack_.take_frames()) / n;
    return result;
  }

 private:
  void run_once() {
    switch (row_.kind) {
      case Kind::connect:
        return client_.short_connections(row_.at_once, unused_);
      case Kind::request:
        return client_.request(peers_, unused_);
      case Kind::upload:
        return client_.upload(peers_, unused_);
      case Kind::download:
        return client_.download(peers_, unused_);
    }
  }

  /// What one run of a connection's is divided by.
  double units() const {
    const bool in_bulk = row_.kind == Kind::upload || row_.kind == Kind::download;
    return in_bulk ? bench::bulk_bytes / 1024.0 : 1;
  }

  std::map<std::string, uint64_t> counts() const {
    if (counts_) return bench::counts_of_servers();
    return {};
  }

  bench::Client client_;
  KernelStack& stack_;
  Row row_;
  bool counts_;
  std::vector<bench::Peer> peers_;
  bench::Watch unused_;
};

void print(const char* name, double ours, const json* theirs, const char* key) {
  if (!theirs) {
    std::printf("  %-42s %10.1f\n", name, ours);
    return;
  }
  const double other = key ? (*theirs)["parts"][key].get<double>() : theirs->at(name).get<double>();
  std::printf("  %-42s %10.1f %10.1f", name, ours, other);
  if (other > 0) std::printf(" %6.2f", ours / other);
  std::printf("\n");
}

void print_goal(const json& row, const json* theirs) {
  if (!theirs || row["what"] != rows[0].name) return;
  const double ratio = row["instructions"].get<double>() / (*theirs)["instructions"].get<double>();
  std::printf("  goal: at most %.2f: %.3f %s\n", goal, ratio, ratio <= goal ? "reached" : "MISSED");
}

void print(const json& row, const json* theirs) {
  std::printf("%s\n", row["what"].get<std::string>().c_str());
  for (const char* name : {"instructions", "frames", "switches"})
    print(name, row[name], theirs, nullptr);
  print_goal(row, theirs);
  for (const char* part : bench::part_names) print(part, row["parts"][part], theirs, part);
  if (!row.contains("counts")) return;
  for (const auto& [name, count] : row["counts"].items())
    std::printf("  %-42s %10.2f\n", name.c_str(), count.get<double>());
}

int run(CLI::App& app, int argc, char** argv) {
  app.description("Counts what the kernel's stack takes for connections that come by a tap.");
  std::string tap = "tap0", json_file, against_file;
  bool is_pika = false;
  unsigned connections = 2048;
  app.add_option("--tap", tap, "device that leads to the clients")->capture_default_str();
  app.add_flag("--pika", is_pika, "PIKA's stack, else Linux's");
  app.add_option("--connections", connections, "for each row")->check(CLI::Range(1, 1'000'000));
  app.add_option("--json", json_file, "also write the results to this file");
  app.add_option("--against", against_file, "compare with the results in this file");
  app.parse(argc, argv);
  json against;
  if (!against_file.empty()) against = json::parse(std::ifstream(against_file));
  KernelStack stack(tap.c_str(), is_pika ? PIKA_IPPROTO : 0);
  json all{{"stack", is_pika ? "PIKA" : "Linux"}, {"rows", json::array()}};
  for (size_t i = 0; i < std::size(rows); ++i) {
    Runner runner(stack, rows[i], is_pika);
    all["rows"].push_back(runner.measure(connections));
    print(all["rows"][i], against.is_null() ? nullptr : &against["rows"][i]);
  }
  all["floor"] = bench::floor_of_calls();
  std::printf("system calls alone, on AF_UNIX %23.1f\n", all["floor"].get<double>());
  if (!json_file.empty()) bench::write_json(json_file, all);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return bench::main_of("bench/kernel", run, argc, argv); }
