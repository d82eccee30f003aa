// SPDX-License-Identifier: GPL-2.0-only
//
// What frames go into: the way of a frame between a card and the world is a chain of
// these.
#ifndef PIKA_NIC82599_SINK_HH
#define PIKA_NIC82599_SINK_HH

#include "tools/nic82599/host.hh"

namespace pika::nic82599 {

class Sink {
 public:
  virtual ~Sink() = default;

  /// Takes a frame, without its FCS; its bytes are the caller's again afterwards.
  virtual void take(ConstBytes frame) = 0;

  /// False if who can wait with the next frame should.
  virtual bool has_room() { return true; }
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_SINK_HH
