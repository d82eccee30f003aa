// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class tcp_output : public ts_fixture {
 protected:
  explicit tcp_output(const pika_ts_config& config = small_config()) : ts_fixture(config) {}
};

TEST_F(tcp_output, segments__are_full_and_the_last_is_pushed) {
  accept({.mss = 1000});
  app_sends(std::string(2500, 'x'));
  auto s = sent();
  EXPECT_EQ(s.data.size(), 1000u);
  EXPECT_FALSE(s.flags & PIKA_TCP_PSH);
  sent();
  s = sent();
  EXPECT_EQ(s.data.size(), 500u);
  EXPECT_TRUE(s.flags & PIKA_TCP_PSH);
}

TEST_F(tcp_output, window__limits_what_is_sent) {
  accept({.mss = 1000});
  window_ = 2000;
  segment(next());
  app_sends(std::string(5000, 'x'));
  EXPECT_EQ(frames(), 2u);
  peer_acks(ack_ + 1000);
  EXPECT_EQ(frames(), 3u);
}

TEST_F(tcp_output, window__a_sliver_of_it_is_not_used) {
  accept({.mss = 1000});
  window_ = 2100;
  segment(next());
  app_sends(std::string(5000, 'x'));
  EXPECT_EQ(frames(), 2u);
}

TEST_F(tcp_output, window__half_of_the_largest_there_was_is_no_sliver) {
  accept({.mss = 1000});
  window_ = 500;
  segment(next());
  tcb().snd_wnd_max = 1000;
  app_sends(std::string(5000, 'x'));
  EXPECT_EQ(sent().data.size(), 500u);
}

TEST_F(tcp_output, nagle__one_small_segment_in_flight) {
  accept();
  app_sends("a");
  EXPECT_EQ(sent().data, "a");
  app_sends("b");
  app_sends("c");
  EXPECT_TRUE(quiet());
  peer_acks(ack_ + 1);
  EXPECT_EQ(sent().data, "bc");
}

TEST_F(tcp_output, nagle__a_full_segment_in_flight_does_not_hold_a_small_one) {
  accept({.mss = 1000});
  app_sends(std::string(1000, 'x'));
  forget_frames();
  app_sends("small");
  EXPECT_EQ(sent().data, "small");
}

TEST_F(tcp_output, nodelay__sends_what_nagle_held) {
  accept();
  app_sends("a");
  app_sends("b");
  forget_frames();
  app_sets(PIKA_SET_NODELAY, 1);
  EXPECT_EQ(sent().data, "b");
  app_sends("c");
  EXPECT_EQ(sent().data, "c");
}

TEST_F(tcp_output, cork__holds_a_partial_segment_until_it_is_pulled) {
  accept({.mss = 1000});
  app_sets(PIKA_SET_CORK, 1);
  app_sends(std::string(1500, 'x'));
  EXPECT_EQ(sent().data.size(), 1000u);
  peer_acks(ack_ + 1000);
  EXPECT_TRUE(quiet());
  app_sets(PIKA_SET_CORK, 0);
  EXPECT_EQ(sent().data.size(), 500u);
}

TEST_F(tcp_output, cork__holds_no_longer_than_200_ms) {
  accept();
  app_sets(PIKA_SET_CORK, 1);
  app_sends("held");
  host().pass_ms(199);
  EXPECT_TRUE(quiet());
  host().pass_ms(1);
  EXPECT_EQ(sent().data, "held");
}

TEST_F(tcp_output, more__waits_for_more) {
  accept();
  app_sends("head", PIKA_SEND_MORE);
  EXPECT_TRUE(quiet());
  app_sends("body");
  EXPECT_EQ(sent().data, "headbody");
}

TEST_F(tcp_output, data__carries_the_ack_that_is_owed) {
  accept();
  peer_sends("request");
  app_sends("reply");
  const auto s = sent();
  EXPECT_EQ(s.ack, seq_);
  host().pass_ms(100);
  EXPECT_TRUE(quiet());
}

