// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "cm_world.hh"

namespace {

using pika::test::alice;
using pika::test::CmWorld;
using pika::test::Offers;
using pika::test::v4;
using pika::test::v6;
using pika::test::Who;

constexpr Who bob{2, 1};

using accept = pika::test::CmTest;

INSTANTIATE_TEST_SUITE_P(combined_split, accept, testing::Values(0, 1));

TEST_P(accept, established__goes_to_the_registered_acceptor) {
  world.accept(alice);
  world.arrive(1);
  const auto assigns = world.told(PIKA_MSG_ASSIGN);
  ASSERT_EQ(assigns.size(), 1u);
  EXPECT_EQ(world.who(assigns[0].assign), alice);
  EXPECT_EQ(assigns[0].flow, world.flow(1));
  EXPECT_EQ(assigns[0].assign.listener, 1u);
  EXPECT_EQ(assigns[0].assign.claim_timeout_us, 1000u);
  EXPECT_EQ(world.acceptor(alice)->offers, 1u);
}

TEST_P(accept, established__prefers_an_acceptor_without_an_offer) {
  world.accept(alice);
  world.accept(bob);
  world.arrive(1);
  world.arrive(2);
  const auto offers = world.assigned();
  ASSERT_EQ(offers.size(), 2u);
  EXPECT_NE(offers.at(1), offers.at(2));
}

TEST_P(accept, established__goes_to_a_busy_acceptor_when_all_are) {
  world.accept(alice);
  world.arrive(1);
  world.arrive(2);
  EXPECT_EQ(world.assigned(), (Offers{{1, alice}, {2, alice}}));
  EXPECT_EQ(world.acceptor(alice)->offers, 2u);
}

TEST_P(accept, established__without_acceptor_waits_and_wakes_who_listened) {
  world.arrive(1);
  EXPECT_TRUE(world.assigned().empty());
  EXPECT_EQ(world.stats().waited, 1u);
  EXPECT_EQ(world.heard(0, PIKA_MSG_WAKE).size(), 1u);
  EXPECT_TRUE(world.heard(1, PIKA_MSG_WAKE).empty());
}

TEST_P(accept, established__twice_is_ignored) {
  world.syn();
  world.arrive(1);
  world.established(1);
  EXPECT_EQ(world.stats().stray, 1u);
  EXPECT_EQ(world.listener().unclaimed, 1u);
}

TEST_P(accept, established__that_was_not_admitted_is_ignored) {
  world.established(1);
  EXPECT_EQ(world.stats().stray, 1u);
  EXPECT_EQ(world.cm().pendings.pool.used, 0u);
}

TEST_P(accept, wake__reaches_all_who_ever_registered_once_until_somebody_registers) {
  world.accept(bob);
  world.arrive(1);
  world.expire(1, bob);
  world.arrive(2);
  world.arrive(3);
  EXPECT_EQ(world.heard(0, PIKA_MSG_WAKE).size(), 1u);
  EXPECT_EQ(world.heard(1, PIKA_MSG_WAKE).size(), 1u);
  EXPECT_TRUE(world.heard(2, PIKA_MSG_WAKE).empty());
  world.accept(bob);
  world.expire(1, bob);
  world.claim(1, bob);
  world.expire(2, bob);
  EXPECT_EQ(world.heard(1, PIKA_MSG_WAKE).size(), 1u);
}

TEST_P(accept, wake__that_does_not_fit_is_sent_when_there_is_room) {
  world.listen(2);
  world.arrive(9);
  world.heard(0, PIKA_MSG_WAKE);
  pika_msg filler{};
  filler.type = PIKA_MSG_UPDATE;
  while (pika_send(world.server(0), world.endpoint(0).address, &filler)) continue;
  world.arrive(1, 2);
  world.accept(alice);
  world.expire(9, alice);
  EXPECT_TRUE(world.cm().wakes[world.endpoint(0).address].waiting);
  world.endpoint(0).take();
  world.run(0);
  const auto wakes = world.heard(0, PIKA_MSG_WAKE);
  ASSERT_EQ(wakes.size(), 2u);
  EXPECT_EQ(wakes[0].acceptor.listener + wakes[1].acceptor.listener, 3u);
  EXPECT_TRUE(pika_list_empty(&world.cm().waking));
}

TEST_P(accept, wake__of_a_listener_that_has_gone_is_not_sent) {
  pika_msg filler{};
  filler.type = PIKA_MSG_UPDATE;
  while (pika_send(world.server(0), world.endpoint(0).address, &filler)) continue;
  world.arrive(1);
  pika_cm_unlisten(world.server(0), 1);
  world.endpoint(0).take();
  world.run(0);
  EXPECT_TRUE(world.heard(0, PIKA_MSG_WAKE).empty());
}

TEST_P(accept, register__gets_one_waiting_connection_at_a_time_oldest_first) {
  for (uint32_t i = 1; i <= 3; i++) world.arrive(i);
  world.accept(alice);
  EXPECT_EQ(world.assigned(), (Offers{{1, alice}}));
  world.accept(bob);
  EXPECT_EQ(world.assigned(), (Offers{{2, bob}}));
  world.claim(1, alice);
  EXPECT_EQ(world.assigned(), (Offers{{3, alice}}));
}

TEST_P(accept, register__newcomers_queue_behind_those_who_wait) {
  world.arrive(1);
  world.arrive(2);
  world.accept(alice);
  world.arrive(3);
  EXPECT_EQ(world.assigned(), (Offers{{1, alice}}));
  world.claim(1, alice);
  EXPECT_EQ(world.assigned(), (Offers{{2, alice}}));
}

TEST_P(accept, register__for_an_unknown_listener_is_counted) {
  world.accept(alice, 9);
  EXPECT_EQ(world.stats().stray, 1u);
}

TEST_P(accept, register__refuses_more_acceptors_than_it_has_room_for) {
  for (uint32_t i = 0; i < 17; i++) world.accept({i, 0});
  EXPECT_EQ(world.stats().acceptors_full, 1u);
  EXPECT_EQ(world.stats().registered, 16u);
}

TEST_P(accept, register__takes_the_place_of_one_that_left_and_holds_nothing) {
  for (uint32_t i = 0; i < 16; i++) world.accept({i, 0});
  world.arrive(1);
  const Who gone = world.assigned().at(1);
  world.expire(1, gone);  // reassigned to another
  world.accept({99, 1});
  EXPECT_EQ(world.stats().acceptors_full, 0u);
  EXPECT_EQ(world.acceptor(gone), nullptr);
  EXPECT_NE(world.acceptor({99, 1}), nullptr);
}

TEST_P(accept, register__does_not_take_the_place_of_one_that_holds_a_connection) {
  for (uint32_t i = 0; i < 15; i++) world.accept({i, 0});
  world.accept(bob);
  for (uint32_t flow = 1; flow <= 2; flow++) world.arrive(flow);
  const auto offers = world.assigned();
  world.arrive(3);
  const Who holds_claimed = offers.at(1), holds_offer = world.assigned().at(3);
  world.claim(1, holds_claimed);
  for (uint32_t i = 0; i < 15; i++) world.arrive(10 + i);  // all are busy now
  for (const auto& [flow, who] : world.assigned())
    if (who == holds_claimed) world.expire(flow, who);
  world.expire(3, holds_offer);
  ASSERT_FALSE(world.acceptor(holds_claimed)->registered);
  ASSERT_FALSE(world.acceptor(holds_offer)->registered);
  world.accept({99, 1});
  world.accept({98, 1});
  EXPECT_EQ(world.stats().acceptors_full, 2u);
  ASSERT_NE(world.acceptor(holds_claimed), nullptr);
  EXPECT_EQ(world.acceptor(holds_claimed)->open, 1u);
}

TEST_P(accept, register__same_number_at_two_endpoints_is_two_acceptors) {
  world.accept({1, 0});
  world.accept({1, 1});
  world.arrive(1);
  world.arrive(2);
  const auto offers = world.assigned();
  EXPECT_NE(offers.at(1).endpoint, offers.at(2).endpoint);
}

TEST_P(accept, accept_timeout__late_acceptor_leaves_the_list) {
  world.accept(alice);
  world.accept(bob);
  world.arrive(1);
  const Who late = world.assigned().at(1);
  const Who other = late == alice ? bob : alice;
  world.expire(1, late);
  EXPECT_EQ(world.assigned(), (Offers{{1, other}}));
  EXPECT_FALSE(world.acceptor(late)->registered);
  EXPECT_EQ(world.acceptor(late)->offers, 0u);
  world.arrive(2);
  EXPECT_EQ(world.assigned(), (Offers{{2, other}}));
}

TEST_P(accept, accept_timeout__offer_stands_until_another_registers) {
  world.accept(alice);
  world.arrive(1);
  world.expire(1, alice);
  EXPECT_EQ(world.assigned().size(), 1u);
  EXPECT_EQ(world.acceptor(alice)->offers, 1u);
  world.accept(bob);
  EXPECT_EQ(world.assigned(), (Offers{{1, bob}}));
  EXPECT_EQ(world.acceptor(alice)->offers, 0u);
  EXPECT_EQ(world.stats().reassigned, 1u);
}

TEST_P(accept, accept_timeout__offer_stands_while_the_other_has_one_itself) {
  world.accept(alice);
  world.accept(bob);
  world.arrive(1);
  world.arrive(2);
  const auto offers = world.assigned();
  world.expire(1, offers.at(1));
  EXPECT_TRUE(world.assigned().empty());
  world.claim(2, offers.at(2));
  EXPECT_EQ(world.assigned(), (Offers{{1, offers.at(2)}}));
}

/// Somebody who always has a few offers is never without one, however fast it claims.
TEST_P(accept, accept_timeout__connection_does_not_starve_behind_newer_ones) {
  world.accept(alice);
  world.arrive(1);
  world.accept(bob);
  world.arrive(2);
  ASSERT_EQ(world.assigned(), (Offers{{1, alice}, {2, bob}}));
  world.expire(1, alice);
  uint32_t next = 3;
  bool reassigned = false;
  for (; next < 100 && !reassigned; next++) {
    world.arrive(next);
    world.claim(next - 1, bob);
    world.close(next - 1, bob);
    reassigned = world.assigned().contains(1);
  }
  EXPECT_TRUE(reassigned) << "95 came later and were accepted";
}

/// Whoever gets rid of a late offer, and is back, takes the next.
TEST_P(accept, accept_timeout__one_who_came_back_is_not_left_without_an_offer) {
  constexpr Who carol{3, 2};
  world.accept(alice);
  world.arrive(1);
  world.accept(carol);
  world.arrive(2);
  world.accept(bob);
  world.arrive(3);
  world.expire(1, alice);
  world.expire(2, carol);
  world.arrive(4);
  ASSERT_EQ(world.assigned(), (Offers{{1, alice}, {2, carol}, {3, bob}, {4, bob}}));
  world.accept(alice);
  world.claim(3, bob);
  EXPECT_EQ(world.assigned(), (Offers{{1, bob}, {2, alice}}));
}

TEST_P(accept, accept_timeout__of_an_older_registration_costs_nothing) {
  world.accept(alice);
  world.arrive(1);
  world.accept(alice);
  world.expire(1, alice);
  EXPECT_TRUE(world.acceptor(alice)->registered);
  world.arrive(2);
  EXPECT_EQ(world.assigned(), (Offers{{1, alice}, {2, alice}}));
}

TEST_P(accept, accept_timeout__that_crossed_a_claim_is_ignored) {
  world.accept(alice);
  world.arrive(1);
  world.claim(1, alice);
  world.expire(1, alice);
  EXPECT_TRUE(world.acceptor(alice)->registered);
  EXPECT_EQ(world.stats().late_timeouts, 1u);
}

TEST_P(accept, accept_timeout__of_one_who_no_longer_has_the_offer_is_ignored) {
  world.accept(alice);
  world.arrive(1);
  world.expire(1, alice);
  world.accept(bob);
  world.expire(1, alice);
  EXPECT_EQ(world.stats().late_timeouts, 1u);
  EXPECT_TRUE(world.acceptor(bob)->registered);
}

TEST_P(accept, accept_timeout__names_number_and_endpoint) {
  constexpr Who same_endpoint{2, 0}, same_number{1, 1};
  world.accept(alice);
  world.arrive(1);
  world.expire(1, same_endpoint);
  world.expire(1, same_number);
  EXPECT_EQ(world.stats().late_timeouts, 2u);
  EXPECT_TRUE(world.acceptor(alice)->registered);
}

TEST_P(accept, claim__frees_the_offer_and_counts_an_open_connection) {
  world.accept(alice);
  world.arrive(1);
  world.claim(1, alice);
  EXPECT_EQ(world.acceptor(alice)->offers, 0u);
  EXPECT_EQ(world.acceptor(alice)->open, 1u);
  EXPECT_EQ(world.listener().unclaimed, 0u);
  EXPECT_EQ(world.cm().pendings.pool.used, 0u);
}

TEST_P(accept, claim__that_crossed_a_reassignment_counts_for_who_claimed) {
  world.accept(alice);
  world.accept(bob);
  world.arrive(1);
  const Who first = world.assigned().at(1);
  const Who second = first == alice ? bob : alice;
  world.expire(1, first);
  world.claim(1, first);
  EXPECT_EQ(world.acceptor(first)->open, 1u);
  EXPECT_EQ(world.acceptor(first)->offers, 0u);
  EXPECT_EQ(world.acceptor(second)->offers, 0u);
  EXPECT_EQ(world.acceptor(second)->open, 0u);
}

TEST_P(accept, claim__late_but_successful_registers_again) {
  world.accept(alice);
  world.arrive(1);
  world.expire(1, alice);
  world.claim(1, alice);
  EXPECT_TRUE(world.acceptor(alice)->registered);
  world.arrive(2);
  EXPECT_TRUE(world.assigned().contains(2));
}

TEST_P(accept, claim__twice_counts_once) {
  world.accept(alice);
  world.arrive(1);
  world.claim(1, alice);
  world.claim(1, alice);
  EXPECT_EQ(world.acceptor(alice)->open, 1u);
  EXPECT_EQ(world.stats().stray, 1u);
}

/// Transport server, applications and clients that do anything they may, in any
/// order; messages cross as they do between servers that run when they run.
class Chaos {
 public:
  Chaos(unsigned seed, uint16_t ts) : world(ts), random_(seed) { listen(); }

