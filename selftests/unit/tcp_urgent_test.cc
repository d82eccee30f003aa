// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class tcp_urgent : public ts_fixture {
 protected:
  void SetUp() override { accept(); }
  void peer_sends_urgent(const std::string& bytes, uint16_t pointer) {
    auto s = next(bytes, PIKA_TCP_URG);
    s.urgent = pointer;
    segment(s);
    seq_ += bytes.size();
  }
};

TEST_F(tcp_urgent, pointer__names_the_byte_before_it) {
  peer_sends_urgent("ab!cd", 3);
  const auto msg = only(kApp, PIKA_MSG_UPDATE);
  EXPECT_TRUE(msg.update.flags & PIKA_UPDATE_URGENT);
  EXPECT_EQ(msg.update.urgent, 2u);
  EXPECT_EQ(data(msg), "ab!cd");
}

TEST_F(tcp_urgent, pointer__is_told_before_the_byte_has_come) {
  peer_sends_urgent("ab", 5);
  const auto msg = only(kApp, PIKA_MSG_UPDATE);
  EXPECT_EQ(msg.update.urgent, 4u);
  EXPECT_EQ(data(msg), "ab");
}

TEST_F(tcp_urgent, pointer__counts_from_what_is_handed_over) {
  peer_sends("123");
  received();
  peer_sends_urgent("ab!", 3);
  EXPECT_EQ(only(kApp, PIKA_MSG_UPDATE).update.urgent, 2u);
}

TEST_F(tcp_urgent, pointer__the_same_again_is_not_news) {
  peer_sends_urgent("a", 9);
  received();
  peer_sends_urgent("b", 8);
  const auto msg = only(kApp, PIKA_MSG_UPDATE);
  EXPECT_FALSE(msg.update.flags & PIKA_UPDATE_URGENT);
}

TEST_F(tcp_urgent, pointer__into_the_past_is_ignored) {
  peer_sends("abc");
  received();
  peer_sends("def");
  auto s = next("old", PIKA_TCP_URG);
  s.seq -= 6;
  s.urgent = 2;
  segment(s);
  EXPECT_FALSE(only(kApp, PIKA_MSG_UPDATE).update.flags & PIKA_UPDATE_URGENT);
}

TEST_F(tcp_urgent, pointer__is_not_compared_with_one_3_gb_ago) {
  peer_sends_urgent("a!", 2);
  app_has_read(2);
  auto& t = tcb();
  for (u32* at : {&t.rcv_nxt, &t.rcv_edge, &t.last_ack, &t.snd_wl1, &seq_}) *at += 0xc0000000;
  received();
  peer_sends_urgent("b!", 2);
  EXPECT_TRUE(only(kApp, PIKA_MSG_UPDATE).update.flags & PIKA_UPDATE_URGENT);
}

TEST_F(tcp_urgent, send__points_behind_the_urgent_byte_until_it_is_acknowledged) {
  app_sends("a!", PIKA_SEND_URGENT);
  auto s = sent();
  EXPECT_TRUE(s.flags & PIKA_TCP_URG);
  EXPECT_EQ(s.urgent, 2);
  peer_acks(ack_ + 2);
  app_sends("b");
  EXPECT_FALSE(sent().flags & PIKA_TCP_URG);
}

TEST_F(tcp_urgent, send__the_pointer_goes_before_the_byte_can) {
  window_ = 0;
  segment(next());
  app_sends("held!", PIKA_SEND_URGENT);
  peer_sends("x");
  host().pass_ms(40);
  const auto s = sent();
  EXPECT_TRUE(s.flags & PIKA_TCP_URG);
  EXPECT_EQ(s.urgent, 5);
}

}  // namespace
