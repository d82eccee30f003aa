// SPDX-License-Identifier: GPL-2.0-only

#include "pikactl/stats.hh"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;
using pika::ComponentStats;
using pika::Counter;
using pika::Stats;

std::string describe(const Counter& counter, const std::string& component) {
  std::array<char, 64> columns{};
  std::snprintf(columns.data(), columns.size(), "  %-32s %10" PRIu64,
                (component + "." + counter.name).c_str(), counter.value);
  const std::string meaning = counter.meaning.empty() ? "" : "  " + counter.meaning;
  return columns.data() + meaning + "\n";
}

std::string describe(const ComponentStats& component, bool zeros) {
  std::string lines;
  for (const Counter& counter : component.counters)
    if (zeros || counter.value != 0) lines += describe(counter, component.name);
  return lines;
}

std::string name_of(const Stats& stats) {
  const std::string core = std::to_string(stats.core);
  return stats.of_server() ? "server " + std::to_string(stats.address) + " core " + core
                           : "endpoint cpu " + core;
}

json to_json(const ComponentStats& component) {
  json counters = json::object();
  for (const Counter& counter : component.counters) counters[counter.name] = counter.value;
  return counters;
}

json to_json(const Stats& stats) {
  json described = {{"core", stats.core}};
  for (const ComponentStats& component : stats.components)
    described[component.name] = to_json(component);
  return described;
}

}  // namespace

std::string describe(const std::vector<Stats>& all, bool zeros) {
  std::string text;
  for (const Stats& stats : all) {
    std::string lines;
    for (const ComponentStats& component : stats.components) lines += describe(component, zeros);
    // CPUs at which no socket was lost are many.
    if (stats.of_server() || !lines.empty()) text += name_of(stats) + "\n" + lines;
  }
  return text;
}

nlohmann::json to_json(const std::vector<Stats>& all) {
  json servers = json::array();
  json endpoints = json::array();
  for (const Stats& stats : all)
    (stats.of_server() ? servers : endpoints).push_back(to_json(stats));
  return {{"servers", servers}, {"endpoints", endpoints}};
}
