// SPDX-License-Identifier: GPL-2.0-only
//
// Numbers in packets, big-endian, and the sums over them.
#ifndef PIKA_SIM_NETWORK_BYTES_HH
#define PIKA_SIM_NETWORK_BYTES_HH

#include <cstddef>
#include <cstdint>
#include <span>

namespace pika::sim {

constexpr size_t v4_header = 20;
constexpr size_t v6_header = 40;

inline uint16_t get16(std::span<const uint8_t> at) {
  return static_cast<uint16_t>(at[0] << 8 | at[1]);
}

inline uint32_t get32(std::span<const uint8_t> at) {
  return static_cast<uint32_t>(get16(at)) << 16 | get16(at.subspan(2));
}

inline void put16(uint8_t* at, size_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

inline void put32(uint8_t* at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

/// Ones' complement sum (RFC 1071), not folded.
inline uint64_t sum16(std::span<const uint8_t> bytes) {
  uint64_t sum = 0;
  size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum += get16(bytes.subspan(i));
  return i < bytes.size() ? sum + (static_cast<uint64_t>(bytes[i]) << 8) : sum;
}

inline uint16_t fold(uint64_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

}  // namespace pika::sim

#endif  // PIKA_SIM_NETWORK_BYTES_HH
