// SPDX-License-Identifier: GPL-2.0-only
//
// Reads the module as a driver does, wire by wire.

#include <optional>

#include "nic82599_world.hh"
#include "tools/nic82599/sfp.hh"

namespace {

using namespace pika::nic82599;

struct nic82599_sfp : testing::Test {
  void drive(bool clock, bool data) { sfp.drive(clock, data); }
  void start() {
    drive(false, true);
    drive(true, true);
    drive(true, false);
    drive(false, false);
  }
  void stop() {
    drive(false, false);
    drive(true, false);
    drive(true, true);
  }
  void put_bit(bool bit) {
    drive(false, bit);
    drive(true, bit);
    drive(false, bit);
  }
  bool get_bit() {
    drive(false, true);
    drive(true, true);
    const bool bit = sfp.data();
    drive(false, true);
    return bit;
  }
  bool put(uint8_t byte) {
    for (int bit = 7; bit >= 0; bit--) put_bit(byte >> bit & 1);
    return !get_bit();
  }
  uint8_t get(bool acknowledge) {
    unsigned byte = 0;
    for (int bit = 0; bit < 8; bit++) byte = byte << 1 | get_bit();
    put_bit(!acknowledge);
    return static_cast<uint8_t>(byte);
  }
  std::optional<uint8_t> read(uint8_t address, uint8_t offset) {
    start();
    if (!put(address) || !put(offset)) return std::nullopt;
    start();
    if (!put(address | 1)) return std::nullopt;
    const uint8_t byte = get(false);
    stop();
    return byte;
  }
  Sfp sfp;
};

TEST_F(nic82599_sfp, module__is_10gbase_sr_of_intel) {
  EXPECT_EQ(read(0xa0, 0), 3);
  EXPECT_EQ(read(0xa0, 3), 0x10);
  EXPECT_EQ(read(0xa0, 37), 0x00);
  EXPECT_EQ(read(0xa0, 38), 0x1b);
  EXPECT_EQ(read(0xa0, 39), 0x21);
}

TEST_F(nic82599_sfp, checksums__are_right) {
  unsigned base = 0, extended = 0;
  for (unsigned i = 0; i < 63; i++) base += *read(0xa0, static_cast<uint8_t>(i));
  EXPECT_EQ(read(0xa0, 63), base & 0xff);
  for (unsigned i = 64; i < 95; i++) extended += *read(0xa0, static_cast<uint8_t>(i));
  EXPECT_EQ(read(0xa0, 95), extended & 0xff);
}

TEST_F(nic82599_sfp, bytes__follow_each_other_while_they_are_acknowledged) {
  start();
  EXPECT_TRUE(put(0xa0));
  EXPECT_TRUE(put(20));
  start();
  EXPECT_TRUE(put(0xa1));
  EXPECT_EQ(get(true), 'P');
  EXPECT_EQ(get(true), 'I');
  EXPECT_EQ(get(true), 'K');
  EXPECT_EQ(get(false), 'A');
  EXPECT_EQ(get(false), 0xff) << "it let go";
  stop();
  EXPECT_EQ(read(0xa0, 0), 3);
}

TEST_F(nic82599_sfp, other_addresses__are_nobody_s) {
  EXPECT_EQ(read(0xf8, 0), std::nullopt);
  EXPECT_EQ(read(0xa2, 0), 0);
}

TEST_F(nic82599_sfp, empty__the_cage_answers_nothing) {
  sfp.set_present(false);
  EXPECT_EQ(read(0xa0, 0), std::nullopt);
  sfp.set_present(true);
  EXPECT_EQ(read(0xa0, 0), 3);
}

TEST_F(nic82599_sfp, nonsense__on_the_wires_ends_with_a_start) {
  unsigned state = 1;
  for (int i = 0; i < 10000; i++) {
    state = state * 1664525 + 1013904223;
    drive(state >> 20 & 1, state >> 21 & 1);
  }
  stop();
  EXPECT_EQ(read(0xa0, 3), 0x10);
}

}  // namespace