  void step() {
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        return world.syn(v4(10, 0, 0, 1), port_);
      case 3:
      case 4:
        return establish_or_give_up();
      case 5:
      case 6:
        return with_offered([this](uint32_t flow) { claim(flow); });
      case 7:
        return with_offered([this](uint32_t flow) { expire(flow); });
      case 8:
        return reset_or_close();
      case 9:
      case 10:
        return register_somebody();
      default:
        if (!below(60)) relisten();
    }
  }

  /// Some of the servers and endpoints look at their rings.
  void run_some() {
    if (below(2)) pika_server_run(world.server(0), 1 + below(64));
    if (below(2)) run_ts();
    if (below(4) == 0) world.endpoint(below(3)).take(below(20));
  }

  void check() const {
    auto& cm = *world_cm();
    uint32_t pending = 0, half_open = 0;
    for (uint32_t i = 0; i < cm.listeners.pool.count; i++) {
      if (cm.listeners.pool.slots[i].next != PIKA_POOL_TAKEN) continue;
      const auto& l = *static_cast<pika_listener*>(pika_pool_at(&cm.listeners.pool, i));
      const uint32_t waiting = length(l.waiting), held = length(l.offered) + length(l.late);
      ASSERT_EQ(l.unclaimed, waiting + held);
      ASSERT_EQ(offers(l.ready), 0u);
      ASSERT_EQ(offers(l.busy) + offers(l.absent), held);
      ASSERT_TRUE(pika_list_empty(&l.ready) || (!waiting && pika_list_empty(&l.late)))
          << "a connection waits while an acceptor does";
      pending += l.unclaimed;
      half_open += l.half_open;
    }
    ASSERT_LE(half_open, cm.half_open);
    ASSERT_LE(pending, cm.pendings.pool.used);
    ASSERT_LE(cm.pendings.pool.used + cm.half_open, cm.pendings.pool.count);
  }

