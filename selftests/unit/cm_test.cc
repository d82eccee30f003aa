// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "cm_world.hh"

namespace {

using pika::test::alice;
using pika::test::CmWorld;
using pika::test::Offers;
using pika::test::v4;
using pika::test::v6;
using pika::test::Who;

using cm = pika::test::CmTest;

INSTANTIATE_TEST_SUITE_P(combined_split, cm, testing::Values(0, 1));

TEST_P(cm, syn__to_a_listener_is_admitted_with_its_packet) {
  world.syn();
  const auto admits = world.told(PIKA_MSG_ADMIT);
  ASSERT_EQ(admits.size(), 1u);
  EXPECT_EQ(admits[0].admit.listener, 1u);
  EXPECT_EQ(admits[0].admit.cm, 0);
  EXPECT_NE(admits[0].admit.packet, nullptr);
  EXPECT_EQ(world.listener().half_open, 1u);
  EXPECT_EQ(world.owned, 1);
}

TEST_P(cm, syn__without_a_listener_goes_back_to_the_host) {
  world.syn(v4(10, 0, 0, 1), 81);
  EXPECT_EQ(world.passed.size(), 1u);
  EXPECT_TRUE(world.told(PIKA_MSG_ADMIT).empty());
  EXPECT_EQ(world.stats().passed, 1u);
}

TEST_P(cm, syn__that_cannot_be_read_is_dropped) {
  pika_msg msg{};
  msg.type = PIKA_MSG_SYN;
  msg.packet.packet = world.packet(v4(1, 2, 3, 4), 1, v4(10, 0, 0, 1), 80, PIKA_TCP_SYN);
  msg.packet.packet->len = msg.packet.packet->linear = 30;
  pika_send(world.server(0), 0, &msg);
  EXPECT_EQ(world.stats().syn_malformed, 1u);
  EXPECT_EQ(world.owned, 0);
}

TEST_P(cm, backlog__one_more_than_asked_for_is_established_and_not_claimed) {
  EXPECT_EQ(world.listen(2, 3), 0);
  for (uint32_t i = 0; i < 4; i++) world.arrive(i, 2);
  EXPECT_EQ(world.told(PIKA_MSG_ADMIT).size(), 4u);
  world.syn(v4(10, 0, 0, 1), 81);
  EXPECT_EQ(world.stats().syn_backlog, 1u);
  EXPECT_TRUE(world.passed.empty()) << "the host would send a second SYN-ACK";
  EXPECT_EQ(world.owned, 4);
}

TEST_P(cm, backlog__does_not_count_handshakes_and_those_begun_have_a_place) {
  EXPECT_EQ(world.listen(2, 0), 0);
  for (int i = 0; i < 4; i++) world.syn(v4(10, 0, 0, 1), 81);
  EXPECT_EQ(world.told(PIKA_MSG_ADMIT).size(), 4u);
  world.established(1, 2);
  world.syn(v4(10, 0, 0, 1), 81);
  EXPECT_EQ(world.stats().syn_backlog, 1u);
  for (uint32_t i = 2; i <= 4; i++) world.established(i, 2);
  EXPECT_EQ(world.listener(2).unclaimed, 4u);
  EXPECT_EQ(world.listener(2).half_open, 0u);
}

TEST_P(cm, backlog__has_room_again_after_a_claim) {
  EXPECT_EQ(world.listen(2, 0), 0);
  world.arrive(1, 2);
  world.syn(v4(10, 0, 0, 1), 81);
  EXPECT_EQ(world.stats().syn_backlog, 1u);
  world.accept(alice, 2);
  world.claim(1, alice, 2);
  world.syn(v4(10, 0, 0, 1), 81);
  EXPECT_EQ(world.stats().syn_backlog, 1u);
}

TEST_P(cm, half_open__has_room_again_when_a_handshake_is_given_up) {
  for (int i = 0; i < 25; i++) world.syn();
  EXPECT_EQ(world.stats().syn_half_open, 1u);
  world.close(1);
  EXPECT_EQ(world.stats().not_established, 1u);
  EXPECT_EQ(world.listener().half_open, 23u);
  EXPECT_EQ(world.cm().half_open, 23u);
  world.syn();
  EXPECT_EQ(world.stats().syn_half_open, 1u);
}

TEST_P(cm, half_open__of_one_listener_leaves_a_quarter_to_others) {
  EXPECT_EQ(world.listen(2, 1000), 0);
  for (int i = 0; i < 40; i++) world.syn();
  EXPECT_EQ(world.told(PIKA_MSG_ADMIT).size(), 24u) << "however large the backlog";
  EXPECT_EQ(world.stats().syn_half_open, 16u);
  world.arrive(1, 2);
  EXPECT_EQ(world.stats().syn_half_open, 16u);
}

TEST_P(cm, half_open__is_bounded_over_all_listeners) {
  EXPECT_EQ(world.listen(2), 0);
  for (int i = 0; i < 24; i++) world.syn();
  for (int i = 0; i < 9; i++) world.syn(v4(10, 0, 0, 1), 81);
  EXPECT_EQ(world.stats().syn_half_open, 1u);
  EXPECT_EQ(world.told(PIKA_MSG_ADMIT).size(), 32u);
  world.established(1);
  world.syn(v4(10, 0, 0, 1), 81);
  EXPECT_EQ(world.stats().syn_half_open, 1u);
}

TEST_P(cm, quota__of_a_listener_ends_with_its_connections) {
  world.cm().max_flows = 2;
  EXPECT_EQ(world.listen(2), 0);
  world.accept(alice);
  world.arrive(1);
  world.claim(1, alice);
  world.syn();
  world.syn();
  EXPECT_EQ(world.stats().syn_quota, 1u);
  EXPECT_EQ(world.listener().flows, 2u);
  EXPECT_TRUE(world.passed.empty()) << "the host would send a second SYN-ACK";
  world.syn(v4(10, 0, 0, 1), 81);
  EXPECT_EQ(world.stats().syn_quota, 1u) << "another listener has its own";
  world.close(1, alice);
  world.syn();
  EXPECT_EQ(world.stats().syn_quota, 1u);
  world.syn();
  EXPECT_EQ(world.stats().syn_quota, 2u);
}

TEST_P(cm, waiting__places_are_reserved_at_admission) {
  EXPECT_EQ(world.listen(2, 1000), 0);
  for (uint32_t i = 0; i < 48; i++) world.arrive(i, 2);
  for (int i = 0; i < 16; i++) world.syn(v4(10, 0, 0, 1), 81);
  EXPECT_EQ(world.stats().syn_no_room, 0u);
  world.syn(v4(10, 0, 0, 1), 81);
  EXPECT_EQ(world.stats().syn_no_room, 1u);
  for (uint32_t i = 48; i < 64; i++) world.established(i, 2);
  EXPECT_EQ(world.cm().pendings.pool.used, 64u);
}

TEST_P(cm, closed__measures_the_acceptor) {
  world.accept(alice);
  world.arrive(1);
  world.claim(1, alice);
  world.close(1, alice, 800, 500);
  EXPECT_EQ(world.acceptor(alice)->open, 0u);
  EXPECT_EQ(world.acceptor(alice)->service_us, 800u);
  world.told(PIKA_MSG_ASSIGN);
  world.arrive(2);
  EXPECT_EQ(world.told(PIKA_MSG_ASSIGN)[0].assign.claim_timeout_us, 2000u);
}

TEST_P(cm, closed__before_it_was_claimed_frees_the_offer) {
  world.accept(alice);
  world.arrive(1);
  world.close(1);
  EXPECT_EQ(world.acceptor(alice)->offers, 0u);
  EXPECT_EQ(world.listener().unclaimed, 0u);
  EXPECT_EQ(world.stats().unclaimed, 1u);
}

TEST_P(cm, closed__while_it_waits_leaves_the_queue) {
  world.arrive(1);
  world.arrive(2);
  world.close(1);
  world.accept(alice);
  EXPECT_EQ(world.assigned(), (Offers{{2, alice}}));
}

TEST_P(cm, closed__by_an_unknown_acceptor_is_ignored) {
  world.close(1, alice);
  EXPECT_EQ(world.stats().stray, 1u);
  world.accept(alice);
  world.close(1, alice);
  EXPECT_EQ(world.stats().stray, 2u);
  EXPECT_EQ(world.acceptor(alice)->open, 0u);
}

TEST_P(cm, unlisten__resets_what_nobody_has_claimed) {
  world.accept(alice);
  for (uint32_t i = 1; i <= 3; i++) world.arrive(i);
  world.claim(1, alice);
  world.expire(2, alice);
  EXPECT_EQ(world.unlisten(), 0);
  auto reset = world.reset();
  std::sort(reset.begin(), reset.end());
  EXPECT_EQ(reset, (std::vector<uint64_t>{world.flow(2), world.flow(3)}));
  world.close(2);
  world.close(3);
  world.close(1, alice);
  EXPECT_EQ(world.cm().pendings.pool.used, 0u);
  EXPECT_EQ(world.cm().acceptors.pool.used, 0u);
  EXPECT_EQ(world.cm().listeners.pool.used, 0u);
}

TEST_P(cm, unlisten__resets_connections_that_wait) {
  world.arrive(1);
  EXPECT_EQ(world.unlisten(), 0);
  EXPECT_EQ(world.reset().size(), 1u);
}

TEST_P(cm, unlisten__resets_handshakes_when_they_are_done) {
  world.syn();
  world.syn();
  EXPECT_EQ(world.unlisten(), 0);
  EXPECT_TRUE(world.reset().empty());
  world.established(1);
  EXPECT_EQ(world.reset().size(), 1u);
  world.close(1);
  world.close(2);
  EXPECT_EQ(world.cm().half_open, 0u);
  EXPECT_EQ(world.cm().pendings.pool.used, 0u);
}

TEST_P(cm, unlisten__that_crossed_a_claim_is_right) {
  world.accept(alice);
  world.arrive(1);
  EXPECT_EQ(world.unlisten(), 0);
  world.claim(1, alice);  // the TS ignored ASSIGN
  world.close(1, alice);
  EXPECT_EQ(world.cm().pendings.pool.used, 0u);
  EXPECT_EQ(world.stats().stray, 1u) << "closed: nobody to measure";
}

TEST_P(cm, unlisten__of_an_unknown_listener_says_so) { EXPECT_EQ(world.unlisten(7), -ENOENT); }

TEST_P(cm, listen__again_after_unlisten_starts_anew) {
  world.accept(alice);
  world.arrive(1);
  EXPECT_EQ(world.unlisten(), 0);
  EXPECT_EQ(world.listen(2, v6(0), 80), 0);
  world.close(1);
  world.arrive(2, 2);
  EXPECT_EQ(world.stats().passed, 1u) << "port 81 has no listener";
  world.syn();
  world.established(3, 2);
  EXPECT_EQ(world.listener(2).unclaimed, 1u);
  EXPECT_EQ(world.heard(0, PIKA_MSG_WAKE).size(), 1u);
}

TEST_P(cm, listen__with_a_number_that_was_used_leaks_no_handshake) {
  world.syn();
  world.syn(v4(10, 0, 0, 1), 80, 5001);
  EXPECT_EQ(world.unlisten(), 0);
  EXPECT_EQ(world.listen(1, v6(0), 80), 0);
  world.established(1);
  EXPECT_EQ(world.reset(), std::vector<uint64_t>{world.flow(1)});
  world.close(1);
  world.close(2);
  EXPECT_EQ(world.cm().half_open, 0u);
  EXPECT_EQ(world.listener().half_open, 0u);
}

/// The TS does not look at its ring while 64 flows want to be assigned.
TEST(cm_ring, full__assignments_wait_and_say_what_is_true_then) {
  CmWorld world(1);
  world.listen(1, 1000);
  pika_server* s = world.server(0);
  for (uint32_t i = 0; i < 4; i++) world.arrive(i);
  world.told(PIKA_MSG_ADMIT);
  pika_msg filler{};
  filler.type = PIKA_MSG_UPDATE;
  while (pika_send(s, 1, &filler)) continue;
  world.accept(alice);
  EXPECT_EQ(world.acceptor(alice)->offers, 1u);
  // Flow 0 is closed before the TS can be told: nothing is to be said of it.
  pika_msg closed = world.about(PIKA_MSG_CONNECTION_CLOSED, 0);
  closed.closed.listener = 1;
  closed.closed.endpoint = PIKA_NOBODY;
  pika_send(s, 0, &closed);
  EXPECT_EQ(world.acceptor(alice)->offers, 1u) << "flow 1 has its place";
  world.run();
  const auto assigns = world.told(PIKA_MSG_ASSIGN);
  ASSERT_EQ(assigns.size(), 1u);
  EXPECT_EQ(assigns[0].flow, world.flow(1));
  EXPECT_EQ(world.who(assigns[0].assign), alice);
}

TEST(cm_ring, full__syn_is_dropped_and_forgotten) {
  CmWorld world(1);
  world.listen();
  pika_msg filler{};
  filler.type = PIKA_MSG_UPDATE;
  while (pika_send(world.server(0), 1, &filler)) continue;
  world.syn();
  EXPECT_EQ(world.stats().syn_ring_full, 1u);
  EXPECT_EQ(world.stats().admitted, 0u);
  EXPECT_EQ(world.cm().half_open, 0u);
  EXPECT_EQ(world.owned, 0);
}

TEST(cm_ring, full__resets_wait) {
  CmWorld world(1);
  world.listen();
  world.arrive(1);
  world.told(PIKA_MSG_ADMIT);
  pika_msg filler{};
  filler.type = PIKA_MSG_UPDATE;
  while (pika_send(world.server(0), 1, &filler)) continue;
  EXPECT_EQ(world.unlisten(), 0);
  world.run();
  EXPECT_EQ(world.reset().size(), 1u);
}

TEST(cm_init, arena__only_counting_tells_the_size_that_is_then_enough) {
  pika::test::World world(1, 1);
  pika_arena counting{nullptr, SIZE_MAX, 0};
  EXPECT_EQ(pika_cm_init(world.server(0), &counting, &CmWorld::small), -ENOMEM);
  EXPECT_EQ(world.server(0)->manager, nullptr);
  auto memory = pika::test::lines(counting.taken);
  pika_arena exact{static_cast<u8*>(memory.get()), counting.taken, 0};
  EXPECT_EQ(pika_cm_init(world.server(0), &exact, &CmWorld::small), 0);
  EXPECT_EQ(exact.left, 0u);
}

}  // namespace
