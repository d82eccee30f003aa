// SPDX-License-Identifier: GPL-2.0-only
//
// What happens to a frame from the wire: filtered, looked into, sent to a queue.
#ifndef PIKA_NIC82599_RECEIVER_HH
#define PIKA_NIC82599_RECEIVER_HH

#include <vector>

#include "tools/nic82599/flow_director.hh"
#include "tools/nic82599/interrupts.hh"
#include "tools/nic82599/registers.hh"
#include "tools/nic82599/rss.hh"
#include "tools/nic82599/rx_rings.hh"
#include "tools/nic82599/statistics.hh"

namespace pika::nic82599 {

/// The parts that it takes.
struct ReceiverParts {
  Registers& registers;
  Rss& rss;
  FlowDirector& flow_director;
  RxRings& rings;
  Statistics& statistics;
  Interrupts& interrupts;
};

class Receiver {
 public:
  explicit Receiver(const ReceiverParts& parts) : parts_(parts), scratch_(largest) {}

  /// @p frame without its FCS. Whether the link is up is the caller's matter.
  void receive(ConstBytes frame);

  static constexpr size_t largest = 65536;

 private:
  struct Destination {
    unsigned queue = 0;
    bool drop = false;
  };

  ConstBytes padded(ConstBytes frame);
  ConstBytes without_tag(ConstBytes frame);
  ConstBytes with_fcs(ConstBytes frame);
  RxReport describe(ConstBytes frame, const Headers& headers) const;
  Destination choose(ConstBytes frame, const Headers& headers, RxReport& report);
  void apply(const FlowDirector::Decision& decision, Destination& to, RxReport& report);
  void deliver(unsigned queue, ConstBytes frame, const Headers& headers, RxReport& report);

  ReceiverParts parts_;
  std::vector<std::byte> scratch_;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_RECEIVER_HH
