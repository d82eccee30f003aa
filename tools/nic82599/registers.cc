// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/registers.hh"

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

}  // namespace

Registers::Registers() : value_(bar0_bytes / 4) { reset(Reset::whole_card); }

void Registers::reset(Reset which) {
  for (const Register& row : register_table()) {
    if (row.alias_stride || (which == Reset::every && row.on_reset == Reset::whole_card)) continue;
    for (uint32_t i = 0; i < row.count; i++) (*this)[row.offset + i * row.stride] = row.reset;
  }
}

Place find_register(uint32_t offset) {
  static const std::vector<Place> places = place_all();
  return places[offset / 4];
}

}  // namespace pika::nic82599
