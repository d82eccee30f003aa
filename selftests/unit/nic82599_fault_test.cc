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

// What a driver writes before it looks, where a fault can be seen only then.
struct Situation {
  std::string_view fault;
  uint32_t offset, value;
};

constexpr Situation situations[] = {
    {"master", reg::ctrl, reg::bit(2)},
    {"eerd", reg::eerd, 0x2c << 2 | 1},
    {"swesmbi", reg::swsm, reg::bit(1)},
    {"rxdctl", reg::rx(0) + reg::rxdctl, reg::rxdctl_enable},
    {"txdctl", reg::tx(0) + reg::txdctl, reg::txdctl_enable},
    {"eics", 0x808, reg::cause_link},
    {"fdir-init", reg::fdirctrl, 0x4a060001},
};

void prepare(World& world, const Fault& fault) {
  for (const Situation& situation : situations)
    if (situation.fault == fault.name) world.write(situation.offset, situation.value);
}

struct nic82599_fault : testing::Test, World {
  void break_it(std::string_view name) { card.set_fault(number_of(name)); }

  uint32_t word(uint32_t at) {
    write(reg::eerd, at << 2 | 1);
    return read(reg::eerd) >> 16;
  }
  uint32_t sum_of_words() {
    uint32_t sum = 0;
    for (uint32_t at = 0; at <= 0x3f; at++) sum += word(at);
    return sum & 0xffff;
  }

  // The module's wires, as the driver moves them.
  void drive(bool clock, bool data) { write(reg::i2cctl, clock << 1 | data << 3); }
  bool clock_in(bool data) {
    drive(false, data);
    drive(true, data);
    return read(reg::i2cctl) >> 2 & 1;
  }
  void start() {
    clock_in(true);
    drive(true, false);
  }
  void put(unsigned byte) {
    for (int bit = 7; bit >= 0; bit--) clock_in(byte >> bit & 1);
    clock_in(true);
  }
  unsigned module_byte(unsigned at) {
    start();
    put(0xa0);
    put(at);
    start();
    put(0xa1);
    unsigned byte = 0;
    for (int bit = 0; bit < 8; bit++) byte = byte << 1 | clock_in(true);
    clock_in(true);
    clock_in(false);
    drive(true, true);
    return byte;
  }
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

TEST_F(nic82599_fault, reads__each_is_seen_where_the_driver_looks) {
  for (unsigned i = 0; i < faults().size(); i++) {
    const Fault& fault = faults()[i];
    if (fault.kind != FaultKind::reads) continue;
    World sound;
    World broken(Settings{.fault = i});
    prepare(sound, fault);
    prepare(broken, fault);
    const uint32_t right = sound.read(fault.where);
    const uint32_t wrong = broken.read(fault.where);
    EXPECT_EQ(wrong, (right & fault.keep) | fault.set) << fault.name;
    EXPECT_NE(wrong, right) << fault.name;
  }
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
  EXPECT_EQ(sum_of_words(), 0xbabau);
  break_it("checksum");
  EXPECT_NE(sum_of_words(), 0xbabau);
}

TEST_F(nic82599_fault, eeprom_and_module__have_the_byte_or_word_and_without_the_fault_another) {
  for (unsigned i = 0; i < faults().size(); i++) {
    const Fault& fault = faults()[i];
    if (fault.kind != FaultKind::eeprom && fault.kind != FaultKind::sfp) continue;
    const auto now = [&] {
      return fault.kind == FaultKind::sfp ? module_byte(fault.where) : word(fault.where);
    };
    card.set_fault(0);
    EXPECT_NE(now(), fault.set) << fault.name;
    card.set_fault(i);
    EXPECT_EQ(now(), fault.set) << fault.name;
  }
}

TEST_F(nic82599_fault, capabilities__lack_some_under_a_right_checksum) {
  const uint32_t all = word(0x2c);
  for (unsigned i = 0; i < faults().size(); i++) {
    const Fault& fault = faults()[i];
    if (!fault.cannot) continue;
    EXPECT_EQ(all & fault.cannot, fault.cannot) << fault.name;
    card.set_fault(i);
    EXPECT_EQ(word(0x2c), all & ~fault.cannot) << fault.name;
    EXPECT_EQ(sum_of_words(), 0xbabau) << fault.name;
  }
}

TEST_F(nic82599_fault, no_sfp__nobody_answers) {
  EXPECT_EQ(module_byte(0), 3u);
  break_it("no-sfp");
  EXPECT_EQ(module_byte(0), 0xffu);
}

TEST_F(nic82599_fault, mac__is_gone_with_the_next_reset) {
  EXPECT_NE(read(reg::ral), 0u);
  break_it("mac");
  write(reg::ctrl, reg::bit(26));
  EXPECT_EQ(read(reg::ral), 0u);
  EXPECT_EQ(read(reg::rah), reg::rah_av);
}

TEST_F(nic82599_fault, clear_on_read__counts_on) {
  start_rx(0);
  break_it("clear-on-read");
  card.receive(Packet{}.frame());
  EXPECT_EQ(read(reg::gprc), 1u);
  EXPECT_EQ(read(reg::gprc), 1u);
  card.set_fault(0);
  EXPECT_EQ(read(reg::gprc), 1u);
  EXPECT_EQ(read(reg::gprc), 0u);
}

TEST_F(nic82599_fault, gssr_reset__does_not_outlive_it) {
  write(reg::gssr, 1);
  write(reg::ctrl, reg::bit(26));
  EXPECT_EQ(read(reg::gssr), 1u);
  break_it("gssr-reset");
  write(reg::ctrl, reg::bit(26));
  EXPECT_EQ(read(reg::gssr), 0u);
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
  // What was told has masked it.
  write(0xaa0, 1);
  EXPECT_EQ(read(0xaa0), 1u);
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
