// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/registers.hh"

#include <algorithm>

namespace pika::nic82599 {

namespace {

// A row in which an alias stands has the alias's name, but the handlers of what it names.
void place_aliases(std::vector<Place>& places, const Register& row) {
  for (uint32_t i = 0; i < row.count; i++)
    places[(row.offset + i * row.stride) / 4] = places[(row.alias_of + i * row.alias_stride) / 4];
}

std::vector<Place> place_all() {
  std::vector<Place> places(bar0_bytes / 4);
  for (const Register& row : register_table()) {
    if (row.alias_stride) continue;
    for (uint32_t i = 0; i < row.count; i++) {
      const uint32_t offset = row.offset + i * row.stride;
      places[offset / 4] = {&row, i, offset};
    }
  }
  for (const Register& row : register_table())
    if (row.alias_stride) place_aliases(places, row);
  return places;
}

std::vector<uint32_t> initial_values() {
  std::vector<uint32_t> values(bar0_bytes / 4);
  for (const Register& row : register_table()) {
    for (uint32_t i = 0; i < row.count && !row.alias_stride; i++)
      values[(row.offset + i * row.stride) / 4] = row.reset;
  }
  return values;
}

// What a software reset leaves alone.
std::vector<uint32_t> kept_offsets() {
  std::vector<uint32_t> offsets;
  for (const Register& row : register_table()) {
    for (uint32_t i = 0; i < row.count && row.on_reset == Reset::whole_card; i++)
      offsets.push_back(row.offset + i * row.stride);
  }
  return offsets;
}

}  // namespace

Registers::Registers() : value_(bar0_bytes / 4) { reset(Reset::whole_card); }

void Registers::reset(Reset which) {
  static const std::vector<uint32_t> initial = initial_values();
  static const std::vector<uint32_t> kept = kept_offsets();
  std::vector<uint32_t> before;
  if (which == Reset::every)
    for (const uint32_t offset : kept) before.push_back((*this)[offset]);
  std::copy(initial.begin(), initial.end(), value_.begin());
  for (size_t i = 0; i < before.size(); i++) (*this)[kept[i]] = before[i];
}

Place find_register(uint32_t offset) {
  static const std::vector<Place> places = place_all();
  return places[offset / 4];
}

}  // namespace pika::nic82599
