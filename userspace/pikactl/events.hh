// SPDX-License-Identifier: GPL-2.0-only
//
// How `pikactl events` shows what happens, for people and for programs.
#ifndef PIKA_PIKACTL_EVENTS_HH
#define PIKA_PIKACTL_EVENTS_HH

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "libpika/event.hh"

/// One line.
std::string describe(const pika::Event& event);

/// Its name, and what belongs to it.
nlohmann::json to_json(const pika::Event& event);

#endif  // PIKA_PIKACTL_EVENTS_HH
