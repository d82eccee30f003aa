// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/transaction.hh"

#include <gtest/gtest.h>

#include "pikad_world.hh"

namespace {

struct transaction : testing::Test {
  transaction() {
    for (const char* netns : {"a", "b"}) kernel.places[netns].devices = {"eth0"};
  }

  Step start(const WantedStack& stack) {
    return {.kind = Step::Kind::start, .netns = stack.netns, .config = stack.config};
  }
  Step stop(const WantedStack& stack, bool force = false) {
    return {.kind = Step::Kind::stop, .netns = stack.netns, .config = stack.config, .force = force};
  }
  void run(const WantedStack& stack) { ASSERT_FALSE(carry_out(kernel, {start(stack)}, log)); }

  FakeKernel kernel;
  FakeLog log;
};

TEST_F(transaction, all_steps_are_carried_out_in_order) {
  EXPECT_FALSE(
      carry_out(kernel, {start(stack_in("a", "eth0")), start(stack_in("b", "eth0"))}, log));
  EXPECT_EQ(kernel.changes, (std::vector<std::string>{"+a", "+b"}));
}

TEST_F(transaction, a_failing_step_leaves_the_former_state) {
  const WantedStack old_a = stack_in("a", "eth0", "3");
  run(old_a);
  const std::string before = kernel.state();
  kernel.cursed = "TS1+LS1CM1";
  const auto failure = carry_out(kernel,
                                 {stop(old_a), start(stack_in("a", "eth0", "0")),
                                  start(stack_in("b", "eth0", "", kernel.cursed))},
                                 log);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->netns, "b");
  EXPECT_FALSE(failure->disturbed);
  EXPECT_EQ(kernel.state(), before);
  EXPECT_TRUE(log.has("undone: namespace a: start TS1LS1CM1 link eth0 cores 3"));
}

TEST_F(transaction, links_that_were_changed_are_changed_back) {
  const WantedStack stack = stack_in("a", "eth0");
  kernel.places["a"].devices = {"eth0", "eth1", "eth2"};
  run(stack);
  const std::string before = kernel.state();
  kernel.cursed = "eth2";
  const auto link = [&stack](Step::Kind kind, const char* name) {
    return Step{.kind = kind, .netns = "a", .config = stack.config, .link = name};
  };
  const Step add = link(Step::Kind::add_link, "eth1"), fails = link(Step::Kind::add_link, "eth2");
  auto failure = carry_out(kernel, {add, fails}, log);
  ASSERT_TRUE(failure);
  EXPECT_FALSE(failure->disturbed) << "nobody lost anything";
  EXPECT_EQ(kernel.state(), before);
  failure = carry_out(kernel, {add, link(Step::Kind::remove_link, "eth0"), fails}, log);
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->disturbed);
  EXPECT_EQ(kernel.state(), before);
  EXPECT_TRUE(log.has("undone: namespace a: link add eth0"));
  EXPECT_EQ(failure->error.text, "namespace a: link add eth2: refused");
}

TEST_F(transaction, it_says_which_step_failed_and_why) {
  const auto failure = carry_out(kernel, {start(stack_in("a", "eth9"))}, log);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->error.code, ENODEV);
  EXPECT_NE(failure->error.text.find("namespace a: start TS1LS1CM1"), std::string::npos);
  EXPECT_NE(failure->error.text.find("link eth9"), std::string::npos);
}

TEST_F(transaction, whoever_was_stopped_for_a_failing_start_was_disturbed) {
  const WantedStack old = stack_in("a", "eth0");
  run(old);
  kernel.cursed = "TS1+LS1CM1";
  const auto failure =
      carry_out(kernel, {stop(old), start(stack_in("a", "eth0", "", kernel.cursed))}, log);
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->disturbed);
}

TEST_F(transaction, a_stack_with_sockets_is_stopped_by_force_only) {
  const WantedStack old = stack_in("a", "eth0");
  run(old);
  kernel.places["a"].stack->sockets = 1;
  EXPECT_TRUE(carry_out(kernel, {stop(old)}, log));
  EXPECT_FALSE(carry_out(kernel, {stop(old, true)}, log));
}

TEST_F(transaction, what_the_kernel_started_is_looked_at) {
  struct Forgetful : FakeSession {
    using FakeSession::FakeSession;
    pika::Result<pika::Done> start_stack(const pika::StackConfig& config) override {
      pika::StackConfig other = config;
      other.idle_us = 1;
      return FakeSession::start_stack(other);
    }
  };
  struct : FakeKernel {
    pika::Result<std::unique_ptr<pika::StackSession>> open(const std::string& netns) override {
      return std::unique_ptr<pika::StackSession>(std::make_unique<Forgetful>(*this, netns));
    }
  } other;
  other.places["a"].devices = {"eth0"};
  const auto failure = carry_out(other, {start(stack_in("a", "eth0"))}, log);
  ASSERT_TRUE(failure);
  EXPECT_NE(failure->error.text.find("idle-us '1' -> '0'"), std::string::npos);
  EXPECT_EQ(other.state(), "");
}

TEST_F(transaction, what_cannot_be_undone_is_said) {
  const WantedStack old = stack_in("a", "eth0");
  run(old);
  kernel.lose_device("a", "eth0");
  EXPECT_TRUE(carry_out(kernel, {stop(old), start(stack_in("a", "eth1"))}, log));
  EXPECT_TRUE(log.has(", to undo: link eth0"));
}

}  // namespace
