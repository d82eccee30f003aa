// SPDX-License-Identifier: GPL-2.0-only
//
// nic82599: shows QEMU one or two Intel 82599 cards over vfio-user. Parses the command
// line; exit status 0 done, 1 failed, 2 usage.

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <string>

#include "program.hh"
#include "tools/nic82599/fault.hh"
#include "tools/nic82599/machine.hh"

namespace pika::nic82599 {
namespace {

/// "aa:bb:cc:dd:ee:ff".
bool read_mac(const std::string& text, std::array<uint8_t, 6>& mac) {
  if (text.size() != 3 * mac.size() - 1) return false;
  for (size_t i = 0; i < mac.size(); i++) {
    const char* at = text.data() + 3 * i;
    const auto [end, error] = std::from_chars(at, at + 2, mac[i], 16);
    if (error != std::errc() || end != at + 2 || (i + 1 < mac.size() && *end != ':')) return false;
  }
  return (mac[0] & 1) == 0;
}

/// What CLI11 does not check. Returns: empty, or what is wrong.
std::string wrong_with(const Options& options) {
  if (options.sockets.size() > 2) return "--socket: expected one or two";
  if (options.taps.size() > options.sockets.size()) return "--tap: more than there are ports";
  if (options.wire && options.sockets.size() != 2) return "--wire: expected two --socket";
  if (options.wire && !options.taps.empty()) return "--wire and --tap: expected one of them";
  if (options.settings.fault >= faults().size())
    return "--fault " + std::to_string(options.settings.fault) + ": expected at most " +
           std::to_string(faults().size() - 1);
  return {};
}

void add_badness(CLI::App& app, Badness& badness, unsigned& delay_us) {
  const auto add = [&app](const char* name, double& share, const char* what) {
    app.add_option(name, share, what)->check(CLI::Range(0.0, 1.0));
  };
  add("--loss", badness.loss, "Share of frames that are lost, 0 to 1");
  add("--corrupt", badness.corrupt, "Share of frames with a wrong bit");
  add("--duplicate", badness.duplicate, "Share of frames that come twice");
  add("--reorder", badness.reorder, "Share of frames that come 1 ms late");
  app.add_option("--delay", delay_us, "Microseconds by which all frames are late")
      ->check(CLI::Range(0U, 10'000'000U));
  app.add_option("--seed", badness.seed, "Decides which frames those are (1)");
}

int list_faults() {
  for (size_t i = 0; i < faults().size(); i++)
    std::printf("%zu %s: %s\n", i, faults()[i].name, faults()[i].what);
  return exit_ok;
}

int run(int argc, char** argv) {
  CLI::App app{"Shows QEMU Intel 82599 network cards over vfio-user.", "nic82599"};
  Options options;
  std::string mac;
  unsigned delay_us = 0;
  bool list = false;
  bool version = false;
  app.allow_extras();
  app.add_option("--socket", options.sockets, "Where QEMU connects; twice for two ports");
  app.add_option("--tap", options.taps, "A tap device for the port of the same place");
  app.add_flag("--wire", options.wire, "Connect the two ports with each other");
  app.add_option("--mac", mac, "Ethernet address of the first port; the second has the next");
  app.add_option("--pcap", options.pcap, "Write the frames of the first port to a file");
  app.add_option("--control", options.control, "Where nic82599ctl connects");
  app.add_option("--fault", options.settings.fault, "A deliberate error of the cards, by number");
  app.add_flag("--faults", list, "Print the deliberate errors, and end");
  app.add_flag("--stay", options.stay, "Wait for the next QEMU when the last has left");
  app.add_flag("--version", version, "Print the version, and end");
  add_badness(app, options.badness, delay_us);
  app.footer("Example:\n  nic82599 --socket /tmp/nic --tap tap0 --control /tmp/nic.control");
  if (const auto status = pika::parse(app, argc, argv)) return *status;
  if (list) return list_faults();
  if (version) return std::printf("nic82599 %s\n", PIKA_VERSION), exit_ok;
  options.badness.delay = std::chrono::microseconds(delay_us);
  if (options.sockets.empty()) return usage_error("nic82599", "--socket: expected one or two");
  if (const std::string wrong = wrong_with(options); !wrong.empty())
    return usage_error("nic82599", wrong);
  if (!mac.empty() && !read_mac(mac, options.settings.mac))
    return usage_error("nic82599", "--mac " + mac + ": expected one such as 52:54:00:70:6b:01");
  const auto keeper = Keeper::start();
  if (!keeper) return pika::report("nic82599", keeper.error());
  const auto served = Machine(std::move(options), *keeper).run();
  return served ? exit_ok : pika::report("nic82599", served.error());
}

}  // namespace
}  // namespace pika::nic82599

int main(int argc, char** argv) {
  // Who reads what is written may go; QEMU's cards stay.
  std::signal(SIGPIPE, SIG_IGN);
  return pika::main_of("nic82599", pika::nic82599::run, argc, argv);
}
