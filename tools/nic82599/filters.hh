// SPDX-License-Identifier: GPL-2.0-only
//
// Which frames the card takes at all: by destination address and VLAN.
#ifndef PIKA_NIC82599_FILTERS_HH
#define PIKA_NIC82599_FILTERS_HH

#include "tools/nic82599/headers.hh"
#include "tools/nic82599/registers.hh"

namespace pika::nic82599 {

enum class Match : uint8_t { none, exact, inexact };

/// By destination: inexact is by the multicast hash or because a mode takes all.
Match match_address(const Registers& registers, ConstBytes frame);

bool match_vlan(const Registers& registers, const Headers& headers);

/// How many bytes a frame may have, without its FCS.
size_t longest_frame(const Registers& registers, bool tagged);

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_FILTERS_HH
