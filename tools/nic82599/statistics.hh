// SPDX-License-Identifier: GPL-2.0-only
//
// The counters among the registers. A driver's read clears them; how many the card has
// counted since it was made does not change by that.
#ifndef PIKA_NIC82599_STATISTICS_HH
#define PIKA_NIC82599_STATISTICS_HH

#include <cstdint>

#include "tools/nic82599/host.hh"
#include "tools/nic82599/registers.hh"
#include "tools/nic82599/totals.hh"

namespace pika::nic82599 {

class Statistics {
 public:
  explicit Statistics(Registers& registers) : registers_(registers) {}

  /// A frame came from the wire; @p bytes without its FCS.
  void arrived(size_t bytes);
  /// ... and passed the address filters.
  void accepted(ConstBytes frame);
  void filtered() { totals_.filtered++; }
  void too_long();
  void dropped() { totals_.dropped++; }
  /// ... and was written to @p queue.
  void received(unsigned queue, size_t bytes);
  /// ... and found no descriptor of use there. @p drops: the queue is one that does not wait.
  void missed(unsigned queue, bool drops);

  void sent(unsigned queue, ConstBytes frame);

  void flow_director(bool match);

  const Totals& totals() const { return totals_; }

 private:
  void add(uint32_t offset, uint32_t number = 1) { registers_[offset] += number; }
  void add_long(uint32_t offset, uint32_t number);

  Registers& registers_;
  Totals totals_;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_STATISTICS_HH
