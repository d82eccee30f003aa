// SPDX-License-Identifier: GPL-2.0-only
//
// A kernel for tests of pikad: namespaces, devices, a module that comes and goes, and
// stacks that are refused for the reasons for which the real one refuses them.
#ifndef PIKA_SELFTESTS_PIKAD_WORLD_HH
#define PIKA_SELFTESTS_PIKAD_WORLD_HH

#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "libpika/kernel.hh"
#include "pikad/config.hh"
#include "pikad/cpu_list.hh"
#include "pikad/log.hh"

inline std::set<std::string> split(const std::string& list) {
  std::set<std::string> names;
  std::istringstream stream(list);
  for (std::string name; std::getline(stream, name, ',');) names.insert(name);
  return names;
}

inline std::string joined(const std::set<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

class FakeKernel : public pika::Kernel {
 public:
  struct Place {
    std::set<std::string> devices;
    std::optional<pika::StackInfo> stack;
  };

  FakeKernel() { places[""]; }

  pika::Result<std::unique_ptr<pika::StackSession>> open(const std::string& netns) override;
  bool has_device(const std::string& netns, const std::string& device) override {
    return places.contains(netns) && places[netns].devices.contains(device);
  }

  /// As ip link del: a stack goes on without it.
  void lose_device(const std::string& netns, const std::string& device) {
    Place& place = places[netns];
    place.devices.erase(device);
    if (!place.stack) return;
    std::set<std::string> links = split(place.stack->config.links);
    links.erase(device);
    place.stack->config.links = joined(links);
  }

  /// As rmmod, with all stacks stopped by somebody first.
  void unload() {
    module = false;
    for (auto& [netns, place] : places) place.stack.reset();
  }

  /// Composition and cores of all stacks.
  std::string state() const {
    std::string text;
    for (const auto& [netns, place] : places)
      if (place.stack)
        text += netns + ":" + place.stack->config.composition + "@" + place.stack->config.cores +
                "[" + place.stack->config.links + "] ";
    return text;
  }

  std::map<std::string, Place> places;
  bool module = true;
  uint32_t cpus = 4;
  /// Starts of this composition are refused, and links of this name.
  std::string cursed;
  /// What was asked that changes something: "+ns" and "-ns", "+ns/link" and "-ns/link".
  std::vector<std::string> changes;
};

class FakeSession : public pika::StackSession {
 public:
  FakeSession(FakeKernel& kernel, std::string netns)
      : kernel_(kernel), netns_(std::move(netns)), place_(kernel.places[netns_]) {}

  pika::Result<pika::Done> start_stack(const pika::StackConfig& config) override {
    using pika::Error;
    if (place_.stack) return Error{EEXIST, "a stack is started already"};
    if (config.composition == kernel_.cursed) return Error{EINVAL, "refused"};
    const auto links = split(config.links);
    if (links.empty()) return Error{EINVAL, "expected at least one link"};
    for (const std::string& link : links)
      if (!place_.devices.contains(link)) return Error{ENODEV, "link " + link};
    pika::StackInfo stack{.config = config};
    stack.config.cores = config.cores.empty() ? free_core() : config.cores;
    for (const uint32_t core : parse_cpus(stack.config.cores).value_or(CpuSet()))
      if (core >= kernel_.cpus || taken(core)) return Error{EBUSY, "core " + std::to_string(core)};
    place_.stack = stack;
    kernel_.changes.push_back("+" + netns_);
    return pika::Done{};
  }

  pika::Result<pika::Done> stop_stack(bool force) override {
    if (!place_.stack) return pika::Error{ESRCH, "no stack"};
    if (place_.stack->sockets && !force) return pika::Error{EBUSY, "programs hold sockets"};
    place_.stack.reset();
    kernel_.changes.push_back("-" + netns_);
    return pika::Done{};
  }

  pika::Result<pika::Done> add_link(const std::string& device) override {
    using pika::Error;
    if (!place_.stack) return Error{ESRCH, "no stack"};
    auto links = split(place_.stack->config.links);
    if (!place_.devices.contains(device)) return Error{ENODEV, "link " + device};
    if (device == kernel_.cursed) return Error{ERANGE, "refused"};
    if (!links.insert(device).second) return Error{EEXIST, "is one already"};
    place_.stack->config.links = joined(links);
    kernel_.changes.push_back("+" + netns_ + "/" + device);
    return pika::Done{};
  }

  pika::Result<pika::Done> remove_link(const std::string& device) override {
    using pika::Error;
    if (!place_.stack) return Error{ESRCH, "no stack"};
    auto links = split(place_.stack->config.links);
    if (!links.erase(device)) return Error{ENOENT, "is none"};
    if (links.empty()) return Error{EBUSY, "is the only one"};
    place_.stack->config.links = joined(links);
    kernel_.changes.push_back("-" + netns_ + "/" + device);
    return pika::Done{};
  }

  pika::Result<std::optional<pika::StackInfo>> stack() override { return place_.stack; }
  pika::Result<std::vector<pika::Stats>> stats() override { return std::vector<pika::Stats>(); }
  pika::Result<std::vector<pika::Listener>> listeners() override {
    return std::vector<pika::Listener>();
  }
  pika::Result<std::vector<pika::AcceptorState>> acceptors() override {
    return std::vector<pika::AcceptorState>();
  }

 private:
  bool taken(uint32_t core) const {
    for (const auto& [netns, place] : kernel_.places)
      if (place.stack && parse_cpus(place.stack->config.cores)->contains(core)) return true;
    return false;
  }
  std::string free_core() const {
    uint32_t core = 0;
    while (taken(core)) core++;
    return std::to_string(core);
  }

  FakeKernel& kernel_;
  std::string netns_;
  FakeKernel::Place& place_;
};

inline pika::Result<std::unique_ptr<pika::StackSession>> FakeKernel::open(
    const std::string& netns) {
  if (!places.contains(netns)) return pika::Error{ENONET, "no network namespace " + netns};
  if (!module) return pika::Error{ENOENT, "pika.ko: not loaded"};
  return std::unique_ptr<pika::StackSession>(std::make_unique<FakeSession>(*this, netns));
}

class FakeLog : public Log {
 public:
  void write(Level, const std::string& text, const Fields&) override { lines.push_back(text); }

  bool has(const std::string& part) const {
    for (const std::string& line : lines)
      if (line.find(part) != line.npos) return true;
    return false;
  }

  std::vector<std::string> lines;
};

/// A stack with one server and one link.
inline WantedStack stack_in(const std::string& netns, const std::string& link,
                            const std::string& cores = "",
                            const std::string& composition = "TS1LS1CM1") {
  WantedStack stack;
  stack.netns = netns;
  stack.config.composition = composition;
  stack.config.links = link;
  stack.config.cores = cores;
  stack.config.max_conns = default_max_conns;
  stack.config.allow = "root";
  return stack;
}

inline Config config_of(std::vector<WantedStack> stacks) {
  Config config;
  config.stacks = std::move(stacks);
  return config;
}

#endif  // PIKA_SELFTESTS_PIKAD_WORLD_HH
