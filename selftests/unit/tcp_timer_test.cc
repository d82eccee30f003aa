// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class tcp_timer : public ts_fixture {
 protected:
  void SetUp() override { accept({.mss = 1000}); }
  void shut_window() {
    window_ = 0;
    segment(next());
    forget_frames();
  }
};

TEST_F(tcp_timer, rto__doubles_each_time) {
  app_sends("x");
  forget_frames();
  host().pass_ms(199);
  EXPECT_EQ(frames(), 0u);
  host().pass_ms(1);
  EXPECT_EQ(frames(), 1u);
  host().pass_ms(399);
  EXPECT_EQ(frames(), 1u);
  host().pass_ms(1);
  EXPECT_EQ(frames(), 2u);
  host().pass_ms(800);
  EXPECT_EQ(frames(), 3u);
  EXPECT_EQ(stats().timeouts, 3u);
}

TEST_F(tcp_timer, rto__sends_what_is_queued_as_it_was_written) {
  app_sends("abc");
  forget_frames();
  app_sends("def");
  host().pass_ms(200);
  EXPECT_EQ(sent().data, "abcdef");
}

TEST_F(tcp_timer, rto__gives_up_after_fifteen) {
  app_sends("x");
  forget_frames();
  host().pass_ms(2'000'000);
  EXPECT_EQ(frames(), 15u);
  EXPECT_EQ(only(kApp, PIKA_MSG_UPDATE).update.error, ETIMEDOUT);
  EXPECT_EQ(stats().user_timeouts, 1u);
}

TEST_F(tcp_timer, rto__an_ack_starts_it_anew) {
  app_sends(std::string(2000, 'x'));
  forget_frames();
  host().pass_ms(150);
  peer_acks(ack_ + 1000);
  host().pass_ms(199);
  EXPECT_TRUE(quiet());
}

TEST_F(tcp_timer, user_timeout__ends_it_to_the_millisecond) {
  app_sets(PIKA_SET_USER_TIMEOUT, 1000);
  app_sends("x");
  host().pass_ms(999);
  received();
  EXPECT_EQ(error_, 0);
  host().pass_ms(1);
  received();
  EXPECT_EQ(error_, ETIMEDOUT);
}

TEST_F(tcp_timer, probe__asks_with_an_old_number_and_backs_off) {
  shut_window();
  app_sends("held");
  host().pass_ms(200);
  const auto probe = sent();
  EXPECT_EQ(probe.seq, ack_ - 1);
  EXPECT_TRUE(probe.data.empty());
  host().pass_ms(399);
  EXPECT_TRUE(quiet());
  host().pass_ms(1);
  EXPECT_EQ(frames(), 1u);
  EXPECT_EQ(stats().probes, 2u);
}

