// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/keeper.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "pikad_world.hh"

namespace {

using State = Standing::State;

struct keeper : testing::Test {
  keeper() {
    kernel.places["a"].devices = {"eth0"};
    kernel.places["b"].devices = {"eth0"};
  }

  FakeKernel kernel;
  FakeLog log;
  Keeper kept{kernel, log};
  const WantedStack a = stack_in("a", "eth0", "0");
  const WantedStack b = stack_in("b", "eth0", "1");
  const std::string both = "a:TS1LS1CM1@0[eth0] b:TS1LS1CM1@1[eth0] ";
};

TEST_F(keeper, begins_with_what_the_file_says) {
  kept.begin(config_of({a, b}), {});
  EXPECT_TRUE(kept.keep());
  EXPECT_EQ(kernel.state(), both);
  EXPECT_EQ(kept.standings().at("a").state, State::running);
}

TEST_F(keeper, does_not_touch_a_stack_that_matches) {
  kept.begin(config_of({a, b}), {});
  kept.keep();
  kernel.changes.clear();
  Keeper next(kernel, log);
  next.begin(config_of({a, b}), kept.owned());
  EXPECT_TRUE(next.keep());
  EXPECT_TRUE(next.keep());
  EXPECT_TRUE(kernel.changes.empty());
}

TEST_F(keeper, a_stack_that_the_file_never_named_is_left_alone) {
  kept.begin(config_of({b}), {});
  kept.keep();
  Keeper other(kernel, log);
  other.begin(config_of({a}), {});
  EXPECT_TRUE(other.keep());
  EXPECT_EQ(kernel.state(), both);
}

TEST_F(keeper, a_stack_that_is_taken_out_of_the_file_is_stopped) {
  kept.begin(config_of({a, b}), {});
  kept.keep();
  ASSERT_TRUE(kept.adopt(config_of({a})));
  EXPECT_EQ(kernel.state(), "a:TS1LS1CM1@0[eth0] ");
  EXPECT_FALSE(kept.owned().contains("b"));
}

TEST_F(keeper, also_if_that_happened_while_no_daemon_ran) {
  kept.begin(config_of({a, b}), {});
  kept.keep();
  Keeper next(kernel, log);
  next.begin(config_of({a}), kept.owned());
  EXPECT_TRUE(next.keep());
  EXPECT_EQ(kernel.state(), "a:TS1LS1CM1@0[eth0] ");
  EXPECT_FALSE(next.owned().contains("b"));
}

TEST_F(keeper, a_file_is_adopted_as_a_whole_or_not_at_all) {
  kept.begin(config_of({a, b}), {});
  kept.keep();
  kernel.cursed = "TS1+LS1CM1";
  const auto adopted = kept.adopt(
      config_of({stack_in("a", "eth0", "2"), stack_in("b", "eth0", "3", kernel.cursed)}));
  ASSERT_FALSE(adopted);
  EXPECT_EQ(kernel.state(), both);
  kernel.changes.clear();
  EXPECT_TRUE(kept.keep());
  EXPECT_TRUE(kernel.changes.empty()) << "the former file still holds";
}

TEST_F(keeper, stacks_exchange_their_cores) {
  kept.begin(config_of({a, b}), {});
  kept.keep();
  ASSERT_TRUE(kept.adopt(config_of({stack_in("a", "eth0", "1"), stack_in("b", "eth0", "0")})));
  EXPECT_EQ(kernel.state(), "a:TS1LS1CM1@1[eth0] b:TS1LS1CM1@0[eth0] ");
}

TEST_F(keeper, whoever_waits_does_not_hold_up_the_others) {
  kept.begin(config_of({}), {});
  ASSERT_TRUE(kept.adopt(config_of({a, stack_in("c", "eth0"), stack_in("b", "eth7")})));
  EXPECT_EQ(kernel.state(), "a:TS1LS1CM1@0[eth0] ");
  EXPECT_EQ(kept.standings().at("b").why, "no device eth7");
  EXPECT_EQ(kept.standings().at("c").why, "no such network namespace");
}

TEST_F(keeper, one_stack_s_failure_does_not_undo_another_s_repair) {
  kernel.cursed = "TS1+LS1CM1";
  kept.begin(config_of({stack_in("a", "eth0", "0", kernel.cursed), b}), {});
  EXPECT_FALSE(kept.keep());
  EXPECT_EQ(kernel.state(), "b:TS1LS1CM1@1[eth0] ");
  EXPECT_EQ(kept.standings().at("a").state, State::failed);
  kernel.cursed = "";
  EXPECT_TRUE(kept.keep());
  EXPECT_EQ(kept.standings().at("a").state, State::running);
}

TEST_F(keeper, a_failure_is_logged_once) {
  kernel.cursed = a.config.composition;
  kept.begin(config_of({a}), {});
  for (int i = 0; i < 5; i++) kept.keep();
  EXPECT_EQ(std::count_if(log.lines.begin(), log.lines.end(),
                          [](const auto& line) { return line.ends_with(": refused"); }),
            1);
}

TEST_F(keeper, a_stack_is_not_stopped_again_and_again_for_one_that_is_refused) {
  kept.begin(config_of({a}), {});
  kept.keep();
  kernel.cursed = "TS1+LS1CM1";
  Keeper next(kernel, log);
  next.begin(config_of({stack_in("a", "eth0", "0", kernel.cursed)}), {});
  kernel.changes.clear();
  EXPECT_TRUE(next.keep()) << "there is nothing to be tried again";
  EXPECT_EQ(kernel.changes, (std::vector<std::string>{"-a", "+a"}));
  EXPECT_TRUE(next.keep());
  EXPECT_EQ(kernel.changes.size(), 2U);
  EXPECT_EQ(next.standings().at("a").state, State::failed);
  kernel.cursed = "";
  kernel.lose_device("a", "eth0");
  next.keep();
  kernel.places["a"].devices.insert("eth0");
  EXPECT_TRUE(next.keep());
  EXPECT_EQ(kernel.state(), "a:TS1+LS1CM1@0[eth0] ");
}

TEST_F(keeper, sockets_hold_a_stack_until_they_are_closed) {
  kept.begin(config_of({a}), {});
  kept.keep();
  kernel.places["a"].stack->sockets = 2;
  ASSERT_FALSE(kept.adopt(config_of({})));
  EXPECT_EQ(kernel.state(), "a:TS1LS1CM1@0[eth0] ");
  Keeper next(kernel, log);
  next.begin(config_of({stack_in("a", "eth0", "2")}), kept.owned());
  EXPECT_FALSE(next.keep()) << "to be tried again";
  kernel.places["a"].stack->sockets = 0;
  EXPECT_TRUE(next.keep());
  EXPECT_EQ(kernel.state(), "a:TS1LS1CM1@2[eth0] ");
}

TEST_F(keeper, a_link_that_comes_back_is_taken_again_whoever_holds_sockets) {
  kept.begin(config_of({a}), {});
  kept.keep();
  kernel.places["a"].stack->sockets = 2;
  kernel.lose_device("a", "eth0");
  EXPECT_TRUE(kept.keep());
  EXPECT_EQ(kept.standings().at("a").why, "no device eth0");
  kernel.places["a"].devices.insert("eth0");
  kernel.changes.clear();
  EXPECT_TRUE(kept.keep());
  EXPECT_EQ(kernel.changes, (std::vector<std::string>{"+a/eth0"}));
  EXPECT_EQ(kept.standings().at("a").state, State::running);
}

TEST_F(keeper, what_is_asked_for_in_advance_changes_nothing) {
  kept.begin(config_of({a}), {});
  const Plan plan = kept.preview(config_of({a, b}));
  EXPECT_EQ(plan.steps.size(), 2U);
  EXPECT_TRUE(kernel.changes.empty());
}

// Whatever comes and goes, in any order, and a daemon that is killed at any time: at the
// end the kernel is as the file says.
TEST_F(keeper, every_order_of_module_link_namespace_and_daemon) {
  std::vector<int> order = {0, 1, 2, 3, 4, 5, 6, 7};
  int tried = 0;
  do {
    // What goes comes back after it has gone.
    const auto at = [&order](int what) { return std::find(order.begin(), order.end(), what); };
    if (at(0) > at(1) || at(2) > at(3) || at(4) > at(5) || at(6) > at(7)) continue;
    FakeKernel world;
    world.places["a"].devices = {"eth0"};
    auto daemon = std::make_unique<Keeper>(world, log);
    daemon->begin(config_of({a}), {});
    daemon->keep();
    const std::function<void()> events[] = {[&] { world.unload(); },
                                            [&] { world.module = true; },
                                            [&] {
                                              if (world.places.contains("a"))
                                                world.lose_device("a", "eth0");
                                            },
                                            [&] {
                                              if (world.places.contains("a"))
                                                world.places["a"].devices.insert("eth0");
                                            },
                                            [&] { world.places.erase("a"); },
                                            [&] { world.places["a"].devices.insert("eth0"); },
                                            [&] { daemon.reset(); },
                                            [&] {
                                              daemon = std::make_unique<Keeper>(world, log);
                                              daemon->begin(config_of({a}), {{"a", false}});
                                            }};
    for (const int event : order) {
      events[event]();
      if (daemon) daemon->keep();
    }
    ASSERT_EQ(world.state(), "a:TS1LS1CM1@0[eth0] ") << testing::PrintToString(order);
    tried++;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(tried, 2520);
}

}  // namespace
