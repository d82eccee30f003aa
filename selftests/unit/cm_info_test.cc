// SPDX-License-Identifier: GPL-2.0-only

extern "C" {
#include "core/cm_info.h"
}

#include <gtest/gtest.h>

#include <vector>

#include "cm_world.hh"

namespace {

using pika::test::alice;
using pika::test::CmTest;

class cm_info : public CmTest {
 protected:
  std::vector<pika_acceptor_state> look() {
    std::vector<pika_acceptor_state> all;
    for (u32 i = 0; i < pika_cm_places(world.server(0)); i++) {
      pika_acceptor_state state{};
      if (pika_cm_acceptor(world.server(0), i, &state)) all.push_back(state);
    }
    return all;
  }
};

INSTANTIATE_TEST_SUITE_P(combined_split, cm_info, testing::Values(0, 1));

TEST_P(cm_info, acceptor__is_told_of_from_its_registration_on) {
  EXPECT_TRUE(look().empty());
  world.accept(alice);
  const auto all = look();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].listener, 1u);
  EXPECT_EQ(all[0].id, alice.acceptor);
  EXPECT_EQ(all[0].endpoint, world.endpoint(alice.endpoint).address);
  EXPECT_TRUE(all[0].registered);
  EXPECT_EQ(all[0].claimed, 0u);
}

TEST_P(cm_info, acceptor__offers_claims_and_times_are_counted) {
  world.accept(alice);
  world.arrive(1);
  EXPECT_EQ(look().at(0).offers, 1u);
  world.claim(1, alice);
  EXPECT_EQ(look().at(0).offers, 0u);
  EXPECT_EQ(look().at(0).open, 1u);
  EXPECT_EQ(look().at(0).claimed, 1u);
  world.close(1, alice, 700, 30);
  EXPECT_EQ(look().at(0).open, 0u);
  EXPECT_EQ(look().at(0).claimed, 1u);
  EXPECT_EQ(look().at(0).service_us, 700u);
  EXPECT_EQ(look().at(0).claim_us, 30u);
}

TEST_P(cm_info, acceptor__that_does_not_claim_in_time_is_absent_and_it_counts) {
  world.accept(alice);
  world.arrive(1);
  world.expire(1, alice);
  EXPECT_EQ(look().at(0).timeouts, 1u);
  EXPECT_FALSE(look().at(0).registered);
}

TEST_P(cm_info, acceptor__goes_with_its_listener) {
  world.accept(alice);
  EXPECT_EQ(world.unlisten(), 0);
  EXPECT_TRUE(look().empty());
}

}  // namespace
