// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <random>
#include <vector>

extern "C" {
#include "core/choose.h"
}

namespace {

/// How often each of @c is chosen, of 1.
std::vector<double> shares(const std::vector<pika_candidate>& c) {
  constexpr int kRounds = 200000;
  std::mt19937 random(1);
  std::vector<double> shares(c.size());
  for (int i = 0; i < kRounds; i++) {
    const uint32_t chosen = pika_accept_choose(c.data(), c.size(), random());
    shares.at(chosen) += 1.0 / kRounds;
  }
  return shares;
}

TEST(choose, weight__is_the_inverse_of_the_service_time) {
  const auto s = shares({{100, 0}, {200, 0}, {400, 0}});
  EXPECT_NEAR(s[0], 4.0 / 7, 0.01);
  EXPECT_NEAR(s[1], 2.0 / 7, 0.01);
  EXPECT_NEAR(s[2], 1.0 / 7, 0.01);
}

TEST(choose, weight__counts_those_who_wait_before) {
  const auto s = shares({{100, 0}, {100, 3}});
  EXPECT_NEAR(s[0], 0.8, 0.01);
}

TEST(choose, unknown__service_time_counts_as_the_usual_one) {
  const auto s = shares({{100, 0}, {0, 0}, {300, 0}});
  EXPECT_NEAR(s[1] / s[0], 0.5, 0.03);
  const auto none = shares({{0, 0}, {0, 0}});
  EXPECT_NEAR(none[0], 0.5, 0.01);
}

TEST(choose, slow__is_still_sampled) {
  std::vector<pika_candidate> c(2, {1, 0});
  c[1] = {~0u, ~0u};
  EXPECT_EQ(pika_accept_choose(c.data(), 2, 0), 0u);
  EXPECT_EQ(pika_accept_choose(c.data(), 2, ~0u), 1u);
}

TEST(choose, extremes__stay_inside_for_any_random_number) {
  for (uint32_t n = 1; n <= PIKA_CANDIDATES; n++) {
    for (uint32_t service : {0u, 1u, 1000u, ~0u}) {
      const std::vector<pika_candidate> c(n, {service, 0});
      EXPECT_EQ(pika_accept_choose(c.data(), n, 0), 0u);
      EXPECT_EQ(pika_accept_choose(c.data(), n, ~0u), n - 1);
    }
  }
}

TEST(average, follows__from_both_sides_to_the_sample) {
  uint32_t average = pika_moving_average(0, 1000);
  EXPECT_EQ(average, 1000u);
  EXPECT_EQ(pika_moving_average(1000, 1800), 1100u);
  for (int i = 0; i < 200; i++) average = pika_moving_average(average, 10);
  EXPECT_EQ(average, 10u);
  for (int i = 0; i < 200; i++) average = pika_moving_average(average, 5000);
  EXPECT_EQ(average, 5000u);
}

TEST(average, never__is_zero_or_wraps) {
  EXPECT_EQ(pika_moving_average(0, 0), 1u);
  EXPECT_EQ(pika_moving_average(1, 0), 1u);
  EXPECT_GT(pika_moving_average(1, ~0u), 500'000'000u);
  EXPECT_EQ(pika_moving_average(~0u, ~0u), ~0u);
}

TEST(median, one_outlier__moves_it_by_a_sixteenth) {
  EXPECT_EQ(pika_moving_median(160, 10'000'000), 171u);
  EXPECT_EQ(pika_moving_median(160, 1), 149u);
}

TEST(median, settles__near_the_middle_of_a_skewed_sample) {
  std::mt19937 random(1);
  uint32_t median = 0;
  double sum = 0;
  for (int i = 0; i < 20000; i++) {
    const uint32_t sample = random() % 10 ? 100 + random() % 100 : 1'000'000;
    median = pika_moving_median(median, sample);
    if (i >= 10000) sum += median / 10000.0;
  }
  EXPECT_NEAR(sum, 155, 20);
}

TEST(claim_timeout, is__four_medians_between_a_millisecond_and_a_second) {
  EXPECT_EQ(pika_claim_timeout_us(0), 1000u);
  EXPECT_EQ(pika_claim_timeout_us(250), 1000u);
  EXPECT_EQ(pika_claim_timeout_us(251), 1004u);
  EXPECT_EQ(pika_claim_timeout_us(~0u), 1'000'000u);
}

}  // namespace
