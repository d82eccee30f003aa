// SPDX-License-Identifier: GPL-2.0-only
//
// Puts what the benchmark programs wrote into one table: what PIKA takes, what it is
// compared with, and where there is a goal, whether it is reached.

#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "program.hh"

namespace {

using nlohmann::json;

struct Row {
  std::string what;
  double ours = 0;
  std::string unit = {};
  std::string with = {};  ///< what it is compared with, or nothing
  double theirs = 0;
  std::optional<double> ratio = {};  ///< theirs to ours: above 1, PIKA is faster
  std::optional<double> goal = {};   ///< of the ratio, at least
  std::optional<double> most = {};   ///< that ours may be
};

json to_json(const Row& row) {
  json j{{"what", row.what}, {"pika", row.ours}, {"unit", row.unit}};
  if (row.ratio) j.update({{"with", row.with}, {"theirs", row.theirs}, {"ratio", *row.ratio}});
  if (row.goal) j["goal"] = *row.goal;
  if (row.most) j["most"] = *row.most;
  return j;
}

Row compared(const std::string& what, double ours, const std::string& unit, const std::string& with,
             double theirs) {
  return {what, ours, unit, with, theirs, theirs / ours};
}

// Rings. The ratios are medians of each repetition's, not those of the medians.

const char* const pika = "PIKA";
const char* const pika_batch = "PIKA, 16 at once";
const char* const limit = "limit: one line each way";
const char* const dpdk = "DPDK rte_ring";
const char* const dpdk_batch = "DPDK rte_ring, 16 at once";

struct Cell {
  double ns;
  double times_pika;
};

std::optional<Cell> cell(const json& place, const std::string& name, const char* column) {
  for (const json& row : place["rows"])
    if (row["name"] == name && row.contains(column))
      return Cell{row[column]["ns"], row[column]["times_pika"]};
  return std::nullopt;
}

/// @p goal of the ratio, where there is one.
void add_ring(std::vector<Row>& rows, const json& place, const char* column,
              const std::string& what, const char* ours, const std::string& theirs,
              std::optional<double> goal) {
  const auto our = cell(place, ours, column), their = cell(place, theirs, column);
  if (!our || !their) return;
  rows.push_back(
      {what, our->ns, "ns", theirs, their->ns, their->times_pika / our->times_pika, goal});
}

/// The fastest ring that is not PIKA's and takes as many messages at once.
std::string best_peer(const json& place, const char* column, bool batch) {
  const json* best = nullptr;
  for (const json& row : place["rows"]) {
    const std::string name = row["name"];
    if (name.starts_with("PIKA") || name.starts_with("limit") || !row.contains(column)) continue;
    if (name.ends_with("at once") != batch) continue;
    if (!best || row[column]["ns"] < (*best)[column]["ns"]) best = &row;
  }
  return best ? std::string((*best)["name"]) : std::string();
}

/// The goals are for two cores: two threads of one share all that makes them differ.
void add_rings(std::vector<Row>& rows, const json& place) {
  const bool two_cores = place["place"] != "threads of one core";
  const auto goal = [=](double ratio) { return two_cores ? std::optional(ratio) : std::nullopt; };
  add_ring(rows, place, "round_trip", "round trip", pika, limit, goal(1 / 1.3));
  add_ring(rows, place, "round_trip", "round trip", pika, dpdk, {});
  add_ring(rows, place, "outstanding_64", "64 outstanding", pika, dpdk, goal(7));
  add_ring(rows, place, "outstanding_64", "64 outstanding, 16 at once", pika_batch, dpdk_batch, {});
  add_ring(rows, place, "stream", "stream", pika, best_peer(place, "stream", false), goal(1));
  add_ring(rows, place, "stream", "stream, 16 at once", pika_batch,
           best_peer(place, "stream", true), goal(1));
}

// Parts of the core, by google-benchmark.

/// @p name begins the benchmark's.
std::optional<double> cycles_of(const json& core, const std::string& name) {
  for (const json& run : core["benchmarks"])
    if (run["run_name"].get<std::string>().starts_with(name) && run["aggregate_name"] == "median")
      return run["cycles"];
  return std::nullopt;
}

/// The paper's Table 2: round trips, on one socket.
void add_paper(std::vector<Row>& rows, const json& core, const json& rings) {
  const double cycles_per_ns = std::stod(core["context"]["cycles_per_ns"].get<std::string>());
  const auto add = [&](const char* what, std::optional<double> cycles, double paper) {
    if (cycles) rows.push_back(compared(what, *cycles, "cycles", "the paper's Table 2", paper));
  };
  const auto ring = [&](const char* name, const char* column) -> std::optional<double> {
    for (const json& place : rings)
      if (const auto c = cell(place, name, column)) return c->ns * cycles_per_ns;
    return std::nullopt;
  };
  add("limit: one line each way", ring(limit, "round_trip"), 186);
  add("message, one by one", ring(pika, "round_trip"), 597);
  add("message, 64 outstanding", ring(pika, "outstanding_64"), 150);
  add("dispatch, one by one", cycles_of(core, "dispatch_synchronous"), 706);
  add("dispatch, 64 outstanding", cycles_of(core, "dispatch_concurrent"), 378);
  add("microthread that does not wait", cycles_of(core, "microthread_run"), 26);
}

bool in_table_2(const std::string& name) {
  return name.ends_with("/real_time") || name == "microthread_run";
}

void add_parts(std::vector<Row>& rows, const json& core) {
  for (const json& run : core["benchmarks"])
    if (run["aggregate_name"] == "median" && !in_table_2(run["run_name"]))
      rows.push_back({.what = run["run_name"], .ours = run["cycles"], .unit = "cycles"});
  // They ran in random order.
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.what < b.what; });
}

