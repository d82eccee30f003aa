// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/drops.hh"

#include <algorithm>
#include <array>
#include <string_view>

namespace {

/// In order.
constexpr auto drops = std::to_array<std::string_view>({
    "cm.syn_backlog",    "cm.syn_half_open",     "cm.syn_malformed",         "cm.syn_no_room",
    "cm.syn_quota",      "cm.syn_ring_full",     "device.checksum",          "device.forbidden",
    "device.malformed",  "device.no_memory",     "device.no_neighbour",      "device.passed_late",
    "device.ring_full",  "device.unroutable",    "endpoint.closed",          "link.checksum",
    "link.malformed",    "link.overrun",         "link.segment_ring_full",   "link.syn_ring_full",
    "ts.aborted_unread", "ts.dropped_ack",       "ts.dropped_closed_window", "ts.dropped_duplicate",
    "ts.dropped_early",  "ts.dropped_malformed", "ts.dropped_memory",        "ts.dropped_paws",
    "ts.dropped_pruned", "ts.dropped_state",     "ts.dropped_window",        "ts.no_tcb",
});
static_assert(std::is_sorted(drops.begin(), drops.end()));

}  // namespace

bool is_drop(const std::string& component, const std::string& counter) {
  return std::binary_search(drops.begin(), drops.end(), component + "." + counter);
}
