// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class ts_socket : public ts_fixture {};

TEST_F(ts_socket, send__beyond_the_buffer_resets) {
  accept();
  window_ = 0;
  segment(next());
  app_sends(std::string(65536, 'x'));
  forget_frames();
  app_sends("y");
  EXPECT_TRUE(sent().flags & PIKA_TCP_RST);
  received();
  EXPECT_EQ(error_, ENOBUFS);
  EXPECT_EQ(stats().send_overrun, 1u);
}

TEST_F(ts_socket, send__of_nothing_or_without_a_buffer_resets) {
  accept();
  auto msg = send_message(std::string(100, 'x'));
  msg.send.buffer = 0;
  app(msg);
  EXPECT_EQ(stats().send_malformed, 1u);
  received();
  EXPECT_EQ(error_, EINVAL);
}

TEST_F(ts_socket, send__after_shutdown_is_counted_and_ignored) {
  accept();
  app_shuts_down();
  forget_frames();
  app_sends("late");
  EXPECT_TRUE(quiet());
  EXPECT_EQ(stats().send_closed, 1u);
}

TEST_F(ts_socket, message__of_an_endpoint_that_does_not_own_the_flow_is_ignored) {
  accept();
  ASSERT_TRUE(host().post(kApp + 1, send_message("x")));
  host().run();
  EXPECT_TRUE(quiet());
}

TEST_F(ts_socket, message__for_a_flow_that_is_gone_is_counted) {
  accept();
  app_closes(0, PIKA_CLOSE_RESET);
  forget_frames();
  app_sends("x");
  app_closes();
  EXPECT_TRUE(quiet());
  EXPECT_EQ(stats().stale, 2u);
}