  /// No more clients. Two acceptors take all there is; then all connections end.
  void settle() {
    for (int round = 0; round < 400; round++) {
      deliver();
      while (!admitted_.empty()) establish();
      world.accept({1, 0}, id_);
      if (round % 2) world.accept({2, 1}, id_);
      with_offered([this](uint32_t flow) { claim(flow); });
    }
    deliver();
    for (const auto& [flow, f] : flows_)
      ASSERT_TRUE(f.claimed) << "nobody was offered flow " << flow;
    while (!flows_.empty()) close(flows_.begin()->first);
    deliver();
    auto& cm = world.cm();
    EXPECT_EQ(cm.half_open, 0u);
    EXPECT_EQ(cm.pendings.pool.used, 0u);
    EXPECT_EQ(world.listener(id_).unclaimed, 0u);
    EXPECT_EQ(world.listener(id_).half_open, 0u);
    for (uint32_t acceptor = 0; acceptor < 6; acceptor++)
      for (uint16_t endpoint = 0; endpoint < 3; endpoint++)
        if (const auto* a = world.acceptor({acceptor, endpoint}, id_)) {
          EXPECT_EQ(a->offers, 0u);
          EXPECT_EQ(a->open, 0u);
        }
    EXPECT_EQ(world.stats().established, established_);
    EXPECT_EQ(world.stats().claimed, claimed_);
    EXPECT_EQ(world.stats().claimed + world.stats().unclaimed, established_);
  }

