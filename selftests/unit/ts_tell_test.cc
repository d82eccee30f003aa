// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

/// Rings of eight slots, so that they can be full.
class ts_tell : public ts_fixture {
 protected:
  ts_tell() : ts_fixture(small_config(), 8) {}

  /// Fills the ring from the server to @address with answers to stale claims.
  void fill(uint16_t address) {
    const auto flow = flow_;
    flow_ = pika_handle(kTs, 1, 0xfff);
    for (int i = 0; i < 8; i++) claim(address);
    flow_ = flow;
  }
};

TEST_F(ts_tell, update__is_one_message_for_all_that_one_run_changed) {
  accept();
  app_sends("x");
  for (const char* bytes : {"a", "b", "c"}) {
    post_segment(next(bytes));
    seq_++;
  }
  ack_++;
  post_segment(next("", PIKA_TCP_FIN));
  seq_++;
  host().run();
  const auto msg = only(kApp, PIKA_MSG_UPDATE);
  EXPECT_EQ(msg.update.acked, 1u);
  EXPECT_EQ(msg.update.flags, PIKA_UPDATE_EOF);
  EXPECT_EQ(data(msg), "abc");
}

TEST_F(ts_tell, update__that_finds_the_ring_full_grows_until_there_is_room) {
  accept();
  fill(kApp);
  peer_sends("one ");
  peer_sends("two");
  told();
  host().run();
  EXPECT_EQ(data(only(kApp, PIKA_MSG_UPDATE)), "one two");
}

TEST_F(ts_tell, offer__waits_for_room_and_a_new_one_takes_its_place) {
  handshake();
  fill(kApp);
  assign(kApp);
  assign(kApp + 1, 2);
  only(kApp + 1, PIKA_MSG_CONNECTION_AVAILABLE);
  told();
  host().run();
  EXPECT_TRUE(told().empty()) << "the old offer is void";
}

TEST_F(ts_tell, offer__that_waits_for_room_does_not_time_out) {
  handshake();
  fill(kApp);
  assign(kApp, 1, 1000);
  host().pass_ms(20);
  EXPECT_TRUE(told(kCm).empty()) << "the acceptor cannot claim what it has not heard of";
  told();
  host().run();
  only(kApp, PIKA_MSG_CONNECTION_AVAILABLE);
  host().pass_ms(2);
  only(kCm, PIKA_MSG_ACCEPT_TIMEOUT);
}

TEST_F(ts_tell, result__comes_before_any_update) {
  handshake();
  assign();
  only(kApp, PIKA_MSG_CONNECTION_AVAILABLE);
  fill(kApp);
  claim();
  peer_sends("abc");
  told();
  host().run();
  EXPECT_EQ(data(only(kApp, PIKA_MSG_CLAIM_RESULT)), "abc");
}

TEST_F(ts_tell, cm__hears_everything_in_order_when_its_ring_was_full) {
  for (int i = 0; i < 8; i++) {
    handshake();
    key_.remote_port++;
    assign(kApp, i);
    told();
  }
  std::vector<u32> acks;
  for (int i = 0; i < 10; i++) {
    key_.remote_port++;
    seq_ = 1000;
    admit({.seq = seq_, .flags = PIKA_TCP_SYN});
    acks.push_back(sent().seq + 1);
  }
  seq_++;
  key_.remote_port -= 10;
  for (const u32 ack : acks) {
    key_.remote_port++;
    ack_ = ack;
    segment(next());
    segment(next("", PIKA_TCP_RST));
  }
  u32 established = 0;
  for (int i = 0; i < 5; i++) {
    for (auto& msg : told(kCm)) established += msg.type == PIKA_MSG_ESTABLISHED;
    host().run();
  }
  EXPECT_EQ(established, 10u);
}

TEST_F(ts_tell, closed__waits_for_room_and_so_does_the_tcb) {
  accept();
  for (int i = 0; i < 8; i++) admit({.seq = seq_ + 5, .flags = PIKA_TCP_SYN});
  forget_frames();
  app_closes(0, PIKA_CLOSE_RESET);
  EXPECT_EQ(host().flows(), 1u);
  EXPECT_EQ(told(kCm).size(), 8u);
  host().run();
  EXPECT_TRUE(only(kCm, PIKA_MSG_CONNECTION_CLOSED).closed.established);
  EXPECT_EQ(host().flows(), 0u);
}

/// Rings of 8, and an application that asks 400 times before it looks for answers.
TEST_F(ts_tell, answers__wait_for_room_and_none_is_lost) {
  flow_ = pika_handle(kTs, 1, 0xfff);
  auto claim = message(PIKA_MSG_CLAIM_CONNECTION);
  pika_msg connect{};
  connect.type = PIKA_MSG_CONNECT;  // without a local port
  size_t asked = 0, answered = 0;
  for (int i = 0; i < 400; i++) {
    asked += host().post(kApp, i % 2 ? claim : connect);
    host().run();
  }
  EXPECT_GE(asked, 16u);
  for (int i = 0; i < 100; i++) {
    answered += told().size();
    host().run();
  }
  EXPECT_EQ(answered, asked);
}

TEST_F(ts_tell, gone__is_told_to_one_that_forgot_while_something_waited_for_room) {
  accept();
  fill(kApp);
  peer_sends("one");
  app_closes(3, PIKA_CLOSE_FORGET);
  told();
  host().run();
  EXPECT_TRUE(only(kApp, PIKA_MSG_UPDATE).update.flags & PIKA_UPDATE_GONE);
  peer_sends("", PIKA_TCP_FIN);
  peer_acks(tcb().snd_max);
  host().pass_ms(400'000);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(ts_tell, gone__is_the_last_word) {
  accept();
  app_closes();
  const auto fin = sent();
  EXPECT_TRUE(only(kApp, PIKA_MSG_UPDATE).update.flags & PIKA_UPDATE_GONE);
  peer_acks(fin.seq + 1);
  peer_sends("", PIKA_TCP_FIN);
  host().pass_ms(100'000);
  EXPECT_TRUE(told().empty());
}

}  // namespace
