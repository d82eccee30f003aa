// SPDX-License-Identifier: GPL-2.0-only
//
// pikactl: what an administrator types. Parses the command line, asks libpika
// and prints; exit status 0 done, 1 failed, 2 usage.

#include <sys/utsname.h>
#include <uapi/linux/pika.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "libpika/monitor.hh"
#include "libpika/netns.hh"
#include "libpika/session.hh"
#include "pikactl/acceptors.hh"
#include "pikactl/connections.hh"
#include "pikactl/events.hh"
#include "pikactl/examples.hh"
#include "pikactl/listeners.hh"
#include "pikactl/output.hh"
#include "pikactl/stats.hh"
#include "program.hh"

namespace {

using pika::exit_failed;
using pika::exit_ok;

using nlohmann::json;
using pika::ModuleInfo;
using pika::Result;
using pika::Session;
using pika::StackConfig;
using pika::StackInfo;

int report(const pika::Error& error) { return pika::report("pikactl", error); }

void print(const json& value) { std::printf("%s\n", value.dump(2).c_str()); }

Result<ModuleInfo> loaded_module(std::optional<uint32_t> abi) {
  auto session = Session::open();
  if (!session) return session.error();
  return session->module(abi);
}

json to_json(const ModuleInfo& module) {
  return {{"version", module.version}, {"abi", module.abi}};
}

/// Both halves' versions. That no module is loaded is an answer, not a failure.
int version(bool as_json) {
  const auto module = loaded_module({});
  if (!module && module.error().code != ENOENT) return report(module.error());
  if (as_json) {
    print({{"pikactl", to_json({PIKA_VERSION, PIKA_ABI})},
           {"module", module ? to_json(*module) : json()}});
    return exit_ok;
  }
  const auto line = [](const std::string& what, const ModuleInfo& info) {
    return what + " " + info.version + " (abi " + std::to_string(info.abi) + ")\n";
  };
  put(line("pikactl", {PIKA_VERSION, PIKA_ABI}));
  put(module ? line("pika.ko", *module) : "pika.ko not loaded\n");
  return exit_ok;
}

const char* name_of(pika_firewall firewall) {
  return firewall == PIKA_FIREWALL_NONE ? "none" : "syn";
}

json to_json(const StackInfo& stack) {
  return {{"composition", stack.config.composition},
          {"links", stack.config.links},
          {"cores", stack.config.cores},
          {"idle_us", stack.config.idle_us},
          {"max_conns", stack.config.max_conns},
          {"firewall", name_of(stack.config.firewall)},
          {"allow", stack.config.allow},
          {"servers", stack.servers},
          {"sockets", stack.sockets},
          {"lingering", stack.lingering},
          {"flows", stack.flows}};
}

std::string text_of(const StackInfo& stack) {
  const StackConfig& config = stack.config;
  const auto text = [](uint32_t number) { return std::to_string(number); };
  return "stack " + config.composition + " link " + config.links + " cores " + config.cores +
         " idle-us " + text(config.idle_us) + " max-conns " + text(config.max_conns) +
         " firewall " + name_of(config.firewall) + " allow " + config.allow + "\n  servers " +
         text(stack.servers) + " sockets " + text(stack.sockets) + " lingering " +
         text(stack.lingering) + " flows " + text(stack.flows) + "\n";
}

/// What runs in this kernel, and in this network namespace.
int show(bool as_json) {
  auto session = Session::open();
  if (!session) return report(session.error());
  const auto module = session->module(PIKA_ABI);
  if (!module) return report(module.error());
  const auto stack = session->stack();
  if (!stack) return report(stack.error());
  utsname system{};
  uname(&system);
  if (as_json) {
    json described = to_json(*module);
    described["kernel"] = system.release;
    print({{"module", described}, {"stack", *stack ? to_json(**stack) : json()}});
    return exit_ok;
  }
  put("module pika " + module->version + " abi " + std::to_string(module->abi) + " kernel " +
      system.release + "\n");
  if (*stack) put(text_of(**stack));
  return exit_ok;
}

int start(const StackConfig& config) {
  auto session = Session::open();
  if (!session) return report(session.error());
  const auto started = session->start_stack(config);
  if (!started) return report(started.error());
  if (config.firewall == PIKA_FIREWALL_NONE)
    std::printf(
        "firewall none: no rule of input, output, prerouting or postrouting, nor NAT, applies to "
        "connections of programs that use PIKA; ingress and egress rules do\n");
  return exit_ok;
}

int stop(bool force) {
  auto session = Session::open();
  if (!session) return report(session.error());
  const auto stopped = session->stop_stack(force);
  return stopped ? exit_ok : report(stopped.error());
}

/// Changes the links of a stack that runs.
int change_link(const std::string& device,
                Result<pika::Done> (Session::*change)(const std::string&)) {
  auto session = Session::open();
  if (!session) return report(session.error());
  const auto changed = ((*session).*change)(device);
  return changed ? exit_ok : report(changed.error());
}

/// Prints what @p ask gets from the kernel, as @p json_of or @p text_of makes it.
template <class Ask, class JsonOf, class TextOf>
int tell(bool as_json, Ask ask, JsonOf json_of, TextOf text_of) {
  auto session = Session::open();
  if (!session) return report(session.error());
  const auto answer = ask(*session);
  if (!answer) return report(answer.error());
  if (as_json)
    print(json_of(*answer));
  else
    put(text_of(*answer));
  return exit_ok;
}

/// The same for answers that need no options.
template <class Ask>
int tell(bool as_json, Ask ask) {
  return tell(
      as_json, ask, [](const auto& all) { return ::to_json(all); },
      [](const auto& all) { return describe(all); });
}

/// What this network namespace's stack has counted.
int stats(bool as_json, bool zeros) {
  return tell(
      as_json, [](Session& session) { return session.stats(); },
      [](const auto& all) { return ::to_json(all); },
      [zeros](const auto& all) { return describe(all, zeros); });
}

/// Which ports programs listen on, and who accepts.
int listeners(bool as_json) {
  return tell(as_json, [](Session& session) { return session.listeners(); });
}

/// What `pikactl connections` was asked for.
struct ConnectionsOptions {
  ConnectionFilter filter;
  bool details = false;
};

Processes processes_for(const std::vector<pika::Connection>& some) {
  return some.empty() ? Processes() : find_processes();
}

/// Which connections the servers have, and who has them.
int connections(bool as_json, const ConnectionsOptions& options) {
  const auto ask = [&options](Session& session) -> Result<std::vector<pika::Connection>> {
    const auto all = session.connections();
    if (!all) return all.error();
    return chosen(*all, options.filter);
  };
  return tell(
      as_json, ask, [](const auto& some) { return ::to_json(some, processes_for(some)); },
      [&options](const auto& some) {
        return describe(some, processes_for(some), options.details);
      });
}

/// Who accepts, and how well.
int acceptors(bool as_json) {
  return tell(as_json, [](Session& session) { return session.acceptors(); });
}

std::string line_of(const pika::Event& event, bool as_json) {
  return as_json ? ::to_json(event).dump() + "\n" : describe(event);
}

/// What happens from now on, a line each, until somebody ends it.
int events(bool as_json) {
  auto monitor = pika::Monitor::open();
  if (!monitor) return report(monitor.error());
  for (;;) {
    const auto heard = monitor->read();
    if (!heard) return report(heard.error());
    for (const pika::Event& event : *heard) put(line_of(event, as_json));
    if (std::fflush(stdout) != 0) return exit_failed;
  }
}

CLI::App* add_connections(CLI::App& app, ConnectionsOptions& options) {
  auto* command = app.add_subcommand("connections", "Print the connections of its servers");
  command->add_option("--state", options.filter.state, "Only those in this state")
      ->check(CLI::IsMember(connection_states()));
  command->add_option("--port", options.filter.port, "Only those with this port at either end");
  command->add_flag("--details", options.details, "Also round trip time, windows, retries");
  return command;
}

int usage_error(const std::string& reason) { return pika::usage_error("pikactl", reason); }

CLI::App* add_start(CLI::App& app, StackConfig& config) {
  auto* command = app.add_subcommand("start", "Start the stack of this network namespace");
  command->add_option("composition", config.composition, "Its servers: TS1LS1CM1")->required();
  command->add_option("--link", config.links, "Network devices, with commas between them")
      ->required();
  command->add_option("--cores", config.cores, "A list of CPUs, one for each server");
  command->add_option("--idle-us", config.idle_us,
                      "How long a server without work goes on polling");
  command->add_option("--max-conns", config.max_conns, "Connections of each server");
  command
      ->add_option_function<std::string>(
          "--firewall",
          [&config](const std::string& name) {
            config.firewall = name == "none" ? PIKA_FIREWALL_NONE : PIKA_FIREWALL_SYN;
          },
          "What netfilter's rules see: the SYN of each connection (syn), or none")
      ->check(CLI::IsMember({"syn", "none"}).description("syn|none"));
  command->add_option("--allow", config.allow,
                      "Who may use it beside root: root (nobody), all, gid:N, cgroup:PATH");
  return command;
}

/// What `pikactl link` was asked for.
struct LinkOptions {
  CLI::App* add = nullptr;
  CLI::App* remove = nullptr;
  std::string device;
};

CLI::App* add_link(CLI::App& app, LinkOptions& options) {
  auto* command = app.add_subcommand("link", "Change the devices of a stack that runs");
  command->require_subcommand(1);
  options.add = command->add_subcommand("add", "Give it one more");
  options.remove = command->add_subcommand("del", "Take one from it");
  for (CLI::App* each : {options.add, options.remove})
    each->add_option("device", options.device, "Its name: eth1")->required();
  return command;
}

int change_link(const LinkOptions& options) {
  return change_link(options.device, *options.add ? &Session::add_link : &Session::remove_link);
}

/// Work goes on inside the namespace that `-n` names, as long as the result lives.
Result<std::unique_ptr<pika::Visit>> visit(const std::string& name) {
  if (name.empty()) return std::unique_ptr<pika::Visit>();
  const auto netns = pika::Netns::open(name);
  if (!netns) return netns.error();
  auto inside = pika::Visit::begin(*netns);
  if (!inside) return pika::Error{inside.error().code, "-n " + name + ": " + inside.error().text};
  return inside;
}

int run(int argc, char** argv) {
  CLI::App app{"Controls PIKA, the network service for multikernels.", "pikactl"};
  bool as_json = false;
  app.require_subcommand(0, 1);
  app.allow_extras();
  app.fallthrough();
  app.add_flag("--json", as_json, "Print JSON");
  std::string netns;
  app.add_option("-n,--netns", netns, "Work in this network namespace, as ip-netns(8) has it");
  auto* version_command =
      app.add_subcommand("version", "Print the versions of pikactl and pika.ko");
  auto* show_command = app.add_subcommand("show", "Print what runs in this kernel");
  StackConfig config;
  auto* start_command = add_start(app, config);
  auto* stop_command = app.add_subcommand("stop", "Stop the stack of this network namespace");
  bool force = false;
  stop_command->add_flag("--force", force, "Although programs hold sockets: abort those");
  LinkOptions link_options;
  auto* link_command = add_link(app, link_options);
  bool zeros = false;
  auto* stats_command = app.add_subcommand("stats", "Print what its servers have counted");
  stats_command->add_flag("--all", zeros, "Also what was never seen; JSON has that always");
  auto* listeners_command = app.add_subcommand("listeners", "Print who listens, and who accepts");
  ConnectionsOptions connections_options;
  auto* connections_command = add_connections(app, connections_options);
  auto* acceptors_command = app.add_subcommand("acceptors", "Print how its acceptors do");
  auto* events_command =
      app.add_subcommand("events", "Print what happens, as it happens")->alias("monitor");
  app.footer(
      "Examples:\n  pikactl start TS1LS1CM1 --link eth0 --cores 0\n"
      "  pikactl show --json | jq .stack.flows\n"
      "  pikactl stats --json | jq '.servers[0].ts.retransmits'\n  pikactl stop");
  add_examples(app);
  if (const auto status = pika::parse(app, argc, argv)) return *status;
  const auto inside = visit(netns);
  if (!inside) return report(inside.error());
  if (*version_command) return version(as_json);
  if (*show_command) return show(as_json);
  if (*start_command) return start(config);
  if (*stop_command) return stop(force);
  if (*link_command) return change_link(link_options);
  if (*stats_command) return stats(as_json, zeros);
  if (*listeners_command) return listeners(as_json);
  if (*connections_command) return connections(as_json, connections_options);
  if (*acceptors_command) return acceptors(as_json);
  if (*events_command) return events(as_json);
  return usage_error("no command");
}

}  // namespace

int main(int argc, char** argv) { return pika::main_of("pikactl", run, argc, argv); }
