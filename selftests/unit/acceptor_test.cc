// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

#include "world.hh"

extern "C" {
#include "core/acceptor.h"
}

namespace {

class acceptor : public testing::Test {
 protected:
  static constexpr uint32_t kMax = 100;

  acceptor() : memory_(pika::test::lines(1 << 20)) {
    pika_arena arena{static_cast<u8*>(memory_.get()), 1 << 20, 0};
    EXPECT_TRUE(pika_acceptors_init(&all, &arena, kMax));
    pika_list_init(&all.idle);
    for (auto& listener : listeners) {
      listener.id = static_cast<uint32_t>(&listener - listeners) + 1;
      pika_list_init(&listener.ready);
      pika_list_init(&listener.busy);
      pika_list_init(&listener.absent);
    }
  }
  pika_acceptor* get(uint32_t id, uint16_t endpoint = 0) {
    return pika_acceptor_get(&all, &listeners[0], id, endpoint);
  }
  void set(pika_acceptor* a, bool registered, uint32_t offers, uint32_t open) {
    a->registered = registered;
    a->offers = offers;
    a->open = open;
    pika_acceptor_place(&all, a);
  }
  static bool is_first(const pika_list& list, const pika_acceptor* a) {
    return list.next == &a->link;
  }
  pika_acceptors all{};
  pika_listener listeners[3]{};

 private:
  pika::test::Lines memory_;
};

TEST_F(acceptor, place__is_by_registration_and_offers) {
  auto* a = get(1);
  EXPECT_TRUE(is_first(listeners[0].absent, a));
  set(a, true, 0, 5);
  EXPECT_TRUE(is_first(listeners[0].ready, a));
  set(a, true, 1, 0);
  EXPECT_TRUE(is_first(listeners[0].busy, a));
  set(a, false, 1, 0);
  EXPECT_TRUE(is_first(listeners[0].absent, a));
}

TEST_F(acceptor, full__only_those_that_hold_nothing_give_way_longest_so_first) {
  for (uint32_t i = 0; i < kMax; i++) set(get(i), true, 0, 0);
  EXPECT_EQ(get(1000), nullptr);
  set(get(10), false, 1, 0);
  set(get(11), false, 0, 1);
  EXPECT_EQ(get(1000), nullptr);
  set(get(13), false, 0, 0);
  set(get(12), false, 0, 0);
  EXPECT_NE(get(1000), nullptr);
  EXPECT_EQ(pika_acceptor_find(&all, &listeners[0], 13, 0), nullptr);
  EXPECT_NE(pika_acceptor_find(&all, &listeners[0], 12, 0), nullptr);
}

TEST_F(acceptor, any_order__finds_what_a_map_would) {
  using Key = std::tuple<uint32_t, uint32_t, uint16_t>;
  std::mt19937 random(5);
  std::map<Key, pika_acceptor*> model;
  for (int i = 0; i < 100000; i++) {
    const Key key{random() % 2, random() % 2, random() % 500};
    auto* listener = &listeners[std::get<0>(key)];
    const auto [l, id, endpoint] = key;
    const auto known = model.find(key);
    ASSERT_EQ(pika_acceptor_find(&all, listener, id, endpoint),
              known == model.end() ? nullptr : known->second);
    if (known != model.end() && random() % 2) {
      pika_acceptor_put(&all, known->second);
      model.erase(known);
    } else if (known != model.end() || model.size() < kMax) {
      model[key] = pika_acceptor_get(&all, listener, id, endpoint);
      ASSERT_NE(model[key], nullptr);
      set(model[key], true, 0, 0);
    }
  }
}

}  // namespace