// TCP. Its program has judged its goals itself.

void add_tcp(std::vector<Row>& rows, const json& tcp) {
  for (const json& row : tcp["rows"])
    rows.push_back(compared(std::string(row["what"]) + ", " +
                                std::to_string(row["others"].get<int>()) + " others, " +
                                std::to_string(row["at_once"].get<int>()) + " at once",
                            row["pika_ns"], "ns", "lwIP", row["lwip_ns"]));
  for (const json& target : tcp["targets"])
    rows.push_back(
        {.what = target["what"], .ours = target["is"], .unit = "", .most = target["most"]});
}

// The table.

const char* verdict(bool reached) { return reached ? "reached" : "MISSED"; }

void print(const Row& row) {
  std::printf("  %-49s %9.2f %-6s", row.what.c_str(), row.ours, row.unit.c_str());
  if (row.ratio) std::printf(" %9.1f %6.2fx  %-27s", row.theirs, *row.ratio, row.with.c_str());
  if (row.goal) std::printf(" %.2fx %s", *row.goal, verdict(*row.ratio >= *row.goal));
  if (row.most) std::printf(" at most %.2f: %s", *row.most, verdict(row.ours <= *row.most));
  std::printf("\n");
}

class Table {
 public:
  void add(const std::string& title, const std::vector<Row>& rows) {
    if (rows.empty()) return;
    std::printf("%s\n", title.c_str());
    for (const Row& row : rows) {
      print(row);
      json j = to_json(row);
      j["group"] = title;
      rows_.push_back(j);
    }
  }
  const json& rows() const { return rows_; }

 private:
  json rows_ = json::array();
};

/// What a program wrote, or nothing if it did not run.
json read(const std::string& file) {
  std::ifstream in(file);
  return in ? json::parse(in) : json();
}

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
  return "unknown";
}

json machine(const std::string& load) {
  utsname kernel;
  uname(&kernel);
  const std::time_t now = std::time(nullptr);
  char date[sizeof("2000-01-01T00:00:00Z")];
  std::strftime(date, sizeof(date), "%FT%TZ", std::gmtime(&now));
  return {{"date", date},
          {"processor", processor()},
          {"kernel", kernel.release},
          {"load", load},
          {"compiler", __VERSION__}};
}

json report(const std::string& dir, const std::string& load) {
  json all{{"machine", machine(load)}};
  Table table;
  for (const char* program : {"ring", "core", "tcp"})
    if (const json results = read(dir + "/" + program + ".json"); !results.is_null())
      all[program] = results;
  std::printf("%-52s %9s %-6s %9s %7s  %-27s %s\n", "", "PIKA", "", "theirs", "ratio",
              "compared with", "goal");
  if (all.contains("ring"))
    for (const json& place : all["ring"]) {
      std::vector<Row> rows;
      add_rings(rows, place);
      table.add("Rings: " + std::string(place["place"]), rows);
    }
  if (all.contains("core")) {
    std::vector<Row> paper, parts;
    add_paper(paper, all["core"], all.value("ring", json::array()));
    add_parts(parts, all["core"]);
    table.add("Messages and microthreads", paper);
    table.add("Parts of the core", parts);
  }
  if (all.contains("tcp")) {
    std::vector<Row> rows;
    add_tcp(rows, all["tcp"]);
    table.add("TCP, server side: one connection or request", rows);
  }
  all["rows"] = table.rows();
  return all;
}

int run(CLI::App& app, int argc, char** argv) {
  app.description("Makes one table of the results of the benchmark programs.");
  std::string dir, json_file, load;
  app.add_option("dir", dir, "where they wrote ring.json, core.json, tcp.json")->required();
  app.add_option("--json", json_file, "write everything to this file")->required();
  app.add_option("--load", load, "of the machine before they ran")->required();
  app.parse(argc, argv);
  const json all = report(dir, load);
  bench::write_json(json_file, all);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return bench::main_of("bench/report", run, argc, argv); }
