// SPDX-License-Identifier: GPL-2.0-only

#include <set>

#include "nic82599_world.hh"
#include "tools/nic82599/fault.hh"
#include "tools/nic82599/registers.hh"

namespace {

using namespace pika::nic82599;

unsigned number_of(std::string_view name) {
  for (unsigned i = 0; i < faults().size(); i++)
    if (faults()[i].name == name) return i;
  ADD_FAILURE() << name;
  return 0;
}

struct nic82599_fault : testing::Test, World {
  void break_it(std::string_view name) { card.set_fault(number_of(name)); }
};

TEST_F(nic82599_fault, table__names_differ_and_registers_exist) {
  std::set<std::string> names;
  for (const Fault& fault : faults()) {
    EXPECT_TRUE(names.insert(fault.name).second) << fault.name;
    if (fault.kind == FaultKind::reads) {
      EXPECT_TRUE(find_register(fault.where).row) << fault.name;
    }
  }
  EXPECT_EQ(faults()[0].kind, FaultKind::none);
}

TEST_F(nic82599_fault, reads__change_what_every_read_sees_and_nothing_else) {
  break_it("links");
  EXPECT_EQ(read(reg::links), 0u);
  EXPECT_EQ(read(0x42a8), 0x20000u);
  break_it("rxdctl");
  start_rx(3);
  EXPECT_EQ(read(reg::rx(3) + reg::rxdctl), 0u);
  card.set_fault(0);
  EXPECT_EQ(read(reg::links), 0x70000080u);
  EXPECT_EQ(read(reg::rx(3) + reg::rxdctl), reg::rxdctl_enable);
}

TEST_F(nic82599_fault, settings__can_begin_with_one) {
  World broken(Settings{.fault = number_of("eeprom-absent")});
  EXPECT_EQ(broken.read(reg::eec) & reg::bit(8), 0u);
}

TEST_F(nic82599_fault, numbers__that_are_none_break_nothing_else_than_the_last) {
  card.set_fault(~0u);
  EXPECT_EQ(read(reg::status), 0u);
}

TEST_F(nic82599_fault, checksum__of_the_eeprom_is_wrong) {
  break_it("checksum");
  uint16_t sum = 0;
  for (uint32_t word = 0; word <= 0x3f; word++) {
    write(reg::eerd, word << 2 | 1);
    sum = static_cast<uint16_t>(sum + (read(reg::eerd) >> 16));
  }
  EXPECT_NE(sum, 0xbaba);
}

TEST_F(nic82599_fault, data_path__each_of_its_faults_breaks_it) {
  start_rx(0);
  start_tx(0);
  start_interrupts();
  break_it("tx-done");
  send(0, 0, Packet{}.frame());
  EXPECT_NE(tx_status(0, 0), 1u);
  break_it("rx-done");
  card.receive(Packet{}.frame());
  EXPECT_EQ(first(0).descriptors, 0u);
  break_it("eims-ex");
  write(0xaa0, 1);
  EXPECT_TRUE(host.interrupts.empty());
  break_it("no-interrupts");
  write(0xaa0, 1);
  host.interrupts.clear();
  card.receive(Packet{}.frame());
  EXPECT_TRUE(host.interrupts.empty());
  break_it("auto-mask");
  write(0xaa0, 1);
  card.receive(Packet{}.frame());
  EXPECT_EQ(read(0xaa0), 1u);
  const size_t before = host.sent.size();
  break_it("tx");
  send(0, 1, Packet{}.frame());
  EXPECT_EQ(host.sent.size(), before);
  break_it("rx");
  const auto missed = card.totals().dropped;
  card.receive(Packet{}.frame());
  EXPECT_EQ(card.totals().dropped, missed + 1);
}

}  // namespace
