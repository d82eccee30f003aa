// SPDX-License-Identifier: GPL-2.0-only
//
// The doorbell as one thread sees it. That its barriers are enough, and that none
// can be left out, is shown by selftests/model.

extern "C" {
#include "core/bell.h"
}

#include <gtest/gtest.h>

namespace {

TEST(bell, zeroed__is_not_armed) {
  pika_bell bell{};
  EXPECT_FALSE(pika_bell_armed(&bell));
  EXPECT_FALSE(pika_bell_armed_after_publish(&bell));
}

TEST(bell, arm__makes_peers_ring) {
  pika_bell bell{};
  pika_bell_arm(&bell);
  EXPECT_TRUE(pika_bell_armed(&bell));
  EXPECT_TRUE(pika_bell_armed_after_publish(&bell));
}

TEST(bell, armed__stays_so_however_often_it_is_rung) {
  pika_bell bell{};
  pika_bell_arm(&bell);
  EXPECT_TRUE(pika_bell_armed_after_publish(&bell));
  EXPECT_TRUE(pika_bell_armed_after_publish(&bell));
}

TEST(bell, disarm__spares_peers_the_ringing) {
  pika_bell bell{};
  pika_bell_arm(&bell);
  pika_bell_disarm(&bell);
  EXPECT_FALSE(pika_bell_armed(&bell));
  EXPECT_FALSE(pika_bell_armed_after_publish(&bell));
}

TEST(bell, layout__two_bells_share_no_line) {
  static const pika_bell bells[2]{};
  EXPECT_EQ(reinterpret_cast<uintptr_t>(&bells[0]) % PIKA_LINE, 0u);
  EXPECT_EQ(sizeof(bells), size_t{2} * PIKA_LINE);
}

}  // namespace
