// SPDX-License-Identifier: GPL-2.0-only
//
// The registers of BAR 0: what each row of the register table says about them, and their
// values. What a register does is its row's handlers.
#ifndef PIKA_NIC82599_REGISTERS_HH
#define PIKA_NIC82599_REGISTERS_HH

#include <cstdint>
#include <span>
#include <vector>

namespace pika::nic82599 {

struct Device;

constexpr uint32_t bar0_bytes = 128 * 1024;

/// What a read does to the value.
enum class Read { keeps, clears };

/// Which resets bring the reset value back: every one, or only the whole card's.
enum class Reset { every, whole_card };

/// One row of the table: a register, or @p count of them @p stride bytes apart.
struct Register {
  const char* name;  ///< the datasheet's
  uint32_t offset;
  uint32_t count = 1;
  uint32_t stride = 4;
  uint32_t reset = 0;
  uint32_t writable = 0xffffffff;  ///< bits that a write changes; the others stay
  Read on_read = Read::keeps;
  Reset on_reset = Reset::every;
  /// Gives what a read returns, instead of the value. @p index counts from 0 in the row.
  uint32_t (*read)(Device& device, uint32_t index) = nullptr;
  /// Does what a write does; @p value is what was written, all of it. The register's
  /// value has been changed as @p writable says.
  void (*write)(Device& device, uint32_t index, uint32_t value) = nullptr;
  /// If @p alias_stride is not 0, another name for registers that are so far apart.
  uint32_t alias_of = 0;
  uint32_t alias_stride = 0;
};

/// The table: every register that the card has. Anything else reads 0, keeps nothing and
/// is complained about.
std::span<const Register> register_table();

/// The values. No handler runs here.
class Registers {
 public:
  Registers();

  /// The value at @p offset, which is a multiple of 4 inside the BAR.
  uint32_t& operator[](uint32_t offset) { return value_[offset / 4]; }
  uint32_t operator[](uint32_t offset) const { return value_[offset / 4]; }

  void reset(Reset which);

 private:
  std::vector<uint32_t> value_;
};

/// Where a read or write of an offset goes.
struct Place {
  const Register* row = nullptr;  ///< none: nothing is there
  uint32_t index = 0;
  uint32_t offset = 0;  ///< of the value
};

/// @p offset is a multiple of 4 inside the BAR.
Place find_register(uint32_t offset);

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_REGISTERS_HH
