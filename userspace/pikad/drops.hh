// SPDX-License-Identifier: GPL-2.0-only
//
// Which counters are of drops: those of Documentation/drops.rst.
#ifndef PIKA_PIKAD_DROPS_HH
#define PIKA_PIKAD_DROPS_HH

#include <string>

/// @param component, counter as "pikactl stats" prints them: component.counter
bool is_drop(const std::string& component, const std::string& counter);

#endif  // PIKA_PIKAD_DROPS_HH
