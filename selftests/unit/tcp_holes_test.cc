// SPDX-License-Identifier: GPL-2.0-only

extern "C" {
#include "core/tcp_sack.h"
}

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

namespace {

using Extents = std::vector<std::pair<u32, u32>>;

constexpr u32 kMss = 10;

struct Board {
  explicit Board(u32 una = 0) : una(una) { pika_holes_init(&board, una); }
  bool sack(u32 start, u32 end) { return pika_holes_sack(&board, una + start, una + end); }
  Extents holes() const {
    Extents all;
    for (u32 i = 0; i < board.holes; i++)
      all.emplace_back(board.hole[i].start - una, board.hole[i].end - una);
    return all;
  }
  u32 lost() const { return pika_holes_lost(&board, kMss); }
  u32 pipe(u32 max) const { return pika_holes_pipe(&board, lost(), una + max); }

  pika_board board{};
  u32 una;
};

TEST(tcp_holes, block__leaves_a_hole_before_it) {
  Board b;
  EXPECT_TRUE(b.sack(10, 20));
  EXPECT_EQ(b.holes(), (Extents{{0, 10}}));
  EXPECT_EQ(b.board.edge, 20u);
  EXPECT_FALSE(b.sack(10, 20));
}

TEST(tcp_holes, block__makes_two_of_a_hole) {
  Board b;
  b.sack(50, 60);
  EXPECT_TRUE(b.sack(20, 30));
  EXPECT_EQ(b.holes(), (Extents{{0, 20}, {30, 50}}));
}

TEST(tcp_holes, block__cuts_from_both_sides) {
  Board b;
  b.sack(50, 60);
  b.sack(0, 10);
  b.sack(40, 55);
  EXPECT_EQ(b.holes(), (Extents{{10, 40}}));
}

TEST(tcp_holes, block__swallows_several) {
  Board b;
  for (u32 i = 1; i < 6; i++) b.sack(i * 20, i * 20 + 10);
  EXPECT_TRUE(b.sack(15, 120));
  EXPECT_EQ(b.holes(), (Extents{{0, 15}}));
  EXPECT_EQ(b.board.edge, 120u);
}

TEST(tcp_holes, block__keeps_what_was_sent_again_of_a_hole) {
  Board b;
  b.sack(50, 60);
  b.board.hole[0].resend = 30;
  b.sack(20, 25);
  EXPECT_EQ(b.board.hole[0].resend, 20u);
  EXPECT_EQ(b.board.hole[1].resend, 30u);
  b.sack(40, 45);
  EXPECT_EQ(b.board.hole[1].resend, 30u);
  EXPECT_EQ(b.board.hole[2].resend, 45u);
}

TEST(tcp_holes, holes__too_many_are_not_noted) {
  Board b;
  for (u32 i = 1; i <= PIKA_HOLES; i++) EXPECT_TRUE(b.sack(i * 10, i * 10 + 5));
  EXPECT_FALSE(b.sack(1000, 1005));
  EXPECT_FALSE(b.sack(2, 4));
  EXPECT_EQ(b.board.holes, u32{PIKA_HOLES});
  EXPECT_EQ(b.board.edge, PIKA_HOLES * 10u + 5);
  EXPECT_TRUE(b.sack(0, 10));
  EXPECT_TRUE(b.sack(1000, 1005));
}

TEST(tcp_holes, trim__forgets_what_was_acknowledged) {
  Board b;
  b.sack(10, 20);
  b.sack(30, 40);
  pika_holes_trim(&b.board, 5);
  EXPECT_EQ(b.holes(), (Extents{{5, 10}, {20, 30}}));
  pika_holes_trim(&b.board, 20);
  EXPECT_EQ(b.holes(), (Extents{{20, 30}}));
  pika_holes_trim(&b.board, 100);
  EXPECT_EQ(b.holes(), Extents{});
  EXPECT_EQ(b.board.edge, 100u);
}

TEST(tcp_holes, lost__by_bytes_or_blocks_beyond) {
  Board b;
  b.sack(10, 30);
  EXPECT_EQ(b.lost(), 0u);
  b.sack(30, 31);
  EXPECT_EQ(b.lost(), 1u);
  Board c;
  c.sack(10, 11);
  c.sack(20, 21);
  EXPECT_EQ(c.lost(), 0u);
  c.sack(30, 31);
  EXPECT_EQ(c.lost(), 1u);
}

TEST(tcp_holes, lost__what_is_spared_does_not_count) {
  Board b;
  b.sack(10, 60);
  b.board.spare = 60;
  EXPECT_EQ(b.lost(), 0u);
  b.sack(60, 81);
  EXPECT_EQ(b.lost(), 1u);
}

TEST(tcp_holes, pipe__is_what_may_still_arrive) {
  Board b;
  b.sack(10, 20);
  EXPECT_EQ(b.pipe(100), 10u + 80u);
  b.sack(20, 40);
  EXPECT_EQ(b.pipe(100), 60u);
  b.board.hole[0].resend = 5;
  EXPECT_EQ(b.pipe(100), 65u);
}

TEST(tcp_holes, all__is_lost_but_what_the_peer_has) {
  Board b;
  b.sack(10, 20);
  b.board.hole[0].resend = 10;
  pika_holes_all(&b.board, 0, 50);
  EXPECT_EQ(b.holes(), (Extents{{0, 10}, {20, 50}}));
  EXPECT_EQ(b.lost(), 2u);
  EXPECT_EQ(b.pipe(50), 0u);
}

TEST(tcp_holes, all__if_the_peer_has_dropped_the_first_byte) {
  Board b;
  b.sack(0, 20);
  b.sack(30, 40);
  pika_holes_all(&b.board, 0, 50);
  EXPECT_EQ(b.holes(), (Extents{{0, 50}}));
}

TEST(tcp_holes, all__with_no_room_for_one_more) {
  Board b;
  for (u32 i = 1; i <= PIKA_HOLES; i++) b.sack(i * 10, i * 10 + 5);
  pika_holes_all(&b.board, 0, 1000);
  EXPECT_EQ(b.board.holes, u32{PIKA_HOLES});
  EXPECT_EQ(b.holes().back().second, 1000u);
}

/// Against a set of bytes, with sequence numbers that wrap.
TEST(tcp_holes, random__agrees_with_a_set_of_bytes) {
  std::mt19937 random(1);
  for (int run = 0; run < 300; run++) {
    Board b(0xffffff80);
    std::set<u32> has;
    u32 edge = 0;
    u32 una = 0;
    for (int step = 0; step < 40; step++) {
      const u32 start = una + random() % 200;
      const u32 end = start + 1 + random() % 40;
      if (random() % 8 == 0) {
        una += random() % 30;
        pika_holes_trim(&b.board, b.una + una);
        edge = std::max(edge, una);
      } else if (b.board.holes + 2 < PIKA_HOLES) {
        bool news = false;
        for (u32 i = start; i < end; i++) news |= has.insert(i).second;
        edge = std::max(edge, end);
        ASSERT_EQ(b.sack(start, end), news);
      }
      ASSERT_EQ(b.board.edge, b.una + edge);
      for (u32 i = una; i < una + 260; i++)
        ASSERT_EQ(pika_holes_has(&b.board, b.una + i), has.contains(i)) << run << " " << i;
    }
  }
}

}  // namespace
