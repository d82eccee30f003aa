// SPDX-License-Identifier: GPL-2.0-only
//
// How `pikactl connections` chooses and shows connections, for people and for programs.
#ifndef PIKA_PIKACTL_CONNECTIONS_HH
#define PIKA_PIKACTL_CONNECTIONS_HH

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "libpika/connection.hh"
#include "pikactl/processes.hh"

/// Which connections to show; what is not set lets all pass.
struct ConnectionFilter {
  /// A name of connection_states().
  std::string state;
  /// Of either end.
  std::optional<uint16_t> port;
};

/// The names of states, as ss has them.
std::vector<std::string> connection_states();

/// Those of @p all that pass.
std::vector<pika::Connection> chosen(const std::vector<pika::Connection>& all,
                                     const ConnectionFilter& filter);

/// A line for each.
///
/// \param details a second line with what is known of path and windows.
std::string describe(const std::vector<pika::Connection>& all, const Processes& processes,
                     bool details);

/// All that is known of each.
nlohmann::json to_json(const std::vector<pika::Connection>& all, const Processes& processes);

#endif  // PIKA_PIKACTL_CONNECTIONS_HH
