// SPDX-License-Identifier: GPL-2.0-only
//
// What holds for every flow of a transport server whenever the server is not running.
#ifndef PIKA_SELFTESTS_INVARIANTS_HH
#define PIKA_SELFTESTS_INVARIANTS_HH

#include <string>

#include "tools/sim/core.hh"

namespace pika::sim {

/// @return what does not hold in @p server, which may have no transport server, or nothing.
std::string broken_invariant(const pika_server& server);

}  // namespace pika::sim

#endif  // PIKA_SELFTESTS_INVARIANTS_HH