 private:
  struct Flow {
    uint32_t listener = 0;
    std::optional<Who> offered;
    bool claimed = false;
    bool expired = false;
  };

  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  pika_cm* world_cm() const { return const_cast<CmWorld&>(world).server(0)->manager; }

  static uint32_t length(const pika_list& list) {
    uint32_t n = 0;
    for (auto* at = list.next; at != &list; at = at->next) n++;
    return n;
  }
  static uint32_t offers(const pika_list& list) {
    uint32_t n = 0;
    for (auto* at = list.next; at != &list; at = at->next)
      n += pika_list_first(at->prev, pika_acceptor, link)->offers;
    return n;
  }

  void listen() {
    id_++;
    port_ = static_cast<uint16_t>(80 + id_ % 3);
    world.endpoint(0).take();
    ASSERT_EQ(world.listen(id_, v6(0), port_, 20), 0);
  }

  void relisten() {
    deliver();
    world.endpoint(0).take();
    ASSERT_EQ(world.unlisten(id_), 0);
    listen();
  }

  /// Without waiting for an answer, unlike CmWorld::tell().
  void send(pika_msg& msg) {
    world.run(world.ts);  // the TS's ring never overflows: it has retries of its own
    if (!pika_send(world.server(world.ts), 0, &msg)) {
      world.run(0);
      ASSERT_TRUE(pika_send(world.server(world.ts), 0, &msg));
    }
  }

