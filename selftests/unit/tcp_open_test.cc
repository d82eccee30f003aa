// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class tcp_open : public ts_fixture {};

TEST_F(tcp_open, syn__is_answered_with_what_both_can_do) {
  syn({.mss = 1400, .scale = 5, .ts_value = 4711});
  EXPECT_EQ(syn_ack_.flags, PIKA_TCP_SYN | PIKA_TCP_ACK);
  EXPECT_EQ(syn_ack_.ack, 1001u);
  EXPECT_EQ(syn_ack_.mss, 1460);
  EXPECT_EQ(syn_ack_.scale, 0);
  EXPECT_TRUE(syn_ack_.ts_value);
  EXPECT_EQ(syn_ack_.ts_echo, 4711u);
  EXPECT_EQ(syn_ack_.window, 65535);
  EXPECT_EQ(stats().passive_opens, 1u);
}

TEST_F(tcp_open, syn__options_that_it_does_not_have_are_not_answered) {
  syn({});
  EXPECT_EQ(syn_ack_.mss, 1460);
  EXPECT_FALSE(syn_ack_.scale);
  EXPECT_FALSE(syn_ack_.ts_value);
}

TEST_F(tcp_open, syn__without_mss_means_536_bytes) {
  accept({});
  app_sends(std::string(600, 'x'));
  EXPECT_EQ(sent().data.size(), 536u);
}

TEST_F(tcp_open, syn__ipv6_has_its_own_default_and_its_own_offer) {
  key_ = {v6(1), v6(2), 80, 40000};
  accept({});
  EXPECT_EQ(syn_ack_.mss, 1440);
  app_sends(std::string(1300, 'x'));
  EXPECT_EQ(sent().data.size(), 1220u);
}

TEST_F(tcp_open, syn__a_tiny_mss_is_not_believed) {
  accept({.mss = 1});
  EXPECT_EQ(tcb().mss, PIKA_MSS_LEAST);
}

TEST_F(tcp_open, timestamps__take_their_room_from_the_payload) {
  accept({.mss = 1460, .ts_value = 1});
  EXPECT_EQ(tcb().mss, 1448);
}

TEST_F(tcp_open, syn__sent_again_is_answered_again) {
  syn();
  seq_--;
  admit({.seq = seq_, .flags = PIKA_TCP_SYN, .mss = 1460});
  const auto again = sent();
  EXPECT_EQ(again.flags, PIKA_TCP_SYN | PIKA_TCP_ACK);
  EXPECT_EQ(again.seq, syn_ack_.seq);
  EXPECT_EQ(host().flows(), 1u);
}

