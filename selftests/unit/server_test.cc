// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <algorithm>

#include "world.hh"

namespace {

using pika::test::World;

pika_msg message(uint8_t type, uint64_t flow = 0) {
  pika_msg msg{};
  msg.type = type;
  msg.flow = flow;
  return msg;
}

/// Something that sends its flow number when there is room.
struct Sender {
  explicit Sender(uint64_t flow, uint16_t to = 1) : flow(flow), to(to) {
    retry.again = [](pika_server* s, pika_retry* retry) {
      auto* self = reinterpret_cast<Sender*>(retry);
      self->calls++;
      self->send(s);
    };
  }
  void send(pika_server* s) {
    pika_msg msg = message(PIKA_MSG_SENT, flow);
    if (!pika_send(s, to, &msg)) pika_send_later(s, to, &retry);
  }
  pika_retry retry{};
  uint64_t flow;
  uint16_t to;
  int calls = 0;
};

std::vector<uint64_t> flows(const std::vector<pika_msg>& msgs) {
  std::vector<uint64_t> flows(msgs.size());
  std::transform(msgs.begin(), msgs.end(), flows.begin(), [](auto& msg) { return msg.flow; });
  return flows;
}

/// Two servers and two endpoints, rings of 8.
class server : public testing::Test {
 protected:
  server() : world(2, 2, 8), a(world.server(0)), b(world.server(1)) {
    world.play(0, PIKA_MSG_SENT);
    world.play(1, PIKA_MSG_SENT);
    world.play(0, PIKA_MSG_OPTION);
    world.play(1, PIKA_MSG_OPTION);
  }
  bool send(uint64_t flow, uint16_t to = 1) {
    pika_msg msg = message(PIKA_MSG_SENT, flow);
    return pika_send(a, to, &msg);
  }
  void fill() {
    for (uint64_t i = 0; i < 8; i++) ASSERT_TRUE(send(100 + i));
  }
  void pass_ms(uint64_t ms) { world.now_ns += ms * 1'000'000; }

