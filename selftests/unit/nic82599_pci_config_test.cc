// SPDX-License-Identifier: GPL-2.0-only

#include "nic82599_world.hh"
#include "tools/nic82599/pci_config.hh"

namespace {

using namespace pika::nic82599;

struct nic82599_pci_config : testing::Test, World {
  uint32_t get(uint32_t offset) {
    uint32_t value = 0;
    card.read_config(offset, std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  void put(uint32_t offset, uint32_t value) {
    card.write_config(offset, std::as_bytes(std::span(&value, 1)));
  }
};

TEST_F(nic82599_pci_config, identity__and_capabilities_where_drivers_expect_them) {
  EXPECT_EQ(get(0), 0x10fb8086u);
  EXPECT_EQ(get(8) >> 8, 0x020000u);
  EXPECT_EQ(get(0x34) & 0xff, 0x40u);
  EXPECT_EQ(get(0x40) & 0xffff, 0x7001u);
  EXPECT_EQ(get(0x70) & 0xffff, 0xa011u);
  EXPECT_EQ(get(0xa0) & 0xffff, 0x0010u);
  EXPECT_EQ(get(0x3c) & 0xff00, 0u) << "no INTx";
  EXPECT_EQ(get(0x100) & 0xffff, 3u);
}

TEST_F(nic82599_pci_config, msix__64_vectors_in_bar_4) {
  EXPECT_EQ(get(0x70) >> 16, 63u);
  EXPECT_EQ(get(0x74), 4u);
  EXPECT_EQ(get(0x78), 0x2004u);
  put(0x70, ~0u);
  EXPECT_EQ(get(0x70) >> 16, 0xc03fu);
}

TEST_F(nic82599_pci_config, bars__tell_their_size) {
  put(0x10, ~0u);
  put(0x14, ~0u);
  put(0x20, ~0u);
  put(0x18, ~0u);
  EXPECT_EQ(get(0x10), ~(Card::bar0_size - 1) | 4);
  EXPECT_EQ(get(0x14), ~0u);
  EXPECT_EQ(get(0x20), ~(Card::bar4_size - 1) | 4);
  EXPECT_EQ(get(0x18), 0u);
}

TEST_F(nic82599_pci_config, read_only__stays) {
  put(0, 0);
  put(0x34, 0);
  EXPECT_EQ(get(0), 0x10fb8086u);
  EXPECT_EQ(get(0x34), 0x40u);
}

TEST_F(nic82599_pci_config, outside__reads_ones_whatever_the_length) {
  EXPECT_EQ(get(4094), 0xffff0000u);
  EXPECT_EQ(get(4096), ~0u);
  EXPECT_EQ(get(~0u), ~0u);
  put(~0u - 1, 0);
  put(4094, ~0u);
  card.read_config(7, {});
}

TEST_F(nic82599_pci_config, function_level_reset__resets_the_card) {
  put(4, 0x0006);
  write(reg::mta, 5);
  put(0xa8, get(0xa8) | 0x8000);
  EXPECT_EQ(read(reg::mta), 0u);
  EXPECT_EQ(get(4) & 0xffff, 0u);
  EXPECT_EQ(get(0xa8) & 0x8000, 0u);
}

}  // namespace
