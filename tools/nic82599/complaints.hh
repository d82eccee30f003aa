// SPDX-License-Identifier: GPL-2.0-only
//
// What the guest did wrong, each kind told once.
#ifndef PIKA_NIC82599_COMPLAINTS_HH
#define PIKA_NIC82599_COMPLAINTS_HH

#include <bitset>
#include <string_view>

#include "tools/nic82599/host.hh"

namespace pika::nic82599 {

enum class Complaint : unsigned {
  access,          // of a size or place that no register has
  unknown,         // a register that is not there
  rx_ring,         // of no size, or head or tail outside
  rx_buffer_size,  // none
  rx_descriptors,  // not in the guest's memory
  rx_buffer,       // not in the guest's memory
  tx_ring,         // of no size, or head or tail outside
  tx_descriptors,  // not in the guest's memory
  tx_descriptor,   // of a type that there is not
  tx_too_many,     // descriptors for one frame
  tx_buffer,       // not in the guest's memory
  tx_too_long,     // a frame
  tx_head,         // its place is not in the guest's memory
  segmentation,    // that cannot be
  checksum,        // to insert outside the frame
  count,
};

class Complaints {
 public:
  explicit Complaints(Host& host) : host_(host) {}

  void say(Complaint kind, std::string_view what) {
    if (said_.test(static_cast<size_t>(kind))) return;
    said_.set(static_cast<size_t>(kind));
    host_.complain(what);
  }

 private:
  Host& host_;
  std::bitset<static_cast<size_t>(Complaint::count)> said_;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_COMPLAINTS_HH
