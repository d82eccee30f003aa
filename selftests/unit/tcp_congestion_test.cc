// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

constexpr u32 kMss = 1000;

/// Full segments of kMss bytes to a peer that has room for many.
class tcp_congestion : public ts_fixture {
 protected:
  static pika_ts_config config() {
    auto c = small_config();
    c.send_buffer = 1 << 20;
    return c;
  }
  tcp_congestion() : ts_fixture(config()) {}

  void SetUp() override {
    accept({.mss = kMss});
    start_ = ack_;
  }
  void send_segments(u32 n) { app_sends(std::string(size_t{n} * kMss, 'x')); }
  /// Which segments were sent, by number.
  std::vector<u32> numbers() {
    std::vector<u32> n;
    while (!quiet()) n.push_back((sent().seq - start_) / kMss);
    return n;
  }
  void duplicates(int n) {
    for (int i = 0; i < n; i++) segment(next());
  }
  void ack_segments(u32 n) { peer_acks(start_ + n * kMss); }

  u32 start_ = 0;
};

using Numbers = std::vector<u32>;

TEST_F(tcp_congestion, initial_window__is_ten_segments) {
  send_segments(20);
  EXPECT_EQ(frames(), 10u);
}

TEST_F(tcp_congestion, slow_start__doubles_for_each_round_trip) {
  send_segments(40);
  numbers();
  for (u32 i = 2; i <= 10; i += 2) ack_segments(i);
  EXPECT_EQ(tcb().cwnd, 20 * kMss);
  EXPECT_EQ(frames(), 20u);
}

TEST_F(tcp_congestion, avoidance__adds_a_segment_for_each_window) {
  tcb().ssthresh = 10 * kMss;
  send_segments(30);
  for (u32 i = 2; i <= 10; i += 2) ack_segments(i);
  EXPECT_EQ(tcb().cwnd, 11 * kMss);
}

TEST_F(tcp_congestion, window__that_is_not_used_does_not_grow) {
  for (u32 i = 1; i < 20; i++) {
    send_segments(1);
    ack_segments(i);
  }
  EXPECT_EQ(tcb().cwnd, 10 * kMss);
}

TEST_F(tcp_congestion, duplicates__two_let_new_segments_follow) {
  send_segments(20);
  numbers();
  duplicates(1);
  EXPECT_EQ(numbers(), Numbers{10});
  duplicates(1);
  EXPECT_EQ(numbers(), Numbers{11});
  EXPECT_EQ(stats().retransmits, 0u);
}

TEST_F(tcp_congestion, duplicates__the_third_sends_the_first_again) {
  send_segments(10);
  numbers();
  duplicates(2);
  EXPECT_EQ(numbers(), Numbers{});
  duplicates(1);
  EXPECT_EQ(numbers(), Numbers{0});
  EXPECT_EQ(tcb().ssthresh, 5 * kMss);
  EXPECT_EQ(tcb().cwnd, 8 * kMss);
  EXPECT_EQ(stats().fast_retransmits, 1u);
}

TEST_F(tcp_congestion, recovery__more_duplicates_let_new_segments_follow) {
  send_segments(20);
  numbers();
  duplicates(3);
  numbers();
  duplicates(5);
  EXPECT_EQ(numbers(), Numbers{12});
}

TEST_F(tcp_congestion, recovery__partial_ack_names_the_next_hole) {
  send_segments(10);
  numbers();
  duplicates(3);
  EXPECT_EQ(numbers(), Numbers{0});
  ack_segments(4);
  EXPECT_EQ(numbers(), Numbers{4});
  ack_segments(7);
  EXPECT_EQ(numbers(), Numbers{7});
  EXPECT_TRUE(tcb().flags & PIKA_TCB_RECOVERY);
}

TEST_F(tcp_congestion, recovery__ends_when_all_of_it_is_acknowledged) {
  send_segments(10);
  duplicates(3);
  numbers();
  ack_segments(10);
  EXPECT_FALSE(tcb().flags & PIKA_TCB_RECOVERY);
  EXPECT_EQ(tcb().cwnd, 2 * kMss);
}

TEST_F(tcp_congestion, timeout__begins_with_one_segment_and_half_the_flight) {
  send_segments(10);
  numbers();
  host().pass_ms(200);
  EXPECT_EQ(numbers(), Numbers{0});
  EXPECT_EQ(tcb().cwnd, kMss);
  EXPECT_EQ(tcb().ssthresh, 5 * kMss);
  ack_segments(1);
  EXPECT_EQ(numbers(), (Numbers{1, 2}));
}

TEST_F(tcp_congestion, timeout__a_late_ack_is_believed) {
  send_segments(10);
  host().pass_ms(200);
  numbers();
  ack_segments(10);
  EXPECT_TRUE(quiet());
  EXPECT_EQ(tcb().snd_nxt, tcb().snd_max);
}

TEST_F(tcp_congestion, timeout__twice_remembers_the_first_flight) {
  send_segments(10);
  host().pass_ms(200 + 400);
  EXPECT_EQ(tcb().ssthresh, 5 * kMss);
}

TEST_F(tcp_congestion, duplicates__after_a_timeout_start_no_recovery) {
  send_segments(10);
  host().pass_ms(200);
  numbers();
  duplicates(5);
  EXPECT_EQ(stats().fast_retransmits, 0u);
}

TEST_F(tcp_congestion, idle__for_an_rto_begins_anew) {
  tcb().cwnd = 50 * kMss;
  host().pass_ms(2000);
  send_segments(30);
  EXPECT_EQ(frames(), 10u);
}

TEST_F(tcp_congestion, duplicate__with_another_window_is_none) {
  send_segments(10);
  numbers();
  for (int i = 0; i < 5; i++) {
    window_--;
    segment(next());
  }
  EXPECT_TRUE(quiet());
}

}  // namespace
