// SPDX-License-Identifier: GPL-2.0-only
//
// What differs between queues by their numbers: where their registers lie, in two blocks,
// and their entries in tables.

#include "nic82599_world.hh"

namespace {

using namespace pika::nic82599;
using Vectors = std::vector<unsigned>;

constexpr unsigned numbers[] = {0, 15, 16, 63, 64, 127};

struct nic82599_queues : testing::Test, World {
  static Frame frame(unsigned q, size_t payload = 10) {
    return Packet{.source_port = static_cast<uint16_t>(q), .payload = payload}.frame();
  }
};

TEST_F(nic82599_queues, registers__lie_where_drivers_look) {
  EXPECT_EQ(reg::rx(63), 0x1fc0u);
  EXPECT_EQ(reg::rx(64), 0xd000u);
  EXPECT_EQ(reg::rx(127), 0xdfc0u);
  EXPECT_EQ(reg::tx(127), 0x7fc0u);
  write(0x213c, 0x02000404);
  EXPECT_EQ(read(reg::rx(15) + reg::srrctl), 0x02000404u);
  EXPECT_EQ(read(reg::rx(16) + reg::srrctl), 0x402u);
}

TEST_F(nic82599_queues, received__into_the_ring_that_the_filter_names) {
  for (const unsigned q : numbers) {
    start_rx(q);
    steer(q);
    card.receive(frame(q));
    EXPECT_EQ(first(q).frame, frame(q)) << q;
    EXPECT_EQ(read(reg::rx(q) + reg::rdh), 1u) << q;
    write(reg::rx(q) + reg::rxdctl, 0);
    card.receive(frame(q));
    EXPECT_EQ(read(reg::rx(q) + reg::rdh), 1u) << q;
  }
  EXPECT_EQ(card.totals().received, std::size(numbers));
}

TEST_F(nic82599_queues, buffers__are_of_the_queue_s_own_size) {
  for (const unsigned q : numbers) {
    start_rx(q);
    write(reg::rx(q) + reg::srrctl, 0x02000401);
    steer(q);
    card.receive(frame(q, 1400));
    const Received received = first(q);
    EXPECT_EQ(received.frame, frame(q, 1400)) << q;
    EXPECT_EQ(received.descriptors, 2u) << q;
  }
}

TEST_F(nic82599_queues, sent__and_told_done) {
  for (const unsigned q : numbers) {
    start_tx(q);
    send(q, 0, frame(q));
    ASSERT_FALSE(host.sent.empty()) << q;
    EXPECT_EQ(host.sent.back(), frame(q)) << q;
    EXPECT_EQ(tx_status(q, 0), 1u) << q;
    EXPECT_EQ(read(reg::tx(q) + reg::tdh), 1u) << q;
  }
  EXPECT_EQ(host.sent.size(), std::size(numbers));
}

TEST_F(nic82599_queues, interrupts__have_the_vectors_of_the_queue_s_half_of_an_entry) {
  start_interrupts();
  for (const unsigned q : numbers) {
    const unsigned vector = q % 31;
    const uint32_t both = 0x8080 | vector | (vector + 32) << 8;
    write(reg::ivar + q / 2 * 4, both << q % 2 * 16);
    write(0xaa0, ~0u);
    write(0xaa4, ~0u);
    start_rx(q);
    start_tx(q);
    steer(q);
    card.receive(frame(q));
    EXPECT_EQ(std::exchange(host.interrupts, {}), Vectors{vector}) << q;
    send(q, 0, frame(q));
    EXPECT_EQ(std::exchange(host.interrupts, {}), Vectors{vector + 32}) << q;
  }
}

TEST_F(nic82599_queues, statistics__have_an_entry_for_each) {
  for (const unsigned q : numbers) {
    write(reg::rqsmr + q / 4 * 4, 5u << q % 4 * 8);
    write(reg::tqsm + q / 4 * 4, 6u << q % 4 * 8);
    start_rx(q);
    start_tx(q);
    steer(q);
    card.receive(frame(q));
    send(q, 0, frame(q));
    EXPECT_EQ(read(reg::qprc(5)), 1u) << q;
    EXPECT_EQ(read(reg::qptc(6)), 1u) << q;
  }
}

TEST_F(nic82599_queues, rss__leads_to_the_first_sixteen) {
  start_rx(15);
  write(reg::mrqc, 1 | reg::bit(16));
  for (uint32_t i = 0; i < 32; i++) write(reg::reta + 4 * i, 0x7f7f7f7f);
  card.receive(frame(1));
  EXPECT_EQ(first(15).frame, frame(1));
}

}  // namespace
