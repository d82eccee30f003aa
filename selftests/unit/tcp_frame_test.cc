// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class tcp_frame : public ts_fixture {};

TEST_F(tcp_frame, frames__all_at_the_link_server_block_and_go_on) {
  accept({.mss = 100});
  host().keep_frames = true;
  for (int i = 0; i < PIKA_LINK_FRAMES / 8; i++) {
    app_sends(std::string(800, 'x'));
    peer_acks(ack_ + 800);
  }
  listen_to_app();
  const auto before = frames();
  app_sends(std::string(500, 'y'));
  EXPECT_GT(stats().no_frame, 0u);
  EXPECT_TRUE(tcb().flags & PIKA_TCB_BLOCKED);
  host().keep_frames = false;
  host().give_back();
  host().run();
  EXPECT_FALSE(tcb().flags & PIKA_TCB_BLOCKED);
  std::string got;
  for (size_t i = before; i < frames(); i++) got += parse(host().wire[i]).data;
  EXPECT_EQ(got, std::string(500, 'y'));
}

TEST_F(tcp_frame, link_in_the_same_server__needs_no_message) {
  host().join_link();
  accept();
  app_sends("direct");
  EXPECT_EQ(sent().data, "direct");
  EXPECT_EQ(host().s->sent[PIKA_MSG_TRANSMIT], 0u);
}

TEST_F(tcp_frame, link_in_the_same_server__what_the_card_has_no_room_for_waits) {
  host().join_link();
  accept();
  host().queue_full = true;
  app_sends("late");
  EXPECT_TRUE(quiet());
  EXPECT_GT(stats().no_frame, 0u);
  EXPECT_EQ(pika_server_run(host().s, 256), 0u) << "waiting is no work";
  EXPECT_FALSE(pika_server_may_sleep(host().s)) << "nobody would wake it";
  host().queue_full = false;
  host().run();
  EXPECT_EQ(sent().data, "late");
  EXPECT_EQ(stats().retransmits, 0u);
  EXPECT_TRUE(pika_server_may_sleep(host().s));
}

TEST_F(tcp_frame, options__tos_and_ttl_are_the_sockets) {
  accept();
  app_sets(PIKA_SET_TOS, 0x48);
  app_sets(PIKA_SET_TTL, 7);
  app_sends("x");
  const auto s = sent();
  EXPECT_EQ(s.tos, 0x48);
  EXPECT_EQ(s.ttl, 7);
}

TEST_F(tcp_frame, timestamp__is_in_every_segment_but_no_sooner_than_agreed) {
  accept({.ts_value = 77});
  app_sends("x");
  const auto s = sent();
  EXPECT_TRUE(s.ts_value);
  EXPECT_EQ(s.ts_echo, 77u);
  app_closes(0, PIKA_CLOSE_RESET);
  EXPECT_TRUE(sent().ts_value);
}

class tcp_frame_small_ring : public ts_fixture {
 protected:
  tcp_frame_small_ring() : ts_fixture(small_config(), 8) {}
};

TEST_F(tcp_frame_small_ring, ring__full_to_the_link_server_blocks_and_goes_on) {
  accept({.mss = 100});
  host().no_link = true;
  app_sends(std::string(1000, 'x'));
  EXPECT_GT(stats().no_frame, 0u);
  host().no_link = false;
  host().run();
  std::string got;
  while (!quiet()) got += sent().data;
  EXPECT_EQ(got, std::string(1000, 'x'));
  EXPECT_EQ(stats().retransmits, 0u);
}

TEST_F(tcp_frame_small_ring, ring__full_for_a_syn_ack_is_waited_for) {
  host().no_link = true;
  for (int i = 0; i < 10; i++) {
    admit({.seq = seq_, .flags = PIKA_TCP_SYN});
    key_.remote_port++;
  }
  host().no_link = false;
  host().run();
  EXPECT_EQ(frames(), 10u);
}

}  // namespace
