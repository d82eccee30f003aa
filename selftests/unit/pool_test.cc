// SPDX-License-Identifier: GPL-2.0-only

extern "C" {
#include "core/pool.h"
}

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

namespace {

struct Object {
  uint64_t mark;
  uint32_t more;
};

class pool : public testing::Test {
 protected:
  explicit pool(uint32_t count = 8) : objects_(count), slots_(count) {
    pika_pool_init(&pool_, objects_.data(), slots_.data(), sizeof(Object), count);
  }

  Object* find(uint32_t index, uint32_t generation) {
    return static_cast<Object*>(pika_pool_find(&pool_, index, generation));
  }

  std::vector<Object> objects_;
  std::vector<pika_pool_slot> slots_;
  pika_pool pool_;
};

TEST_F(pool, take__gives_each_index_once_and_then_none) {
  std::set<uint32_t> taken;
  for (uint32_t i = 0; i < pool_.count; i++) taken.insert(pika_pool_take(&pool_));
  EXPECT_EQ(taken.size(), 8u);
  EXPECT_LT(*taken.rbegin(), 8u);
  EXPECT_EQ(pool_.used, 8u);
  EXPECT_EQ(pika_pool_take(&pool_), PIKA_POOL_NONE);
  EXPECT_EQ(pool_.used, 8u);
}

TEST_F(pool, take__of_an_empty_pool_gives_none) {
  pika_pool_init(&pool_, nullptr, nullptr, sizeof(Object), 0);
  EXPECT_EQ(pika_pool_take(&pool_), PIKA_POOL_NONE);
  EXPECT_EQ(find(0, 1), nullptr);
}

TEST_F(pool, take__gives_what_was_put_last) {
  pika_pool_take(&pool_);
  const auto warm = pika_pool_take(&pool_);
  pika_pool_put(&pool_, warm);
  EXPECT_EQ(pika_pool_take(&pool_), warm);
}

TEST_F(pool, at__objects_do_not_overlap) {
  EXPECT_EQ(pika_pool_at(&pool_, 0), &objects_[0]);
  EXPECT_EQ(pika_pool_at(&pool_, 7), &objects_[7]);
}

TEST_F(pool, find__refuses_what_is_free_stale_or_never_was) {
  const auto index = pika_pool_take(&pool_);
  const auto generation = pika_pool_generation(&pool_, index);
  EXPECT_NE(generation, 0u);
  EXPECT_EQ(find(index, generation), &objects_[index]);
  EXPECT_EQ(find(index, generation + 1), nullptr);
  EXPECT_EQ(find(index, 0), nullptr);
  EXPECT_EQ(find(index + 1, 1), nullptr);
  EXPECT_EQ(find(pool_.count, 1), nullptr);
  EXPECT_EQ(find(PIKA_POOL_NONE, 1), nullptr);

  pika_pool_put(&pool_, index);
  EXPECT_EQ(find(index, generation), nullptr);
  EXPECT_EQ(find(index, pika_pool_generation(&pool_, index)), nullptr);
  ASSERT_EQ(pika_pool_take(&pool_), index);
  EXPECT_EQ(find(index, generation), nullptr);
}

TEST_F(pool, put__generation_wraps_past_zero_within_24_bits) {
  const auto index = pika_pool_take(&pool_);
  slots_[index].generation = 0xffffff;
  pika_pool_put(&pool_, index);
  EXPECT_EQ(pika_pool_generation(&pool_, index), 1u);
}

TEST_F(pool, put__twice_or_out_of_range_is_a_broken_invariant) {
  const auto index = pika_pool_take(&pool_);
  pika_pool_put(&pool_, index);
  EXPECT_DEATH(pika_pool_put(&pool_, index), "warned_");
  EXPECT_DEATH(pika_pool_put(&pool_, pool_.count), "warned_");
}

/// What a pool is meant to be: handles that live, and those that are dead.
class pool_model : public pool {
 protected:
  pool_model() : pool(100) {}

  void take() {
    const auto index = pika_pool_take(&pool_);
    if (live_.size() == pool_.count) {
      ASSERT_EQ(index, PIKA_POOL_NONE);
      return;
    }
    ASSERT_LT(index, pool_.count);
    const auto handle = std::pair(index, pika_pool_generation(&pool_, index));
    ASSERT_TRUE(live_.emplace(index, handle.second).second) << "taken twice";
    ASSERT_FALSE(dead_.contains(handle)) << "an old handle is good again";
    objects_[index].mark = handle.second;
  }

  void put() {
    if (live_.empty()) return;
    const auto victim = std::next(live_.begin(), static_cast<long>(random_() % live_.size()));
    dead_.insert(*victim);
    pika_pool_put(&pool_, victim->first);
    live_.erase(victim);
  }

  void check() {
    ASSERT_EQ(pool_.used, live_.size());
    for (auto [index, generation] : live_) ASSERT_EQ(find(index, generation), &objects_[index]);
    for (auto [index, generation] : live_) ASSERT_EQ(objects_[index].mark, generation);
    for (auto [index, generation] : dead_) ASSERT_EQ(find(index, generation), nullptr);
  }

  std::mt19937 random_{1};
  std::map<uint32_t, uint32_t> live_;
  std::set<std::pair<uint32_t, uint32_t>> dead_;
};

TEST_F(pool_model, any_order_of_take_and_put) {
  for (int step = 0; step < 20000; step++) {
    // Fills up, runs empty, fills up again.
    const bool filling = step / 500 % 2 == 0;
    random_() % 8 < (filling ? 5u : 3u) ? take() : put();
    if (step % 100 == 0) check();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
