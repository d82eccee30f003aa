// SPDX-License-Identifier: GPL-2.0-only
//
// Deliberate errors, one at a time, to see that a driver notices: what is modelled
// matters only if it does.
#ifndef PIKA_NIC82599_FAULT_HH
#define PIKA_NIC82599_FAULT_HH

#include <cstdint>
#include <span>

namespace pika::nic82599 {

enum class FaultKind : uint8_t {
  none,
  reads,   // a register's value is changed on its way to the driver
  eeprom,  // a word is another
  sfp,     // a byte of the module is another
  no_sfp,  // the cage is empty
  no_address,
  no_interrupts,
  no_vector_enable,
  no_auto_mask,
  no_tx_done,
  no_rx_done,
  no_tx,  // nothing reaches the wire
  no_rx,
  no_clear,      // statistics that are read stay
  gssr_cleared,  // by a software reset
};

/// One row of the table: its number is its index.
struct Fault {
  const char* name;
  const char* what;
  FaultKind kind;
  uint32_t where = 0;
  uint32_t keep = 0xffffffff;  ///< bits that stay
  uint32_t set = 0;            ///< bits that are set then
  uint16_t cannot = 0;         ///< besides: bits of the EEPROM's capabilities that are 0
};

/// Number 0 is none.
std::span<const Fault> faults();

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_FAULT_HH
