// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class tcp_ack : public ts_fixture {};

TEST_F(tcp_ack, ack__is_reported_in_bytes) {
  accept();
  app_sends(std::string(100, 'x'));
  peer_acks(ack_ + 60);
  EXPECT_EQ(only(kApp, PIKA_MSG_UPDATE).update.acked, 60u);
  peer_acks(ack_ + 40);
  EXPECT_EQ(only(kApp, PIKA_MSG_UPDATE).update.acked, 40u);
  EXPECT_EQ(host().s->ts->chunks.used, 0u);
}

TEST_F(tcp_ack, ack__of_what_was_not_sent_is_challenged_and_dropped) {
  accept();
  auto s = next("ignored");
  s.ack += 1;
  segment(s);
  EXPECT_EQ(sent().flags, PIKA_TCP_ACK);
  EXPECT_EQ(received(), "");
  EXPECT_EQ(stats().dropped_ack, 1u);
}

TEST_F(tcp_ack, ack__older_than_any_window_is_challenged_and_dropped) {
  accept();
  auto s = next("ignored");
  s.ack -= 65536;
  segment(s);
  EXPECT_EQ(stats().challenges, 1u);
  EXPECT_EQ(received(), "");
}

TEST_F(tcp_ack, ack__a_little_old_still_brings_data) {
  accept();
  app_sends("x");
  peer_acks(ack_ + 1);
  listen_to_app();
  auto s = next("late");
  s.ack--;
  segment(s);
  EXPECT_EQ(received(), "late");
}

TEST_F(tcp_ack, window__of_an_older_segment_is_not_used) {
  accept();
  window_ = 5000;
  peer_sends("a");
  auto s = next();
  s.seq--;
  s.window = 100;
  segment(s);
  EXPECT_EQ(tcb().snd_wnd, 5000u);
}

TEST_F(tcp_ack, window__of_what_was_overtaken_is_not_used) {
  accept();
  auto s = next("later");
  s.seq += 3;
  s.window = 5000;
  segment(s);
  window_ = 100;
  peer_sends("abc");
  EXPECT_EQ(received(), "abclater");
  EXPECT_EQ(tcb().snd_wnd, 5000u);
}

TEST_F(tcp_ack, window__opens_and_data_follows) {
  window_ = 0;
  accept();
  window_ = 0;
  segment(next());
  app_sends("held");
  EXPECT_TRUE(quiet());
  window_ = 1000;
  segment(next());
  EXPECT_EQ(sent().data, "held");
}

TEST_F(tcp_ack, ack__of_everything_stops_the_clock) {
  accept();
  app_sends("x");
  forget_frames();
  peer_acks(ack_ + 1);
  host().pass_ms(10'000);
  EXPECT_TRUE(quiet());
}

}  // namespace
