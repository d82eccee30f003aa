// SPDX-License-Identifier: GPL-2.0-only

#include "sack_fixture.hh"

namespace {

using namespace pika::ts;

class tcp_recovery : public sack_fixture {
 protected:
  using sack_fixture::sack_fixture;

  /// Of the first ten segments.
  void lose_first_three() {
    send_segments(40);
    EXPECT_EQ(numbers().size(), 10u);
    host().pass_ms(1);
    ack(0, {{3, 10}});
  }
};

TEST_F(tcp_recovery, lost__all_of_it_goes_again_at_once) {
  lose_first_three();
  EXPECT_EQ(numbers(), (Numbers{0, 1, 2, 10, 11}));
  EXPECT_EQ(tcb().cwnd, 5 * kMss);
  EXPECT_EQ(tcb().ssthresh, 5 * kMss);
  EXPECT_EQ(stats().fast_retransmits, 1u);
  EXPECT_EQ(stats().retransmits, 3u);
}

TEST_F(tcp_recovery, window__is_what_is_in_flight) {
  lose_first_three();
  numbers();
  ack(1, {{3, 10}});
  EXPECT_EQ(numbers(), Numbers{12});
  ack(1, {{3, 11}});
  EXPECT_EQ(numbers(), Numbers{13});
}

TEST_F(tcp_recovery, lost__not_before_three_segments_are_beyond) {
  send_segments(40);
  numbers();
  ack(0, {{1, 3}});
  EXPECT_EQ(numbers(), (Numbers{10, 11}));
  EXPECT_FALSE(recovers());
  ack(0, {{1, 4}});
  EXPECT_TRUE(recovers());
  EXPECT_EQ(numbers(), Numbers{0});
}

TEST_F(tcp_recovery, lost__or_three_blocks) {
  send_segments(10);
  numbers();
  ack_bytes(0, {{5000, 5001}, {3000, 3001}});
  EXPECT_FALSE(recovers());
  ack_bytes(0, {{7000, 7001}, {5000, 5001}, {3000, 3001}});
  EXPECT_TRUE(recovers());
}

TEST_F(tcp_recovery, lost__only_what_enough_is_beyond_of) {
  send_segments(10);
  numbers();
  ack(0, {{1, 4}, {5, 6}});
  EXPECT_EQ(numbers(), Numbers{0});
}

TEST_F(tcp_recovery, end__when_all_that_was_in_flight_is_acknowledged) {
  lose_first_three();
  ack(10);
  EXPECT_FALSE(recovers());
  EXPECT_EQ(tcb().cwnd, 5 * kMss);
  ack(12);
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_recovery, loss__behind_a_recovery_begins_another) {
  lose_first_three();
  ack(10);
  numbers();
  ack(10, {{11, 15}});
  EXPECT_EQ(stats().fast_retransmits, 2u);
  EXPECT_EQ(numbers()[0], 10u);
}

TEST_F(tcp_recovery, retransmission__that_is_lost_goes_again) {
  lose_first_three();
  numbers();
  ack(0, {{1, 12}});
  ack(0, {{1, 14}});
  EXPECT_EQ(stats().lost_again, 1u);
  const auto n = numbers();
  EXPECT_EQ(std::count(n.begin(), n.end(), 0), 1);
}

TEST_F(tcp_recovery, timeout__what_the_peer_has_is_not_sent_again) {
  send_segments(6);
  numbers();
  ack(0, {{2, 4}});
  host().pass_ms(250);
  EXPECT_EQ(stats().timeouts, 1u);
  EXPECT_EQ(numbers(), Numbers{0});
  EXPECT_EQ(tcb().cwnd, kMss);
  ack(1, {{2, 4}});
  EXPECT_EQ(numbers(), (Numbers{1, 4}));
  ack(4);
  EXPECT_EQ(numbers(), Numbers{5});
  ack(6);
  EXPECT_EQ(stats().retransmits, 4u);
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_recovery, timeout__of_all_sends_all_again) {
  send_segments(4);
  numbers();
  host().pass_ms(250);
  EXPECT_EQ(numbers(), Numbers{0});
  ack(1);
  EXPECT_EQ(numbers(), (Numbers{1, 2}));
  ack(3);
  EXPECT_EQ(numbers(), Numbers{3});
}

TEST_F(tcp_recovery, timeout__the_peer_has_dropped_what_it_had) {
  send_segments(4);
  numbers();
  ack(0, {{0, 3}});
  host().pass_ms(250);
  EXPECT_EQ(numbers(), Numbers{0});
  ack(1);
  EXPECT_EQ(numbers(), (Numbers{1, 2}));
}

TEST_F(tcp_recovery, timeout__sends_a_lost_fin_again) {
  send_segments(3);
  app_shuts_down();
  numbers();
  ack(0, {{1, 3}});
  host().pass_ms(250);
  EXPECT_EQ(numbers(), Numbers{0});
  ack(3);
  EXPECT_EQ(sent().flags, PIKA_TCP_FIN | PIKA_TCP_ACK);
  ack_bytes(3 * kMss + 1, {});
  EXPECT_EQ(tcb().state, PIKA_TCP_FIN_WAIT_2);
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_recovery, window__that_shrank_holds_up_all_but_the_first) {
  window_ = 10 * kMss;
  send_segments(10);
  numbers();
  window_ = 500;
  ack(0, {{2, 3}, {5, 10}});
  EXPECT_EQ(numbers(), Numbers{0});
  window_ = 10 * kMss;
  ack(1, {{2, 3}, {5, 10}});
  EXPECT_EQ(numbers(), (Numbers{1, 3, 4}));
}

TEST_F(tcp_recovery, block__that_cannot_be_is_ignored) {
  send_segments(10);
  numbers();
  ack(0, {{10, 5}});
  ack(0, {{5, 5}});
  ack(0, {{5, 11}});
  ack_bytes(0, {{5000, 0x90000000}});
  EXPECT_EQ(stats().sacks_ignored, 4u);
  EXPECT_EQ(boards(), 0u);
  EXPECT_TRUE(quiet());
}

TEST_F(tcp_recovery, block__of_what_came_twice_is_no_duplicate_ack) {
  send_segments(20);
  ack(5);
  numbers();
  for (int i = 0; i < 5; i++) ack(5, {{3, 4}});
  EXPECT_TRUE(quiet());
  EXPECT_EQ(boards(), 0u);
  EXPECT_FALSE(tcb().flags & PIKA_TCB_LOSSY);
}

TEST_F(tcp_recovery, duplicates__without_blocks_count_if_there_was_none) {
  send_segments(10);
  numbers();
  for (int i = 0; i < 3; i++) ack(0);
  EXPECT_EQ(numbers(), Numbers{0});
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_recovery, duplicates__without_blocks_do_not_count_if_there_were_some) {
  send_segments(10);
  numbers();
  ack(0, {{1, 2}});
  for (int i = 0; i < 5; i++) ack(0);
  EXPECT_TRUE(quiet());
  EXPECT_FALSE(recovers());
}

TEST_F(tcp_recovery, board__goes_when_the_peer_resets_before_the_program_closes) {
  lose_first_three();
  EXPECT_EQ(boards(), 1u);
  segment({.seq = seq_, .ack = ack_, .flags = PIKA_TCP_RST | PIKA_TCP_ACK});
  EXPECT_FALSE(gone());
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_recovery, blocks__thousands_of_tiny_ones_end_well) {
  send_segments(10);
  numbers();
  for (u32 i = 1; i < 3000; i++) ack_bytes(0, {{i * 3, i * 3 + 1}});
  EXPECT_LE(frames(), 100u);
  forget_frames();
  ack(10);
  EXPECT_EQ(boards(), 0u);
  EXPECT_EQ(tcb().snd_una, tcb().snd_max);
}

/// A peer that says anything, at any time.
class tcp_recovery_random : public tcp_recovery {
 protected:
  u32 below(u32 n) { return random_() % n; }
  /// Near what there is, mostly.
  u32 some_byte() { return below(tcb().snd_max - start_ + 2 * kMss); }
  void say_anything() {
    Blocks blocks;
    for (u32 n = below(5); n > 0; n--) {
      const u32 from = some_byte();
      blocks.emplace_back(from, from + (below(20) == 0 ? -below(3000) : below(6 * kMss)));
    }
    const u32 acked = tcb().snd_una - start_;
    const u32 more = below(4) == 0 ? below(tcb().snd_max - start_ - acked + 1) : 0;
    if (below(10) == 0) window_ = static_cast<uint16_t>(below(20'000));
    ack_bytes(acked + more, blocks);
  }
  void do_anything() {
    if (written_ < 400 && below(3) == 0) send_segments(1 + below(8));
    if (below(15) == 0) host().pass_ms(below(400));
    if (below(5) == 0) host().pass_ms(below(5));
    echo_ = below(3) ? latest_ : echo_;
    say_anything();
    numbers();
    check();
  }
  void check() {
    if (tcb().board == PIKA_POOL_NONE) return;
    const auto& board = *pika_board_of(host().s, &tcb());
    u32 from = tcb().snd_una;
    for (u32 i = 0; i < board.holes; from = board.hole[i++].end) {
      const auto& hole = board.hole[i];
      ASSERT_FALSE(pika_seq_before(hole.start, from));
      ASSERT_TRUE(pika_seq_before(hole.start, hole.end));
      ASSERT_LE(hole.resend - hole.start, hole.end - hole.start);
    }
    ASSERT_FALSE(pika_seq_before(board.edge, from));
    ASSERT_FALSE(pika_seq_after(board.edge, tcb().snd_max));
  }
  /// An honest peer now: all arrives.
  void end_well() {
    window_ = 65535;
    for (int i = 0; i < 200 && tcb().snd_una - start_ < written_ * kMss; i++) {
      ack_bytes(tcb().snd_max - start_, {});
      host().pass_ms(50);
      numbers();
    }
    EXPECT_EQ(tcb().snd_una - start_, written_ * kMss);
    EXPECT_EQ(boards(), 0u);
  }
  std::mt19937 random_;
};

TEST_F(tcp_recovery_random, peer__says_anything_and_no_byte_is_wrong) {
  for (u32 seed = 1; seed <= 60; seed++) {
    SCOPED_TRACE(seed);
    random_.seed(seed);
    for (int i = 0; i < 150; i++) do_anything();
    end_well();
    if (HasFailure()) return;
    written_ = 0;
    start_ = tcb().snd_una;
  }
}

/// Memory for one.
class tcp_recovery_scarce : public tcp_recovery {
 protected:
  tcp_recovery_scarce() : tcp_recovery(config(PIKA_BOARD_FLOWS)) {}
};

TEST_F(tcp_recovery_scarce, board__none_left_duplicate_acks_count) {
  const u32 taken = pika_pool_take(&host().s->ts->boards);
  send_segments(10);
  numbers();
  for (u32 i = 2; i < 5; i++) ack(0, {{1, i}});
  EXPECT_EQ(numbers(), Numbers{0});
  EXPECT_EQ(stats().fast_retransmits, 1u);
  EXPECT_EQ(stats().no_board, 3u);
  host().pass_ms(250);
  EXPECT_EQ(stats().timeouts, 1u);
  ack(10);
  EXPECT_EQ(tcb().snd_nxt, tcb().snd_max);
  pika_pool_put(&host().s->ts->boards, taken);
}

class tcp_recovery_timestamps : public tcp_recovery {
 protected:
  void SetUp() override { begin({.mss = kMss + 12, .ts_value = 1, .sack_permitted = true}); }
};

TEST_F(tcp_recovery_timestamps, undo__the_first_ones_came_late) {
  send_segments(40);
  numbers();
  echo_latest();
  host().pass_ms(5);
  ack(0, {{3, 10}});
  EXPECT_TRUE(recovers());
  numbers();
  ack(1, {{3, 10}});
  EXPECT_FALSE(recovers());
  EXPECT_GE(tcb().cwnd, 10 * kMss);
  EXPECT_EQ(stats().undone, 1u);
  forget_frames();
  ack(2, {{3, 10}});
  for (const u32 n : numbers()) EXPECT_GE(n, 10u);
}

TEST_F(tcp_recovery_timestamps, undo__not_if_it_was_sent_again_in_time) {
  lose_first_three();
  numbers();
  echo_latest();
  ack(1, {{3, 10}});
  EXPECT_TRUE(recovers());
  echo_ = 0;
  ack(2, {{3, 10}});
  EXPECT_EQ(stats().undone, 0u);
}

TEST_F(tcp_recovery_timestamps, undo__after_it_a_loss_is_found_by_later_segments) {
  send_segments(40);
  numbers();
  echo_latest();
  host().pass_ms(5);
  ack(0, {{3, 10}});
  ack(1, {{3, 10}});
  const auto n = numbers();
  ack(1, {{3, n.back() + 1}});
  EXPECT_EQ(stats().fast_retransmits, 2u);
  EXPECT_EQ(numbers()[0], 1u);
}

TEST_F(tcp_recovery_timestamps, undo__of_a_timeout) {
  send_segments(40);
  numbers();
  echo_latest();
  host().pass_ms(250);
  EXPECT_EQ(numbers(), Numbers{0});
  ack(2);
  EXPECT_EQ(stats().undone, 1u);
  EXPECT_EQ(tcb().cwnd, 10 * kMss);
  EXPECT_EQ(numbers(), (Numbers{10, 11}));
}

}  // namespace
