// SPDX-License-Identifier: GPL-2.0-only

extern "C" {
#include "core/timer.h"
}

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <vector>

namespace {

constexpr uint32_t unlimited = ~0u;

class timer : public testing::Test {
 protected:
  explicit timer(size_t count = 8) : timers_(count) {
    start_at(1000);
    for (auto& t : timers_) pika_timer_init(&t);
  }

  void start_at(uint32_t now) { pika_wheel_init(&wheel_, now); }
  void arm(size_t i, uint32_t at) { pika_timer_arm(&wheel_, &timers_[i], at); }
  void cancel(size_t i) { pika_timer_cancel(&wheel_, &timers_[i]); }
  uint32_t run(uint32_t now, uint32_t budget = unlimited) {
    return pika_wheel_run(&wheel_, now, budget, fire, this);
  }
  uint32_t next() {
    uint32_t at = 0;
    EXPECT_TRUE(pika_wheel_next(&wheel_, &at));
    return at;
  }
  /// Which timers fired since this was asked last.
  std::vector<size_t> fired() { return std::exchange(fired_, {}); }

  static void fire(void* context, pika_timer* t) {
    auto* self = static_cast<timer*>(context);
    const size_t i = t - self->timers_.data();
    EXPECT_FALSE(pika_timer_armed(t));
    self->fired_.push_back(i);
    if (self->on_fire_) self->on_fire_(i);
  }

