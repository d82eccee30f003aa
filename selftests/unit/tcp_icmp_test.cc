// SPDX-License-Identifier: GPL-2.0-only
//
// What the packet scripts icmp_*.pkt cannot see: messages, counters, the flow itself.

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class tcp_icmp : public ts_fixture {
 protected:
  void SetUp() override { accept(); }

  void error(uint32_t seq, uint16_t error, uint16_t mtu) {
    pika_msg msg{};
    const pika_tcb& flow = tcb();
    msg.type = PIKA_MSG_ICMP;
    msg.icmp = {.local = flow.key.local,
                .remote = flow.key.remote,
                .local_port = flow.key.local_port,
                .remote_port = flow.key.remote_port,
                .seq = seq,
                .error = error,
                .mtu = mtu};
    tell(msg);
  }
  void tell(const pika_msg& msg) {
    ASSERT_TRUE(host().post(kLs, msg));
    host().run();
  }
};

TEST_F(tcp_icmp, too_big__of_what_is_in_flight_makes_segments_smaller) {
  app_sends(std::string(1000, 'x'));
  const auto mss = tcb().mss;
  error(tcb().snd_una, 0, 1000);
  EXPECT_LT(tcb().mss, mss);
  EXPECT_EQ(stats().path_mtus, 1u);
  EXPECT_EQ(stats().icmp_ignored, 0u);
}

TEST_F(tcp_icmp, too_big__outside_of_what_is_in_flight_is_ignored) {
  app_sends(std::string(1000, 'x'));
  const auto mss = tcb().mss;
  error(tcb().snd_una - 1, 0, 1000);
  error(tcb().snd_max, 0, 1000);
  EXPECT_EQ(tcb().mss, mss);
  EXPECT_EQ(stats().icmp_ignored, 2u);
}

TEST_F(tcp_icmp, too_big__no_loss_of_congestion_window) {
  app_sends(std::string(1000, 'x'));
  const auto cwnd = tcb().cwnd;
  error(tcb().snd_una, 0, 1000);
  EXPECT_EQ(tcb().cwnd, cwnd);
}

TEST_F(tcp_icmp, unreachable__is_remembered_until_there_is_progress) {
  app_sends("x");
  error(tcb().snd_una, EHOSTUNREACH, 0);
  EXPECT_EQ(tcb().soft_error, EHOSTUNREACH);
  peer_acks(tcb().snd_max);
  EXPECT_EQ(tcb().soft_error, 0);
}

TEST_F(tcp_icmp, no_flow__is_counted) {
  pika_msg msg{};
  msg.type = PIKA_MSG_ICMP;
  msg.icmp.local_port = 9;
  tell(msg);
  EXPECT_EQ(stats().icmp_ignored, 1u);
}

}  // namespace
