// SPDX-License-Identifier: GPL-2.0-only
//
// Numbers in bytes: little-endian as descriptors have them, big-endian as packets do.
// The caller has checked that they are inside.
#ifndef PIKA_NIC82599_BYTES_HH
#define PIKA_NIC82599_BYTES_HH

#include <bit>
#include <cstring>

#include "tools/nic82599/host.hh"

namespace pika::nic82599 {

static_assert(std::endian::native == std::endian::little, "guests are little-endian, as x86 is");

template <typename T>
T load(ConstBytes from, size_t at = 0) {
  T value;
  memcpy(&value, &from[at], sizeof(value));
  return value;
}

template <typename T>
void store(Bytes to, size_t at, T value) {
  memcpy(&to[at], &value, sizeof(value));
}

inline uint8_t byte_at(ConstBytes from, size_t at) { return std::to_integer<uint8_t>(from[at]); }

inline uint16_t network16(ConstBytes from, size_t at) {
  return __builtin_bswap16(load<uint16_t>(from, at));
}

inline uint32_t network32(ConstBytes from, size_t at) {
  return __builtin_bswap32(load<uint32_t>(from, at));
}

inline void put_network16(Bytes to, size_t at, size_t value) {
  store(to, at, __builtin_bswap16(static_cast<uint16_t>(value)));
}

inline void put_network32(Bytes to, size_t at, uint32_t value) {
  store(to, at, __builtin_bswap32(value));
}

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_BYTES_HH
