// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class tcp_close : public ts_fixture {
 protected:
  void SetUp() override { accept(); }
  u8 state() { return tcb().state; }
  bool told_gone() {
    received();
    return flags_ & PIKA_UPDATE_GONE;
  }
};

TEST_F(tcp_close, active__fin_wait_1_and_2_and_time_wait) {
  app_shuts_down();
  const auto fin = sent();
  EXPECT_TRUE(fin.flags & PIKA_TCP_FIN);
  EXPECT_EQ(state(), PIKA_TCP_FIN_WAIT_1);
  peer_acks(fin.seq + 1);
  EXPECT_EQ(state(), PIKA_TCP_FIN_WAIT_2);
  peer_sends("late data");
  EXPECT_EQ(received(), "late data");
  peer_sends("", PIKA_TCP_FIN);
  EXPECT_EQ(state(), PIKA_TCP_TIME_WAIT);
  EXPECT_TRUE(told_gone() == false && flags_ & PIKA_UPDATE_EOF);
}

TEST_F(tcp_close, passive__a_close_at_once_takes_the_ack_along) {
  peer_sends("", PIKA_TCP_FIN);
  app_closes();
  const auto fin = sent();
  EXPECT_TRUE(fin.flags & PIKA_TCP_FIN);
  EXPECT_EQ(fin.ack, seq_);
  EXPECT_TRUE(quiet());
}

