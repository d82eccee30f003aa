// SPDX-License-Identifier: GPL-2.0-only
//
// Two simulated hosts talk over a bad wire, once for each seed and composition. What
// is wrong comes with the command that shows it again.

#include <sanitizer/common_interface_defs.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "selftests/sim/two_stacks_traffic.hh"

/// Freed memory is kept for less long than usual, as each process copies its page tables.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer's name.
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=16"; }

namespace {

using pika::sim::Outcomes;
using pika::sim::Plan;
using pika::sim::TwoStacks;

const std::vector<std::string> all_compositions = {"TS1LS1CM1", "TS2LS2CM2", "TS1+LS1+CM1",
                                                   "TS2+LS2+CM1"};

struct Options {
  uint64_t first = 1;
  uint64_t last = 500;
  std::vector<std::string> compositions;
  bool trace = false;
  bool counters = false;
  bool processes = false;
};

/// What runs now, for those who die. A signal handler may read it.
char now_running[200];

void say_what_ran() {
  const std::string_view text = now_running;
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

void note(uint64_t seed, const std::string& composition, bool processes) {
  std::snprintf(now_running, sizeof(now_running),
                "\n# run: build/selftests/sim/two_stacks --seeds %llu --composition %s --trace%s\n",
                static_cast<unsigned long long>(seed), composition.c_str(),
                processes ? " --processes" : "");
}

void say_why_aborts() {
  __sanitizer_set_death_callback(say_what_ran);
  std::signal(SIGABRT, [](int) { say_what_ran(); });
}

bool parse_seeds(const std::string& text, Options& options) {
  char* end = nullptr;
  options.first = options.last = std::strtoull(text.c_str(), &end, 10);
  if (*end == '-') options.last = std::strtoull(end + 1, &end, 10);
  return *end == '\0' && options.first <= options.last;
}

[[noreturn]] void complain(uint64_t seed, const std::string& composition, const std::string& why) {
  std::printf("not ok 1 - seed %llu in %s: %s", static_cast<unsigned long long>(seed),
              composition.c_str(), why.c_str());
  std::printf("%s1..1\n", now_running);
  std::fflush(stdout);
  _exit(1);  // what is left over in the middle of a run is no leak
}

/// Takes note of what @p outcomes has and @p expected has not.
bool agree(Outcomes& expected, const Outcomes& outcomes) {
  for (size_t i = 0; i < outcomes.size(); i++) {
    if (outcomes[i].empty()) continue;
    if (expected[i].empty()) expected[i] = outcomes[i];
    if (expected[i] != outcomes[i]) return false;
  }
  return true;
}

/// @return the digest of all that was sent.
uint64_t run_once(const Plan& plan, const std::string& composition, bool processes,
                  const Options& options, Outcomes& expected) {
  note(plan.seed, composition, processes);
  TwoStacks simulation(plan, composition, options.trace, processes);
  const auto outcome = simulation.run();
  if (options.counters) simulation.print_counters();
  if (!outcome) complain(plan.seed, composition, outcome.error().text);
  if (!agree(expected, *outcome)) complain(plan.seed, composition, "other bytes than before");
  return simulation.digest();
}

/// One seed in all compositions, whose applications must see the same. In processes
/// the very packets must be those of one process.
void run_seed(uint64_t seed, const Options& options) {
  const Plan plan(seed);
  Outcomes expected(plan.connections.size());
  for (const std::string& composition : options.compositions) {
    const uint64_t digest = run_once(plan, composition, false, options, expected);
    if (options.processes && run_once(plan, composition, true, options, expected) != digest)
      complain(seed, composition, "other packets in processes than in one");
  }
}

void run(const Options& options) {
  const bool progress = isatty(STDERR_FILENO);
  for (uint64_t seed = options.first; seed <= options.last; seed++) {
    if (progress) std::fprintf(stderr, "\rseed %llu ", static_cast<unsigned long long>(seed));
    run_seed(seed, options);
  }
  if (progress) std::fprintf(stderr, "\r");
  const uint64_t n = options.last - options.first + 1;
  std::printf("ok 1 - %llu seeds%s\n1..1\n", static_cast<unsigned long long>(n),
              options.processes ? ", each server in a process of its own" : "");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string seeds = "1-500";
  CLI::App app{"Two hosts talk over a bad wire; every byte is compared"};
  app.add_option("--seeds", seeds, "a number or A-B")->capture_default_str();
  app.add_option("--composition", options.compositions, "of both hosts, instead of the usual");
  app.add_flag("--trace", options.trace, "print every packet as it is sent");
  app.add_flag("--counters", options.counters, "print what the transport servers counted");
  app.add_flag("--processes", options.processes,
               "run again with each server in a process of its own");
  CLI11_PARSE(app, argc, argv);
  if (!parse_seeds(seeds, options)) {
    std::fprintf(stderr, "two_stacks: %s: expected a number or A-B\n", seeds.c_str());
    return 2;
  }
  if (options.compositions.empty()) options.compositions = all_compositions;
  say_why_aborts();
  run(options);
}
