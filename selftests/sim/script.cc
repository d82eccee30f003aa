// SPDX-License-Identifier: GPL-2.0-only
//
// Runs packet scripts (Documentation/packet-scripts.rst), each in both families
// unless it says otherwise, and prints TAP.

#include "selftests/sim/script.hh"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using pika::sim::Script;

class Runner {
 public:
  Runner(bool trace, bool processes, const std::string& composition)
      : trace_(trace), processes_(processes), composition_(composition) {}

  void run_file(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    const std::string name = std::filesystem::path(path).stem().string();
    auto script = pika::sim::parse_script(name, text.str());
    if (!file || !script) return report(path, file ? script.error().text : "cannot be opened");
    script->host.processes = processes_;
    if (!composition_.empty()) script->host.composition = composition_;
    if (script->v4) run_family(path, *script, false);
    if (script->v6) run_family(path, *script, true);
  }

  /// @return the exit status
  int end() const {
    std::printf("1..%d\n", number_);
    return failed_ ? 1 : 0;
  }

 private:
  void run_family(const std::string& path, const Script& script, bool v6) {
    const auto result = pika::sim::run_script(script, v6, trace_);
    report(script.name + (v6 ? " (IPv6)" : " (IPv4)"),
           result ? "" : path + ": " + result.error().text);
  }

  void report(const std::string& name, const std::string& why) {
    std::printf("%s %d - %s\n", why.empty() ? "ok" : "not ok", ++number_, name.c_str());
    if (why.empty()) return;
    failed_ = true;
    std::istringstream lines(why);
    for (std::string line; std::getline(lines, line);) std::printf("# %s\n", line.c_str());
  }

  bool trace_;
  bool processes_;
  std::string composition_;
  int number_ = 0;
  bool failed_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> files;
  std::string composition;
  bool trace = false;
  bool processes = false;
  CLI::App app{"Runs packet scripts against the core, in virtual time"};
  app.add_option("script", files, ".pkt files")->required();
  app.add_flag("--trace", trace, "print what the host sends");
  app.add_option("--composition", composition, "of the host, whatever the script says");
  app.add_flag("--processes", processes, "each server has a process of its own");
  CLI11_PARSE(app, argc, argv);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  Runner runner(trace, processes, composition);
  for (const std::string& file : files) runner.run_file(file);
  const int status = runner.end();
  std::fflush(stdout);
  if (status) _exit(status);  // what is left over in the middle of a run is no leak
  return 0;
}