TEST_F(tcp_close, passive__close_wait_and_last_ack) {
  peer_sends("", PIKA_TCP_FIN);
  EXPECT_EQ(state(), PIKA_TCP_CLOSE_WAIT);
  EXPECT_TRUE(quiet());
  host().pass_ms(PIKA_DELAYED_ACK);
  EXPECT_EQ(sent().ack, seq_);
  app_sends("still sending");
  EXPECT_EQ(sent().data, "still sending");
  peer_acks(ack_ + 13);
  app_closes();
  EXPECT_EQ(state(), PIKA_TCP_LAST_ACK);
  peer_acks(sent().seq + 1);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(tcp_close, both_at_once__closing) {
  app_shuts_down();
  const auto fin = sent();
  auto s = next("", PIKA_TCP_FIN);
  segment(s);
  seq_++;
  EXPECT_EQ(state(), PIKA_TCP_CLOSING);
  EXPECT_EQ(sent().ack, seq_);
  peer_acks(fin.seq + 1);
  EXPECT_EQ(state(), PIKA_TCP_TIME_WAIT);
}

TEST_F(tcp_close, fin__with_the_ack_of_ours_goes_to_time_wait_at_once) {
  app_shuts_down();
  ack_ = sent().seq + 1;
  peer_sends("", PIKA_TCP_FIN);
  EXPECT_EQ(state(), PIKA_TCP_TIME_WAIT);
}

TEST_F(tcp_close, fin__is_sent_again_until_acknowledged) {
  app_shuts_down();
  const auto fin = sent();
  host().pass_ms(200);
  const auto again = sent();
  EXPECT_EQ(again.seq, fin.seq);
  EXPECT_TRUE(again.flags & PIKA_TCP_FIN);
}

TEST_F(tcp_close, close__with_unread_data_resets) {
  peer_sends("unread");
  app_closes();
  EXPECT_TRUE(sent().flags & PIKA_TCP_RST);
  EXPECT_TRUE(quiet());
  EXPECT_TRUE(told_gone());
  EXPECT_EQ(host().flows(), 0u);
  EXPECT_EQ(stats().aborted_unread, 1u);
}

TEST_F(tcp_close, close__that_says_what_was_read_does_not_reset) {
  peer_sends("read");
  app_closes(4);
  EXPECT_FALSE(sent().flags & PIKA_TCP_RST);
}

TEST_F(tcp_close, close__data_that_comes_later_is_reset) {
  app_closes();
  peer_acks(sent().seq + 1);
  peer_sends("nobody reads this");
  EXPECT_TRUE(sent().flags & PIKA_TCP_RST);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(tcp_close, close__as_reset_forgets_what_is_unsent) {
  window_ = 0;
  segment(next());
  app_sends("unsent");
  app_closes(0, PIKA_CLOSE_RESET);
  const auto s = sent();
  EXPECT_EQ(s.flags, PIKA_TCP_RST | PIKA_TCP_ACK);
  EXPECT_EQ(s.seq, ack_);
  EXPECT_EQ(host().flows(), 0u);
  EXPECT_EQ(host().s->ts->chunks.used, 0u);
}

TEST_F(tcp_close, gone__comes_at_once_when_no_buffer_is_lent) {
  app_closes();
  EXPECT_TRUE(told_gone());
}

TEST_F(tcp_close, gone__waits_for_the_last_buffer) {
  app_sends(std::string(1000, 'x'));
  app_closes();
  EXPECT_FALSE(told_gone());
  peer_acks(ack_ + 1000);
  EXPECT_TRUE(told_gone());
  EXPECT_EQ(acked_, 1000u);
}

TEST_F(tcp_close, linger__gone_waits_for_the_ack_of_the_fin) {
  app_closes(0, 0, 5000);
  EXPECT_FALSE(told_gone());
  peer_acks(sent().seq + 1);
  EXPECT_TRUE(told_gone());
}

TEST_F(tcp_close, linger__ends_and_the_flow_goes_on_alone) {
  app_closes(0, 0, 500);
  host().pass_ms(499);
  EXPECT_FALSE(told_gone());
  host().pass_ms(1);
  EXPECT_TRUE(told_gone());
  EXPECT_EQ(state(), PIKA_TCP_FIN_WAIT_1);
}

TEST_F(tcp_close, fin_wait_2__of_an_orphan_ends_after_a_minute) {
  app_closes();
  peer_acks(sent().seq + 1);
  host().pass_ms(59'999);
  EXPECT_EQ(host().flows(), 1u);
  host().pass_ms(1);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(tcp_close, fin_wait_2__of_a_half_closed_socket_has_no_end) {
  app_shuts_down();
  peer_acks(sent().seq + 1);
  host().pass_ms(300'000);
  EXPECT_EQ(state(), PIKA_TCP_FIN_WAIT_2);
  app_closes();
  host().pass_ms(60'000);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(tcp_close, orphan__gives_up_after_eight_retries) {
  app_closes();
  forget_frames();
  host().pass_ms(600'000);
  EXPECT_EQ(frames(), 8u);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(tcp_close, death__stops_all_clocks) {
  app_sets(PIKA_SET_KEEPALIVE, 1);
  app_sends("in flight");
  peer_sends("to be acknowledged");
  forget_frames();
  segment(next("", PIKA_TCP_RST));
  host().pass_ms(10'000'000);
  EXPECT_TRUE(quiet());
  EXPECT_EQ(stats().timeouts, 0u);
}

TEST_F(tcp_close, death__of_a_flow_that_has_an_owner_waits_for_it) {
  segment(next("", PIKA_TCP_RST));
  host().pass_ms(100'000);
  EXPECT_EQ(host().flows(), 1u);
  app_closes();
  EXPECT_TRUE(told_gone());
  EXPECT_EQ(host().flows(), 0u);
}

class tcp_time_wait : public tcp_close {
 protected:
  void SetUp() override {
    accept();
    app_closes();
    ack_ = sent().seq + 1;
    peer_sends("", PIKA_TCP_FIN);
    forget_frames();
    received();
  }
};

TEST_F(tcp_time_wait, fin__again_is_acknowledged_and_begins_it_anew) {
  host().pass_ms(50'000);
  auto s = next("", PIKA_TCP_FIN);
  s.seq--;
  segment(s);
  EXPECT_EQ(sent().ack, seq_);
  host().pass_ms(50'000);
  EXPECT_EQ(host().flows(), 1u);
  host().pass_ms(10'001);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(tcp_time_wait, reset__does_not_end_it) {
  segment(next("", PIKA_TCP_RST));
  EXPECT_EQ(state(), PIKA_TCP_TIME_WAIT);
}

TEST_F(tcp_time_wait, syn__to_it_as_a_segment_is_challenged) {
  segment(next("", PIKA_TCP_SYN));
  EXPECT_EQ(sent().flags, PIKA_TCP_ACK);
  EXPECT_EQ(state(), PIKA_TCP_TIME_WAIT);
}

class tcp_close_full : public ts_fixture {
 protected:
  static pika_ts_config config() {
    auto c = small_config();
    c.receive_buffer = 2000;
    return c;
  }
  tcp_close_full() : ts_fixture(config()) {}
};

TEST_F(tcp_close_full, fin__at_the_edge_of_the_window_does_not_open_it) {
  accept();
  post_segment(next(std::string(2000, 'x'), PIKA_TCP_FIN));
  seq_ += 2001;
  auto s = next();
  s.seq += 0x10000000;
  post_segment(s);  // before the FIN is acknowledged
  host().run();
  EXPECT_EQ(stats().dropped_window, 1u);
  received();
}

}  // namespace
