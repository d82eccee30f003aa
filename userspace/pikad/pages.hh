// SPDX-License-Identifier: GPL-2.0-only
//
// What is told of a snapshot: metrics for a collector, status for an administrator.
// Pure.
#ifndef PIKA_PIKAD_PAGES_HH
#define PIKA_PIKAD_PAGES_HH

#include <string>

#include "pikad/snapshot.hh"

/// OpenMetrics: each counter of each server and endpoint, by the names that "pikactl
/// stats" prints, and those of drops once more, with the reason as a label; stacks, links,
/// listeners and acceptors.
std::string metrics_page(const Snapshot& snapshot);

/// JSON.
std::string status_page(const Snapshot& snapshot);

/// The JSON in words, or as it is.
///
/// @param page what status_page() made, in another process
/// @return EBADMSG: it is not that.
pika::Result<std::string> status_text(const std::string& page, bool as_json);

#endif  // PIKA_PIKAD_PAGES_HH
