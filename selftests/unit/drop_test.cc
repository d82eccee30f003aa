// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

extern "C" {
#include "core/drop.h"
}

#include "world.hh"

namespace {

using pika::test::v4;
using pika::test::World;

class drop : public testing::Test {
 protected:
  pika_packet* packet() {
    return world.packet(v4(10, 0, 0, 9), 1000, v4(10, 0, 0, 1), 80, PIKA_TCP_ACK);
  }
  World world;
  u64 reason = 41;
};

TEST_F(drop, drop__counts_its_reason_and_gives_the_packet_back) {
  pika_drop(world.server(0), packet(), &reason);
  EXPECT_EQ(reason, 42u);
  EXPECT_EQ(world.owned, 0);
}

TEST_F(drop, drop__is_shown_to_whoever_watches) {
  world.watch();
  pika_drop(world.server(0), packet(), &reason);
  EXPECT_EQ(world.drops, std::vector<const u64*>{&reason});
}

TEST_F(drop, count_drop__leaves_the_packet_to_its_owner) {
  auto* pkt = packet();
  world.watch();
  pika_count_drop(world.server(0), &reason);
  EXPECT_EQ(reason, 42u);
  EXPECT_EQ(world.owned, 1);
  EXPECT_EQ(world.drops.size(), 1u);
  world.server(0)->env->ops->free_packet(world.server(0)->env, pkt);
}

}  // namespace