  void run_ts() {
    pika_server_run(world.server(world.ts), 1 + below(64));
    for (const auto& msg : world.take(world.ts)) hear(msg);
  }
  void deliver() {
    for (int i = 0; i < 5; i++) {
      world.run();
      for (const auto& msg : world.take(world.ts)) hear(msg);
      for (size_t e = 0; e < 4; e++) world.endpoint(e).take();
    }
  }

  void hear(const pika_msg& msg) {
    if (msg.type == PIKA_MSG_ADMIT) {
      admitted_.push_back(msg.admit.listener);
      return;
    }
    const auto at = flows_.find(pika_handle_index(msg.flow));
    if (at == flows_.end() || at->second.claimed) return;
    if (msg.assign.endpoint == PIKA_NOBODY) {
      close(at->first);
    } else {
      at->second.offered = world.who(msg.assign);
      at->second.expired = false;
    }
  }

  void establish_or_give_up() {
    if (admitted_.empty()) return;
    if (below(4)) return establish();
    pika_msg msg = world.about(PIKA_MSG_CONNECTION_CLOSED, next_++);
    msg.closed.listener = admitted_.front();
    msg.closed.endpoint = PIKA_NOBODY;
    admitted_.pop_front();
    send(msg);
  }
  void establish() {
    const uint32_t flow = next_++;
    pika_msg msg = world.about(PIKA_MSG_ESTABLISHED, flow);
    msg.established.listener = flows_[flow].listener = admitted_.front();
    admitted_.pop_front();
    established_++;
    send(msg);
  }

