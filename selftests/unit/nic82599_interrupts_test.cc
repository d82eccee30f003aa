// SPDX-License-Identifier: GPL-2.0-only

#include "nic82599_world.hh"

namespace {

using namespace pika::nic82599;
using Vectors = std::vector<unsigned>;

constexpr uint32_t eicr = 0x800, eics = 0x808, eims = 0x880, eimc = 0x888;
constexpr uint32_t eics_ex = 0xa90, eims_ex = 0xaa0, eimc_ex = 0xab0;

struct nic82599_interrupts : testing::Test, World {
  void SetUp() override {
    start_interrupts();
    start_rx(0);
    start_tx(0);
  }
  void receive() { card.receive(Packet{}.frame()); }
  Vectors raised() { return std::exchange(host.interrupts, {}); }
};

TEST_F(nic82599_interrupts, masked__waits_for_its_vector) {
  receive();
  EXPECT_EQ(raised(), Vectors{});
  write(eims_ex, 2);
  EXPECT_EQ(raised(), Vectors{}) << "another vector's";
  write(eims_ex, 1);
  EXPECT_EQ(raised(), Vectors{0});
}

TEST_F(nic82599_interrupts, auto_mask__one_until_the_driver_enables_again) {
  write(eims_ex, 1);
  receive();
  receive();
  EXPECT_EQ(raised(), Vectors{0});
  EXPECT_EQ(read(eims_ex), 0u);
  write(eims_ex, 1);
  EXPECT_EQ(raised(), Vectors{0}) << "the second came while it was masked";
  write(eims_ex, 1);
  EXPECT_EQ(raised(), Vectors{});
}

TEST_F(nic82599_interrupts, no_auto_clear__a_cause_that_stays_is_told_when_enabled_again) {
  write(reg::eiac, 0);
  write(eims_ex, 1);
  receive();
  EXPECT_EQ(raised(), Vectors{0});
  write(eims_ex, 1);
  EXPECT_EQ(raised(), Vectors{0});
  write(eicr, 1);
  write(eims_ex, 1);
  EXPECT_EQ(raised(), Vectors{});
}

TEST_F(nic82599_interrupts, no_auto_mask__if_gpie_does_not_ask) {
  write(reg::gpie, 0x36);
  write(eims_ex, 1);
  receive();
  receive();
  EXPECT_EQ(raised(), (Vectors{0, 0}));
}

TEST_F(nic82599_interrupts, disabled__by_the_mask_s_clear_register) {
  write(eims_ex, 1);
  write(eimc_ex, 1);
  receive();
  EXPECT_EQ(raised(), Vectors{});
}

TEST_F(nic82599_interrupts, sent__has_its_own_cause_if_it_is_reported) {
  write(reg::ivar, 0x80808580);
  write(eims_ex, ~0u);
  send(0, 0, Packet{}.frame());
  EXPECT_EQ(raised(), Vectors{5});
  EXPECT_EQ(tx_status(0, 0), 1u);
  ASSERT_TRUE(host.write(tx_buffer, Packet{}.frame()));
  put_tx(0, 1, tx_buffer, data(64) & ~reg::bit(27), 0);
  write(eims_ex, ~0u);
  write(reg::tx(0) + reg::tdt, 2);
  EXPECT_EQ(raised(), Vectors{});
}

TEST_F(nic82599_interrupts, not_mapped__a_queue_without_valid_entry_is_silent) {
  write(reg::ivar, 0);
  write(eims_ex, ~0u);
  receive();
  EXPECT_EQ(raised(), Vectors{});
}

TEST_F(nic82599_interrupts, odd_queues__have_the_upper_half_of_an_entry) {
  start_rx(1);
  write(reg::mrqc, 1 | reg::bit(16));
  for (uint32_t i = 0; i < 32; i++) write(reg::reta + 4 * i, 0x01010101);
  write(eims_ex, 3);
  receive();
  EXPECT_EQ(raised(), Vectors{1});
}

TEST_F(nic82599_interrupts, high_vectors__have_the_second_word) {
  write(reg::ivar, 0x80808080 | 40);
  write(eims_ex + 4, 1 << 8);
  receive();
  EXPECT_EQ(raised(), Vectors{40});
  EXPECT_EQ(read(eims_ex + 4), 0u);
}

TEST_F(nic82599_interrupts, forced__by_the_driver) {
  write(eims_ex, 6);
  write(eics_ex, 3);
  EXPECT_EQ(raised(), Vectors{1});
  write(eims, reg::cause_link | 1);
  write(eics, reg::cause_link);
  EXPECT_EQ(raised(), (Vectors{0, 8}));
}

TEST_F(nic82599_interrupts, other_causes__stay_until_cleared_and_are_told_once) {
  write(eims, reg::cause_link);
  card.set_link(false);
  EXPECT_EQ(raised(), Vectors{8});
  EXPECT_EQ(read(eics), reg::cause_link);
  EXPECT_EQ(read(eics), reg::cause_link) << "reading EICS clears nothing";
  write(eims_ex, 1);
  write(eics_ex, 1);
  EXPECT_EQ(raised(), Vectors{0});
  write(eimc, reg::cause_link);
  write(eims, reg::cause_link);
  EXPECT_EQ(raised(), Vectors{8}) << "it was not cleared";
  write(eicr, reg::cause_link);
  write(eims, reg::cause_link);
  EXPECT_EQ(raised(), Vectors{});
}

TEST_F(nic82599_interrupts, eicr__reading_clears_queues_and_others_unless_ocd) {
  write(eics, reg::cause_link | 3);
  EXPECT_EQ(read(eicr), reg::cause_link | 3);
  EXPECT_EQ(read(eicr), reg::cause_link) << "OCD is set";
  write(reg::gpie, 0xc0000016);
  EXPECT_EQ(read(eicr), reg::cause_link);
  EXPECT_EQ(read(eicr), 0u);
}

TEST_F(nic82599_interrupts, eims__is_the_first_sixteen_vectors_as_well) {
  write(eims, 0x8001 | reg::cause_link);
  EXPECT_EQ(read(eims_ex), 0x8001u);
  EXPECT_EQ(read(eims), 0x8001 | reg::cause_link);
  write(eimc, 1);
  EXPECT_EQ(read(eims), 0x8000 | reg::cause_link);
}

TEST_F(nic82599_interrupts, one_message__for_all_without_multiple_msix) {
  write(reg::gpie, 0);
  write(reg::ivar, 0x80808082);
  write(eims, 4);
  receive();
  EXPECT_EQ(raised(), Vectors{0});
  EXPECT_EQ(read(eicr), 4u);
}

TEST_F(nic82599_interrupts, throttled__one_in_the_interval_and_none_is_lost) {
  write(reg::eitr(0), 100 * 4);
  write(reg::gpie, 0x36);
  write(eims_ex, 1);
  receive();
  EXPECT_EQ(raised(), Vectors{0});
  receive();
  EXPECT_EQ(raised(), Vectors{});
  const Time due = host.clock + std::chrono::microseconds(100);
  EXPECT_EQ(host.wake, due);
  host.clock = due - Time(1);
  card.run();
  EXPECT_EQ(raised(), Vectors{});
  EXPECT_EQ(host.wake, due);
  host.clock = due;
  host.wake = Time::max();
  card.run();
  EXPECT_EQ(raised(), Vectors{0});
  EXPECT_EQ(host.wake, Time::max());
}

TEST_F(nic82599_interrupts, throttled__not_after_a_pause) {
  write(reg::eitr(0), 100 * 4);
  write(eims_ex, 1);
  receive();
  raised();
  host.clock += std::chrono::microseconds(100);
  write(eims_ex, 1);
  receive();
  EXPECT_EQ(raised(), Vectors{0});
}

TEST_F(nic82599_interrupts, throttled__a_mask_while_it_waits_holds_it_back) {
  write(reg::eitr(0), 100 * 4);
  write(reg::gpie, 0x36);
  write(eims_ex, 1);
  receive();
  receive();
  raised();
  write(eimc_ex, 1);
  host.clock += std::chrono::milliseconds(1);
  card.run();
  EXPECT_EQ(raised(), Vectors{});
  write(eims_ex, 1);
  EXPECT_EQ(raised(), Vectors{0});
}

}  // namespace
