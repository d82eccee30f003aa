// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/plan.hh"

#include <gtest/gtest.h>

#include "pikad_world.hh"

namespace {

using Kind = Step::Kind;
using Place = Seen::Place;

Seen running(const WantedStack& stack) {
  return {.place = Place::ready, .missing = {}, .stack = stack.config, .why = {}};
}

const Seen empty = {.place = Place::ready};

Wanted wanted_of(const std::vector<WantedStack>& stacks) {
  Wanted wanted;
  for (const WantedStack& stack : stacks) wanted.emplace(stack.netns, stack);
  return wanted;
}

/// "-a +b": stops a, starts b; "+a/x -a/y": adds link x to a, removes y.
std::string steps(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps) {
    const bool less = step.kind == Kind::stop || step.kind == Kind::remove_link;
    text += (text.empty() ? "" : " ") + std::string(less ? "-" : "+") +
            (step.netns.empty() ? "own" : step.netns) + (step.link.empty() ? "" : "/" + step.link);
  }
  return text;
}

TEST(plan, a_stack_that_matches_is_left_alone) {
  const WantedStack stack = stack_in("a", "eth0", "1");
  const Plan plan = make_plan(wanted_of({stack}), {{"a", false}}, {{"a", running(stack)}});
  EXPECT_EQ(steps(plan), "");
  EXPECT_TRUE(plan.waiting.empty());
}

TEST(plan, a_missing_stack_is_started) {
  const WantedStack stack = stack_in("a", "eth0");
  const Plan plan = make_plan(wanted_of({stack}), {}, {{"a", empty}});
  EXPECT_EQ(steps(plan), "+a");
  EXPECT_EQ(plan.steps[0].config, stack.config);
}

TEST(plan, another_stack_is_stopped_first_and_remembered) {
  const WantedStack want = stack_in("a", "eth0", "1");
  const WantedStack have = stack_in("a", "eth0", "2");
  const Plan plan = make_plan(wanted_of({want}), {}, {{"a", running(have)}});
  ASSERT_EQ(steps(plan), "-a +a");
  EXPECT_EQ(plan.steps[0].config, have.config);
  EXPECT_FALSE(plan.steps[0].force);
  EXPECT_EQ(describe(plan.differences.at("a")), "cores '2' -> '1'");
}

TEST(plan, only_who_says_force_is_stopped_by_force) {
  WantedStack want = stack_in("a", "eth0", "1");
  want.force = true;
  const Plan plan = make_plan(wanted_of({want}), {}, {{"a", running(stack_in("a", "eth0", "2"))}});
  ASSERT_EQ(steps(plan), "-a +a");
  EXPECT_TRUE(plan.steps[0].force);
}

TEST(plan, a_stack_that_is_not_wanted_is_stopped_only_if_it_is_ours) {
  const Seen there = running(stack_in("a", "eth0"));
  EXPECT_EQ(steps(make_plan({}, {}, {{"a", there}})), "");
  EXPECT_EQ(steps(make_plan({}, {{"a", false}}, {{"a", there}})), "-a");
  EXPECT_EQ(steps(make_plan({}, {{"a", false}}, {{"a", empty}})), "");
}

TEST(plan, stops_come_before_starts_as_they_free_cores) {
  const WantedStack a = stack_in("a", "eth0", "0"), b = stack_in("b", "eth0", "1");
  const Plan plan = make_plan(
      wanted_of({a, b}), {},
      {{"a", running(stack_in("a", "eth0", "1"))}, {"b", running(stack_in("b", "eth0", "0"))}});
  EXPECT_EQ(steps(plan), "-a -b +a +b");
}

TEST(plan, stacks_with_any_cores_choose_last) {
  const WantedStack a = stack_in("a", "eth0"), b = stack_in("b", "eth0", "0");
  EXPECT_EQ(steps(make_plan(wanted_of({a, b}), {}, {{"a", empty}, {"b", empty}})), "+b +a");
}

TEST(plan, what_is_not_there_is_waited_for_by_name) {
  const Wanted wanted = wanted_of({stack_in("a", "eth0,eth1")});
  const auto waits = [&wanted](const Seen& seen) {
    const Plan plan = make_plan(wanted, {}, {{"a", seen}});
    EXPECT_EQ(steps(plan), "");
    return plan.waiting.empty() ? "" : plan.waiting[0].why;
  };
  EXPECT_EQ(waits({.place = Place::no_namespace}), "no such network namespace");
  EXPECT_EQ(waits({.place = Place::no_module}), "pika.ko is not loaded");
  EXPECT_EQ(waits({.place = Place::unknown, .why = "why"}), "why");
  EXPECT_EQ(waits({.place = Place::ready, .missing = {"eth0", "eth1"}}), "no device eth0 eth1");
}

