// SPDX-License-Identifier: GPL-2.0-only
//
// Causes of interrupts, their masks, and when which vector is raised: at most once in the
// interval of its EITR.
#ifndef PIKA_NIC82599_INTERRUPTS_HH
#define PIKA_NIC82599_INTERRUPTS_HH

#include <array>
#include <cstdint>

#include "tools/nic82599/host.hh"
#include "tools/nic82599/registers.hh"

namespace pika::nic82599 {

class Interrupts {
 public:
  Interrupts(Registers& registers, Host& host) : registers_(registers), host_(host) {}

  /// Something was received or sent on @p queue.
  void received(unsigned queue) { queue_cause(queue, 0); }
  void sent(unsigned queue) { queue_cause(queue, 8); }

  /// Bits 16 and above of EICR.
  void other(uint32_t causes);

  /// Everything that EICR has, and the same without forgetting it.
  uint32_t take_causes();
  uint32_t causes() const;

  /// The registers: a bit a vector or, in the first 32, another cause. @p word is 0, or 1
  /// for vectors 32 to 63.
  void clear(uint32_t bits);
  void force(unsigned word, uint32_t bits, bool vectors_only);
  void enable(unsigned word, uint32_t bits, bool vectors_only);
  void disable(unsigned word, uint32_t bits, bool vectors_only);
  uint32_t enabled(unsigned word, bool vectors_only) const;

  /// Raises what has waited long enough.
  void run() { raise(); }

  /// When run() has something to do, or Time::max().
  Time next() const { return next_; }

  void reset();

  /// For faults: EIMS_EX has no effect; delivery masks nothing.
  bool ignore_enable = false;
  bool no_auto_mask = false;
  bool no_queue_causes = false;

  static constexpr unsigned vectors = 64;

 private:
  void queue_cause(unsigned queue, unsigned shift);
  void raise();
  bool may_raise(unsigned vector, Time now);
  void raise_other(Time now);
  void raise_one_message(Time now);
  void delivered(unsigned vector);
  bool message_for_each() const;

  Registers& registers_;
  Host& host_;
  // By vector; in EICR as far as it has bits.
  uint64_t cause_ = 0;
  uint64_t enabled_ = 0;
  // Bits of causes that have not been told since they appeared or were enabled.
  uint64_t untold_ = 0;
  uint32_t other_cause_ = 0;
  uint32_t other_enabled_ = 0;
  uint32_t other_untold_ = 0;
  std::array<Time, vectors> raised_{};
  Time next_ = Time::max();
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_INTERRUPTS_HH
