// SPDX-License-Identifier: GPL-2.0-only
//
// pikad: keeps the stacks of this machine as a file says. Parses the command line;
// exit status 0 done, 1 failed, 2 usage.

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "libpika/system_kernel.hh"
#include "pikad/config.hh"
#include "pikad/daemon.hh"
#include "pikad/keeper.hh"
#include "pikad/log.hh"
#include "pikad/pages.hh"
#include "pikad/run_dir.hh"
#include "pikad/server.hh"
#include "program.hh"

namespace {

using pika::exit_failed;
using pika::exit_ok;

struct Options {
  std::string file = "/etc/pika/pika.toml";
  bool check = false;
  bool dry_run = false;
  bool version = false;
};

int report(const pika::Error& error) { return pika::report("pikad", error); }

void print_plan(const Plan& plan) {
  for (const auto& [netns, differences] : plan.differences)
    std::printf("%s: differs: %s\n", name_of(netns).c_str(), describe(differences).c_str());
  for (const Step& step : plan.steps) std::printf("%s\n", describe(step).c_str());
  for (const Waiting& each : plan.waiting)
    std::printf("%s: waits: %s\n", name_of(each.netns).c_str(), each.why.c_str());
  if (plan.steps.empty()) std::printf("nothing to do\n");
}

int dry_run(const Config& config) {
  pika::SystemKernel kernel;
  const auto log = make_log();
  Keeper keeper(kernel, *log);
  keeper.begin({}, RunDir().owned());
  print_plan(keeper.preview(config));
  return exit_ok;
}

int serve(const Options& options, const Config& config) {
  RunDir run_dir;
  if (const auto locked = run_dir.lock(); !locked) return report(locked.error());
  pika::SystemKernel kernel;
  const auto log = make_log();
  Daemon daemon(options.file, kernel, *log, run_dir);
  const auto done = daemon.run(config);
  return done ? exit_ok : report(done.error());
}

int status(bool as_json) {
  const auto page = fetch(RunDir().path(socket_name), "/status");
  if (!page) return report(page.error());
  const auto text = status_text(*page, as_json);
  if (!text) return report(text.error());
  std::fputs(text->c_str(), stdout);
  return exit_ok;
}

int work(const Options& options) {
  const auto config = read_config(options.file);
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().text.c_str());
    return exit_failed;
  }
  if (options.check) {
    std::printf("%s: %zu stacks\n", options.file.c_str(), config->stacks.size());
    return exit_ok;
  }
  return options.dry_run ? dry_run(*config) : serve(options, *config);
}

int run(int argc, char** argv) {
  CLI::App app{"Keeps PIKA's stacks as a file says.", "pikad"};
  Options options;
  app.allow_extras();
  app.add_option("-c,--config", options.file, "The file, by default /etc/pika/pika.toml");
  app.add_flag("--check", options.check, "Read the file, say what is wrong with it, and end");
  app.add_flag("--dry-run", options.dry_run, "Print what would be done, and end");
  app.add_flag("--version", options.version, "Print the version, and end");
  bool as_json = false;
  auto* status_command = app.add_subcommand("status", "Print how the running daemon's stacks are");
  status_command->add_flag("--json", as_json, "Print JSON");
  app.footer(
      "Examples:\n  pikad --check -c new.toml && pikad --dry-run -c new.toml\n"
      "  pikad status --json | jq '.stacks[].state'");
  if (const auto status = pika::parse(app, argc, argv)) return *status;
  if (*status_command) return status(as_json);
  if (!options.version) return work(options);
  std::printf("pikad %s\n", PIKA_VERSION);
  return exit_ok;
}

}  // namespace

int main(int argc, char** argv) { return pika::main_of("pikad", run, argc, argv); }
