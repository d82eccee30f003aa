// SPDX-License-Identifier: GPL-2.0-only

#include "nic82599_world.hh"

namespace {

using namespace pika::nic82599;

struct nic82599_card : testing::Test, World {};

TEST_F(nic82599_card, access__of_no_registers_size_or_place_reads_ones_and_is_told_once) {
  std::vector<std::byte> bytes(2);
  card.read_bar0(0, bytes);
  EXPECT_EQ(bytes[1], std::byte{0xff});
  EXPECT_EQ(read(2), ~0u);
  EXPECT_EQ(read(Card::bar0_size), ~0u);
  EXPECT_EQ(read(~0u - 3), ~0u);
  bytes.resize(8);
  card.read_bar0(Card::bar0_size - 4, bytes);
  EXPECT_EQ(bytes[0], std::byte{0xff});
  card.write_bar0(1, bytes);
  EXPECT_EQ(host.complaints.size(), 1u);
}

TEST_F(nic82599_card, access__of_eight_bytes_is_two_registers) {
  const uint64_t both = 0x1111111122222222;
  card.write_bar0(reg::mta, std::as_bytes(std::span(&both, 1)));
  EXPECT_EQ(read(reg::mta), 0x22222222u);
  EXPECT_EQ(read(reg::mta + 4), 0x11111111u);
  uint64_t back = 0;
  card.read_bar0(reg::mta, std::as_writable_bytes(std::span(&back, 1)));
  EXPECT_EQ(back, both);
}

TEST_F(nic82599_card, removed__reads_ones_everywhere_and_does_nothing) {
  start_rx(0);
  start_tx(0);
  card.set_removed(true);
  EXPECT_EQ(read(reg::status), ~0u);
  uint32_t id = 0;
  card.read_config(0, std::as_writable_bytes(std::span(&id, 1)));
  EXPECT_EQ(id, ~0u);
  send(0, 0, Packet{}.frame());
  card.receive(Packet{}.frame());
  card.run();
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(first(0).descriptors, 0u);
  card.set_removed(false);
  EXPECT_EQ(read(reg::status), 0u);
  EXPECT_EQ(read(reg::rxctrl), 0u);
}

TEST_F(nic82599_card, removed__waits_for_nothing) {
  start_interrupts();
  start_rx(0);
  start_tx(0);
  write(reg::gpie, 0x36);  // no automatic masking
  write(0xaa0, 1);         // EIMS_EX
  write(reg::eitr(0), 100 * 4);
  for (int i = 0; i < 2; i++) card.receive(Packet{}.frame());
  EXPECT_GT(host.wake, host.clock) << "for the second interrupt";
  ASSERT_NE(host.wake, Time::max());
  constexpr uint32_t count = 8192;
  write(reg::tx(0) + reg::tdlen, count * 16);
  for (uint32_t i = 0; i < count; i++) put_tx(0, i, tx_buffer, data(1414), 1414 << 14);
  write(reg::tx(0) + reg::tdt, count - 1);
  EXPECT_EQ(host.wake, host.clock) << "for what is left to send";
  card.set_removed(true);
  host.clock += std::chrono::seconds(1);
  host.wake = Time::max();
  card.run();
  EXPECT_EQ(host.wake, Time::max());
  host.interrupts.clear();
  card.set_link(false);
  EXPECT_TRUE(host.interrupts.empty());
}

TEST_F(nic82599_card, reset__forgets_rings_and_filters_and_has_its_address_back) {
  start_rx(0);
  write(reg::ral, 0);
  write(reg::rah, 0);
  write(0x10160, 0x15);
  write(reg::ctrl, reg::bit(26));
  EXPECT_EQ(read(reg::ctrl) & reg::ctrl_reset, 0u);
  EXPECT_EQ(read(0x5400), 0x82211b00u);
  EXPECT_EQ(read(0x5404), 0x80009059u);
  EXPECT_EQ(read(0x10160), 0x15u) << "semaphores outlive a software reset";
  card.receive(Packet{}.frame());
  EXPECT_EQ(first(0).descriptors, 0u);
  card.reset();
  EXPECT_EQ(read(0x10160), 0u);
}

TEST_F(nic82599_card, reset__disables_queues_and_forgets_the_key_of_rss) {
  start_rx(0);
  write(reg::rssrk, 0x12345678);
  write(reg::mrqc, 1 | reg::bit(16));
  card.receive(Packet{}.frame());
  EXPECT_NE(first(0).hash, 0u);
  write(reg::ctrl, reg::bit(26));
  write(reg::rxctrl, reg::rxctrl_rxen);
  EXPECT_FALSE(card.may_receive());
  card.receive(Packet{}.frame());
  EXPECT_EQ(card.totals().dropped, 1u);
  start_rx(0);
  write(reg::mrqc, 1 | reg::bit(16));
  card.receive(Packet{}.frame());
  EXPECT_EQ(first(0).info & 0xf, 1u);
  EXPECT_EQ(first(0).hash, 0u);
}

TEST_F(nic82599_card, link__goes_and_comes_and_interrupts) {
  start_interrupts();
  write(0x880, reg::cause_link);
  EXPECT_EQ(read(reg::links), 0x70000080u);
  card.set_link(false);
  EXPECT_EQ(read(reg::links), 0u);
  EXPECT_EQ(host.interrupts, std::vector<unsigned>{8});
  card.set_link(false);
  EXPECT_EQ(host.interrupts.size(), 1u);
  EXPECT_EQ(read(0x808), reg::cause_link);
  write(0x800, reg::cause_link);
  EXPECT_EQ(read(0x808), 0u);
}

TEST_F(nic82599_card, link__without_it_nothing_passes_and_descriptors_are_done) {
  start_rx(0);
  start_tx(0);
  card.set_link(false);
  send(0, 0, Packet{}.frame());
  card.receive(Packet{}.frame());
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(tx_status(0, 0), 1u);
  EXPECT_EQ(first(0).descriptors, 0u);
  EXPECT_EQ(card.totals().dropped, 1u);
}

TEST_F(nic82599_card, loopback__brings_what_is_sent_back_and_keeps_the_wire_out) {
  start_rx(0);
  start_tx(0);
  set(reg::hlreg0, reg::hlreg0_lpbk);
  const Frame frame = Packet{.payload = 100}.frame();
  send(0, 0, frame);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(first(0).frame, frame);
  card.receive(frame);
  uint32_t i = 1;
  EXPECT_EQ(take(0, i).descriptors, 0u);
}

TEST_F(nic82599_card, eeprom__words_sum_up_and_what_is_empty_reads_ones) {
  uint16_t sum = 0;
  for (uint32_t word = 0; word <= 0x3f; word++) {
    write(reg::eerd, word << 2 | 1);
    EXPECT_EQ(read(reg::eerd) & 2, 2u);
    sum = static_cast<uint16_t>(sum + (read(reg::eerd) >> 16));
  }
  EXPECT_EQ(sum, 0xbaba);
  write(reg::eerd, 0x3fff << 2 | 1);
  EXPECT_EQ(read(reg::eerd) >> 16, 0xffffu);
}

TEST_F(nic82599_card, smbi__is_taken_by_reading_and_given_back_by_writing) {
  EXPECT_EQ(read(reg::swsm) & 1, 0u);
  EXPECT_EQ(read(reg::swsm) & 1, 1u);
  write(reg::swsm, 2);
  EXPECT_EQ(read(reg::swsm), 2u) << "SWESMBI stays";
}

}  // namespace
