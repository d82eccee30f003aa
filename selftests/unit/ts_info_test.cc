// SPDX-License-Identifier: GPL-2.0-only

extern "C" {
#include "core/ts_info.h"
}

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class ts_info : public ts_fixture {
 protected:
  /// The only flow that is told of, if there is one.
  std::optional<pika_flow_info> look() {
    std::optional<pika_flow_info> found;
    for (u32 i = 0; i < pika_ts_places(host().s); i++) {
      pika_flow_info info{};
      if (!pika_ts_info(host().s, i, &info)) continue;
      EXPECT_FALSE(found) << "two flows";
      found = info;
    }
    return found;
  }

  /// A flow whose end its peer does not know.
  std::optional<pika_flow_info> sending() {
    const u32 places = pika_ts_places(host().s);
    pika_flow_info info{};
    const u32 at = pika_ts_find_sending(host().s, 0, &info);
    if (at == places) return {};
    EXPECT_EQ(pika_ts_find_sending(host().s, at + 1, &info), places) << "two flows";
    pika_ts_find_sending(host().s, at, &info);
    return info;
  }
};

TEST_F(ts_info, info__without_a_flow_there_is_none) {
  EXPECT_EQ(pika_ts_places(host().s), small_config().max_flows);
  EXPECT_FALSE(look());
}

TEST_F(ts_info, info__tells_who_has_the_flow_and_what_is_known_of_the_path) {
  accept();
  const auto info = look();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->state, PIKA_TCP_ESTABLISHED);
  EXPECT_EQ(std::memcmp(&info->key, &tcb().key, sizeof(info->key)), 0);
  EXPECT_EQ(info->handle, flow_);
  EXPECT_TRUE(info->owned);
  EXPECT_EQ(info->endpoint, kApp);
  EXPECT_EQ(info->socket, tcb().socket);
  EXPECT_EQ(info->mss, tcb().mss);
  EXPECT_EQ(info->cwnd, tcb().cwnd);
  EXPECT_EQ(info->ssthresh, tcb().ssthresh);
  EXPECT_EQ(info->rtt_us, tcb().srtt_us / 8);
  EXPECT_EQ(info->rttvar_us, tcb().rttvar_us / 4);
  EXPECT_EQ(info->send_window, tcb().snd_wnd);
  EXPECT_EQ(info->receive_window, tcb().rcv_edge - tcb().rcv_nxt);
  EXPECT_EQ(info->queued, 0u);
  EXPECT_EQ(info->unacked, 0u);
  EXPECT_EQ(info->retries, 0u);
  EXPECT_EQ(info->backoff, 0);
  EXPECT_EQ(info->agreed, 0u);
}

TEST_F(ts_info, info__tells_what_was_agreed_on) {
  accept({.mss = 1460, .scale = 5, .ts_value = 1, .sack_permitted = true});
  const auto info = look();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->mss, 1448u);
  EXPECT_EQ(info->agreed, PIKA_TCB_TIMESTAMPS | PIKA_TCB_SCALED | PIKA_TCB_SACK);
  EXPECT_EQ(info->send_shift, 5);
  EXPECT_EQ(info->receive_shift, tcb().rcv_shift);
}

TEST_F(ts_info, info__counts_what_is_not_read_and_what_is_not_acknowledged) {
  accept();
  peer_sends("abc");
  app_sends("hello");
  const auto info = look();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->received, 3u);
  EXPECT_EQ(info->queued, 5u);
  EXPECT_EQ(info->unacked, 5u);
}

TEST_F(ts_info, info__a_time_out_doubles_what_is_told_of_it) {
  accept();
  app_sends("hello");
  const u32 before = look()->rto_ms;
  host().pass_ms(before + 10);
  EXPECT_EQ(look()->rto_ms, 2 * before);
  EXPECT_EQ(look()->retries, 1u);
}

TEST_F(ts_info, info__a_handshake_has_nothing_queued) {
  admit({.seq = 1000, .flags = PIKA_TCP_SYN});
  const auto info = look();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->state, PIKA_TCP_SYN_RECEIVED);
  EXPECT_FALSE(info->owned);
  EXPECT_EQ(info->queued, 0u);
  EXPECT_EQ(info->unacked, 1u);
}

TEST_F(ts_info, info__one_that_was_reset_is_not_told_of) {
  accept();
  auto s = next("");
  s.flags = PIKA_TCP_RST;
  segment(s);
  EXPECT_FALSE(look());
}

TEST_F(ts_info, sending__lasts_until_the_fin_is_acknowledged_though_the_owner_has_forgotten) {
  EXPECT_FALSE(sending());
  accept();
  app_sends("hello");
  app_closes(0, PIKA_CLOSE_FORGET);
  EXPECT_TRUE(told().empty()) << "the owner does not hear of it any more";
  peer_acks(ack_ + 5);
  ASSERT_TRUE(sending());
  EXPECT_EQ(sending()->handle, flow_);
  EXPECT_EQ(sending()->endpoint, kApp);
  peer_acks(ack_ + 1);
  EXPECT_EQ(look()->state, PIKA_TCP_FIN_WAIT_2);
  EXPECT_FALSE(sending());
  peer_sends("", PIKA_TCP_FIN);
  EXPECT_EQ(look()->state, PIKA_TCP_TIME_WAIT);
  EXPECT_FALSE(sending());
}

TEST_F(ts_info, sending__the_last_to_close_is_done_when_the_fin_is_acknowledged) {
  accept();
  peer_sends("", PIKA_TCP_FIN);
  app_closes(0, PIKA_CLOSE_FORGET);
  EXPECT_EQ(sending()->state, PIKA_TCP_LAST_ACK);
  peer_acks(ack_ + 1);
  EXPECT_FALSE(sending());
}

TEST_F(ts_info, sending__a_handshake_does_only_if_somebody_connects) {
  admit({.seq = 1000, .flags = PIKA_TCP_SYN});
  EXPECT_FALSE(sending());
  key_.remote_port++;
  connect();
  EXPECT_EQ(sending()->state, PIKA_TCP_SYN_SENT);
}

TEST_F(ts_info, sending__a_flow_is_reset_in_the_name_of_the_owner_that_has_forgotten_it) {
  accept();
  app_closes(0, PIKA_CLOSE_FORGET);
  forget_frames();
  app_closes(0, PIKA_CLOSE_RESET);
  EXPECT_TRUE(sent().flags & PIKA_TCP_RST);
  EXPECT_FALSE(sending());
  EXPECT_EQ(host().flows(), 0u);
}

}  // namespace
