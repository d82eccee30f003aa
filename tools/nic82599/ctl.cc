// SPDX-License-Identifier: GPL-2.0-only
//
// nic82599ctl: asks a running nic82599. Parses the command line; exit status 0 done,
// 1 failed, 2 usage.

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "program.hh"
#include "tools/nic82599/control.hh"

namespace pika::nic82599 {
namespace {

using nlohmann::json;

void print_stats(const json& ports) {
  for (const json& port : ports) {
    std::printf("port %s\n", port["port"].dump().c_str());
    for (const auto& [name, value] : port.items())
      if (name != "port") std::printf("  %-16s %s\n", name.c_str(), value.dump().c_str());
  }
}

int request(const std::string& path, const std::string& line, bool print, bool as_json) {
  const auto answer = ask(path, line);
  if (!answer) return report("nic82599ctl", answer.error());
  const json heard = json::parse(*answer, nullptr, false);
  if (heard.is_object() && heard.contains("error"))
    return report("nic82599ctl", Error{EINVAL, heard["error"].get<std::string>()});
  if (!heard.is_object() || !heard.contains("ports"))
    return report("nic82599ctl", Error{EPROTO, path + ": what answers is no nic82599"});
  if (as_json)
    std::printf("%s\n", heard.dump(2).c_str());
  else if (print)
    print_stats(heard["ports"]);
  return exit_ok;
}

int run(int argc, char** argv) {
  CLI::App app{"Asks a running nic82599.", "nic82599ctl"};
  std::string path, link, port = "all";
  unsigned number = 0;
  bool as_json = false;
  app.allow_extras();
  app.require_subcommand(1);
  app.add_option("PATH", path, "Its --control socket")->required();
  app.add_option("--port", port, "One port, 0 or 1; by default all");
  auto* link_command = app.add_subcommand("link", "Plug the cable in or out");
  link_command->add_option("STATE", link, "up or down")
      ->required()
      ->check(CLI::IsMember({"up", "down"}));
  auto* stats = app.add_subcommand("stats", "Print what has been counted");
  stats->add_flag("--json", as_json, "Print JSON");
  auto* fault = app.add_subcommand("fault", "Make a deliberate error from now on");
  fault->add_option("NUMBER", number, "As nic82599 --faults prints them; 0: none")->required();
  auto* remove = app.add_subcommand("remove", "Pull the card out under its driver");
  app.footer("Example:\n  nic82599ctl /tmp/nic.control link down");
  if (const auto status = pika::parse(app, argc, argv)) return *status;
  std::string line = port + " stats";
  if (*link_command) line = port + " link " + link;
  if (*fault) line = port + " fault " + std::to_string(number);
  if (*remove) line = port + " remove";
  return request(path, line, stats->parsed(), as_json);
}

}  // namespace
}  // namespace pika::nic82599

int main(int argc, char** argv) {
  return pika::main_of("nic82599ctl", pika::nic82599::run, argc, argv);
}
