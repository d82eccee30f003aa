// SPDX-License-Identifier: GPL-2.0-only
//
// What PIKA's servers have counted while something is measured.

#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace bench {

/// Since the stack was started, over all its servers: messages that they received (also
/// from themselves), messages that they sent, and doorbells that they rang. Throws
/// std::runtime_error.
std::map<std::string, uint64_t> counts_of_servers();

}  // namespace bench
