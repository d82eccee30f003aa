// SPDX-License-Identifier: GPL-2.0-only

#include <set>

#include "nic82599_world.hh"

namespace {

using namespace pika::nic82599;

struct nic82599_rx_rings : testing::Test, World {
  Frame frame(size_t payload = 100) { return ethernet(0x1234, Frame(payload, std::byte{7})); }
  uint32_t head() { return read(reg::rx(0) + reg::rdh); }
};

TEST_F(nic82599_rx_rings, frames__fill_descriptors_in_order_round_the_ring) {
  start_rx(0);
  uint32_t i = 0;
  for (size_t n = 0; n < 3 * ring_size; n++) {
    card.receive(frame(50 + n));
    const Received received = take(0, i);
    EXPECT_EQ(received.frame, frame(50 + n));
    EXPECT_EQ(head(), i);
    const uint32_t given = (i + ring_size - 1) % ring_size;
    give(0, given);
    write(reg::rx(0) + reg::rdt, given);
  }
  EXPECT_EQ(card.totals().received, 3 * ring_size);
  EXPECT_EQ(card.totals().missed, 0u);
}

TEST_F(nic82599_rx_rings, descriptors__are_read_many_at_once) {
  start_rx(0);
  host.reads = 0;
  for (int n = 0; n < 50; n++) card.receive(frame());
  EXPECT_EQ(host.reads, 1u);
}

TEST_F(nic82599_rx_rings, full__is_counted_as_missed_and_nothing_is_written) {
  start_rx(0, 2);
  for (int n = 0; n < 3; n++) {
    EXPECT_EQ(card.may_receive(), n < 2);
    card.receive(frame());
  }
  EXPECT_EQ(read(reg::mpc), 1u);
  EXPECT_EQ(read(reg::gprc), 3u) << "missed ones included";
  EXPECT_EQ(head(), 2u);
  uint32_t i = 2;
  EXPECT_EQ(take(0, i).descriptors, 0u);
}

TEST_F(nic82599_rx_rings, full__a_queue_that_drops_counts_itself) {
  start_rx(0, 1);
  set(reg::rx(0) + reg::srrctl, reg::srrctl_drop_en);
  write(reg::rqsmr, 3);
  card.receive(frame());
  card.receive(frame());
  EXPECT_EQ(read(reg::mpc), 0u);
  EXPECT_EQ(read(reg::qprdc(3)), 1u);
  EXPECT_EQ(read(reg::qprc(3)), 1u);
}

TEST_F(nic82599_rx_rings, jumbo__takes_as_many_buffers_as_it_needs_or_none) {
  start_rx(0, 5);
  set(reg::hlreg0, reg::hlreg0_jumboen);
  write(reg::maxfrs, 9018u << 16);
  card.receive(frame(9000));
  const Received received = first(0);
  EXPECT_EQ(received.frame, frame(9000));
  EXPECT_EQ(received.descriptors, 5u);
  start_rx(0, 4);
  card.receive(frame(9000));
  EXPECT_EQ(first(0).descriptors, 0u);
  EXPECT_EQ(card.totals().missed, 1u);
  card.receive(frame(4 * 2048 - 14));
  EXPECT_EQ(first(0).descriptors, 4u) << "exactly full buffers";
}

TEST_F(nic82599_rx_rings, disabled__a_queue_takes_nothing_and_room_is_others_matter) {
  EXPECT_FALSE(card.may_receive());
  start_rx(0);
  start_rx(1, 0);
  EXPECT_FALSE(card.may_receive());
  write(reg::rx(1) + reg::rxdctl, 0);
  EXPECT_TRUE(card.may_receive());
  write(reg::rx(0) + reg::rxdctl, 0);
  card.receive(frame());
  EXPECT_EQ(first(0).descriptors, 0u);
}

TEST_F(nic82599_rx_rings, enabled_again__descriptors_of_before_are_forgotten) {
  start_rx(0);
  card.receive(frame());
  write(reg::rx(0) + reg::rxdctl, 0);
  start_rx(0);
  host.put(rx_ring(0), rx_buffer(1, 0));
  card.receive(frame(77));
  Frame bytes(91);
  ASSERT_TRUE(host.read(rx_buffer(1, 0), bytes));
  EXPECT_EQ(bytes, frame(77));
}

TEST_F(nic82599_rx_rings, legacy__descriptors_have_status_length_and_tag_elsewhere) {
  start_rx(0);
  write(reg::rx(0) + reg::srrctl, 2);
  set(reg::rx(0) + reg::rxdctl, reg::rxdctl_vme);
  card.receive(tagged(frame(), 0x123));
  EXPECT_EQ(host.get<uint64_t>(rx_ring(0)), rx_buffer(0, 0));
  const auto word = host.get<uint64_t>(rx_ring(0) + 8);
  EXPECT_EQ(word & 0xffff, 114u);
  EXPECT_EQ(word >> 32 & 0xff, 0xbu) << "done, end, tag removed";
  EXPECT_EQ(word >> 48, 0x123u);
}

TEST_F(nic82599_rx_rings, fcs__stays_if_the_driver_wants_it) {
  start_rx(0);
  write(reg::hlreg0, read(reg::hlreg0) & ~reg::hlreg0_rxcrcstrp);
  card.receive(frame());
  const Frame received = first(0).frame;
  ASSERT_EQ(received.size(), 118u);
  // A CRC over data and its CRC is a constant.
  uint32_t crc = ~0u;
  for (const std::byte byte : received) {
    crc ^= std::to_integer<uint32_t>(byte);
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
  }
  EXPECT_EQ(crc, 0xdebb20e3u);
}

// What a guest must not say.

TEST_F(nic82599_rx_rings, hostile__tail_or_head_outside_or_no_size_takes_nothing) {
  start_rx(0);
  write(reg::rx(0) + reg::rdt, ring_size);
  card.receive(frame());
  write(reg::rx(0) + reg::rdt, 5);
  write(reg::rx(0) + reg::rdh, 0xffff);
  card.receive(frame());
  write(reg::rx(0) + reg::rdh, 0);
  write(reg::rx(0) + reg::rdlen, 0);
  card.receive(frame());
  write(reg::rx(0) + reg::rdlen, ring_size * 16);
  write(reg::rx(0) + reg::srrctl, 0x02000000);
  card.receive(frame());
  EXPECT_EQ(first(0).descriptors, 0u);
  EXPECT_EQ(card.totals().missed, 4u);
  EXPECT_EQ(host.complaints.size(), 2u) << "of the ring and of its buffers";
}

TEST_F(nic82599_rx_rings, hostile__a_ring_outside_memory_stops_the_queue) {
  start_rx(0);
  write(reg::rx(0) + reg::rdbah, 0x7fffffff);
  card.receive(frame());
  EXPECT_EQ(read(reg::rx(0) + reg::rxdctl) & reg::rxdctl_enable, 0u);
  card.receive(frame());
  EXPECT_EQ(host.complaints.size(), 1u);
}

TEST_F(nic82599_rx_rings, hostile__a_buffer_outside_memory_loses_frames_until_it_is_put_right) {
  start_rx(0);
  host.put(rx_ring(0), ~uint64_t{0});
  card.receive(frame());
  card.receive(frame());
  EXPECT_EQ(host.complaints.size(), 1u);
  EXPECT_EQ(host.get<uint64_t>(rx_ring(0)), ~uint64_t{0});
  EXPECT_EQ(host.get<uint64_t>(rx_ring(0) + 8), 0u) << "it is not told done";
  EXPECT_EQ(head(), 0u);
  EXPECT_EQ(read(reg::mpc), 2u);
  EXPECT_EQ(read(reg::qprc(0)), 0u);
  EXPECT_EQ(card.totals().missed, 2u);
  EXPECT_EQ(card.totals().received, 0u);
  give(0, 0);
  card.receive(frame(77));
  EXPECT_EQ(first(0).frame, frame(77));
}

TEST_F(nic82599_rx_rings, hostile__of_many_buffers_one_outside_memory_loses_the_frame_whole) {
  start_rx(0, 5);
  set(reg::hlreg0, reg::hlreg0_jumboen);
  write(reg::maxfrs, 9018u << 16);
  host.put(rx_ring(0) + 16 * 4, ~uint64_t{0});
  card.receive(frame(9000));
  for (uint32_t i = 0; i < 5; i++) EXPECT_EQ(host.get<uint64_t>(rx_ring(0) + 16 * i + 8), 0u) << i;
  EXPECT_EQ(head(), 0u);
  EXPECT_EQ(card.totals().missed, 1u);
  give(0, 4);
  card.receive(frame(9000));
  EXPECT_EQ(first(0).frame, frame(9000));
}

TEST_F(nic82599_rx_rings, hostile__each_kind_of_nonsense_is_told_of_and_once) {
  for (int round = 0; round < 2; round++) {
    start_rx(0);
    host.put(rx_ring(0), ~uint64_t{0});
    card.receive(frame());
    write(reg::rx(0) + reg::rdt, ring_size);
    card.receive(frame());
    write(reg::rx(0) + reg::rdt, 5);
    write(reg::rx(0) + reg::rdbah, 0x7fffffff);
    card.receive(frame());
    start_tx(0);
    put_tx(0, 0, ~uint64_t{0} - 10, data(100), 100 << 14);
    write(reg::tx(0) + reg::tdt, 1);
    write(reg::tx(0) + reg::tdt, ring_size);
    write(reg::tx(0) + reg::tdbah, ~0u);
    write(reg::tx(0) + reg::tdt, 6);
  }
  const std::set<std::string> said(host.complaints.begin(), host.complaints.end());
  EXPECT_EQ(said.size(), 6u);
  EXPECT_EQ(host.complaints.size(), 6u);
}

}  // namespace
