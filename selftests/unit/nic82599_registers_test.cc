// SPDX-License-Identifier: GPL-2.0-only

#include <map>

#include "nic82599_world.hh"
#include "tools/nic82599/registers.hh"

namespace {

using namespace pika::nic82599;

struct nic82599_registers : testing::Test, World {};

TEST_F(nic82599_registers, table__rows_lie_in_the_bar_and_do_not_overlap) {
  std::map<uint32_t, std::string> taken;
  for (const Register& row : register_table()) {
    for (uint32_t i = 0; i < row.count; i++) {
      const uint32_t offset = row.offset + i * row.stride;
      EXPECT_EQ(offset % 4, 0u) << row.name;
      EXPECT_LT(offset, bar0_bytes) << row.name;
      EXPECT_TRUE(taken.emplace(offset, row.name).second) << row.name << " " << taken[offset];
    }
  }
}

TEST_F(nic82599_registers, table__aliases_name_what_is_there) {
  for (const Register& row : register_table()) {
    if (!row.alias_stride) continue;
    const Place place = find_register(row.offset + (row.count - 1) * row.stride);
    EXPECT_EQ(place.offset, row.alias_of + (row.count - 1) * row.alias_stride) << row.name;
    EXPECT_EQ(place.row->alias_stride, 0u) << row.name;
  }
}

TEST_F(nic82599_registers, aliases__are_the_same_register) {
  write(0x2100 + 4 * 5, 0x02000404);
  EXPECT_EQ(read(reg::rx(5) + reg::srrctl), 0x02000404u);
  write(0x5408, 0x11223344);
  EXPECT_EQ(read(0xa208), 0x11223344u);
}

TEST_F(nic82599_registers, unknown__reads_zero_keeps_nothing_and_is_told_once) {
  write(0x1fff0, 0x1234);
  EXPECT_EQ(read(0x1fff0), 0u);
  EXPECT_EQ(read(0x1fff4), 0u);
  EXPECT_EQ(host.complaints.size(), 1u);
}

TEST_F(nic82599_registers, statistics__are_not_written_and_clear_when_read) {
  start_rx(0);
  card.receive(Packet{}.frame());
  write(reg::gprc, 100);
  EXPECT_EQ(read(reg::gprc), 1u);
  EXPECT_EQ(read(reg::gprc), 0u);
}

// What Linux's register test writes: the mask is what must come back.
struct Pattern {
  uint32_t offset, count, stride, mask, written;
};

TEST_F(nic82599_registers, masks__are_those_that_a_driver_tests) {
  constexpr Pattern patterns[] = {
      {0x3220, 1, 4, 0x8007fff0, 0x8007fff0},
      {0x3260, 1, 4, 0x8007fff0, 0x8007fff0},
      {0x3008, 1, 4, ~0u, ~0u},
      {0x5088, 1, 4, 0, 0},
      {0x1000, 4, 0x40, 0xffffff80, 0xffffff80},
      {0x1004, 4, 0x40, ~0u, ~0u},
      {0x1008, 4, 0x40, 0x000fff80, 0x000fffff},
      {0x1018, 4, 0x40, 0xffff, 0xffff},
      {0x3200, 1, 4, ~0u, ~0u},
      {0x6000, 4, 0x40, 0xffffff80, ~0u},
      {0x6004, 4, 0x40, ~0u, ~0u},
      {0x6008, 4, 0x40, 0x000fff80, 0x000fff80},
      {0x5400, 16, 8, ~0u, ~0u},
      {0x5404, 16, 8, 0x8001ffff, 0x800cffff},
      {0x5200, 128, 4, ~0u, ~0u},
  };
  for (const Pattern& pattern : patterns) {
    for (uint32_t i = 0; i < pattern.count; i++) {
      const uint32_t offset = pattern.offset + i * pattern.stride;
      for (const uint32_t value : {0x5a5a5a5au, 0xa5a5a5a5u, 0u, ~0u}) {
        const uint32_t before = read(offset);
        write(offset, value & pattern.written);
        EXPECT_EQ(read(offset), value & pattern.written & pattern.mask) << std::hex << offset;
        write(offset, before);
      }
    }
  }
}

TEST_F(nic82599_registers, status__is_not_written) {
  const uint32_t before = read(reg::status);
  write(reg::status, 0x7ffff30f);
  EXPECT_EQ(read(reg::status), before);
}

TEST_F(nic82599_registers, self_clearing_bits__read_zero) {
  write(reg::ctrl, reg::bit(26) | reg::bit(2));
  EXPECT_EQ(read(reg::ctrl), 0u);
  write(reg::ctrl, reg::bit(2));
  EXPECT_EQ(read(reg::ctrl), reg::bit(2)) << "GIO_DIS stays";
  write(0x42a0, 0x6000 | reg::bit(12));
  EXPECT_EQ(read(0x42a0), 0x6000u);
  write(0x425c, reg::bit(30));
  EXPECT_EQ(read(0x425c), 0u);
  write(reg::tx(3) + reg::txdctl, reg::txdctl_enable | reg::txdctl_swflsh);
  EXPECT_EQ(read(reg::tx(3) + reg::txdctl), reg::txdctl_enable);
}

}  // namespace
