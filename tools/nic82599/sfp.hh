// SPDX-License-Identifier: GPL-2.0-only
//
// A 10GBASE-SR module in the SFP+ cage: its memory (SFF-8472) behind a two-wire bus that
// the driver moves bit by bit.
#ifndef PIKA_NIC82599_SFP_HH
#define PIKA_NIC82599_SFP_HH

#include <array>
#include <cstdint>

namespace pika::nic82599 {

class Sfp {
 public:
  Sfp();

  /// The driver drives both wires; true is high, which is also how they rest.
  void drive(bool clock, bool data);

  /// What the data wire is: low if either side pulls it.
  bool data() const { return driven_ && pull_; }
  bool clock() const { return clock_; }

  /// An empty cage answers to nothing.
  void set_present(bool present) { present_ = present; }
  void set(uint8_t at, uint8_t value) { memory_[0][at] = value; }

 private:
  enum class State { idle, address, offset, write, read };

  void rise();
  void fall();
  void byte_received();
  void load();

  // At device addresses a0 and a2.
  std::array<std::array<uint8_t, 256>, 2> memory_{};
  bool present_ = true;
  bool clock_ = true;
  bool driven_ = true;  // the driver's end of the data wire
  bool pull_ = true;    // the module's
  State state_ = State::idle;
  unsigned page_ = 0;
  unsigned bits_ = 0;  // of the byte, then the acknowledgement as the ninth
  uint8_t byte_ = 0;
  uint8_t offset_ = 0;
  bool acknowledged_ = false;         // by the driver
  bool own_acknowledgement_ = false;  // the ninth bit is the module's
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_SFP_HH
