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

/// A stream without a loss and without a small segment, of which 1 GB goes by at a time.
class tcp_ack_long : public tcp_ack {
 protected:
  void SetUp() override {
    accept({.mss = 1000});
    app_sends("small");
    peer_acks(ack_ + 5);
    for (int i = 0; i < 3; i++) {
      auto& t = tcb();
      for (u32* at : {&t.snd_una, &t.snd_nxt, &t.snd_max, &t.snd_end, &t.snd_wl2, &ack_})
        *at += 0x30000000;
      app_sends(std::string(1000, 'x'));
      peer_acks(ack_ + 1000);
    }
    forget_frames();
  }
};

TEST_F(tcp_ack_long, nagle__is_not_about_a_segment_2_gb_ago) {
  app_sends("small");
  EXPECT_EQ(frames(), 1u);
}

TEST_F(tcp_ack_long, recovery__is_not_held_back_by_the_beginning_2_gb_ago) {
  app_sends(std::string(8000, 'x'));
  for (int i = 0; i < 3; i++) segment(next());
  EXPECT_EQ(stats().fast_retransmits, 1u);
}

}  // namespace
