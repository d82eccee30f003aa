// SPDX-License-Identifier: GPL-2.0-only

#include "nic82599_world.hh"

namespace {

using namespace pika::nic82599;

struct nic82599_filters : testing::Test, World {
  void SetUp() override { start_rx(0); }
  bool taken(const Frame& frame) {
    card.receive(frame);
    last = take(0, next);
    return last.descriptors == 1;
  }
  bool taken(std::string_view destination) {
    return taken(ethernet(0x1234, Frame(50), destination));
  }
  Received last;
  uint32_t next = 0;
  static constexpr uint32_t inexact = reg::bit(7);
};

TEST_F(nic82599_filters, own_address__others_are_not_taken) {
  EXPECT_TRUE(taken("001b21825990"));
  EXPECT_FALSE(last.status & inexact);
  EXPECT_FALSE(taken("001b21825991"));
  EXPECT_FALSE(taken("001b22825990"));
  EXPECT_EQ(card.totals().filtered, 2u);
}

TEST_F(nic82599_filters, more_addresses__in_each_of_the_128_places_if_valid) {
  write(reg::ral + 8 * 127, 0x04030202);
  write(reg::rah + 8 * 127, 0x0605);
  EXPECT_FALSE(taken("020203040506"));
  write(reg::rah + 8 * 127, 0x80000605);
  EXPECT_TRUE(taken("020203040506"));
}

TEST_F(nic82599_filters, broadcast__if_accepted) {
  EXPECT_TRUE(taken("ffffffffffff"));
  EXPECT_EQ(read(reg::bprc), 1u);
  write(reg::fctrl, 0);
  EXPECT_FALSE(taken("ffffffffffff"));
}

TEST_F(nic82599_filters, unicast_promiscuous__takes_other_addresses_and_no_groups) {
  set(reg::fctrl, reg::fctrl_upe);
  EXPECT_TRUE(taken("001b21825991"));
  EXPECT_TRUE(last.status & inexact);
  EXPECT_FALSE(taken("01005e000001"));
}

TEST_F(nic82599_filters, multicast__by_hash_of_the_address_s_end_in_each_of_four_ways) {
  EXPECT_FALSE(taken("01005e7f1234"));
  // The last two bytes, 12 and 34, are 0x3412; 12 bits of that from bit 4, 3, 2 or 0.
  constexpr uint32_t hashes[] = {0x341, 0x682, 0xd04, 0x412};
  for (uint32_t way = 0; way < 4; way++) {
    write(reg::mcstctrl, reg::mcstctrl_mfe | way);
    EXPECT_FALSE(taken("01005e7f1234")) << way;
    const uint32_t place = reg::mta + hashes[way] / 32 * 4;
    write(place, 1u << hashes[way] % 32);
    EXPECT_TRUE(taken("01005e7f1234")) << way;
    EXPECT_TRUE(last.status & inexact);
    write(reg::mcstctrl, way);
    EXPECT_FALSE(taken("01005e7f1234")) << "without MFE";
    write(place, 0);
  }
}

TEST_F(nic82599_filters, multicast_promiscuous__takes_every_group) {
  set(reg::fctrl, reg::fctrl_mpe);
  EXPECT_TRUE(taken("01005e7f1234"));
  EXPECT_EQ(read(reg::mprc), 1u);
  EXPECT_FALSE(taken("001b21825991"));
}

TEST_F(nic82599_filters, vlan__only_those_of_the_table_if_filtered) {
  const Frame five = tagged(Packet{}.frame(), 0x6005);
  EXPECT_TRUE(taken(five));
  set(reg::vlnctrl, reg::vlnctrl_vfe);
  EXPECT_FALSE(taken(five));
  write(reg::vfta, 1 << 5);
  EXPECT_TRUE(taken(five));
  EXPECT_FALSE(taken(tagged(Packet{}.frame(), 4095)));
  write(reg::vfta + 4 * 127, 1u << 31);
  EXPECT_TRUE(taken(tagged(Packet{}.frame(), 4095)));
  EXPECT_TRUE(taken(Packet{}.frame())) << "without a tag";
}

TEST_F(nic82599_filters, vlan__is_stripped_if_its_queue_wants_that) {
  const Frame frame = Packet{.payload = 100}.frame();
  EXPECT_TRUE(taken(tagged(frame, 0x6005)));
  EXPECT_EQ(last.frame, tagged(frame, 0x6005));
  EXPECT_FALSE(last.status & reg::bit(3));
  set(reg::rx(0) + reg::rxdctl, reg::rxdctl_vme);
  EXPECT_TRUE(taken(tagged(frame, 0x6005)));
  EXPECT_EQ(last.frame, frame);
  EXPECT_TRUE(last.status & reg::bit(3));
  EXPECT_EQ(last.tag, 0x6005);
  EXPECT_TRUE(taken(frame));
  EXPECT_FALSE(last.status & reg::bit(3));
}

TEST_F(nic82599_filters, length__1518_or_what_maxfrs_says_and_4_for_a_tag) {
  const Frame longest = ethernet(0x1234, Frame(1500));
  const Frame longer = ethernet(0x1234, Frame(1501));
  EXPECT_TRUE(taken(longest));
  EXPECT_TRUE(taken(tagged(longest, 1)));
  EXPECT_FALSE(taken(longer));
  EXPECT_FALSE(taken(tagged(longer, 1)));
  EXPECT_EQ(read(reg::roc), 2u);
  set(reg::hlreg0, reg::hlreg0_jumboen);
  write(reg::maxfrs, 1519 << 16);
  EXPECT_TRUE(taken(longer));
  EXPECT_FALSE(taken(ethernet(0x1234, Frame(1502))));
}

TEST_F(nic82599_filters, short_frames__are_padded_as_the_wire_would_have_it) {
  EXPECT_TRUE(taken(ethernet(0x0806, Frame(28, std::byte{0xff}))));
  EXPECT_EQ(last.frame.size(), 60u);
  EXPECT_EQ(last.frame[42], std::byte{0});
  EXPECT_EQ(read(reg::prc64), 1u);
  card.receive(Frame(13));
  EXPECT_EQ(card.totals().dropped, 1u);
}

TEST_F(nic82599_filters, receiver__is_off_until_it_is_enabled) {
  write(reg::rxctrl, 0);
  EXPECT_FALSE(taken(Packet{}.frame()));
}

}  // namespace
