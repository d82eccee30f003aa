// SPDX-License-Identifier: GPL-2.0-only

#include "sack_fixture.hh"

namespace {

using namespace pika::ts;

/// A flow that has lost something before.
class tcp_probe : public sack_fixture {
 protected:
  void SetUp() override {
    begin({.mss = kMss + 12, .ts_value = 1, .sack_permitted = true});
    tcb().flags |= PIKA_TCB_LOSSY;
  }
  /// @n segments, of which the last few do not arrive.
  void lose_tail(u32 n, u32 lost) {
    for (u32 i = 0; i < n; i++) send_segments(1);
    numbers();
    echo_latest();
    if (lost < n) ack(n - lost);
  }
};

TEST_F(tcp_probe, tail__that_is_lost_is_found_without_a_timeout) {
  lose_tail(8, 4);
  host().pass_ms(5);
  EXPECT_EQ(numbers(), Numbers{7});
  EXPECT_EQ(stats().tail_probes, 1u);
  ack(4, {{7, 8}});
  EXPECT_EQ(numbers(), (Numbers{4, 5}));
  EXPECT_TRUE(recovers());
  echo_latest();
  ack(6, {{7, 8}});
  EXPECT_EQ(numbers(), Numbers{6});
  ack(8);
  EXPECT_EQ(stats().timeouts, 0u);
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_probe, probe__that_is_lost_leaves_it_to_the_timeout) {
  lose_tail(8, 4);
  host().pass_ms(100);
  EXPECT_EQ(numbers(), Numbers{7});
  host().pass_ms(150);
  EXPECT_EQ(stats().timeouts, 1u);
  EXPECT_EQ(numbers(), Numbers{4});
}

TEST_F(tcp_probe, probe__is_not_sent_for_a_single_segment) {
  lose_tail(8, 1);
  host().pass_ms(100);
  EXPECT_EQ(stats().tail_probes, 0u);
}

TEST_F(tcp_probe, probe__is_not_sent_before_anything_was_lost) {
  tcb().flags &= ~PIKA_TCB_LOSSY;
  lose_tail(8, 4);
  host().pass_ms(100);
  EXPECT_EQ(stats().tail_probes, 0u);
}

TEST_F(tcp_probe, probe__waits_for_what_was_sent_last) {
  lose_tail(8, 4);
  host().pass_ms(1);
  send_segments(1);
  EXPECT_EQ(numbers(), Numbers{8});
  host().pass_ms(1);
  EXPECT_TRUE(quiet());
  host().pass_ms(5);
  EXPECT_EQ(numbers(), Numbers{8});
}

TEST_F(tcp_probe, probe__that_was_needless_changes_nothing) {
  lose_tail(8, 4);
  const u32 cwnd = tcb().cwnd;
  host().pass_ms(5);
  numbers();
  ack(8);
  EXPECT_GE(tcb().cwnd, cwnd);
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_probe, probe__that_repairs_a_loss_halves_the_window) {
  lose_tail(8, 4);
  const u32 cwnd = tcb().cwnd;
  host().pass_ms(5);
  numbers();
  echo_latest();
  ack(8);
  EXPECT_LE(tcb().cwnd, cwnd / 2 + kMss);
  EXPECT_EQ(tcb().cwnd, tcb().ssthresh);
}

TEST_F(tcp_probe, retransmission__that_is_lost_is_found_without_a_timeout) {
  lose_tail(8, 8);
  host().pass_ms(1);
  ack(0, {{3, 8}});
  EXPECT_EQ(numbers(), (Numbers{0, 1, 2}));
  host().pass_ms(5);
  EXPECT_EQ(numbers(), Numbers{0});
  echo_latest();
  ack(1, {{3, 8}});
  EXPECT_EQ(numbers(), (Numbers{1, 2}));
  EXPECT_EQ(stats().timeouts, 0u);
}

TEST_F(tcp_probe, window__that_shrank_gets_no_probe) {
  lose_tail(8, 8);
  window_ = 2 * kMss;
  ack(1);
  host().pass_ms(5);
  EXPECT_EQ(stats().tail_probes, 0u);
}

TEST_F(tcp_probe, frame__holds_half_of_the_window) {
  host().s->ts->max_segments = 16;
  send_segments(20);
  EXPECT_EQ(host().wire.front().size(), 20 + 20 + 12 + 5 * kMss);
}

}  // namespace
