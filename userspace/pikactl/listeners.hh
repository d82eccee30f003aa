// SPDX-License-Identifier: GPL-2.0-only
//
// How `pikactl listeners` shows listening sockets, for people and for programs.
#ifndef PIKA_PIKACTL_LISTENERS_HH
#define PIKA_PIKACTL_LISTENERS_HH

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "libpika/listener.hh"

/// A line for each.
std::string describe(const std::vector<pika::Listener>& all);

/// All that is known of each.
nlohmann::json to_json(const std::vector<pika::Listener>& all);

#endif  // PIKA_PIKACTL_LISTENERS_HH
