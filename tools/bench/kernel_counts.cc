// SPDX-License-Identifier: GPL-2.0-only

#include "kernel_counts.hh"

#include <stdexcept>
#include <vector>

#include "libpika/session.hh"

namespace bench {

namespace {

template <class T>
T value_of(pika::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text);
  return std::move(*result);
}

/// Where a counter is counted, or NULL.
uint64_t* sum_for(std::map<std::string, uint64_t>& sums, const std::string& component,
                  const std::string& counter) {
  if (component == "received") return &sums["messages received"];
  if (component == "sent") return &sums["messages sent"];
  if (component == "dispatch" && counter == "bells") return &sums["doorbells"];
  return nullptr;
}

}  // namespace

std::map<std::string, uint64_t> counts_of_servers() {
  pika::Session session = value_of(pika::Session::open());
  const std::vector<pika::Stats> all = value_of(session.stats());
  std::map<std::string, uint64_t> sums;
  for (const pika::Stats& stats : all) {
    if (!stats.of_server()) continue;
    for (const pika::ComponentStats& component : stats.components) {
      for (const pika::Counter& counter : component.counters)
        if (uint64_t* sum = sum_for(sums, component.name, counter.name)) *sum += counter.value;
    }
  }
  return sums;
}

}  // namespace bench
