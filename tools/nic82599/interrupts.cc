// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/interrupts.hh"

#include <algorithm>
#include <bit>

#include "tools/nic82599/offsets.hh"

namespace pika::nic82599 {

namespace {

constexpr uint32_t queue_bits = 0xffff;
constexpr uint32_t other_bits = 0x7fff0000;
constexpr unsigned any_message = 0;  // where there is one message for all causes

// EITR counts 2 microseconds in bits 11 to 3.
Time interval(uint32_t eitr) { return std::chrono::nanoseconds{(eitr & 0xff8) * 250}; }

uint64_t at_word(unsigned word, uint32_t bits) { return uint64_t{bits} << (word * 32); }

}  // namespace

bool Interrupts::message_for_each() const {
  return registers_[reg::gpie] & reg::gpie_multiple_msix;
}

void Interrupts::queue_cause(unsigned queue, unsigned shift) {
  const uint32_t entry = registers_[reg::ivar + queue / 2 * 4] >> ((queue & 1) * 16 + shift) & 0xff;
  if (!(entry & reg::ivar_valid) || no_queue_causes) return;
  const uint64_t bit = 1ull << (entry & (vectors - 1));
  cause_ |= bit;
  untold_ |= bit;
  if (enabled_ & bit || !message_for_each()) raise();
}

void Interrupts::other(uint32_t causes) {
  other_cause_ |= causes & other_bits;
  other_untold_ |= causes & other_bits;
  raise();
}

uint32_t Interrupts::causes() const {
  return other_cause_ | (static_cast<uint32_t>(cause_) & queue_bits);
}

uint32_t Interrupts::take_causes() {
  const uint32_t all = causes();
  const bool keep_others = registers_[reg::gpie] & reg::gpie_ocd;
  clear(keep_others ? queue_bits : ~0u);
  return all;
}

void Interrupts::clear(uint32_t bits) {
  cause_ &= ~uint64_t{bits & queue_bits};
  untold_ &= ~uint64_t{bits & queue_bits};
  other_cause_ &= ~bits;
  other_untold_ &= ~bits;
}

void Interrupts::force(unsigned word, uint32_t bits, bool vectors_only) {
  if (!vectors_only) {
    other_cause_ |= bits & other_bits;
    other_untold_ |= bits & other_bits;
    bits &= queue_bits;
  }
  cause_ |= at_word(word, bits);
  untold_ |= at_word(word, bits);
  raise();
}

void Interrupts::enable(unsigned word, uint32_t bits, bool vectors_only) {
  if (!vectors_only) {
    other_enabled_ |= bits & other_bits;
    other_untold_ |= other_cause_ & bits;
    bits &= queue_bits;
  }
  if (vectors_only && ignore_enable) return;
  enabled_ |= at_word(word, bits);
  untold_ |= cause_ & at_word(word, bits);
  raise();
}

void Interrupts::disable(unsigned word, uint32_t bits, bool vectors_only) {
  if (!vectors_only) {
    other_enabled_ &= ~bits;
    bits &= queue_bits;
  }
  enabled_ &= ~at_word(word, bits);
}

uint32_t Interrupts::enabled(unsigned word, bool vectors_only) const {
  const auto vectors_enabled = static_cast<uint32_t>(enabled_ >> (word * 32));
  return vectors_only ? vectors_enabled : other_enabled_ | (vectors_enabled & queue_bits);
}

void Interrupts::raise() {
  next_ = Time::max();
  const uint64_t ready = untold_ & enabled_;
  const uint32_t other_ready = other_untold_ & other_enabled_;
  if (!ready && !other_ready) return;
  const Time now = host_.now();
  if (!message_for_each()) {
    raise_one_message(now);
    return;
  }
  for (uint64_t left = ready; left; left &= left - 1) {
    const auto vector = static_cast<unsigned>(std::countr_zero(left));
    if (may_raise(vector, now)) delivered(vector);
  }
  if (other_ready) raise_other(now);
}

bool Interrupts::may_raise(unsigned vector, Time now) {
  const Time wait = interval(registers_[reg::eitr(vector)]);
  const Time allowed = raised_[vector] + wait;
  if (wait.count() && raised_[vector].count() && now < allowed) {
    next_ = std::min(next_, allowed);
    return false;
  }
  raised_[vector] = now;
  return true;
}

void Interrupts::delivered(unsigned vector) {
  const uint64_t bit = 1ull << vector;
  const uint32_t gpie = registers_[reg::gpie];
  untold_ &= ~bit;
  // EIAC says for the first 16; no register has the others' causes.
  if (vector >= 16 || registers_[reg::eiac] & bit) cause_ &= ~bit;
  if (gpie & reg::gpie_eiame && !no_auto_mask) {
    const uint64_t mask = registers_[reg::eiam_ex] | at_word(1, registers_[reg::eiam_ex + 4]);
    enabled_ &= ~(bit & mask);
  }
  host_.interrupt(vector);
}

void Interrupts::raise_other(Time now) {
  const uint32_t entry = registers_[reg::ivar_misc] >> 8 & 0xff;
  const unsigned vector = entry & (vectors - 1);
  if (!(entry & reg::ivar_valid) || !may_raise(vector, now)) return;
  const uint32_t told = other_untold_ & other_enabled_;
  other_untold_ &= ~told;
  other_cause_ &= ~(told & registers_[reg::eiac]);
  if (registers_[reg::gpie] & reg::gpie_eiame) other_enabled_ &= ~(told & registers_[reg::eiam]);
  host_.interrupt(vector);
}

void Interrupts::raise_one_message(Time now) {
  if (!may_raise(any_message, now)) return;
  untold_ &= ~enabled_;
  other_untold_ &= ~other_enabled_;
  const uint32_t mask = registers_[reg::gpie] & reg::gpie_eiame ? registers_[reg::eiam] : 0;
  enabled_ &= ~uint64_t{mask & queue_bits};
  other_enabled_ &= ~mask;
  host_.interrupt(any_message);
}

void Interrupts::reset() {
  cause_ = enabled_ = untold_ = 0;
  other_cause_ = other_enabled_ = other_untold_ = 0;
  raised_ = {};
  next_ = Time::max();
}

}  // namespace pika::nic82599
