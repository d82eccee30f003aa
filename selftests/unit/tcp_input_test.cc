// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class tcp_input : public ts_fixture {
 protected:
  /// The one frame that was sent is an ACK that says where we are.
  void expect_ack() {
    ASSERT_EQ(frames(), 1u);
    const auto s = sent();
    EXPECT_EQ(s.flags, PIKA_TCP_ACK);
    EXPECT_EQ(s.ack, seq_);
    EXPECT_TRUE(s.data.empty());
  }
  Segment at(s32 offset, const std::string& bytes = {}, uint8_t flags = 0) {
    auto s = next(bytes, flags);
    s.seq += offset;
    return s;
  }
};

TEST_F(tcp_input, segment__in_sequence_is_predicted) {
  accept();
  peer_sends("abc");
  EXPECT_EQ(received(), "abc");
  EXPECT_EQ(stats().segments_predicted, 1u);
}

TEST_F(tcp_input, segment__below_the_window_is_acknowledged_and_dropped) {
  accept();
  segment(at(-10, "0123456789"));
  expect_ack();
  EXPECT_EQ(received(), "");
  EXPECT_EQ(stats().dropped_window, 1u);
}

TEST_F(tcp_input, segment__beyond_the_window_is_acknowledged_and_dropped) {
  accept();
  segment(at(70'000, "x"));
  expect_ack();
  EXPECT_EQ(stats().dropped_window, 1u);
  EXPECT_EQ(tcb().early, nullptr);
}

TEST_F(tcp_input, segment__half_old_is_trimmed) {
  accept();
  peer_sends("abc");
  segment(at(-3, "abcdef"));
  seq_ += 3;
  EXPECT_EQ(received(), "abcdef");
}

TEST_F(tcp_input, strays_without_data__are_answered_twice_a_second) {
  accept();
  for (int i = 0; i < 5; i++) segment(at(-1));
  EXPECT_EQ(frames(), 1u);
  host().pass_ms(500);
  segment(at(-1));
  EXPECT_EQ(frames(), 2u);
}

TEST_F(tcp_input, reset__with_the_expected_number_ends_the_flow) {
  accept();
  segment(at(0, "", PIKA_TCP_RST));
  EXPECT_EQ(only(kApp, PIKA_MSG_UPDATE).update.error, ECONNRESET);
  EXPECT_TRUE(quiet());
  EXPECT_EQ(tcb().state, PIKA_TCP_CLOSED);
  app_closes();
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(tcp_input, reset__elsewhere_in_the_window_is_challenged) {
  accept();
  segment(at(1, "", PIKA_TCP_RST));
  expect_ack();
  EXPECT_EQ(stats().challenges, 1u);
  EXPECT_EQ(tcb().state, PIKA_TCP_ESTABLISHED);
}

TEST_F(tcp_input, reset__outside_the_window_is_dropped_without_a_word) {
  accept();
  segment(at(-1, "", PIKA_TCP_RST));
  EXPECT_TRUE(quiet());
  EXPECT_EQ(tcb().state, PIKA_TCP_ESTABLISHED);
}

TEST_F(tcp_input, reset__after_the_peers_fin_is_a_broken_pipe) {
  accept();
  peer_sends("", PIKA_TCP_FIN);
  told();
  segment(at(0, "", PIKA_TCP_RST));
  EXPECT_EQ(only(kApp, PIKA_MSG_UPDATE).update.error, EPIPE);
}

TEST_F(tcp_input, syn__in_the_window_is_challenged) {
  accept();
  segment(at(10, "", PIKA_TCP_SYN));
  expect_ack();
  EXPECT_EQ(stats().challenges, 1u);
}

TEST_F(tcp_input, challenges__are_limited) {
  accept();
  for (int i = 0; i < 40; i++) {
    for (int j = 0; j < 50; j++) post_segment(at(10, "", PIKA_TCP_SYN));
    host().run();
  }
  EXPECT_GE(stats().challenges, PIKA_CHALLENGES / 2u);
  EXPECT_LT(stats().challenges, PIKA_CHALLENGES * 3u / 2);
  EXPECT_EQ(stats().challenges + stats().challenges_limited, 2000u);
  const auto before = stats().challenges;
  host().pass_ms(1000);
  segment(at(10, "", PIKA_TCP_SYN));
  EXPECT_EQ(stats().challenges, before + 1);
}

TEST_F(tcp_input, segment__without_ack_is_dropped) {
  accept();
  auto s = next("data");
  s.flags = PIKA_TCP_PSH;
  segment(s);
  EXPECT_EQ(received(), "");
  EXPECT_TRUE(quiet());
  EXPECT_EQ(stats().dropped_state, 1u);
}

TEST_F(tcp_input, payload__after_the_peers_fin_is_counted) {
  accept();
  peer_sends("", PIKA_TCP_FIN);
  segment(at(0, "more"));
  EXPECT_EQ(received(), "");
  EXPECT_EQ(stats().dropped_state, 1u);
}

TEST_F(tcp_input, segment__of_no_flow_goes_back_to_the_host) {
  segment(next("stray"));
  EXPECT_EQ(host().passed.size(), 1u);
  EXPECT_EQ(stats().no_flow, 1u);
}

TEST_F(tcp_input, packet__that_does_not_parse_is_counted) {
  pika_msg msg{};
  msg.type = PIKA_MSG_SEGMENT;
  auto bytes = to_bytes(peer_key(), {});
  bytes.back() ^= 1;
  msg.packet.packet = host().make(bytes);
  ASSERT_TRUE(host().post(kLs, msg));
  host().run();
  EXPECT_EQ(stats().dropped_malformed, 1u);
  EXPECT_EQ(host().packets(), 0u);
}

class tcp_paws : public tcp_input {
 protected:
  void SetUp() override {
    accept({.mss = 1460, .ts_value = 1000});
    s_ = next("new");
    s_.ts_value = 1010;
    segment(s_);
    seq_ += 3;
    host().pass_ms(50);
    received();
    forget_frames();
  }
  Segment s_;
};

TEST_F(tcp_paws, timestamp__older_is_acknowledged_and_dropped) {
  auto s = next("old");
  s.ts_value = 1009;
  segment(s);
  expect_ack();
  EXPECT_EQ(received(), "");
  EXPECT_EQ(stats().dropped_paws, 1u);
}

TEST_F(tcp_paws, timestamp__the_same_is_taken) {
  auto s = next("same");
  s.ts_value = 1010;
  segment(s);
  EXPECT_EQ(received(), "same");
}

TEST_F(tcp_paws, timestamp__missing_is_forgiven) {
  segment(next("none"));
  EXPECT_EQ(received(), "none");
}

TEST_F(tcp_paws, timestamp__after_24_idle_days_means_nothing) {
  tcb().ts_recent_ms -= PIKA_PAWS_IDLE;
  auto s = next("wrapped");
  s.ts_value = 5;
  segment(s);
  EXPECT_EQ(received(), "wrapped");
}

TEST_F(tcp_paws, reset__is_not_judged_by_its_timestamp) {
  auto s = next("", PIKA_TCP_RST);
  s.ts_value = 1;
  segment(s);
  EXPECT_EQ(only(kApp, PIKA_MSG_UPDATE).update.error, ECONNRESET);
}

TEST_F(tcp_paws, echo__is_of_what_was_acknowledged_last) {
  auto s = next("abc");
  s.seq++;  // beyond a hole
  s.ts_value = 2000;
  segment(s);
  EXPECT_EQ(sent().ts_echo, 1010u);
}

TEST_F(tcp_input, paws__empty_segments_are_answered_twice_a_second) {
  accept({.mss = 1460, .ts_value = 1000});
  for (int i = 0; i < 50; i++) {
    auto s = next();
    s.ts_value = 10;
    segment(s);
  }
  EXPECT_EQ(frames(), 1u);
  EXPECT_EQ(stats().dropped_paws, 50u);
}

TEST_F(tcp_input, paws__the_timestamp_of_a_reset_is_not_remembered) {
  accept({.mss = 1460, .ts_value = 1000});
  auto s = next("payload", PIKA_TCP_RST);
  s.seq--;
  s.ts_value = 5;
  segment(s);
  EXPECT_EQ(tcb().ts_recent, 1000u);
}

}  // namespace
