// SPDX-License-Identifier: GPL-2.0-only
//
// The words of the EEPROM, made when the card is.
#ifndef PIKA_NIC82599_EEPROM_HH
#define PIKA_NIC82599_EEPROM_HH

#include <array>
#include <cstdint>
#include <string_view>

namespace pika::nic82599 {

class Eeprom {
 public:
  Eeprom();

  /// What is not there reads 0xffff, as an empty EEPROM does.
  uint16_t read(uint32_t word) const;

  /// Changes a word and not the checksum.
  void set(uint32_t word, uint16_t value) { words_[word] = value; }

  static constexpr uint32_t words = 0x400;

 private:
  void set_firmware(uint16_t at);
  void set_board(uint16_t at, std::string_view number);
  void set_sfp_modules(uint16_t at);

  std::array<uint16_t, words> words_;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_EEPROM_HH