TEST_F(ts_socket, close__once_more_with_a_reset_ends_what_is_still_sent) {
  accept();
  app_sends(std::string(100, 'x'));
  app_closes();
  told();
  forget_frames();
  app_closes();
  EXPECT_TRUE(quiet());
  EXPECT_EQ(host().flows(), 1u);
  app_closes(0, PIKA_CLOSE_RESET);
  EXPECT_TRUE(sent().flags & PIKA_TCP_RST);
  EXPECT_TRUE(only(kApp, PIKA_MSG_UPDATE).update.flags & PIKA_UPDATE_GONE);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(ts_socket, close__forgetting_sends_what_is_left_and_tells_no_more) {
  accept();
  app_sends("last words");
  app_closes(0, PIKA_CLOSE_FORGET);
  EXPECT_EQ(sent().data, "last words");
  EXPECT_EQ(host().flows(), 1u);
  peer_acks(tcb().snd_max);
  EXPECT_TRUE(only(kCm, PIKA_MSG_CONNECTION_CLOSED).closed.established);
  EXPECT_EQ(host().told(kApp).size(), 0u);
  host().pass_ms(400'000);
  EXPECT_EQ(host().flows(), 0u);
  EXPECT_EQ(host().told(kApp).size(), 0u);
}

TEST_F(ts_socket, close__forgetting_while_a_buffer_is_lent_is_told_gone) {
  accept();
  app_sends(std::string(100, 'x'));
  app_closes(0, PIKA_CLOSE_FORGET);
  EXPECT_EQ(host().told(kApp).size(), 0u);
  peer_acks(tcb().snd_max);
  EXPECT_TRUE(only(kApp, PIKA_MSG_UPDATE).update.flags & PIKA_UPDATE_GONE);
}

TEST_F(ts_socket, received__more_than_there_was_opens_no_more_than_there_is) {
  accept();
  peer_sends("abc");
  received();
  app_has_read(1'000'000);
  EXPECT_EQ(tcb().unread, 0u);
}

TEST_F(ts_socket, option__unknown_is_counted) {
  accept();
  app_sets(999, 1);
  EXPECT_EQ(stats().unknown_option, 1u);
}

TEST_F(ts_socket, option__mss_limits_segments) {
  accept();
  app_sets(PIKA_SET_MSS, 500);
  app_sends(std::string(600, 'x'));
  EXPECT_EQ(sent().data.size(), 500u);
}

TEST_F(ts_socket, connect__to_a_flow_that_is_there_is_refused) {
  connect_syn();
  connect();
  const auto refused = only(kApp, PIKA_MSG_UPDATE);
  EXPECT_EQ(refused.update.error, EADDRINUSE);
  EXPECT_EQ(refused.update.flags, PIKA_UPDATE_GONE);
  EXPECT_EQ(refused.flow, PIKA_HANDLE_NONE);
  EXPECT_EQ(refused.update.socket, 0xc0deu);
}

TEST_F(ts_socket, connect__without_a_free_tcb_is_refused) {
  for (int i = 0; i < 64; i++, key_.local_port++) connect();
  told();
  connect();
  EXPECT_EQ(only(kApp, PIKA_MSG_UPDATE).update.error, ENOBUFS);
}

TEST_F(ts_socket, connect__closed_before_it_is_done_leaves_nothing) {
  connect_syn();
  app_closes();
  EXPECT_TRUE(only(kApp, PIKA_MSG_UPDATE).update.flags & PIKA_UPDATE_GONE);
  EXPECT_EQ(host().flows(), 0u);
  EXPECT_TRUE(quiet());
}

TEST_F(ts_socket, connect__shut_down_while_both_open_sends_its_fin_after) {
  connect_syn();
  segment({.seq = seq_, .flags = PIKA_TCP_SYN, .mss = 1460});
  seq_++;
  forget_frames();
  app_shuts_down();
  EXPECT_EQ(tcb().state, PIKA_TCP_SYN_RECEIVED);
  segment(next());
  EXPECT_EQ(tcb().state, PIKA_TCP_FIN_WAIT_1);
  EXPECT_TRUE(sent().flags & PIKA_TCP_FIN);
}

TEST_F(ts_socket, connect__reuses_a_time_wait_after_a_second_by_timestamps) {
  connect_syn();
  segment({.seq = seq_, .ack = ack_, .flags = PIKA_TCP_SYN | PIKA_TCP_ACK, .ts_value = 9});
  seq_++;
  forget_frames();
  app_closes();
  ack_ = sent().seq + 1;
  peer_sends("", PIKA_TCP_FIN);
  told();
  forget_frames();
  connect();
  EXPECT_EQ(only(kApp, PIKA_MSG_UPDATE).update.error, EADDRINUSE);
  host().pass_ms(1001);
  connect();
  EXPECT_EQ(only(kApp, PIKA_MSG_UPDATE).update.error, 0);
  EXPECT_EQ(sent().flags, PIKA_TCP_SYN);
  EXPECT_EQ(stats().time_wait_reused, 1u);
}

TEST_F(ts_socket, connect__reuses_a_time_wait_beyond_what_that_has_used) {
  connect_syn();
  segment({.seq = seq_, .ack = ack_, .flags = PIKA_TCP_SYN | PIKA_TCP_ACK, .ts_value = 9});
  seq_++;
  told();
  for (int i = 0; i < 300; i++) {
    app_sends(std::string(1000, 'x'));
    ack_ += 1000;
    segment(next());
  }
  app_closes();
  ack_++;
  peer_sends("", PIKA_TCP_FIN);
  told();
  forget_frames();
  host().pass_ms(1001);  // by the clock of ISNs 244,384
  connect();
  EXPECT_EQ(stats().time_wait_reused, 1u);
  EXPECT_GT(static_cast<s32>(sent().seq - ack_), 0);
}

TEST_F(ts_socket, send__while_connecting_may_fill_the_buffer) {
  connect_syn();
  app_sends(std::string(65536, 'x'));
  EXPECT_EQ(stats().send_overrun, 0u);
  app_sends("y");
  EXPECT_EQ(stats().send_overrun, 1u);
}

TEST_F(ts_socket, mss__is_never_raised) {
  accept({.mss = 88, .ts_value = 1});
  const auto agreed = tcb().mss;
  app_sets(PIKA_SET_MSS, 1400);
  EXPECT_EQ(tcb().mss, agreed);
}

TEST_F(ts_socket, receive_buffer__smaller_promises_no_more) {
  accept();
  const auto edge = tcb().rcv_edge;
  app_sets(PIKA_SET_RECEIVE_BUFFER, 8192);
  EXPECT_TRUE(quiet());
  EXPECT_EQ(pika_tcp_receive_room(&tcb()), 4096u);
  peer_sends("x");
  host().pass_ms(40);
  const auto ack = sent();
  EXPECT_EQ(ack.ack + ack.window, edge);
  received();
  app_sets(PIKA_SET_RECEIVE_BUFFER, 0);
  EXPECT_EQ(tcb().rcv_memory_most, PIKA_RECEIVE_LEAST);
}

TEST_F(ts_socket, receive_buffer__larger_opens_the_window_at_once) {
  accept({.mss = 1460, .scale = 7});
  const auto edge = tcb().rcv_edge;
  app_sets(PIKA_SET_RECEIVE_BUFFER, 4 * 65535);
  EXPECT_GE(tcb().rcv_edge, edge);
  EXPECT_EQ(tcb().rcv_edge, tcb().rcv_nxt + pika_tcp_receive_room(&tcb()));
}

}  // namespace
