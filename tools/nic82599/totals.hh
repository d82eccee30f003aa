// SPDX-License-Identifier: GPL-2.0-only
//
// What a card has done.
#ifndef PIKA_NIC82599_TOTALS_HH
#define PIKA_NIC82599_TOTALS_HH

#include <cstdint>

namespace pika::nic82599 {

/// Since the card was made, whatever a driver has read or reset.
struct Totals {
  uint64_t received = 0;  ///< frames that went to a queue
  uint64_t received_bytes = 0;
  uint64_t sent = 0;
  uint64_t sent_bytes = 0;
  uint64_t missed = 0;    ///< no descriptor
  uint64_t filtered = 0;  ///< to another address or VLAN
  uint64_t dropped = 0;   ///< link down, receiver off, too long, dropped by a filter
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_TOTALS_HH