TEST_F(tcp_timer, probe__an_answer_keeps_the_flow_for_ever) {
  shut_window();
  app_sends("held");
  for (int i = 0; i < 40; i++) {
    host().pass_ms(120'000);
    segment(next());
  }
  EXPECT_EQ(tcb().state, PIKA_TCP_ESTABLISHED);
  window_ = 1000;
  forget_frames();
  segment(next());
  EXPECT_EQ(sent().data, "held");
  host().pass_ms(200);
  EXPECT_EQ(sent().data, "held") << "back-off begins anew";
}

TEST_F(tcp_timer, probe__no_answer_ends_it) {
  shut_window();
  app_sends("held");
  host().pass_ms(2'000'000);
  EXPECT_EQ(frames(), 15u);
  received();
  EXPECT_EQ(error_, ETIMEDOUT);
}

TEST_F(tcp_timer, probe__an_orphan_does_not_go_on_even_if_answered) {
  shut_window();
  app_sends("held");
  app_closes();
  for (int i = 0; i < 120 && !gone(); i++) {
    host().pass_ms(1000);
    if (!gone()) segment(next());
  }
  EXPECT_TRUE(gone());
}

TEST_F(tcp_timer, persist__a_narrow_window_is_used_after_a_while) {
  window_ = 100;
  segment(next());
  app_sends(std::string(500, 'x'));
  EXPECT_TRUE(quiet());
  host().pass_ms(200);
  EXPECT_EQ(sent().data.size(), 100u);
}

TEST_F(tcp_timer, ack__of_one_segment_waits_40_ms) {
  peer_sends("x");
  EXPECT_TRUE(quiet());
  host().pass_ms(39);
  EXPECT_TRUE(quiet());
  host().pass_ms(1);
  EXPECT_EQ(sent().ack, seq_);
  EXPECT_EQ(stats().delayed_acks, 1u);
}

TEST_F(tcp_timer, ack__of_every_second_segment_goes_at_once) {
  peer_sends("x");
  peer_sends("y");
  EXPECT_EQ(sent().ack, seq_);
  EXPECT_TRUE(quiet());
}

TEST_F(tcp_timer, ack__quickack_waits_for_nothing) {
  app_sets(PIKA_SET_QUICKACK, 1);
  peer_sends("x");
  EXPECT_EQ(sent().ack, seq_);
}

TEST_F(tcp_timer, keep_alive__probes_when_idle_and_gives_up) {
  app_sets(PIKA_SET_KEEPALIVE, 1);
  app_sets(PIKA_SET_KEEP_IDLE, 10'000);
  app_sets(PIKA_SET_KEEP_INTERVAL, 1'000);
  app_sets(PIKA_SET_KEEP_COUNT, 3);
  host().pass_ms(9'999);
  EXPECT_TRUE(quiet());
  host().pass_ms(1);
  EXPECT_EQ(sent().seq, ack_ - 1);
  host().pass_ms(2'999);
  EXPECT_EQ(frames(), 2u);
  forget_frames();
  host().pass_ms(1);
  EXPECT_TRUE(sent().flags & PIKA_TCP_RST);
  received();
  EXPECT_EQ(error_, ETIMEDOUT);
}

TEST_F(tcp_timer, keep_alive__an_answer_is_enough) {
  app_sets(PIKA_SET_KEEPALIVE, 1);
  app_sets(PIKA_SET_KEEP_IDLE, 10'000);
  app_sets(PIKA_SET_KEEP_INTERVAL, 10'000);
  app_sets(PIKA_SET_KEEP_COUNT, 1);
  for (int i = 0; i < 5; i++) {
    host().pass_ms(10'000);
    EXPECT_EQ(frames(), 1u);
    forget_frames();
    segment(next());
  }
  EXPECT_EQ(tcb().state, PIKA_TCP_ESTABLISHED);
}

TEST_F(tcp_timer, keep_alive__waits_as_long_after_whatever_comes) {
  app_sets(PIKA_SET_KEEPALIVE, 1);
  app_sets(PIKA_SET_KEEP_IDLE, 10'000);
  host().pass_ms(9'000);
  peer_sends("x");
  peer_sends("y");
  forget_frames();
  host().pass_ms(9'999);
  EXPECT_TRUE(quiet());
  host().pass_ms(1);
  EXPECT_EQ(frames(), 1u);
}

TEST_F(tcp_timer, keep_alive__is_off_unless_asked_for) {
  host().pass_ms(uint64_t{3} * PIKA_KEEP_IDLE);
  EXPECT_TRUE(quiet());
}

TEST_F(tcp_timer, clocks__one_timer_strikes_for_the_earliest_first) {
  app_sends("x");
  peer_sends("y");
  forget_frames();
  host().pass_ms(40);
  EXPECT_TRUE(sent().data.empty()) << "the delayed ACK";
  host().pass_ms(160);
  EXPECT_EQ(sent().data, "x");
}

/// Each of these would be due before it began.
TEST_F(tcp_timer, clock__of_more_than_24_days_does_not_strike_at_once) {
  auto idle = message(PIKA_MSG_OPTION), keep = idle;
  idle.option = {PIKA_SET_KEEP_IDLE, 0xffffffff};
  keep.option = {PIKA_SET_KEEPALIVE, 1};
  post_app(idle);
  post_app(keep);
  u32 work = 0;
  for (int i = 0; i < 10; i++) work = pika_server_run(host().s, 256);
  EXPECT_EQ(work, 0u) << "the server never sleeps";
  auto close = message(PIKA_MSG_CLOSE);
  close.close.linger_ms = 0xffffffff;
  post_app(close);
  for (int i = 0; i < 10; i++) work = pika_server_run(host().s, 256);
  EXPECT_TRUE(tcb().flags & PIKA_TCB_LINGER) << "the FIN has not been acknowledged";
}

/// A program's number must not make its server wake up for nothing.
TEST_F(tcp_timer, keep_alive__is_not_looked_at_more_than_once_a_second) {
  for (const u32 setting : {PIKA_SET_KEEP_IDLE, PIKA_SET_KEEP_INTERVAL, PIKA_SET_KEEPALIVE})
    app_sets(setting, 1);
  host().pass_ms(999);
  EXPECT_EQ(host().s->ts->stats.keep_probes, 0u);
  host().pass_ms(1);
  EXPECT_EQ(host().s->ts->stats.keep_probes, 1u);
  host().pass_ms(1000);
  EXPECT_EQ(host().s->ts->stats.keep_probes, 2u);
}

class tcp_timer_syn : public ts_fixture {};

TEST_F(tcp_timer_syn, rto__after_a_lost_syn_is_three_seconds) {
  connect_syn();
  host().pass_ms(1000);
  forget_frames();
  segment({.seq = seq_, .ack = ack_, .flags = PIKA_TCP_SYN | PIKA_TCP_ACK});
  seq_++;
  EXPECT_EQ(tcb().rto_ms, 3000u);
  EXPECT_EQ(tcb().cwnd, tcb().mss);
}

TEST_F(tcp_timer, keepalive__a_stray_is_no_sign_of_life) {
  app_sets(PIKA_SET_KEEP_IDLE, 10'000);
  app_sets(PIKA_SET_KEEPALIVE, 1);
  for (int i = 0; i < 5; i++) {
    host().pass_ms(5'000);
    segment({.seq = seq_ + 0x40000000, .ack = ack_, .flags = PIKA_TCP_RST});
  }
  EXPECT_GT(stats().keep_probes, 0u);
}

}  // namespace