  template <typename F>
  void with_offered(F f) {
    std::vector<uint32_t> offered;
    for (const auto& [flow, state] : flows_)
      if (state.offered && !state.claimed) offered.push_back(flow);
    if (!offered.empty()) f(offered[below(static_cast<uint32_t>(offered.size()))]);
  }
  void claim(uint32_t flow) {
    auto& state = flows_[flow];
    pika_msg msg = world.about(PIKA_MSG_CLAIMED, flow);
    msg.claimed.listener = state.listener;
    msg.claimed.acceptor = state.offered->acceptor;
    msg.claimed.endpoint = world.endpoint(state.offered->endpoint).address;
    state.claimed = true;
    claimed_++;
    send(msg);
  }
  void expire(uint32_t flow) {
    auto& state = flows_[flow];
    if (std::exchange(state.expired, true)) return;
    pika_msg msg = world.about(PIKA_MSG_ACCEPT_TIMEOUT, flow);
    msg.established.listener = state.listener;
    msg.established.acceptor = state.offered->acceptor;
    msg.established.endpoint = world.endpoint(state.offered->endpoint).address;
    send(msg);
  }
  void close(uint32_t flow) {
    const auto state = flows_[flow];
    pika_msg msg = world.about(PIKA_MSG_CONNECTION_CLOSED, flow);
    msg.closed.listener = state.listener;
    msg.closed.endpoint = PIKA_NOBODY;
    if (state.claimed) {
      msg.closed.acceptor = state.offered->acceptor;
      msg.closed.endpoint = world.endpoint(state.offered->endpoint).address;
      msg.closed.service_us = below(100000);
      msg.closed.claim_us = below(3000);
    }
    flows_.erase(flow);
    send(msg);
  }
  void reset_or_close() {
    if (flows_.empty()) return;
    auto at = flows_.begin();
    std::advance(at, below(static_cast<uint32_t>(flows_.size())));
    close(at->first);
  }

  void register_somebody() {
    pika_msg msg{};
    msg.type = PIKA_MSG_ACCEPT_CONNECTION;
    msg.acceptor.listener = id_;
    msg.acceptor.acceptor = below(6);
    world.endpoint(below(3)).send(0, msg);
  }

  CmWorld world;
  std::mt19937 random_;
  uint32_t id_ = 0;
  uint16_t port_ = 0;
  uint32_t next_ = 1;
  uint64_t established_ = 0, claimed_ = 0;
  std::deque<uint32_t> admitted_;
  std::map<uint32_t, Flow> flows_;
};

class accept_random : public testing::TestWithParam<unsigned> {};

TEST_P(accept_random, any_order__every_connection_is_in_one_place_and_none_is_lost) {
  Chaos chaos(GetParam(), GetParam() % 2);
  for (int i = 0; i < 2000; i++) {
    chaos.step();
    chaos.run_some();
    chaos.check();
    if (testing::Test::HasFatalFailure()) return;
  }
  chaos.settle();
}

INSTANTIATE_TEST_SUITE_P(seeds, accept_random, testing::Range(0u, 40u));

}  // namespace
