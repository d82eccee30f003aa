// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class ts : public ts_fixture {};

TEST_F(ts, tcb__needs_512_bytes_with_all_that_belongs_to_it) {
  EXPECT_LE(sizeof(pika_tcb) + sizeof(pika_pool_slot) + 2 * sizeof(pika_flow_slot), 512u);
}

TEST_F(ts, init__without_memory_says_so) {
  auto memory = lines(4096);
  pika_arena arena{static_cast<u8*>(memory.get()), 4096, 0};
  pika_server* s = host().s;
  auto* before = s->ts;
  s->ts = nullptr;
  const auto config = small_config();
  EXPECT_EQ(pika_ts_init(s, &arena, &config), -ENOMEM);
  EXPECT_EQ(s->ts, nullptr);
  s->ts = before;
}

TEST_F(ts, release__gives_back_what_waits_in_flows_and_rings) {
  handshake();
  peer_sends("in order");
  seq_ += 10;
  peer_sends("beyond a hole");
  post_segment(next("not looked at"));
  ASSERT_EQ(host().packets(), 3u);
  pika_server_release(host().s);
  EXPECT_EQ(host().packets(), 0u);
}

TEST_F(ts, handle__of_a_former_life_is_stale) {
  accept();
  const auto old = flow_;
  app_closes(0, PIKA_CLOSE_RESET);
  told();
  told(kCm);
  forget_frames();
  seq_ = 5000;
  accept();
  EXPECT_EQ(pika_handle_index(flow_), pika_handle_index(old));
  EXPECT_NE(flow_, old);
  flow_ = old;
  app_sends("to whom?");
  EXPECT_TRUE(quiet());
  EXPECT_EQ(stats().stale, 1u);
}

TEST_F(ts, flows__are_told_apart_by_each_part_of_the_key) {
  syn();
  key_.remote_port++;
  seq_ = 1000;
  syn();
  key_.remote = v4(3);
  seq_ = 1000;
  syn();
  key_.local = v4(9);
  seq_ = 1000;
  syn();
  key_ = {v6(1), v6(2), key_.local_port, key_.remote_port};
  seq_ = 1000;
  syn();
  EXPECT_EQ(host().flows(), 5u);
}

TEST_F(ts, whole_connection__leaves_nothing) {
  accept();
  peer_sends("GET /");
  EXPECT_EQ(received(), "GET /");
  app_sends(std::string(4096, 'x'));
  u32 bytes = 0;
  while (!quiet()) bytes += sent().data.size();
  EXPECT_EQ(bytes, 4096u);
  app_closes(5);
  EXPECT_TRUE(sent().flags & PIKA_TCP_FIN);
  EXPECT_TRUE(only(kCm, PIKA_MSG_CONNECTION_CLOSED).closed.established);
  ack_ += 4097;
  peer_sends("", PIKA_TCP_FIN);
  EXPECT_EQ(sent().ack, seq_);
  received();
  EXPECT_EQ(acked_, 4096u);
  EXPECT_TRUE(flags_ & PIKA_UPDATE_GONE);
  EXPECT_EQ(host().flows(), 1u);
  host().pass_ms(60'000);
  EXPECT_EQ(host().flows(), 0u);
  EXPECT_EQ(host().packets(), 0u);
  EXPECT_EQ(host().s->ts->chunks.used, 0u);
  EXPECT_EQ(host().s->wheel.armed, 0u);
}

TEST_F(ts, whole_connection__over_ipv6) {
  key_ = {v6(1), v6(2), 443, 50000};
  accept();
  peer_sends("hello");
  EXPECT_EQ(received(), "hello");
  app_sends("world");
  EXPECT_EQ(sent().data, "world");
}

TEST_F(ts, mtu__smaller_holds_for_flows_that_exist_and_for_what_they_send_again) {
  accept({.mss = 1460, .ts_value = 1});
  app_sends(std::string(6000, 'x'));
  EXPECT_EQ(sent().data.size(), 1448u);
  forget_frames();
  pika_ts_set_mtu(host().s, 1000);
  EXPECT_EQ(tcb().mss, 948);
  host().pass_ms(1500);
  peer_acks(ack_ + 1448);
  app_sends(std::string(3000, 'y'));
  EXPECT_GT(frames(), 3u);
  EXPECT_GT(stats().retransmits, 0u);
  while (!quiet()) EXPECT_LE(sent().data.size(), 948u);
}

TEST_F(ts, mtu__what_is_in_flight_is_left_alone) {
  accept();
  app_sends(std::string(4000, 'x'));
  forget_frames();
  pika_ts_set_mtu(host().s, 1000);
  host().run();
  EXPECT_TRUE(quiet());
  EXPECT_EQ(stats().path_mtus, 0u);
}

TEST_F(ts, mtu__larger_is_for_flows_that_begin) {
  accept();
  pika_ts_set_mtu(host().s, 9000);
  EXPECT_EQ(tcb().mss, 1460);
  key_.remote_port++;
  syn({.mss = 8960});
  EXPECT_EQ(syn_ack_.mss, 8960);
  pika_ts_set_mtu(host().s, 1400);
  key_.remote_port++;
  syn({.mss = 8960});
  EXPECT_EQ(syn_ack_.mss, 1360);
}

TEST_F(ts, mtu__that_changes_before_the_peer_has_answered_holds_for_all) {
  connect_syn();
  EXPECT_EQ(syn_.mss, 1460);
  pika_ts_set_mtu(host().s, 1000);
  host().pass_ms(1000);
  EXPECT_EQ(sent().mss, 960);
  segment(
      {.seq = seq_, .ack = ack_, .flags = PIKA_TCP_SYN | PIKA_TCP_ACK, .mss = 1460, .ts_value = 1});
  EXPECT_EQ(tcb().mss, 948);
}

TEST_F(ts, mtu__of_nearly_nothing_leaves_room_for_payload) {
  pika_ts_set_mtu(host().s, 68);
  syn();
  EXPECT_EQ(syn_ack_.mss, 88);
  key_ = {v6(1), v6(2), 443, 50000};
  seq_ = 1000;
  syn();
  EXPECT_EQ(syn_ack_.mss, 68);
}

/// A frame that is cut on its way holds as many segments as fit into 64 KB.
TEST_F(ts, mtu__frames_follow_it) {
  const auto most = [&] { return host().s->ts->max_segments; };
  host().s->ts->config.max_segments = 32;
  pika_ts_set_mtu(host().s, 9000);
  EXPECT_EQ(most(), 7);
  pika_ts_set_mtu(host().s, 1500);
  EXPECT_EQ(most(), 32);
}

}  // namespace
