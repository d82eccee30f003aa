// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class ts_wait : public ts_fixture {
 protected:
  static pika_ts_config config() {
    auto c = small_config();
    c.max_flows = 8;
    c.max_time_wait = 4;
    return c;
  }
  ts_wait() : ts_fixture(config()) {}

  /// One more flow in TIME_WAIT; each has a port of its own.
  void end_one() {
    key_.remote_port++;
    seq_ = 1000;
    accept();
    app_closes();
    ack_ = sent().seq + 1;
    peer_sends("", PIKA_TCP_FIN);
    forget_frames();
    told();
    told(kCm);
    flows_of_.push_back(flow_);
  }
  bool is_there(size_t i) {
    flow_ = flows_of_[i];
    return !gone();
  }
  std::vector<u64> flows_of_;
};

TEST_F(ts_wait, time_wait__has_a_limit_and_the_oldest_goes_first) {
  for (int i = 0; i < 6; i++) end_one();
  EXPECT_EQ(host().flows(), 4u);
  EXPECT_FALSE(is_there(0));
  EXPECT_FALSE(is_there(1));
  EXPECT_TRUE(is_there(2));
  EXPECT_EQ(stats().time_wait_recycled, 2u);
}

TEST_F(ts_wait, time_wait__makes_room_for_new_flows) {
  for (int i = 0; i < 4; i++) end_one();
  for (int i = 0; i < 8; i++) {
    key_.remote_port++;
    seq_ = 1000;
    syn();
  }
  EXPECT_EQ(host().flows(), 8u);
  EXPECT_EQ(stats().no_tcb, 0u);
  EXPECT_EQ(stats().time_wait_recycled, 4u);
}

TEST_F(ts_wait, time_wait__ends_in_the_middle_of_the_list) {
  end_one();
  host().pass_ms(1000);
  end_one();
  host().pass_ms(1000);
  end_one();
  flow_ = flows_of_[0];
  key_.remote_port -= 2;
  auto s = next("", PIKA_TCP_FIN);
  s.seq--;
  segment(s);  // the first begins anew: the second ends before it
  key_.remote_port += 2;
  host().pass_ms(59'000);
  EXPECT_TRUE(is_there(0));
  EXPECT_FALSE(is_there(1));
  EXPECT_TRUE(is_there(2));
  host().pass_ms(10'000);
  EXPECT_EQ(host().flows(), 0u);
  EXPECT_EQ(host().s->ts->waiting_len, 0u);
}

TEST_F(ts_wait, time_wait__is_not_recycled_while_a_link_server_has_a_frame_of_it) {
  key_.remote_port++;
  accept();
  app_sends("inline");
  app_closes();
  forget_frames();
  host().keep_frames = true;
  host().pass_ms(250);  // sent again; the peer acknowledges what came first
  ack_ += 7;
  peer_sends("", PIKA_TCP_FIN);
  EXPECT_EQ(tcb().state, PIKA_TCP_TIME_WAIT);
  EXPECT_EQ(tcb().at_link, 1);
  told();
  told(kCm);
  forget_frames();
  for (int i = 0; i < 4; i++) end_one();
  host().keep_frames = false;
  host().give_back();
  host().run();
  EXPECT_EQ(host().s->ts->chunks.used, 0u);
}

TEST_F(ts_wait, time_wait__of_a_flow_that_has_an_owner_is_not_taken_away) {
  key_.remote_port++;
  accept();
  app_shuts_down();
  ack_ = sent().seq + 1;
  peer_sends("", PIKA_TCP_FIN);
  EXPECT_EQ(tcb().state, PIKA_TCP_TIME_WAIT);
  EXPECT_EQ(host().s->ts->waiting_len, 0u);
  app_closes();
  EXPECT_EQ(host().s->ts->waiting_len, 1u);
}

/// Rings of eight slots, so that one can be full.
class ts_wait_stuck : public ts_fixture {
 protected:
  static pika_ts_config config() {
    auto c = small_config();
    c.max_flows = 4;
    c.max_time_wait = 4;
    return c;
  }
  ts_wait_stuck() : ts_fixture(config(), 8) {}
  void end_one(uint16_t endpoint, bool stuck) {
    key_.remote_port++;
    seq_ = 1000;
    handshake();
    assign(endpoint, 2);
    claim(endpoint, 2);
    told(endpoint);
    const auto mine = flow_;
    flow_ = pika_handle(kTs, 1, 0xfff);
    for (int i = 0; stuck && i < 8; i++) claim(endpoint);
    flow_ = mine;
    ASSERT_TRUE(host().post(endpoint, message(PIKA_MSG_CLOSE)));
    host().run();
    ack_++;
    peer_sends("", PIKA_TCP_FIN);
    forget_frames();
    told(kCm);
    if (!stuck) told(endpoint);
  }
};

TEST_F(ts_wait_stuck, time_wait__of_an_endpoint_that_does_not_listen_stops_no_others) {
  end_one(kApp, true);
  for (int i = 0; i < 3; i++) end_one(kApp + 1, false);
  EXPECT_EQ(host().s->ts->waiting_len, 4u);
  key_.remote_port++;
  admit({.seq = 1, .flags = PIKA_TCP_SYN});
  EXPECT_EQ(stats().no_tcb, 0u);
  EXPECT_EQ(stats().time_wait_recycled, 1u);
}

}  // namespace