TEST(plan, a_stack_that_differs_goes_on_while_another_device_is_waited_for) {
  Seen seen = running(stack_in("a", "eth0"));
  seen.missing = {"eth1"};
  const Plan plan = make_plan(wanted_of({stack_in("a", "eth1")}), {}, {{"a", seen}});
  EXPECT_EQ(steps(plan), "");
  ASSERT_EQ(plan.waiting.size(), 1U);
}

TEST(plan, links_change_while_a_stack_runs) {
  const WantedStack want = stack_in("a", "x,y,z", "0");
  const auto planned = [&want](const std::string& have, std::vector<std::string> missing) {
    Seen seen = running(stack_in("a", have, "0"));
    seen.missing = std::move(missing);
    const Plan plan = make_plan(wanted_of({want}), {}, {{"a", seen}});
    return steps(plan) + (plan.waiting.empty() ? "" : "; " + plan.waiting[0].why);
  };
  EXPECT_EQ(planned("x,y", {}), "+a/z");
  EXPECT_EQ(planned("", {}), "+a/x +a/y +a/z");
  EXPECT_EQ(planned("v,w,x", {}), "+a/y +a/z -a/v -a/w");
  EXPECT_EQ(planned("y", {"x"}), "+a/z; no device x");
  EXPECT_EQ(planned("x,y", {"z"}), "; no device z");
  EXPECT_EQ(planned("v,y", {"x"}), "+a/z; no device x") << "v is kept until x is there";
}

TEST(plan, links_and_something_else_take_a_restart) {
  const WantedStack want = stack_in("a", "x,y", "1");
  EXPECT_EQ(steps(make_plan(wanted_of({want}), {}, {{"a", running(stack_in("a", "x", "0"))}})),
            "-a +a");
}

TEST(plan, so_do_more_links_than_there_is_room_for) {
  std::string many = "a0";
  for (size_t i = 1; i < max_links; i++) many += ",a" + std::to_string(i);
  const Wanted wanted = wanted_of({stack_in("a", "eth0")});
  EXPECT_EQ(steps(make_plan(wanted, {}, {{"a", running(stack_in("a", many))}})), "-a +a");
}

TEST(plan, a_link_s_steps_in_words) {
  const Plan plan =
      make_plan(wanted_of({stack_in("a", "x")}), {}, {{"a", running(stack_in("a", "y"))}});
  ASSERT_EQ(plan.steps.size(), 2U);
  EXPECT_EQ(describe(plan.steps[0]), "namespace a: link add x");
  EXPECT_EQ(describe(plan.steps[1]), "namespace a: link del y");
}

TEST(plan, each_key_makes_a_difference) {
  const pika::StackConfig have = stack_in("a", "eth0", "0").config;
  const auto differs = [&have](auto change) {
    pika::StackConfig want = have;
    change(want);
    return describe(compare(have, want));
  };
  EXPECT_EQ(differs([](auto&) {}), "");
  EXPECT_EQ(differs([](auto& c) { c.composition = "TS2LS2CM2"; }),
            "composition 'TS1LS1CM1' -> 'TS2LS2CM2'");
  EXPECT_EQ(differs([](auto& c) { c.links = "eth1"; }), "links 'eth0' -> 'eth1'");
  EXPECT_EQ(differs([](auto& c) { c.cores = "1"; }), "cores '0' -> '1'");
  EXPECT_EQ(differs([](auto& c) { c.cores = ""; }), "");
  EXPECT_EQ(differs([](auto& c) { c.idle_us = 7; }), "idle-us '0' -> '7'");
  EXPECT_EQ(differs([](auto& c) { c.max_conns = 256; }), "max-conns '16384' -> '256'");
  EXPECT_EQ(differs([](auto& c) { c.firewall = PIKA_FIREWALL_NONE; }), "firewall 'syn' -> 'none'");
  EXPECT_EQ(differs([](auto& c) { c.allow = "all"; }), "allow 'root' -> 'all'");
}

TEST(plan, the_order_of_links_makes_none) {
  EXPECT_TRUE(compare(stack_in("a", "x,y").config, stack_in("a", "y,x").config).empty());
}

TEST(plan, a_step_in_words) {
  const Plan plan = make_plan(wanted_of({stack_in("", "eth0")}), {}, {{"", empty}});
  EXPECT_EQ(describe(plan.steps.at(0)),
            "own namespace: start TS1LS1CM1 link eth0 cores any idle-us 0 max-conns 16384 "
            "firewall syn allow root");
}

}  // namespace
