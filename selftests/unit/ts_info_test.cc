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

}  // namespace