  World world;
  pika_server* a;
  pika_server* b;
};

TEST_F(server, send__to_itself_calls_the_handler_at_once) {
  EXPECT_TRUE(send(7, 0));
  ASSERT_EQ(world.seen(0).size(), 1u);
  EXPECT_EQ(world.seen(0)[0].from, 0);
  EXPECT_EQ(a->sent[PIKA_MSG_SENT], 0u);
}

TEST_F(server, send__arrives_with_its_sender_and_is_counted_on_both_sides) {
  EXPECT_TRUE(send(7));
  world.run();
  ASSERT_EQ(world.seen(1).size(), 1u);
  EXPECT_EQ(world.seen(1)[0].from, 0);
  EXPECT_EQ(world.seen(1)[0].flow, 7u);
  EXPECT_EQ(a->sent[PIKA_MSG_SENT], 1u);
  EXPECT_EQ(b->received[PIKA_MSG_SENT], 1u);
}

TEST_F(server, trace__shows_a_message_at_both_of_its_ends) {
  world.watch();
  EXPECT_TRUE(send(7));
  world.run();
  const std::vector<World::Shown> wanted = {{PIKA_WAY_SENT, 0, 0, 1, PIKA_MSG_SENT},
                                            {PIKA_WAY_RECEIVED, 1, 0, 1, PIKA_MSG_SENT}};
  EXPECT_EQ(world.shown, wanted);
}

TEST_F(server, trace__shows_a_message_to_itself_once) {
  world.watch();
  EXPECT_TRUE(send(7, 0));
  const std::vector<World::Shown> wanted = {{PIKA_WAY_DIRECT, 0, 0, 0, PIKA_MSG_SENT}};
  EXPECT_EQ(world.shown, wanted);
}

TEST_F(server, trace__shows_what_is_made_in_the_ring_when_it_is_complete) {
  world.watch();
  pika_msg* msg = pika_begin_send(a, 1);
  ASSERT_NE(msg, nullptr);
  EXPECT_TRUE(world.shown.empty());
  msg->type = PIKA_MSG_OPTION;
  pika_end_send(a, 1, msg);
  const std::vector<World::Shown> wanted = {{PIKA_WAY_SENT, 0, 0, 1, PIKA_MSG_OPTION}};
  EXPECT_EQ(world.shown, wanted);
}

TEST_F(server, trace__does_not_show_what_found_no_room) {
  fill();
  world.watch();
  EXPECT_FALSE(send(1));
  EXPECT_TRUE(world.shown.empty());
}

TEST_F(server, send__refuses_when_the_ring_is_full) {
  fill();
  EXPECT_FALSE(send(1));
  EXPECT_EQ(a->stats.full, 1u);
}

TEST_F(server, begin_send__is_sent_at_its_end_like_any_other) {
  pika_msg* msg = pika_begin_send(a, 1);
  ASSERT_NE(msg, nullptr);
  msg->type = PIKA_MSG_SENT;
  msg->flow = 7;
  world.run();
  EXPECT_TRUE(world.seen(1).empty());
  pika_end_send(a, 1, msg);
  world.run();
  ASSERT_EQ(world.seen(1).size(), 1u);
  EXPECT_EQ(world.seen(1)[0].from, 0);
  EXPECT_EQ(world.seen(1)[0].flow, 7u);
  EXPECT_EQ(a->sent[PIKA_MSG_SENT], 1u);
}

TEST_F(server, begin_send__refuses_when_the_ring_is_full) {
  fill();
  EXPECT_EQ(pika_begin_send(a, 1), nullptr);
  EXPECT_EQ(a->stats.full, 1u);
}

TEST_F(server, send__refuses_an_address_that_does_not_exist) {
  EXPECT_FALSE(send(1, PIKA_NOBODY));
  Sender sender(1, PIKA_NOBODY);
  pika_send_later(a, PIKA_NOBODY, &sender.retry);
  EXPECT_FALSE(sender.retry.waiting);
  EXPECT_EQ(a->stats.unroutable, 1u);
}

TEST_F(server, send__waits_for_a_ring_that_is_not_attached_yet) {
  Sender sender(3, 200);
  sender.send(a);
  EXPECT_TRUE(sender.retry.waiting);
  world.run(0);
  pika::test::Ring ring(8);
  pika_bell bell{};
  pika_server_attach_out(a, 200, ring.out_memory(), ring.in_memory(), 8, &bell);
  world.run(0);
  EXPECT_FALSE(sender.retry.waiting);
}

TEST_F(server, dispatch__message_without_a_handler_is_counted) {
  pika_msg msg = message(PIKA_MSG_WAKE);
  EXPECT_TRUE(pika_send(a, 1, &msg));
  world.run();
  EXPECT_EQ(b->stats.unhandled, 1u);
  EXPECT_EQ(b->unhandled, PIKA_MSG_WAKE);
}

TEST_F(server, dispatch__message_of_an_unknown_type_is_counted) {
  world.endpoint(0).send(1, message(255));
  world.endpoint(0).send(1, message(PIKA_MSG_TYPES));
  world.endpoint(0).send(1, message(PIKA_MSG_OPTION));
  world.run();
  EXPECT_EQ(b->stats.unknown, 2u);
  EXPECT_EQ(world.seen(1).size(), 1u);
}

TEST_F(server, dispatch__endpoint_may_say_only_what_is_an_endpoints) {
  world.endpoint(0).send(1, message(PIKA_MSG_SENT));
  world.endpoint(0).send(1, message(PIKA_MSG_OPTION));
  world.run();
  EXPECT_EQ(b->stats.unhandled, 1u);
  EXPECT_EQ(b->unhandled, PIKA_MSG_SENT);
  ASSERT_EQ(world.seen(1).size(), 1u);
  EXPECT_EQ(world.seen(1)[0].type, PIKA_MSG_OPTION);
}

TEST_F(server, dispatch__nobody_speaks_in_anothers_name) {
  pika_msg msg = message(PIKA_MSG_OPTION);
  msg.from = world.endpoint(1).address;
  ASSERT_TRUE(pika_ring_push(&world.endpoint(0).out[1], &msg));
  world.run();
  EXPECT_EQ(b->stats.unhandled, 1u);
  EXPECT_TRUE(world.seen(1).empty());
}

TEST_F(server, retry__is_sent_when_the_ring_was_drained) {
  fill();
  Sender sender(1);
  sender.send(a);
  world.run();
  EXPECT_EQ(sender.calls, 1);
  ASSERT_EQ(world.seen(1).size(), 9u);
  EXPECT_EQ(world.seen(1).back().flow, 1u);
}

TEST_F(server, retry__waiting_twice_counts_once) {
  fill();
  Sender sender(1);
  sender.send(a);
  pika_send_later(a, 1, &sender.retry);
  world.run();
  EXPECT_EQ(sender.calls, 1);
}

TEST_F(server, retry__who_waits_has_the_right_of_way) {
  fill();
  Sender first(1);
  first.send(a);
  world.run(1);  // there is room now, but somebody waits for it
  EXPECT_FALSE(send(2));
  EXPECT_FALSE(pika_has_room(a, 1));
  world.run(0);
  EXPECT_TRUE(send(3));
  world.run();
  const auto seen = flows(world.seen(1));
  EXPECT_EQ(seen[8], 1u);
  EXPECT_EQ(seen[9], 3u);
}

TEST_F(server, retry__many_keep_their_order_over_several_rounds) {
  fill();
  std::deque<Sender> senders;
  for (uint64_t i = 0; i < 30; i++) senders.emplace_back(i).send(a);
  world.run();
  auto seen = flows(world.seen(1));
  ASSERT_EQ(seen.size(), 38u);
  for (uint64_t i = 0; i < 30; i++) EXPECT_EQ(seen[8 + i], i);
}

TEST_F(server, retry__that_waits_again_though_there_is_room_has_its_turn_in_the_next_run) {
  struct Reluctant {
    pika_retry retry;
    int calls;
  } reluctant{};
  reluctant.retry.again = [](pika_server* s, pika_retry* retry) {
    reinterpret_cast<Reluctant*>(retry)->calls++;
    pika_send_later(s, 1, retry);
  };
  pika_send_later(a, 1, &reluctant.retry);
  pika_server_run(a, 256);
  EXPECT_EQ(reluctant.calls, 1);
}

TEST_F(server, retry__one_that_is_forgotten_is_not_called) {
  for (int gone = 0; gone < 3; gone++) {
    fill();
    Sender senders[] = {Sender(0), Sender(1), Sender(2)};
    for (auto& sender : senders) sender.send(a);
    pika_forget_retry(a, 1, &senders[gone].retry);
    pika_forget_retry(a, 1, &senders[gone].retry);
    Sender last(9);
    last.send(a);
    world.run();
    for (int i = 0; i < 3; i++) EXPECT_EQ(senders[i].calls, i == gone ? 0 : 1);
    EXPECT_EQ(world.take(1).back().flow, 9u);
  }
}

/// Any order: the newest first would take 6 s if each were searched for.
TEST_F(server, retry__many_are_forgotten_in_any_order) {
  fill();
  std::deque<Sender> senders;
  for (uint64_t i = 0; i < 40'000; i++) senders.emplace_back(i).send(a);
  for (uint64_t i = 40'000; i-- > 1;)
    if (i != 20'000) pika_forget_retry(a, 1, &senders[i].retry);
  Sender last(9);
  last.send(a);
  world.run();
  const auto seen = flows(world.seen(1));
  ASSERT_EQ(seen.size(), 11u);
  EXPECT_EQ(seen[8], 0u);
  EXPECT_EQ(seen[9], 20'000u);
  EXPECT_EQ(seen[10], 9u);
}

TEST_F(server, retry__to_a_peer_that_we_only_send_to_is_sent) {
  pika::test::Ring ring(8);
  pika_bell bell{};
  pika_consumer consumer;
  pika_server_attach_out(a, 300, ring.out_memory(), ring.in_memory(), 8, &bell);
  pika_consumer_init(&consumer, ring.out_memory(), ring.in_memory(), 8);
  for (uint64_t i = 0; i < 8; i++) ASSERT_TRUE(send(i, 300));
  Sender sender(8, 300);
  sender.send(a);
  for (uint64_t i = 0; i < 8; i++) {
    ASSERT_NE(pika_ring_peek(&consumer), nullptr);
    pika_ring_pop(&consumer);
  }
  pika_consumer_publish(&consumer);
  world.run(0);
  ASSERT_NE(pika_ring_peek(&consumer), nullptr);
  EXPECT_EQ(pika_ring_peek(&consumer)->flow, 8u);
}

TEST_F(server, bell__of_a_sleeper_is_rung_once_for_a_batch) {
  world.run();
  ASSERT_TRUE(pika_server_may_sleep(b));
  for (uint64_t i = 0; i < 5; i++) send(i);
  EXPECT_EQ(world.bells[1], 0);
  pika_server_run(a, 256);
  EXPECT_EQ(world.bells[1], 1);
  pika_server_run(a, 256);
  EXPECT_EQ(world.bells[1], 1);
}

TEST_F(server, bell__of_one_who_is_awake_is_not_rung) {
  send(1);
  pika_server_run(a, 256);
  EXPECT_EQ(world.bells[1], 0);
}

TEST_F(server, bell__of_a_peer_that_we_only_send_to_is_rung) {
  pika::test::Ring ring(8);
  pika_bell bell{1};
  pika_server_attach_out(a, 300, ring.out_memory(), ring.in_memory(), 8, &bell);
  send(1, 300);
  pika_server_run(a, 256);
  EXPECT_EQ(world.bells[300], 1);
}

TEST_F(server, bell__is_rung_for_room_that_a_sleeper_waits_for) {
  fill();
  Sender sender(1);
  sender.send(a);
  ASSERT_TRUE(pika_server_may_sleep(a));
  world.run(1);
  EXPECT_EQ(world.bells[0], 1);
  world.run(0);
  EXPECT_EQ(sender.calls, 1);
  world.bells.clear();
  world.run();
  EXPECT_EQ(world.bells[0], 0);
}

TEST_F(server, bell__is_rung_for_room_also_if_the_quarter_was_published_on_the_way) {
  for (uint64_t i = 0; i < 8; i++) ASSERT_TRUE(world.endpoint(0).send(0, message(PIKA_MSG_OPTION)));
  EXPECT_FALSE(world.endpoint(0).send(0, message(PIKA_MSG_OPTION)));
  world.endpoint(0).bell.armed = 1;
  pika_server_run(a, 1000);
  EXPECT_EQ(world.bells[2], 1);
  EXPECT_TRUE(world.endpoint(0).send(0, message(PIKA_MSG_OPTION)));
}

TEST_F(server, sleep__is_refused_when_a_message_has_come) {
  send(1);
  EXPECT_FALSE(pika_server_may_sleep(b));
  EXPECT_EQ(b->bell->armed, 0u);
}

TEST_F(server, sleep__is_refused_when_there_is_room_for_one_who_waits) {
  fill();
  Sender sender(1);
  sender.send(a);
  world.run(1);
  EXPECT_FALSE(pika_server_may_sleep(a));
}

TEST_F(server, sleep__ends_with_the_next_run) {
  ASSERT_TRUE(pika_server_may_sleep(b));
  EXPECT_EQ(b->bell->armed, 1u);
  pika_server_run(b, 256);
  EXPECT_EQ(b->bell->armed, 0u);
}

TEST_F(server, rings__that_are_idle_leave_the_hot_ones_and_come_back_with_a_message) {
  EXPECT_EQ(b->hot, 3);
  pass_ms(5);
  send(1);
  world.run();
  pass_ms(PIKA_RING_COOL_MS);
  world.run(1);
  EXPECT_EQ(b->hot, 1);
  pass_ms(1);
  world.run(1);
  EXPECT_EQ(b->hot, 0);
  send(2);
  EXPECT_EQ(pika_server_run(b, 256), 1u);
  EXPECT_EQ(b->hot, 1);
  EXPECT_EQ(world.seen(1).size(), 2u);
}

TEST(server_many, rings__that_are_cold_are_all_looked_at_after_a_few_runs_or_a_sleep) {
  World world(1, 100, 8);
  pika_server* s = world.server(0);
  world.play(0, PIKA_MSG_OPTION);
  world.now_ns += 20'000'000;
  world.run();
  ASSERT_EQ(s->hot, 0);
  for (auto& endpoint : world.endpoints) endpoint.send(0, message(PIKA_MSG_OPTION));
  for (int i = 0; i < 100 / PIKA_RINGS_IN_TURN * 2; i++) pika_server_run(s, 256);
  EXPECT_EQ(world.take(0).size(), 100u);

  world.now_ns += 20'000'000;
  world.run();
  ASSERT_EQ(s->hot, 0);
  ASSERT_TRUE(pika_server_may_sleep(s));
  for (auto& endpoint : world.endpoints) endpoint.send(0, message(PIKA_MSG_OPTION));
  pika_server_run(s, 256);
  EXPECT_EQ(world.take(0).size(), 100u);
}

TEST_F(server, rings__have_their_share_in_each_run) {
  World big(1, 2, 256);
  big.play(0, PIKA_MSG_OPTION);
  for (int i = 0; i < 200; i++) big.endpoint(0).send(0, message(PIKA_MSG_OPTION, 1));
  big.endpoint(1).send(0, message(PIKA_MSG_OPTION, 2));
  pika_server_run(big.server(0), 64);
  const auto seen = flows(big.seen(0));
  EXPECT_EQ(seen.size(), 17u);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 2u), 1);
}

TEST_F(server, rings__that_are_many_do_not_make_a_run_longer_than_its_budget) {
  World big(1, 300, 64);
  big.play(0, PIKA_MSG_OPTION);
  for (auto& endpoint : big.endpoints)
    for (int i = 0; i < 20; i++) endpoint.send(0, message(PIKA_MSG_OPTION, endpoint.address));
  EXPECT_LE(pika_server_run(big.server(0), 64), 300u) << "one of each";
  const auto seen = flows(big.seen(0));
  for (auto& endpoint : big.endpoints)
    EXPECT_EQ(std::count(seen.begin(), seen.end(), endpoint.address), 1);
}

TEST_F(server, hold__leaves_the_message_until_there_is_room) {
  a->handlers[PIKA_MSG_LISTEN] = [](pika_server* s, const pika_msg* msg) {
    pika_msg answer = message(PIKA_MSG_LISTENING, msg->flow);
    if (!pika_has_room(s, msg->from))
      pika_hold(s);
    else
      pika_send(s, msg->from, &answer);
  };
  for (uint64_t i = 0; i < 8; i++) world.endpoint(0).send(0, message(PIKA_MSG_LISTEN, i));
  world.run();
  for (uint64_t i = 8; i < 12; i++) world.endpoint(0).send(0, message(PIKA_MSG_LISTEN, i));
  world.run();
  EXPECT_GT(a->stats.held, 0u);
  EXPECT_EQ(a->received[PIKA_MSG_LISTEN], 8u);
  EXPECT_TRUE(pika_server_may_sleep(a)) << "nothing can be done until the endpoint drains";
  EXPECT_EQ(flows(world.endpoint(0).take()), (std::vector<uint64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_FALSE(pika_server_may_sleep(a));
  world.run();
  EXPECT_EQ(flows(world.endpoint(0).take()), (std::vector<uint64_t>{8, 9, 10, 11}));
}

TEST_F(server, timer__fires_in_the_run_after_its_time) {
  struct Timed : pika_timer {
    int fired;
  } timer{};
  a->fire = [](void*, pika_timer* fired) { static_cast<Timed*>(fired)->fired++; };
  pika_timer_arm(&a->wheel, &timer, a->now_ms + 10);
  pass_ms(9);
  world.run();
  EXPECT_EQ(timer.fired, 0);
  pass_ms(3);
  world.run();
  EXPECT_EQ(timer.fired, 1);
  pika_timer_arm(&a->wheel, &timer, a->now_ms + 10);
  pika_timer_cancel(&a->wheel, &timer);
  pass_ms(100);
  world.run();
  EXPECT_EQ(timer.fired, 1);
}

TEST_F(server, timer__armed_after_a_month_of_sleep_is_not_late) {
  static int fired;
  static pika_timer timer;
  fired = 0;
  pika_timer_init(&timer);
  a->fire = [](void*, pika_timer*) { fired++; };
  a->handlers[PIKA_MSG_OPTION] = [](pika_server* s, const pika_msg*) {
    pika_timer_arm(&s->wheel, &timer, s->now_ms + 10);
  };
  world.run();
  pass_ms(30ULL * 24 * 3600 * 1000);
  world.endpoint(0).send(0, message(PIKA_MSG_OPTION));
  world.run();
  pass_ms(9);
  world.run();
  EXPECT_EQ(fired, 0);
  pass_ms(1);
  world.run();
  EXPECT_EQ(fired, 1);
}

TEST(msg, name__is_that_of_the_table) {
  EXPECT_STREQ(pika_msg_name(PIKA_MSG_ACCEPT_CONNECTION), "ACCEPT_CONNECTION");
  EXPECT_STREQ(pika_msg_name(PIKA_MSG_TYPES), "?");
}

/// Any number of senders to any peer, drained at random: nothing is lost, and each
/// sender's messages stay in order.
class server_random : public testing::TestWithParam<unsigned> {};

TEST_P(server_random, messages__all_arrive_in_the_order_of_each_sender) {
  World world(3, 1, 8);
  std::mt19937 random(GetParam());
  for (uint16_t i = 0; i < 3; i++) world.play(i, PIKA_MSG_SENT);
  struct Counter {
    pika_retry retry;
    uint32_t due, sent;
    uint32_t number;
    uint16_t to;
  };
  std::vector<Counter> counters(12);
  const auto flush = [](pika_server* s, Counter* c) {
    while (c->sent < c->due) {
      pika_msg msg = message(PIKA_MSG_SENT, uint64_t{c->number} << 32 | c->sent);
      if (!pika_send(s, c->to, &msg)) return pika_send_later(s, c->to, &c->retry);
      c->sent++;
    }
  };
  static const auto again = flush;
  for (uint32_t i = 0; i < counters.size(); i++) {
    counters[i].number = i;
    counters[i].to = 1 + i % 2;
    counters[i].retry.again = [](pika_server* s, pika_retry* retry) {
      again(s, reinterpret_cast<Counter*>(retry));
    };
  }
  for (int step = 0; step < 3000; step++) {
    Counter& c = counters[random() % counters.size()];
    c.due += random() % 4;
    if (!c.retry.waiting) flush(world.server(0), &c);
    const uint16_t runner = random() % 3;
    if (random() % 3 == 0) pika_server_run(world.server(runner), 1 + random() % 64);
    world.now_ns += random() % 3'000'000;
  }
  world.run();
  std::vector<uint32_t> next(counters.size());
  for (uint16_t i = 1; i < 3; i++)
    for (const auto& msg : world.seen(i)) EXPECT_EQ(next[msg.flow >> 32]++, msg.flow & 0xffffffff);
  for (const auto& c : counters) EXPECT_EQ(next[c.number], c.due);
}

INSTANTIATE_TEST_SUITE_P(seeds, server_random, testing::Range(0u, 20u));

}  // namespace