TEST_F(tcp_output, fin__goes_with_the_last_data) {
  accept();
  post_app(send_message("bye"));
  app_shuts_down();
  const auto s = sent();
  EXPECT_EQ(s.data, "bye");
  EXPECT_EQ(s.flags, PIKA_TCP_ACK | PIKA_TCP_PSH | PIKA_TCP_FIN);
  EXPECT_TRUE(quiet());
}

TEST_F(tcp_output, fin__is_not_held_by_nagle) {
  accept();
  app_sends("a");
  forget_frames();
  app_sends("b");
  app_shuts_down();
  EXPECT_EQ(sent().data, "b");
}

TEST_F(tcp_output, fin__does_not_overtake_what_the_window_holds) {
  accept({.mss = 1000});
  window_ = 0;
  segment(next());
  app_sends("held");
  app_shuts_down();
  EXPECT_TRUE(quiet());
  window_ = 1000;
  segment(next());
  const auto s = sent();
  EXPECT_EQ(s.data, "held");
  EXPECT_TRUE(s.flags & PIKA_TCP_FIN);
}

TEST_F(tcp_output, resend__of_the_first_segment_does_not_invent_a_fin) {
  accept({.mss = 1000});
  app_sends(std::string(4000, 'x'));
  forget_frames();
  window_ = 4000;
  segment(next());
  app_sends(std::string(500, 'y'));
  app_shuts_down();
  forget_frames();
  for (int i = 0; i < 3; i++) segment(next());
  const auto s = sent();
  EXPECT_EQ(s.seq, ack_);
  EXPECT_EQ(s.data.size(), 1000u);
  EXPECT_FALSE(s.flags & PIKA_TCP_FIN);
}

class tcp_output_tso : public tcp_output {
 protected:
  static pika_ts_config config() {
    auto c = small_config();
    c.max_segments = 4;
    return c;
  }
  tcp_output_tso() : tcp_output(config()) {}
};

TEST_F(tcp_output_tso, frame__holds_several_segments_for_the_card_to_cut) {
  accept({.mss = 1000});
  host().sizes.clear();
  app_sends(std::string(5500, 'x'));
  ASSERT_EQ(host().sizes.size(), 2u);
  EXPECT_EQ(host().sizes[0], 1000);
  EXPECT_EQ(host().wire[0].size(), 40u + 4000);
  EXPECT_EQ(host().sizes[1], 1000);
  EXPECT_EQ(host().wire[1].size(), 40u + 1500);
}

TEST_F(tcp_output_tso, frame__of_one_segment_is_not_to_be_cut) {
  accept({.mss = 1000});
  host().sizes.clear();
  app_sends(std::string(1000, 'x'));
  EXPECT_EQ(host().sizes, std::vector<u16>{0});
}

TEST_F(tcp_output_tso, nagle__the_small_end_of_a_frame_is_a_small_segment) {
  accept({.mss = 1000});
  app_sends(std::string(2500, 'x'));
  EXPECT_EQ(frames(), 1u);
  app_sends("small");
  EXPECT_EQ(frames(), 1u);
  peer_acks(ack_ + 2500);
  EXPECT_EQ(host().wire.back().size(), 40u + 5);
}

class tcp_output_large_frames : public tcp_output {
 protected:
  static pika_ts_config config() {
    auto c = small_config();
    c.max_segments = 64;
    c.send_buffer = 1 << 20;
    return c;
  }
  tcp_output_large_frames() : tcp_output(config()) {}
};

TEST_F(tcp_output_large_frames, frame__is_never_longer_than_ip_can_say) {
  accept({.mss = 1460, .scale = 7});
  tcb().cwnd = 1 << 20;
  tcb().snd_wnd = 1 << 20;
  app_sends(std::string(200'000, 'x'));
  EXPECT_GE(frames(), 4u);
  for (auto& frame : host().wire) EXPECT_LE(frame.size(), 65535u);
}

TEST_F(tcp_output, nodelay__sends_what_cork_held) {
  accept();
  app_sets(PIKA_SET_CORK, 1);
  app_sends("a");
  EXPECT_TRUE(quiet());
  app_sets(PIKA_SET_NODELAY, 1);
  EXPECT_EQ(sent().data, "a");
  app_sends("b");
  EXPECT_TRUE(quiet()) << "the cork is still in";
}

}  // namespace
