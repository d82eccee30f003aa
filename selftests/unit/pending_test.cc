// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "world.hh"

extern "C" {
#include "core/pending.h"
}

namespace {

class pending : public testing::Test {
 protected:
  static constexpr uint32_t kMax = 300;

  pending() : memory_(pika::test::lines(1 << 20)) {
    pika_arena arena{static_cast<u8*>(memory_.get()), 1 << 20, 0};
    EXPECT_TRUE(pika_pendings_init(&all, &arena, kMax));
  }
  pika_pendings all;

 private:
  pika::test::Lines memory_;
};

TEST_F(pending, exhaustion__is_refused_and_ends_when_one_goes) {
  for (uint64_t flow = 1; flow <= kMax; flow++) EXPECT_NE(pika_pending_add(&all, flow), nullptr);
  EXPECT_EQ(pika_pending_add(&all, kMax + 1), nullptr);
  pika_pending_put(&all, pika_pending_find(&all, 7));
  EXPECT_NE(pika_pending_add(&all, kMax + 1), nullptr);
  EXPECT_EQ(pika_pending_find(&all, 7), nullptr);
}

TEST_F(pending, put__takes_it_off_its_list) {
  pika_list list;
  pika_list_init(&list);
  auto* entry = pika_pending_add(&all, 1);
  pika_list_add(&list, &entry->link);
  pika_pending_put(&all, entry);
  EXPECT_TRUE(pika_list_empty(&list));
}

TEST_F(pending, any_order__finds_what_a_map_would) {
  std::mt19937_64 random(5);
  std::map<uint64_t, pika_pending*> model;
  for (int i = 0; i < 50000; i++) {
    const uint64_t flow = pika_handle(random() % 4, random() % 256, 1);
    const auto known = model.find(flow);
    ASSERT_EQ(pika_pending_find(&all, flow), known == model.end() ? nullptr : known->second);
    if (known != model.end()) {
      pika_pending_put(&all, known->second);
      model.erase(known);
    } else if (model.size() < kMax) {
      model[flow] = pika_pending_add(&all, flow);
      ASSERT_NE(model[flow], nullptr);
    }
  }
}

}  // namespace
