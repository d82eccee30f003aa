// SPDX-License-Identifier: GPL-2.0-only

#include "nic82599_world.hh"

namespace {

using namespace pika::nic82599;

struct nic82599_tx_rings : testing::Test, World {
  void SetUp() override { start_tx(0); }
  Frame frame(size_t payload = 100) { return ethernet(0x1234, Frame(payload, std::byte{7})); }
  uint32_t head() { return read(reg::tx(0) + reg::tdh); }
  void ring(uint32_t tail) { write(reg::tx(0) + reg::tdt, tail); }
  /// A queue that sends what others send, too: it leaves descriptors as they are.
  void start_shared(unsigned queue, uint32_t count) {
    start_tx(queue);
    write(reg::tx(queue) + reg::tdbal, static_cast<uint32_t>(tx_ring(0)));
    write(reg::tx(queue) + reg::tdwbah, static_cast<uint32_t>(FakeHost::base >> 32));
    write(reg::tx(queue) + reg::tdwbal, static_cast<uint32_t>(FakeHost::base) | 1);
    write(reg::tx(queue) + reg::tdlen, count * 16);
  }
  bool stopped() { return !(read(reg::tx(0) + reg::txdctl) & reg::txdctl_enable); }
};

TEST_F(nic82599_tx_rings, frames__go_out_in_order_round_the_ring_and_are_told_done) {
  for (uint32_t n = 0; n < 3 * ring_size; n++) {
    const uint32_t i = n % ring_size;
    send(0, i, frame(50 + n));
    ASSERT_EQ(host.sent.size(), n + 1);
    EXPECT_EQ(host.sent.back(), frame(50 + n));
    EXPECT_EQ(tx_status(0, i), 1u);
    EXPECT_EQ(head(), (i + 1) % ring_size);
  }
  EXPECT_EQ(card.totals().sent, 3 * ring_size);
}

TEST_F(nic82599_tx_rings, buffers__are_put_together_and_only_the_last_ends_a_frame) {
  const Frame whole = frame(2000);
  ASSERT_TRUE(host.write(tx_buffer, whole));
  put_tx(0, 0, tx_buffer, 0x20300000 | 14, 2014 << 14);
  put_tx(0, 1, tx_buffer + 14, 0x20300000 | 1000, 0);
  ring(2);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(head(), 0u) << "an incomplete frame is not begun";
  put_tx(0, 2, tx_buffer + 1014, data(1000), 0);
  ring(3);
  ASSERT_EQ(host.sent.size(), 1u);
  EXPECT_EQ(host.sent[0], whole);
  EXPECT_EQ(tx_status(0, 2), 1u);
  EXPECT_EQ(tx_status(0, 1), 0u) << "not asked for";
}

TEST_F(nic82599_tx_rings, descriptors__are_read_many_at_once) {
  ASSERT_TRUE(host.write(tx_buffer, frame()));
  for (uint32_t i = 0; i < 60; i++) put_tx(0, i, tx_buffer, data(114), 114 << 14);
  host.reads = 0;
  ring(60);
  EXPECT_EQ(host.sent.size(), 60u);
  EXPECT_EQ(host.reads, 61u);
}

TEST_F(nic82599_tx_rings, gates__the_engine_and_the_queue) {
  write(reg::dmatxctl, 0);
  send(0, 0, frame());
  EXPECT_TRUE(host.sent.empty());
  write(reg::dmatxctl, reg::dmatxctl_te);
  EXPECT_EQ(host.sent.size(), 1u) << "what waited goes when it may";
  write(reg::tx(0) + reg::txdctl, 0);
  send(0, 1, frame());
  EXPECT_EQ(host.sent.size(), 1u);
  write(reg::tx(0) + reg::txdctl, reg::txdctl_enable);
  EXPECT_EQ(host.sent.size(), 2u);
}

TEST_F(nic82599_tx_rings, head_write_back__instead_of_descriptors) {
  const uint64_t place = FakeHost::base + 0x8000;
  write(reg::tx(0) + reg::tdwbah, static_cast<uint32_t>(place >> 32));
  write(reg::tx(0) + reg::tdwbal, static_cast<uint32_t>(place) | 1);
  send(0, 0, frame());
  send(0, 1, frame());
  EXPECT_EQ(host.get<uint32_t>(place), 2u);
  EXPECT_NE(tx_status(0, 0), 1u);
}

TEST_F(nic82599_tx_rings, legacy__descriptors_send_too) {
  ASSERT_TRUE(host.write(tx_buffer, frame()));
  put_tx(0, 0, tx_buffer, 0x0b000000 | 114, 0);
  ring(1);
  ASSERT_EQ(host.sent.size(), 1u);
  EXPECT_EQ(host.sent[0], frame());
  EXPECT_EQ(tx_status(0, 0), 1u);
}

TEST_F(nic82599_tx_rings, legacy__checksum_and_tag) {
  Frame plain = frame();
  ASSERT_TRUE(host.write(tx_buffer, plain));
  put_tx(0, 0, tx_buffer, 0x4f000000 | 50 << 16 | 114, 0x00070000 | 14 << 8);
  ring(1);
  const Frame part(plain.begin() + 14, plain.end());
  put_network16(plain, 50, ~plain_sum(part) & 0xffff);
  ASSERT_EQ(host.sent.size(), 1u);
  EXPECT_EQ(host.sent[0], tagged(plain, 7));
}

TEST_F(nic82599_tx_rings, short_frames__are_padded) {
  const Frame small = ethernet(0x0806, Frame(28, std::byte{0xff}));
  send(0, 0, frame(400));
  send(0, 1, small);
  ASSERT_EQ(host.sent.size(), 2u);
  EXPECT_EQ(host.sent[1].size(), 60u);
  EXPECT_EQ(host.sent[1][42], std::byte{0}) << "not what the frame before left";
  write(reg::hlreg0, read(reg::hlreg0) & ~reg::hlreg0_txpaden);
  send(0, 2, small);
  EXPECT_EQ(host.sent[2].size(), 42u);
}

TEST_F(nic82599_tx_rings, much_work__is_done_in_parts) {
  constexpr uint32_t count = 8192;
  write(reg::tx(0) + reg::tdlen, count * 16);
  ASSERT_TRUE(host.write(tx_buffer, frame(1400)));
  for (uint32_t i = 0; i < count; i++) put_tx(0, i, tx_buffer, data(1414), 1414 << 14);
  ring(count - 1);
  const size_t at_once = host.sent.size();
  EXPECT_LT(at_once, count - 1);
  EXPECT_EQ(host.wake, host.clock);
  unsigned runs = 0;
  while (host.sent.size() < count - 1 && runs++ < 100) card.run();
  EXPECT_EQ(host.sent.size(), count - 1);
  EXPECT_LT(runs, 10u);
}

TEST_F(nic82599_tx_rings, much_work__of_many_queues_is_that_of_one) {
  constexpr uint32_t count = 2048;
  constexpr unsigned queues = 8;
  ASSERT_TRUE(host.write(tx_buffer, frame()));
  for (uint32_t i = 0; i < count; i++) put_tx(0, i, tx_buffer, data(114), 114 << 14);
  write(reg::dmatxctl, 0);
  for (unsigned q = 0; q < queues; q++) {
    start_shared(q, count);
    write(reg::dmatxctl, 0);
    write(reg::tx(q) + reg::tdt, count - 1);
  }
  write(reg::dmatxctl, reg::dmatxctl_te);
  const size_t at_once = host.sent.size();
  EXPECT_LT(at_once, 4 * count) << "short frames cost more than their bytes";
  unsigned runs = 0;
  while (card.run(), host.sent.size() < queues * (count - 1) && runs++ < 100)
    EXPECT_LE(host.sent.size(), at_once * (runs + 2));
  EXPECT_EQ(host.sent.size(), queues * (count - 1));
  for (unsigned q = 0; q < queues; q++) EXPECT_EQ(read(reg::tx(q) + reg::tdh), count - 1);
}

TEST_F(nic82599_tx_rings, much_work__keeps_no_queue_from_its_turn) {
  constexpr uint32_t count = 8192;
  ASSERT_TRUE(host.write(tx_buffer, frame()));
  for (uint32_t i = 0; i < count; i++) put_tx(0, i, tx_buffer, data(114), 114 << 14);
  for (unsigned q = 0; q < 3; q++) start_shared(q, count);
  std::array<uint32_t, 3> done{}, heads{};
  for (unsigned run = 0; run < 30; run++) {
    // As much more of it for each as there can be.
    for (unsigned q = 0; q < 3; q++) write(reg::tx(q) + reg::tdt, (heads[q] + count - 1) % count);
    card.run();
    for (unsigned q = 0; q < 3; q++) {
      const uint32_t now = read(reg::tx(q) + reg::tdh);
      done[q] += (now + count - heads[q]) % count;
      heads[q] = now;
    }
  }
  for (const uint32_t each : done) EXPECT_NEAR(each, host.sent.size() / 3.0, count / 2.0);
}

// What a guest must not say.

TEST_F(nic82599_tx_rings, hostile__tail_outside_or_no_size_does_nothing) {
  ring(ring_size);
  EXPECT_FALSE(stopped()) << "it is the driver's to put right";
  write(reg::tx(0) + reg::tdlen, 0);
  ring(1);
  write(reg::tx(0) + reg::tdlen, ring_size * 16);
  write(reg::tx(0) + reg::tdh, 0xffff);
  ring(2);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(host.complaints.size(), 1u);
}

TEST_F(nic82599_tx_rings, hostile__a_ring_outside_memory_stops_the_queue) {
  write(reg::tx(0) + reg::tdbah, ~0u);
  ring(1);
  EXPECT_TRUE(stopped());
  EXPECT_EQ(host.complaints.size(), 1u);
}

TEST_F(nic82599_tx_rings, hostile__a_buffer_outside_memory_is_not_sent_and_told_done) {
  put_tx(0, 0, ~uint64_t{0} - 10, data(100), 100 << 14);
  ring(1);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(tx_status(0, 0), 1u);
  EXPECT_EQ(host.complaints.size(), 1u);
}

TEST_F(nic82599_tx_rings, hostile__a_chain_without_end_stops_the_queue) {
  write(reg::tx(0) + reg::tdlen, 512 * 16);
  for (uint32_t i = 0; i < 512; i++) put_tx(0, i, tx_buffer, 0x20300000 | 0xffff, 0);
  ring(511);
  EXPECT_TRUE(stopped());
  EXPECT_TRUE(host.sent.empty());
}

TEST_F(nic82599_tx_rings, hostile__too_large_a_frame_is_not_sent) {
  for (uint32_t i = 0; i < 5; i++)
    put_tx(0, i, tx_buffer, i < 4 ? 0x20300000 | 0xffff : data(0xffff), 0);
  ring(5);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_FALSE(stopped());
}

TEST_F(nic82599_tx_rings, hostile__contexts_and_nothing_else_end_in_a_stop) {
  constexpr uint32_t count = 32768;
  write(reg::tx(0) + reg::tdlen, count * 16);
  for (uint32_t i = 0; i < count; i++) put_tx(0, i, 0, 0x20200000, 0);
  ring(count - 1);
  unsigned runs = 0;
  while (!stopped() && runs++ < 100) card.run();
  EXPECT_TRUE(stopped());
}

TEST_F(nic82599_tx_rings, hostile__a_type_that_there_is_not_stops_the_queue) {
  put_tx(0, 0, tx_buffer, 0x2b500000 | 100, 0);
  ring(1);
  EXPECT_TRUE(stopped());
}

TEST_F(nic82599_tx_rings, hostile__frames_of_no_bytes_are_done_and_not_sent) {
  put_tx(0, 0, tx_buffer, data(0), 0);
  put_tx(0, 1, tx_buffer, data(13), 0);
  ring(2);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(tx_status(0, 1), 1u);
}

}  // namespace
