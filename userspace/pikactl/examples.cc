// SPDX-License-Identifier: GPL-2.0-only

#include "pikactl/examples.hh"

#include <array>
#include <string>

namespace {

struct Examples {
  /// Words of the command.
  const char* command;
  /// A line each.
  const char* lines;
};

constexpr std::array all = {
    Examples{"start",
             "  pikactl start TS1LS1CM1 --link eth0 --cores 0\n"
             "  pikactl -n web start TS2LS2CM2 --link veth0,veth1 --allow gid:33\n"},
    Examples{"stop",
             "  pikactl stop\n"
             "  pikactl stop --force && rmmod pika\n"},
    Examples{"link",
             "  pikactl link add eth1\n"
             "  pikactl link del eth0\n"},
    Examples{"link add", "  pikactl link add eth1\n"},
    Examples{"link del", "  pikactl link del eth0\n"},
    Examples{"show",
             "  pikactl show\n"
             "  pikactl show --json | jq .stack.flows\n"},
    Examples{"stats",
             "  pikactl stats --all\n"
             "  pikactl stats --json | jq '.servers[0].ts.retransmits'\n"},
    Examples{"listeners",
             "  pikactl listeners\n"
             "  pikactl listeners --json | jq '.listeners[].port'\n"},
    Examples{"connections",
             "  pikactl connections --state established --port 443\n"
             "  pikactl connections --details\n"},
    Examples{"acceptors",
             "  pikactl acceptors\n"
             "  pikactl acceptors --json | jq '.acceptors[] | [.pid, .service_us]'\n"},
    Examples{"events",
             "  pikactl events\n"
             "  pikactl -n web monitor --json | jq --unbuffered .event\n"},
    Examples{"version", "  pikactl version\n"},
};

CLI::App& command_of(CLI::App& app, const std::string& words) {
  const size_t space = words.find(' ');
  if (space == std::string::npos) return *app.get_subcommand(words);
  return command_of(*app.get_subcommand(words.substr(0, space)), words.substr(space + 1));
}

}  // namespace

void add_examples(CLI::App& app) {
  for (const Examples& each : all)
    command_of(app, each.command).footer(std::string("Examples:\n") + each.lines);
}
