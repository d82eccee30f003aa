// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <random>
#include <utility>

#include "world.hh"

extern "C" {
#include "core/listener.h"
}

namespace {

using pika::test::v4;
using pika::test::v6;

const pika_addr any4 = v4(0, 0, 0, 0);
const pika_addr any6 = v6(0);

class listener : public testing::Test {
 protected:
  static constexpr uint32_t kMax = 64;

  listener() : memory_(pika::test::lines(1 << 20)) {
    pika_arena arena{static_cast<u8*>(memory_.get()), 1 << 20, 0};
    EXPECT_TRUE(pika_listeners_init(&all, &arena, kMax));
  }
  int add(uint32_t id, const pika_addr& addr, uint16_t port = 80, bool v6only = false) {
    pika_msg_listen listen{};
    listen.addr = addr;
    listen.listener = id;
    listen.port = port;
    listen.v6only = v6only;
    int error = 1;
    pika_listener_add(&all, &listen, &error);
    return error;
  }
  void remove(uint32_t id) {
    auto* gone = pika_listener_by_id(&all, id);
    ASSERT_NE(gone, nullptr);
    pika_listener_remove(&all, gone);
    pika_listener_put(&all, gone);
  }
  /// Its number, or 0.
  uint32_t lookup(const pika_addr& addr, uint16_t port = 80) {
    const auto* found = pika_listener_for(&all, &addr, port);
    return found ? found->id : 0;
  }
  pika_listeners all;

 private:
  pika::test::Lines memory_;
};

TEST_F(listener, lookup__the_most_specific_address_wins) {
  EXPECT_EQ(add(1, any4), 0);
  EXPECT_EQ(add(2, v4(10, 0, 0, 1)), 0);
  EXPECT_EQ(lookup(v4(10, 0, 0, 1)), 2u);
  EXPECT_EQ(lookup(v4(10, 0, 0, 2)), 1u);
  EXPECT_EQ(lookup(v4(10, 0, 0, 1), 81), 0u);
}

TEST_F(listener, lookup__again_sees_who_came_and_went_since) {
  EXPECT_EQ(add(1, any4), 0);
  EXPECT_EQ(lookup(v4(10, 0, 0, 1)), 1u);
  EXPECT_EQ(lookup(v4(10, 0, 0, 1)), 1u);
  EXPECT_EQ(add(2, v4(10, 0, 0, 1)), 0);
  EXPECT_EQ(lookup(v4(10, 0, 0, 1)), 2u);
  EXPECT_EQ(lookup(v4(10, 0, 0, 2)), 1u);
  EXPECT_EQ(lookup(v4(10, 0, 0, 1)), 2u);
  remove(2);
  EXPECT_EQ(lookup(v4(10, 0, 0, 1)), 1u);
  remove(1);
  EXPECT_EQ(lookup(v4(10, 0, 0, 1)), 0u);
}

TEST_F(listener, lookup__any_ipv6_takes_both_families) {
  EXPECT_EQ(add(1, any6), 0);
  EXPECT_EQ(lookup(v6(1)), 1u);
  EXPECT_EQ(lookup(v4(10, 0, 0, 1)), 1u);
}

TEST_F(listener, lookup__v6only_does_not_take_ipv4) {
  EXPECT_EQ(add(1, any6, 80, true), 0);
  EXPECT_EQ(lookup(v6(1)), 1u);
  EXPECT_EQ(lookup(v4(10, 0, 0, 1)), 0u);
}

TEST_F(listener, lookup__any_ipv4_does_not_take_ipv6) {
  EXPECT_EQ(add(1, any4), 0);
  EXPECT_EQ(lookup(v6(1)), 0u);
}

TEST_F(listener, lookup__families_side_by_side) {
  EXPECT_EQ(add(1, any4), 0);
  EXPECT_EQ(add(2, any6, 80, true), 0);
  EXPECT_EQ(add(3, v6(1)), 0);
  EXPECT_EQ(lookup(v4(1, 2, 3, 4)), 1u);
  EXPECT_EQ(lookup(v6(2)), 2u);
  EXPECT_EQ(lookup(v6(1)), 3u);
}

TEST_F(listener, conflict__same_address_and_port) {
  EXPECT_EQ(add(1, v4(10, 0, 0, 1)), 0);
  EXPECT_EQ(add(2, v4(10, 0, 0, 1)), -EADDRINUSE);
  EXPECT_EQ(add(3, v4(10, 0, 0, 1), 81), 0);
  EXPECT_EQ(add(4, v4(10, 0, 0, 2)), 0);
}

TEST_F(listener, conflict__any_of_both_families_in_either_order) {
  EXPECT_EQ(add(1, any6, 80), 0);
  EXPECT_EQ(add(2, any4, 80), -EADDRINUSE);
  EXPECT_EQ(add(3, any6, 80, true), -EADDRINUSE);
  EXPECT_EQ(add(4, any4, 81), 0);
  EXPECT_EQ(add(5, any6, 81), -EADDRINUSE);
  EXPECT_EQ(add(6, any6, 81, true), 0);
}

TEST_F(listener, number__in_use_is_refused) {
  EXPECT_EQ(add(1, any4), 0);
  EXPECT_EQ(add(1, any4, 81), -EEXIST);
}

TEST_F(listener, exhaustion__is_refused_and_ends_when_one_goes) {
  for (uint32_t i = 1; i <= kMax; i++) EXPECT_EQ(add(i, any4, i), 0);
  EXPECT_EQ(add(99, any4, 99), -ENOSPC);
  remove(5);
  EXPECT_EQ(lookup(v4(1, 2, 3, 4), 5), 0u);
  EXPECT_EQ(add(99, any4, 99), 0);
}

/// Against a table of the same listeners, few addresses and ports.
TEST_F(listener, any_order__finds_what_a_list_would) {
  using Key = std::pair<int, uint16_t>;  // 0: any IPv4, 1: any IPv6, 2, 3: addresses
  const pika_addr addrs[] = {any4, any6, v4(10, 0, 0, 1), v6(1)};
  std::map<Key, std::pair<uint32_t, bool>> model;
  std::mt19937 random(3);
  for (uint32_t id = 1; id < 20000; id++) {
    const Key key{static_cast<int>(random() % 4), static_cast<uint16_t>(random() % 8)};
    const int a = key.first;
    const uint16_t port = key.second;
    const bool v6only = random() % 2;
    if (const auto old = model.find(key); old != model.end()) {
      EXPECT_EQ(add(id, addrs[a], port, v6only), -EADDRINUSE);
      remove(old->second.first);
      model.erase(old);
      continue;
    }
    const auto other = model.find({1 - a, port});
    const bool conflict = a < 2 && other != model.end() && !(a ? v6only : other->second.second);
    EXPECT_EQ(add(id, addrs[a], port, v6only), conflict ? -EADDRINUSE : 0);
    if (!conflict) model[key] = {id, v6only};

    const auto find = [&](int i) { return model.contains({i, port}) ? model[{i, port}].first : 0; };
    const uint32_t dual = model.contains({1, port}) && !model[{1, port}].second ? find(1) : 0;
    const auto first = [](uint32_t x, uint32_t y, uint32_t z) { return x ? x : y ? y : z; };
    EXPECT_EQ(lookup(addrs[2], port), first(find(2), find(0), dual));
    EXPECT_EQ(lookup(v4(9, 9, 9, 9), port), first(find(0), dual, 0));
    EXPECT_EQ(lookup(addrs[3], port), first(find(3), find(1), 0));
  }
}

}  // namespace
