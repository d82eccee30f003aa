// SPDX-License-Identifier: GPL-2.0-only
//
// How `pikactl stats` shows counters, for people and for programs.
#ifndef PIKA_PIKACTL_STATS_HH
#define PIKA_PIKACTL_STATS_HH

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "libpika/stats.hh"

/// A line for each counter with its meaning, below its server's or CPU's name.
///
/// \param zeros also counters of what was never seen.
std::string describe(const std::vector<pika::Stats>& all, bool zeros);

/// Every counter, by server or CPU, component and name.
nlohmann::json to_json(const std::vector<pika::Stats>& all);

#endif  // PIKA_PIKACTL_STATS_HH
