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

// What Linux's driver reads for "ethtool -d".
struct Range {
  uint32_t offset, count;
  uint32_t stride = 4;
};

constexpr uint32_t dumped[] = {
    0x00000, 0x00008, 0x00018, 0x00020, 0x00028, 0x00200, 0x00808, 0x00810, 0x00820, 0x00880,
    0x00888, 0x00890, 0x00898, 0x00900, 0x02000, 0x02430, 0x02f00, 0x02f08, 0x03000, 0x03008,
    0x03020, 0x032a0, 0x03300, 0x03600, 0x03d00, 0x03d04, 0x04200, 0x042b8, 0x04800, 0x04900,
    0x04980, 0x0498c, 0x04a90, 0x05000, 0x05008, 0x05080, 0x05088, 0x05090, 0x050a4, 0x05480,
    0x05800, 0x05808, 0x05810, 0x05838, 0x05840, 0x05880, 0x05900, 0x05a00, 0x05ac0, 0x07e00,
    0x07f08, 0x08810, 0x08b00, 0x09000, 0x0c300, 0x0c600, 0x0c800, 0x0cb00, 0x0cd00, 0x0cd10,
    0x0ce00, 0x1001c, 0x1013c, 0x10200, 0x11068, 0x1106c};

constexpr Range dumped_ranges[] = {
    {0x00048, 2},        {0x02100, 16},       {0x02140, 16},       {0x02200, 16},
    {0x02c00, 9},        {0x02f10, 5},        {0x03200, 4},        {0x03220, 8},
    {0x03260, 8},        {0x03610, 4},        {0x03c00, 8},        {0x04208, 8},
    {0x04240, 12},       {0x04288, 12},       {0x042c0, 4},        {0x04910, 16},
    {0x05400, 32},       {0x05818, 2},        {0x05a80, 16},       {0x07200, 16},
    {0x07c00, 9},        {0x07f10, 5},        {0x082e0, 4},        {0x08800, 3},
    {0x08d00, 2},        {0x0c610, 4},        {0x0cc00, 8},        {0x0cd20, 16},
    {0x10010, 2},        {0x10110, 5},        {0x11090, 8},        {0x01000, 64, 0x40},
    {0x01004, 64, 0x40}, {0x01008, 64, 0x40}, {0x01010, 64, 0x40}, {0x01018, 64, 0x40},
    {0x01028, 64, 0x40}, {0x06000, 32, 0x40}, {0x06004, 32, 0x40}, {0x06008, 32, 0x40},
    {0x06010, 32, 0x40}, {0x06018, 32, 0x40}, {0x06028, 32, 0x40}, {0x06038, 32, 0x40},
    {0x0603c, 32, 0x40},
};

TEST_F(nic82599_registers, dumped__nothing_that_ethtool_reads_is_unknown) {
  for (const uint32_t offset : dumped) {
    read(offset);
    ASSERT_TRUE(host.complaints.empty()) << std::hex << offset;
  }
  for (const Range& range : dumped_ranges) {
    for (uint32_t i = 0; i < range.count; i++) {
      read(range.offset + i * range.stride);
      ASSERT_TRUE(host.complaints.empty()) << std::hex << range.offset << ", number " << i;
    }
  }
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
