// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/pci_config.hh"

namespace pika::nic82599 {

namespace {

constexpr uint8_t power_management = 0x40;
constexpr uint8_t msix = 0x70;
constexpr uint8_t express = 0xa0;
constexpr uint16_t extended = 0x100;

constexpr uint32_t bar_64_bit_memory = 4;
constexpr uint16_t vectors = 64;

}  // namespace

PciConfig::PciConfig(const std::array<uint8_t, 6>& mac) {
  put_header();
  put_power_management();
  put_msix();
  put_express();
  put_serial_number(mac);
  initial_ = value_;
}

void PciConfig::put_header() {
  put16(0x00, 0x8086);
  put16(0x02, 0x10fb);      // SFI/SFP+ network connection
  put16(0x04, 0, 0x0547);   // memory, bus master, parity, SERR, no INTx
  put16(0x06, 0x0010);      // has capabilities
  put32(0x08, 0x02000001);  // Ethernet controller, revision 1
  put8(0x0c, 0, 0xff);
  put32(0x10, bar_64_bit_memory, ~(128u * 1024 - 1));
  put32(0x14, 0, ~0u);
  put32(0x20, bar_64_bit_memory, ~(16u * 1024 - 1));
  put32(0x24, 0, ~0u);
  put16(0x2c, 0x8086);
  put16(0x2e, 0x0003);
  put8(0x34, power_management);
  put8(0x3c, 0, 0xff);  // the line, which nothing drives: interrupts are MSI-X's
}

void PciConfig::put_power_management() {
  put8(power_management, 1);
  put8(power_management + 1, msix);
  put16(power_management + 2, 0x4823);     // version 3, PME from D0 and D3hot
  put16(power_management + 4, 8, 0x8103);  // state, PME; what registers hold survives D3
}

void PciConfig::put_msix() {
  put8(msix, 0x11);
  put8(msix + 1, express);
  put16(msix + 2, vectors - 1, 0xc000);
  put32(msix + 4, 4);           // the table: BAR 4
  put32(msix + 8, 0x2000 | 4);  // pending bits
}

void PciConfig::put_express() {
  put8(express, 0x10);
  put8(express + 1, 0);
  put16(express + 2, 0x0002);          // an end point, version 2
  put32(express + 4, 0x10008cc2);      // 512 bytes a packet, function-level reset
  put16(express + 8, 0x2810, 0xffff);  // device control
  put32(express + 0xc, 0x00000482);    // 8 lanes of 5 GT/s
  put16(express + 0x10, 0, 0x01fb);    // link control
  put16(express + 0x12, 0x1082);       // as it was trained
  put32(express + 0x24, 0x0000001f);   // completion time-outs
  put16(express + 0x28, 0, 0x001f);
  put16(express + 0x30, 0x0002, 0x000f);  // target link speed
}

void PciConfig::put_serial_number(const std::array<uint8_t, 6>& mac) {
  put32(extended, 0x00010003);
  put32(extended + 4, static_cast<uint32_t>(0xff << 24 | mac[3] << 16 | mac[4] << 8 | mac[5]));
  put32(extended + 8, static_cast<uint32_t>(mac[0]) << 24 | static_cast<uint32_t>(mac[1]) << 16 |
                          static_cast<uint32_t>(mac[2]) << 8 | 0xff);
}

void PciConfig::read(uint32_t offset, Bytes to) const {
  for (size_t i = 0; i < to.size(); i++) {
    const uint64_t at = uint64_t{offset} + i;
    to[i] = std::byte{at < size ? value_[at] : uint8_t{0xff}};
  }
}

bool PciConfig::write(uint32_t offset, ConstBytes from) {
  for (size_t i = 0; i < from.size() && uint64_t{offset} + i < size; i++) {
    const uint32_t at = offset + static_cast<uint32_t>(i);
    const uint8_t writable = writable_[at];
    const auto value = std::to_integer<uint8_t>(from[i]);
    value_[at] = static_cast<uint8_t>((value_[at] & ~writable) | (value & writable));
  }
  // PME status is cleared by writing one; nothing here ever sets it.
  value_[power_management + 5] &= 0x7f;
  return value_[express + 9] & 0x80;
}

void PciConfig::reset() { value_ = initial_; }

void PciConfig::put8(uint32_t at, uint8_t value, uint8_t writable) {
  value_[at] = value;
  writable_[at] = writable;
}

void PciConfig::put16(uint32_t at, uint16_t value, uint16_t writable) {
  put8(at, static_cast<uint8_t>(value), static_cast<uint8_t>(writable));
  put8(at + 1, static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(writable >> 8));
}

void PciConfig::put32(uint32_t at, uint32_t value, uint32_t writable) {
  put16(at, static_cast<uint16_t>(value), static_cast<uint16_t>(writable));
  put16(at + 2, static_cast<uint16_t>(value >> 16), static_cast<uint16_t>(writable >> 16));
}

}  // namespace pika::nic82599
