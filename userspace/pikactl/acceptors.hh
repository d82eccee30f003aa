// SPDX-License-Identifier: GPL-2.0-only
//
// How `pikactl acceptors` shows acceptors, for people and for programs.
#ifndef PIKA_PIKACTL_ACCEPTORS_HH
#define PIKA_PIKACTL_ACCEPTORS_HH

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "libpika/acceptor.hh"

/// A line for each.
std::string describe(const std::vector<pika::AcceptorState>& all);

/// All that is known of each.
nlohmann::json to_json(const std::vector<pika::AcceptorState>& all);

#endif  // PIKA_PIKACTL_ACCEPTORS_HH
