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
  access,        // of a size or place that no register has
  unknown,       // a register that is not there
  ring,          // of no size, or head or tail outside
  descriptors,   // not in the guest's memory
  buffer,        // not in the guest's memory
  descriptor,    // of a type that there is not
  too_many,      // descriptors for one frame
  segmentation,  // that cannot be
  checksum,      // to insert outside the frame
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

  bool said(Complaint kind) const { return said_.test(static_cast<size_t>(kind)); }

 private:
  Host& host_;
  std::bitset<static_cast<size_t>(Complaint::count)> said_;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_COMPLAINTS_HH