  pika_wheel wheel_;
  std::vector<pika_timer> timers_;
  std::vector<size_t> fired_;
  std::function<void(size_t)> on_fire_;
};

using Order = std::vector<size_t>;

TEST_F(timer, arm__fires_at_its_tick_and_not_before) {
  for (uint32_t ahead : {1u, 63u, 64u, 65u, 4096u, 300'000u, 20'000'000u, 1'200'000'000u}) {
    const auto at = wheel_.now_ms + ahead;
    arm(0, at);
    EXPECT_TRUE(pika_timer_armed(&timers_[0]));
    EXPECT_EQ(run(at - 1), 0u) << ahead;
    EXPECT_EQ(run(at), 1u) << ahead;
    EXPECT_FALSE(pika_timer_armed(&timers_[0]));
    EXPECT_EQ(run(at + 100), 0u);
  }
}

TEST_F(timer, arm__again_means_the_later_call) {
  arm(0, 1500);
  arm(0, 1200);
  EXPECT_EQ(wheel_.armed, 1u);
  EXPECT_EQ(run(1200), 1u);
  arm(0, 1300);
  arm(0, 1400);
  EXPECT_EQ(run(1399), 0u);
  EXPECT_EQ(run(1400), 1u);
  EXPECT_EQ(run(2000), 0u);
}

TEST_F(timer, arm__for_the_past_or_the_present_fires_at_the_next_run) {
  arm(0, 1000);
  arm(1, 900);
  EXPECT_EQ(next(), 1000u);
  EXPECT_EQ(run(1000), 2u);
  EXPECT_EQ(fired(), (Order{0, 1}));
  EXPECT_EQ(run(1000), 0u);
}

TEST_F(timer, cancel__never_fires) {
  arm(0, 1010);
  arm(1, 1010);
  arm(2, 900);
  cancel(0);
  cancel(2);
  cancel(2);
  EXPECT_EQ(wheel_.armed, 1u);
  EXPECT_EQ(run(5000), 1u);
  EXPECT_EQ(fired(), (Order{1}));
}

TEST_F(timer, run__fires_in_order_of_tick) {
  arm(0, 70'000);
  arm(1, 1001);
  arm(2, 5000);
  arm(3, 1063);
  arm(4, 1000);
  arm(5, 9'000'000);
  arm(6, 1001);
  EXPECT_EQ(run(10'000'000), 7u);
  EXPECT_EQ(fired(), (Order{4, 1, 6, 3, 2, 0, 5}));
}

TEST_F(timer, run__out_of_budget_goes_on_where_it_was) {
  for (size_t i = 0; i < 8; i++) arm(i, i < 6 ? 1001 : 1002);
  EXPECT_EQ(run(1001, 4), 4u);
  EXPECT_EQ(fired(), (Order{0, 1, 2, 3}));
  EXPECT_EQ(next(), 1001u);
  EXPECT_EQ(run(1001, 0), 0u);
  EXPECT_EQ(run(1002, 3), 3u);
  EXPECT_EQ(fired(), (Order{4, 5, 6}));
  EXPECT_EQ(run(1002), 1u);
  EXPECT_EQ(fired(), (Order{7}));
}

TEST_F(timer, run__budget_counts_timers_moved_down_too) {
  for (size_t i = 0; i < 8; i++) arm(i, 1088 + i);
  cancel(7);
  // They wait in the slot of ticks 1088 to 1151 and come down when it is entered.
  EXPECT_EQ(run(1100, 3), 1u);
  EXPECT_EQ(fired(), (Order{0}));
  // Number 1 is down; 2 to 6 have to be before anything after 1088 fires.
  arm(7, 1089);
  EXPECT_EQ(next(), 1088u);
  EXPECT_EQ(run(1100, 6), 1u);
  EXPECT_EQ(fired(), (Order{1}));
  EXPECT_EQ(run(1100), 6u);
  EXPECT_EQ(fired(), (Order{7, 2, 3, 4, 5, 6}));
}

TEST_F(timer, run__handler_may_arm_what_fired_and_what_did_not) {
  on_fire_ = [this](size_t i) {
    if (i == 0) arm(0, 1020);                        // itself, within this run
    if (i == 0 && fired_.size() == 1) arm(1, 1015);  // one more, before that
    if (i == 1) arm(2, wheel_.now_ms);               // now: in the next run
  };
  arm(0, 1010);
  EXPECT_EQ(run(1019), 2u);
  EXPECT_EQ(fired(), (Order{0, 1}));
  EXPECT_EQ(next(), 1019u);
  on_fire_ = nullptr;
  EXPECT_EQ(run(1019), 1u);
  EXPECT_EQ(run(1020), 1u);
  EXPECT_EQ(fired(), (Order{2, 0}));
}

TEST_F(timer, run__handler_that_always_wants_now_does_not_keep_it) {
  on_fire_ = [this](size_t i) { arm(i, 1010); };
  arm(0, 1010);
  EXPECT_EQ(run(1010), 1u);
  EXPECT_EQ(run(1010), 1u);
  EXPECT_EQ(run(2000), 1u);
}

TEST_F(timer, run__handler_may_cancel_what_is_due) {
  on_fire_ = [this](size_t i) {
    if (i == 0) {
      cancel(0);
      cancel(1);
      cancel(3);
    }
  };
  for (size_t i = 0; i < 3; i++) arm(i, 1010);
  arm(3, 1011);
  EXPECT_EQ(run(1011), 2u);
  EXPECT_EQ(fired(), (Order{0, 2}));
  EXPECT_EQ(wheel_.armed, 0u);
}

TEST_F(timer, run__handler_may_free_the_timers_memory) {
  auto* t = new pika_timer;
  pika_timer_init(t);
  pika_timer_arm(&wheel_, t, 1010);
  arm(0, 1010);
  const auto free_it = [](void* context, pika_timer* fired) {
    if (fired == context) delete fired;
  };
  EXPECT_EQ(pika_wheel_run(&wheel_, 1010, unlimited, free_it, t), 2u);
}

TEST_F(timer, run__clock_may_wrap) {
  start_at(0xfffffff0);
  arm(0, 0xfffffff8);
  arm(1, 0x10);
  arm(2, 0x1000'0000);
  EXPECT_EQ(run(0xffffffff), 1u);
  EXPECT_EQ(run(0xf), 0u);
  EXPECT_EQ(run(0x10), 1u);
  EXPECT_EQ(run(0x0fff'ffff), 0u);
  EXPECT_EQ(run(0x1000'0000), 1u);
  EXPECT_EQ(fired(), (Order{0, 1, 2}));
}

TEST_F(timer, run__sleep_of_any_length_without_timers) {
  for (uint32_t slept : {1u, 0x7fff'ffffu, 0x8000'0000u, 0xffff'fff0u}) {
    const auto now = wheel_.now_ms + slept;
    EXPECT_EQ(run(now), 0u);
    arm(0, now + 10);
    EXPECT_EQ(run(now + 9), 0u) << slept;
    EXPECT_EQ(run(now + 10), 1u) << slept;
  }
}

TEST_F(timer, wake__lets_timers_be_armed_before_the_first_run) {
  const auto now = wheel_.now_ms + 0x9000'0000;
  pika_wheel_wake(&wheel_, now);
  arm(0, now + 10);
  EXPECT_EQ(run(now + 9), 0u);
  EXPECT_EQ(run(now + 10), 1u);
  arm(0, now + 20);
  pika_wheel_wake(&wheel_, now + 30);
  EXPECT_EQ(run(now + 30), 1u);
}

TEST_F(timer, run__idle_time_costs_nothing) {
  // At a nanosecond a tick this would take hours.
  for (int i = 0; i < 100'000; i++) {
    arm(0, wheel_.now_ms + 0x7fff'ffff);
    ASSERT_EQ(run(wheel_.now_ms + 0x3fff'ffff), 0u);
    ASSERT_EQ(run(wheel_.now_ms + 0x4000'0000), 1u);
  }
}

TEST_F(timer, next__is_exact_within_64_ms_and_else_not_late) {
  uint32_t at;
  EXPECT_FALSE(pika_wheel_next(&wheel_, &at));
  start_at(1024);
  arm(0, 1080);
  EXPECT_EQ(next(), 1080u);
  arm(1, 1030);
  EXPECT_EQ(next(), 1030u);
  // One that is cancelled may cost a look.
  cancel(1);
  EXPECT_EQ(run(next()), 0u);
  EXPECT_EQ(next(), 1080u);
  cancel(0);
  EXPECT_FALSE(pika_wheel_next(&wheel_, &at));

  // Five naps at most, whatever the distance.
  arm(0, 1024 + 1'000'000'000);
  int naps = 0;
  while (!run(next())) naps++;
  EXPECT_EQ(wheel_.now_ms, 1024u + 1'000'000'000);
  EXPECT_LE(naps, 5);
}

/// Timers as a table of ticks. A late one gets the tick of the run that takes it.
class timer_model : public timer {
 protected:
  timer_model() : timer(50) {
    on_fire_ = [this](size_t i) { on_fire(i); };
  }

  struct Armed {
    uint32_t at;
    bool late;
  };

  uint32_t random(uint32_t below) { return random_() % below; }

  uint32_t random_distance() {
    switch (random(8)) {
      case 0:
        return -random(100);
      case 1:
        return random(0x7fff'ffff);
      case 2:
        return random(1 << 24);
      case 3:
        return 64 - wheel_.now_ms % 64 + random(3) - 1;
      default:
        return random(1 << random(18));
    }
  }

  void arm_or_cancel() {
    const size_t i = random(timers_.size());
    if (random(4) == 0) {
      cancel(i);
      armed_.erase(i);
      return;
    }
    const auto at = wheel_.now_ms + random_distance();
    // To arm it for the tick that it has changes nothing, not even its turn.
    if (armed_.contains(i) && timers_[i].expires_ms == at) return arm(i, at);
    arm(i, at);
    armed_[i] = {at, !pika_ms_before(wheel_.now_ms, at)};
  }

  void on_fire(size_t i) {
    const auto found = armed_.find(i);
    ASSERT_NE(found, armed_.end()) << "not armed";
    const auto [at, late] = found->second;
    ASSERT_FALSE(late) << "late ones wait for the next run";
    ASSERT_FALSE(pika_ms_before(target_, at)) << "too early";
    for (const auto& [other, armed] : armed_)
      ASSERT_TRUE(armed.late || !pika_ms_before(armed.at, at)) << "out of order";
    armed_.erase(found);
    if (random(2)) arm_or_cancel();
  }

  void check_next() {
    uint32_t at;
    ASSERT_EQ(pika_wheel_next(&wheel_, &at), !armed_.empty());
    for (const auto& [i, armed] : armed_)
      ASSERT_FALSE(pika_ms_before(armed.late ? wheel_.now_ms : armed.at, at)) << "sleeps too long";
  }

  void run_to(uint32_t now, uint32_t budget) {
    target_ = now;
    for (auto& [i, armed] : armed_)
      if (armed.late) armed = {wheel_.now_ms, false};
    const auto n = run(now, budget);
    ASSERT_EQ(n, fired().size());
    ASSERT_LE(n, budget);
    ASSERT_EQ(wheel_.armed, armed_.size());
    if (wheel_.unfinished) return;
    ASSERT_EQ(wheel_.now_ms, now);
    for (const auto& [i, armed] : armed_) ASSERT_TRUE(pika_ms_before(now, armed.at)) << "forgotten";
  }

  void step() {
    for (auto n = random(4); n > 0; n--) arm_or_cancel();
    check_next();
    uint32_t now = wheel_.now_ms + random(1 << random(16));
    if (uint32_t at; random(4) == 0 && pika_wheel_next(&wheel_, &at)) now = at;
    if (random(50) == 0) now += random(0x2000'0000);
    run_to(now, random(3) ? unlimited : random(5));
    check_next();
  }

  std::mt19937 random_;
  std::map<size_t, Armed> armed_;
  uint32_t target_ = 0;
};

TEST_F(timer_model, any_order_of_arm_cancel_and_run) {
  for (uint32_t seed = 1; seed <= 20; seed++) {
    random_.seed(seed);
    for (auto& t : timers_) pika_timer_init(&t);
    armed_.clear();
    start_at(seed % 2 ? 0u - random(100'000) : random_());
    for (int i = 0; i < 5000; i++) {
      step();
      ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << ", step " << i;
    }
  }
}

}  // namespace
