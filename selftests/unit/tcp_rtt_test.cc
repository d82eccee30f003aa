// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

TEST(tcp_rtt, sample__the_first_sets_both_estimates) {
  pika_tcb tcb{};
  pika_tcp_rtt_sample(&tcb, 100'000);
  EXPECT_EQ(tcb.srtt_us >> 3, 100'000u);
  EXPECT_EQ(tcb.rttvar_us >> 2, 50'000u);
  EXPECT_EQ(tcb.rto_ms, 300u);
}

TEST(tcp_rtt, sample__the_next_move_them_by_an_eighth_and_a_quarter) {
  pika_tcb tcb{};
  pika_tcp_rtt_sample(&tcb, 100'000);
  pika_tcp_rtt_sample(&tcb, 180'000);
  EXPECT_EQ(tcb.srtt_us >> 3, 110'000u);
  EXPECT_EQ(tcb.rttvar_us >> 2, 57'500u);
}

TEST(tcp_rtt, rto__is_200_ms_more_than_the_round_trip_at_least) {
  pika_tcb tcb{};
  for (int i = 0; i < 100; i++) pika_tcp_rtt_sample(&tcb, 30'000);
  EXPECT_EQ(tcb.rto_ms, 230u);
}

TEST(tcp_rtt, rto__is_two_minutes_at_most) {
  pika_tcb tcb{};
  pika_tcp_rtt_sample(&tcb, ~0u);
  EXPECT_EQ(pika_tcp_rto(&tcb), 120'000u);
  tcb.rto_ms = 1000;
  tcb.backoff = 200;
  EXPECT_EQ(pika_tcp_rto(&tcb), 120'000u);
}

class tcp_rtt_flow : public ts_fixture {
 protected:
  u32 srtt_ms() { return (tcb().srtt_us >> 3) / 1000; }
};

TEST_F(tcp_rtt_flow, handshake__is_the_first_sample) {
  syn();
  host().pass_ms(80);
  segment(next());
  flow_ = only(kCm, PIKA_MSG_ESTABLISHED).flow;
  EXPECT_EQ(srtt_ms(), 80u);
}

TEST_F(tcp_rtt_flow, karn__what_was_sent_twice_is_not_measured) {
  syn();
  host().pass_ms(1500);
  segment(next());
  flow_ = only(kCm, PIKA_MSG_ESTABLISHED).flow;
  EXPECT_EQ(tcb().srtt_us, 0u);
  EXPECT_EQ(tcb().rto_ms, 3000u);
}

TEST_F(tcp_rtt_flow, karn__a_path_that_has_become_longer_is_learnt) {
  accept();
  host().pass_ms(1000);
  size_t again = 0;
  for (int i = 0; i < 20; i++) {
    app_sends("data");
    host().pass_ms(1000);
    again = frames() - 1;
    forget_frames();
    peer_acks(ack_ + 4);
  }
  EXPECT_EQ(again, 0u) << "sent twice though nothing was lost";
  EXPECT_GT(srtt_ms(), 500u);
}

TEST_F(tcp_rtt_flow, karn__the_back_off_lasts_until_there_is_a_measurement) {
  accept();
  app_sends("one");
  host().pass_ms(250);
  EXPECT_EQ(frames(), 2u);
  peer_acks(ack_ + 3);
  forget_frames();
  app_sends("two");
  host().pass_ms(350);
  EXPECT_EQ(frames(), 1u);
  peer_acks(ack_ + 3);
  EXPECT_EQ(tcb().backoff, 0u);
}

TEST_F(tcp_rtt_flow, timestamps__measure_what_was_sent_twice) {
  syn({.mss = 1460, .ts_value = 1});
  host().pass_ms(1050);
  auto s = next();
  s.ts_value = 2;
  s.ts_echo = *parse(host().wire.back()).ts_value;
  segment(s);
  flow_ = only(kCm, PIKA_MSG_ESTABLISHED).flow;
  EXPECT_EQ(srtt_ms(), 50u);
}

TEST_F(tcp_rtt_flow, data__is_measured_one_segment_at_a_time) {
  accept({.mss = 1000});
  const auto before = tcb().srtt_us;
  app_sends(std::string(2000, 'x'));
  host().pass_ms(100);
  peer_acks(ack_ + 1000);
  const auto after = tcb().srtt_us;
  EXPECT_GT(after, before);
  host().pass_ms(50);
  peer_acks(ack_ + 1000);
  EXPECT_EQ(tcb().srtt_us, after);
}

TEST_F(tcp_rtt_flow, timestamps__differ_between_hosts_but_not_between_ports) {
  syn({.ts_value = 1});
  const auto first = *syn_ack_.ts_value;
  key_.remote_port++;
  syn({.ts_value = 1});
  EXPECT_EQ(*syn_ack_.ts_value, first);
  key_.remote = v4(99);
  syn({.ts_value = 1});
  EXPECT_NE(*syn_ack_.ts_value, first);
}

}  // namespace
