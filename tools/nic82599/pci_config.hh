// SPDX-License-Identifier: GPL-2.0-only
//
// The PCI configuration space: header, power management at 40, MSI-X at 70, PCI Express
// at a0, where Linux's driver expects them, and a serial number.
#ifndef PIKA_NIC82599_PCI_CONFIG_HH
#define PIKA_NIC82599_PCI_CONFIG_HH

#include <array>
#include <cstdint>

#include "tools/nic82599/host.hh"

namespace pika::nic82599 {

class PciConfig {
 public:
  explicit PciConfig(const std::array<uint8_t, 6>& mac);

  /// What lies outside reads all ones.
  void read(uint32_t offset, Bytes to) const;
  /// Returns: true if the function is to be reset now, which clears that bit too.
  bool write(uint32_t offset, ConstBytes from);

  /// A reset of the function: what was written is forgotten.
  void reset();

  bool bus_master() const { return byte(4) & 4; }

  static constexpr uint32_t size = 4096;

 private:
  void put8(uint32_t at, uint8_t value, uint8_t writable = 0);
  void put16(uint32_t at, uint16_t value, uint16_t writable = 0);
  void put32(uint32_t at, uint32_t value, uint32_t writable = 0);
  void put_header();
  void put_power_management();
  void put_msix();
  void put_express();
  void put_serial_number(const std::array<uint8_t, 6>& mac);
  uint8_t byte(uint32_t at) const { return value_[at]; }

  std::array<uint8_t, size> value_{};
  std::array<uint8_t, size> writable_{};
  std::array<uint8_t, size> initial_{};
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_PCI_CONFIG_HH
