// SPDX-License-Identifier: GPL-2.0-only

extern "C" {
#include "core/tcp_sack.h"
}

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

using Blocks = std::vector<std::pair<u32, u32>>;

/// The peer's stream; segments of it, and blocks, are named by their offsets.
class tcp_sack : public ts_fixture {
 protected:
  explicit tcp_sack(const pika_ts_config& config = small_config()) : ts_fixture(config) {}

  void SetUp() override { begin({.mss = 1460, .sack_permitted = true}); }
  void begin(const Segment& syn) {
    accept(syn);
    start_ = seq_;
  }
  void part(u32 from, u32 to, uint8_t flags = 0) {
    auto s = next(std::string(to - from, 'x'), flags);
    s.seq = start_ + from;
    segment(s);
  }
  /// Of the latest ACK.
  Blocks blocks() {
    Segment last;
    while (!quiet()) last = sent();
    Blocks all;
    for (const auto& sack : last.sacks) all.emplace_back(sack.start - start_, sack.end - start_);
    return all;
  }
  u32 boards() { return host().s->ts->boards.used; }

  u32 start_ = 0;
};

TEST_F(tcp_sack, block__of_what_came_beyond_a_hole) {
  part(10, 20);
  EXPECT_EQ(blocks(), (Blocks{{10, 20}}));
}

TEST_F(tcp_sack, blocks__the_latest_first) {
  part(10, 20);
  part(30, 40);
  part(50, 60);
  EXPECT_EQ(blocks(), (Blocks{{50, 60}, {30, 40}, {10, 20}}));
  part(40, 45);
  EXPECT_EQ(blocks(), (Blocks{{30, 45}, {50, 60}, {10, 20}}));
}

TEST_F(tcp_sack, blocks__no_more_than_four) {
  for (u32 i = 1; i <= 6; i++) part(i * 20, i * 20 + 10);
  EXPECT_EQ(blocks(), (Blocks{{120, 130}, {100, 110}, {80, 90}, {60, 70}}));
}

TEST_F(tcp_sack, blocks__that_meet_become_one) {
  part(10, 20);
  part(30, 40);
  part(20, 30);
  EXPECT_EQ(blocks(), (Blocks{{10, 40}}));
}

TEST_F(tcp_sack, blocks__that_were_reached_go) {
  part(10, 20);
  part(30, 40);
  part(0, 10);
  EXPECT_EQ(blocks(), (Blocks{{30, 40}}));
  EXPECT_EQ(boards(), 1u);
  part(20, 30);
  EXPECT_EQ(blocks(), Blocks{});
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_sack, block__of_what_came_twice_is_told_once) {
  part(0, 10);
  part(0, 10);
  EXPECT_EQ(blocks(), (Blocks{{0, 10}}));
  part(20, 30);
  EXPECT_EQ(blocks(), (Blocks{{20, 30}}));
  part(20, 30);
  EXPECT_EQ(blocks(), (Blocks{{20, 30}, {20, 30}}));
}

TEST_F(tcp_sack, board__for_what_came_twice_goes_at_once) {
  part(0, 10);
  part(0, 10);
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_sack, board__goes_with_the_flow) {
  part(10, 20);
  EXPECT_EQ(boards(), 1u);
  app_closes();
  segment({.seq = start_, .ack = ack_, .flags = PIKA_TCP_RST | PIKA_TCP_ACK});
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_sack, board__goes_when_the_peer_ends_before_all_of_it) {
  part(10, 20);
  part(0, 5, PIKA_TCP_FIN);
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_sack, fin__alone_beyond_a_hole_is_no_block) {
  part(10, 10, PIKA_TCP_FIN);
  EXPECT_EQ(blocks(), Blocks{});
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_sack, data__goes_without_blocks) {
  part(10, 20);
  forget_frames();
  app_sends("hello");
  EXPECT_EQ(blocks(), Blocks{});
}

/// Memory for one.
class tcp_sack_scarce : public tcp_sack {
 protected:
  static pika_ts_config config() {
    auto c = small_config();
    c.max_flows = PIKA_BOARD_FLOWS;
    return c;
  }
  tcp_sack_scarce() : tcp_sack(config()) {}
};

TEST_F(tcp_sack_scarce, board__none_left_is_counted_and_no_block_told) {
  const u32 taken = pika_pool_take(&host().s->ts->boards);
  part(10, 20);
  EXPECT_EQ(blocks(), Blocks{});
  EXPECT_EQ(stats().no_board, 1u);
  pika_pool_put(&host().s->ts->boards, taken);
  part(20, 30);
  EXPECT_EQ(blocks(), (Blocks{{20, 30}}));
}

class tcp_sack_timestamps : public tcp_sack {
 protected:
  void SetUp() override { begin({.mss = 1460, .ts_value = 1, .sack_permitted = true}); }
};

TEST_F(tcp_sack_timestamps, blocks__no_more_than_three) {
  for (u32 i = 1; i <= 4; i++) part(i * 20, i * 20 + 10);
  EXPECT_EQ(blocks(), (Blocks{{80, 90}, {60, 70}, {40, 50}}));
}

class tcp_sack_not_permitted : public tcp_sack {
 protected:
  void SetUp() override { begin({.mss = 1460}); }
};

TEST_F(tcp_sack_not_permitted, blocks__are_not_told) {
  EXPECT_FALSE(syn_ack_.sack_permitted);
  part(10, 20);
  part(10, 20);
  EXPECT_EQ(blocks(), Blocks{});
  EXPECT_EQ(boards(), 0u);
}

TEST_F(tcp_sack, blocks__are_not_told_again_after_some_was_dropped) {
  host().truesize = tcb().rcv_memory_most / 4 + 1;
  for (u32 i = 5; i >= 2; i--) part(i * 1000, i * 1000 + 500);
  EXPECT_EQ(blocks(), (Blocks{{2000, 2500}, {3000, 3500}, {4000, 4500}, {5000, 5500}}));
  part(1000, 1500);
  EXPECT_EQ(stats().dropped_pruned, 1u);
  EXPECT_EQ(blocks(), (Blocks{{1000, 1500}}));
}

}  // namespace
