// SPDX-License-Identifier: GPL-2.0-only
//
#include "tools/nic82599/eeprom.hh"

#include <string_view>

namespace pika::nic82599 {

namespace {

constexpr uint32_t checksum_word = 0x3f;
constexpr uint16_t checksum_sum = 0xbaba;

// Words that drivers follow to sections.
constexpr uint32_t firmware = 0x0f;
constexpr uint32_t board = 0x15;
constexpr uint32_t sfp_modules = 0x2b;
constexpr uint32_t capabilities = 0x2c;

}  // namespace

Eeprom::Eeprom() {
  words_.fill(0xffff);
  set_firmware(0x100);
  set_board(0x180, "PIKA820590");
  set_sfp_modules(0x200);
  set(capabilities, 0x83);  // any maker's SFP+, no FCoE, no cross-talk
  // Words 3 to e would point to sections that the checksum covers: there are none.
  uint16_t sum = 0;
  for (uint32_t i = 0; i < checksum_word; i++) sum = static_cast<uint16_t>(sum + words_[i]);
  set(checksum_word, static_cast<uint16_t>(checksum_sum - sum));
}

// Older than version 6 it would be one that was never sold.
void Eeprom::set_firmware(uint16_t at) {
  constexpr uint32_t pass_through = 4, version = 7;
  const uint16_t patch = at + 0x10;
  set(firmware, at);
  set(at + pass_through, patch);
  set(patch + version, 6);
}

void Eeprom::set_board(uint16_t at, std::string_view number) {
  set(board, 0xfafa);  // the number is text
  set(board + 1, at);
  set(at, static_cast<uint16_t>(1 + number.size() / 2));
  for (uint32_t i = 0; i + 1 < number.size(); i += 2)
    set(at + 1 + i / 2, static_cast<uint16_t>(number[i] << 8 | number[i + 1]));
}

// What a driver writes into the PHY for which module: nothing for the one that is here.
void Eeprom::set_sfp_modules(uint16_t at) {
  constexpr uint16_t short_or_long_range = 5;
  set(sfp_modules, at);
  set(at, 2);
  set(at + 1, short_or_long_range);
  set(at + 2, at + 0x10);
}

uint16_t Eeprom::read(uint32_t word) const { return word < words ? words_[word] : 0xffff; }

}  // namespace pika::nic82599
