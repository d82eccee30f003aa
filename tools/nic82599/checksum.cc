// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/checksum.hh"

#include <array>

#include "tools/nic82599/bytes.hh"

namespace pika::nic82599 {

namespace {

constexpr std::array<uint32_t, 256> crc_table(uint32_t polynomial) {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); i++) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? polynomial : 0);
    table[i] = value;
  }
  return table;
}

// Both polynomials are written with their lowest power first.
constexpr auto castagnoli = crc_table(0x82f63b78);
constexpr auto ethernet = crc_table(0xedb88320);

uint32_t crc(const std::array<uint32_t, 256>& table, uint32_t value, ConstBytes bytes) {
  for (const std::byte byte : bytes)
    value = value >> 8 ^ table[(value ^ std::to_integer<uint32_t>(byte)) & 0xff];
  return value;
}

uint64_t narrow(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  return (sum & 0xffffffff) + (sum >> 32);
}

}  // namespace

uint64_t add_bytes(uint64_t sum, ConstBytes bytes) {
  // Two sums of 32-bit halves: 64 bits hold 2^32 of each, more than any frame has.
  uint64_t low = narrow(sum);
  uint64_t high = 0;
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    const auto word = load<uint64_t>(bytes, at);
    low += word & 0xffffffff;
    high += word >> 32;
  }
  for (; at + 2 <= bytes.size(); at += 2) low += load<uint16_t>(bytes, at);
  if (at < bytes.size()) low += byte_at(bytes, at);
  return narrow(narrow(low) + narrow(high));
}

uint16_t fold(uint64_t sum) {
  sum = narrow(sum);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>((sum & 0xffff) + (sum >> 16));
}

uint32_t sctp_checksum(ConstBytes packet, size_t field) {
  constexpr std::byte zero[4] = {};
  uint32_t value = crc(castagnoli, ~0u, packet.first(field));
  value = crc(castagnoli, value, zero);
  return ~crc(castagnoli, value, packet.subspan(field + sizeof(zero)));
}

uint32_t ethernet_crc(ConstBytes frame) { return ~crc(ethernet, ~0u, frame); }

}  // namespace pika::nic82599