TEST_F(tcp_open, syn_ack__is_sent_again_until_it_is_given_up) {
  syn();
  host().pass_ms(999);
  EXPECT_TRUE(quiet());
  host().pass_ms(1);
  EXPECT_EQ(sent().seq, syn_ack_.seq);
  host().pass_ms(2000);
  EXPECT_EQ(frames(), 1u);
  host().pass_ms(120'000);
  EXPECT_EQ(frames(), 5u - 1);
  EXPECT_FALSE(only(kCm, PIKA_MSG_CONNECTION_CLOSED).closed.established);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(tcp_open, syn_received__an_ack_of_something_else_is_reset) {
  syn();
  segment({.seq = seq_, .ack = ack_ + 1});
  const auto reset = sent();
  EXPECT_EQ(reset.flags, PIKA_TCP_RST);
  EXPECT_EQ(reset.seq, ack_ + 1);
  EXPECT_TRUE(told(kCm).empty());
}

TEST_F(tcp_open, syn_received__a_reset_ends_it_and_the_cm_hears) {
  syn();
  segment({.seq = seq_, .flags = PIKA_TCP_RST});
  const auto closed = only(kCm, PIKA_MSG_CONNECTION_CLOSED);
  EXPECT_FALSE(closed.closed.established);
  EXPECT_EQ(closed.closed.listener, 7u);
  EXPECT_EQ(host().flows(), 0u);
  EXPECT_TRUE(quiet());
}

TEST_F(tcp_open, handshake__may_bring_data_and_fin_at_once) {
  syn();
  segment(next("hello", PIKA_TCP_FIN));
  flow_ = only(kCm, PIKA_MSG_ESTABLISHED).flow;
  assign();
  only(kApp, PIKA_MSG_CONNECTION_AVAILABLE);
  claim();
  const auto result = only(kApp, PIKA_MSG_CLAIM_RESULT);
  EXPECT_EQ(data(result), "hello");
  EXPECT_TRUE(result.update.flags & PIKA_UPDATE_EOF);
  host().pass_ms(PIKA_DELAYED_ACK);
  EXPECT_EQ(sent().ack, seq_ + 6);
}

TEST_F(tcp_open, window__is_scaled_after_the_syn) {
  accept({.window = 1000, .mss = 1460, .scale = 3});
  EXPECT_EQ(tcb().snd_wnd, 65535u << 3);
}

class tcp_open_large : public ts_fixture {
 protected:
  static pika_ts_config config() {
    auto c = small_config();
    c.receive_buffer = 1 << 20;
    return c;
  }
  tcp_open_large() : ts_fixture(config()) {}
};

TEST_F(tcp_open_large, window__ours_is_scaled_too_but_not_in_a_syn) {
  host().truesize = 2;  // which leaves as much as the byte in it
  syn({.mss = 1460, .scale = 0});
  EXPECT_EQ(syn_ack_.scale, 5);
  EXPECT_EQ(syn_ack_.window, 65535);
  segment(next("x"));
  host().pass_ms(40);
  EXPECT_EQ(sent().window, ((1 << 20) - 1) >> 5);
}

TEST_F(tcp_open_large, window__without_scaling_ends_at_64k) {
  syn({.mss = 1460});
  segment(next("x"));
  host().pass_ms(40);
  EXPECT_EQ(sent().window, 65535);
}

TEST_F(tcp_open, connect__sends_a_syn_and_names_the_flow_at_once) {
  connect();
  const auto named = only(kApp, PIKA_MSG_UPDATE);
  EXPECT_NE(named.flow, PIKA_HANDLE_NONE);
  EXPECT_EQ(named.update.socket, 0xc0deu);
  EXPECT_EQ(named.update.flags, 0);
  const auto s = sent();
  EXPECT_EQ(s.flags, PIKA_TCP_SYN);
  EXPECT_EQ(s.mss, 1460);
  EXPECT_TRUE(s.scale);
  EXPECT_TRUE(s.ts_value);
  EXPECT_EQ(s.ack, 0u);
}

TEST_F(tcp_open, connect__syn_ack_is_acknowledged_and_the_socket_connected) {
  connect_syn();
  segment({.seq = seq_, .ack = ack_, .flags = PIKA_TCP_SYN | PIKA_TCP_ACK, .mss = 1000});
  const auto ack = sent();
  EXPECT_EQ(ack.flags, PIKA_TCP_ACK);
  EXPECT_EQ(ack.ack, seq_ + 1);
  EXPECT_EQ(ack.seq, ack_);
  EXPECT_FALSE(ack.ts_value);
  EXPECT_TRUE(only(kApp, PIKA_MSG_UPDATE).update.flags & PIKA_UPDATE_CONNECTED);
  EXPECT_EQ(tcb().mss, 1000);
}

TEST_F(tcp_open, connect__data_queued_before_goes_with_the_first_ack) {
  connect_syn();
  app_sends("early");
  EXPECT_TRUE(quiet());
  segment({.seq = seq_, .ack = ack_, .flags = PIKA_TCP_SYN | PIKA_TCP_ACK});
  const auto s = sent();
  EXPECT_EQ(s.data, "early");
  EXPECT_EQ(s.ack, seq_ + 1);
  EXPECT_TRUE(quiet());
}

TEST_F(tcp_open, connect__a_reset_refuses_it) {
  connect_syn();
  segment({.seq = 0, .ack = ack_, .flags = PIKA_TCP_RST | PIKA_TCP_ACK});
  const auto refused = only(kApp, PIKA_MSG_UPDATE);
  EXPECT_EQ(refused.update.error, ECONNREFUSED);
  EXPECT_TRUE(refused.update.flags & PIKA_UPDATE_GONE);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(tcp_open, connect__a_reset_without_our_ack_is_ignored) {
  connect_syn();
  segment({.seq = 0, .flags = PIKA_TCP_RST});
  segment({.seq = 0, .ack = ack_ + 5, .flags = PIKA_TCP_RST | PIKA_TCP_ACK});
  EXPECT_TRUE(told().empty());
  EXPECT_TRUE(quiet());
  EXPECT_EQ(host().flows(), 1u);
}

TEST_F(tcp_open, connect__an_ack_of_another_connection_is_reset) {
  connect_syn();
  segment({.seq = 5, .ack = ack_ + 77, .flags = PIKA_TCP_ACK});
  const auto reset = sent();
  EXPECT_EQ(reset.flags, PIKA_TCP_RST);
  EXPECT_EQ(reset.seq, ack_ + 77);
}

TEST_F(tcp_open, connect__times_out_after_six_more_syns) {
  connect_syn();
  host().pass_ms(130'000);
  EXPECT_EQ(frames(), 6u);
  const auto failed = only(kApp, PIKA_MSG_UPDATE);
  EXPECT_EQ(failed.update.error, ETIMEDOUT);
  EXPECT_TRUE(failed.update.flags & PIKA_UPDATE_GONE);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(tcp_open, connect__both_at_once) {
  connect_syn();
  segment({.seq = seq_, .flags = PIKA_TCP_SYN, .mss = 1460});
  const auto answer = sent();
  EXPECT_EQ(answer.flags, PIKA_TCP_SYN | PIKA_TCP_ACK);
  EXPECT_EQ(answer.seq, ack_ - 1);
  EXPECT_EQ(answer.ack, seq_ + 1);
  segment({.seq = seq_, .ack = ack_, .flags = PIKA_TCP_SYN | PIKA_TCP_ACK, .mss = 1460});
  EXPECT_TRUE(only(kApp, PIKA_MSG_UPDATE).update.flags & PIKA_UPDATE_CONNECTED);
  EXPECT_EQ(tcb().state, PIKA_TCP_ESTABLISHED);
}

TEST_F(tcp_open, connect__both_at_once_ends_with_a_plain_ack_too) {
  connect_syn();
  segment({.seq = seq_, .flags = PIKA_TCP_SYN, .mss = 1460});
  seq_++;
  segment(next());
  EXPECT_TRUE(only(kApp, PIKA_MSG_UPDATE).update.flags & PIKA_UPDATE_CONNECTED);
}

TEST_F(tcp_open, isn__moves_on_and_differs_between_flows) {
  syn();
  const auto first = syn_ack_.seq;
  key_.remote_port++;
  seq_ = 1000;
  syn();
  EXPECT_GT(std::abs(static_cast<s32>(syn_ack_.seq - first)), 1000);
}

TEST_F(tcp_open, simultaneous__the_window_of_a_syn_ack_is_not_scaled) {
  connect_syn();
  Segment s = {.seq = seq_, .flags = PIKA_TCP_SYN, .window = 2920, .mss = 1460, .scale = 7};
  segment(s);
  s.flags |= PIKA_TCP_ACK;
  s.ack = ack_;
  segment(s);
  EXPECT_EQ(tcb().state, PIKA_TCP_ESTABLISHED);
  EXPECT_EQ(tcb().snd_wnd, 2920u);
}

}  // namespace
