// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <cerrno>

#include "world.hh"

namespace {

using pika::test::v4;
using pika::test::v6;
using pika::test::World;

/// The link server is server 0, on queue 5; a TS and a CM are in server 1, another TS
/// is with the link server. Port 80 listens.
class link_server : public testing::Test {
 protected:
  link_server() : world(2, 1) {
    pika_arena memory = world.arena();
    EXPECT_EQ(pika_link_init(s, &memory, 5), 0);
    EXPECT_EQ(pika_link_listen(s->link, 80), 0);
    s->cm = 1;
    for (int i = 0; i < PIKA_GROUPS; i++) world.ts_of_[i] = i & 1;
    for (uint16_t i = 0; i < 2; i++)
      for (auto type : {PIKA_MSG_SYN, PIKA_MSG_SEGMENT, PIKA_MSG_SENT}) world.play(i, type);
  }

  pika_packet* receive(uint16_t from_port, uint16_t port, uint8_t flags) {
    auto* pkt = world.packet(v4(10, 0, 0, 9), from_port, v4(10, 0, 0, 1), port, flags);
    world.rx[5].push_back(pkt);
    return pkt;
  }
  std::vector<uint8_t> types(uint16_t i) {
    world.run();
    std::vector<uint8_t> types;
    for (const auto& msg : world.take(i)) types.push_back(msg.type);
    return types;
  }
  pika_link_stats& stats() { return s->link->stats; }

  bool transmit(pika_frame* frame) {
    pika_msg msg{};
    msg.type = PIKA_MSG_TRANSMIT;
    msg.flow = 77;
    msg.transmit.frame = frame;
    msg.transmit.queue = 5;
    return pika_send(world.server(1), 0, &msg);
  }

  World world;
  pika_server* s = world.server(0);
  using Types = std::vector<uint8_t>;
};

TEST_F(link_server, syn__to_a_listening_port_goes_to_the_cm) {
  auto* pkt = receive(1000, 80, PIKA_TCP_SYN);
  world.run();
  ASSERT_EQ(world.seen(1).size(), 1u);
  EXPECT_EQ(world.seen(1)[0].type, PIKA_MSG_SYN);
  EXPECT_EQ(world.seen(1)[0].packet.packet, pkt);
  EXPECT_EQ(world.owned, 1);
  EXPECT_EQ(stats().syns, 1u);
}

TEST_F(link_server, syn__to_another_port_goes_to_the_ts) {
  receive(1001, 81, PIKA_TCP_SYN);
  EXPECT_EQ(types(1), Types{PIKA_MSG_SEGMENT});
}

TEST_F(link_server, syn__with_ack_or_rst_or_fin_goes_to_the_ts) {
  for (uint8_t flags : {PIKA_TCP_ACK, PIKA_TCP_RST, PIKA_TCP_FIN})
    receive(1001, 80, PIKA_TCP_SYN | flags);
  EXPECT_EQ(types(1), Types(3, PIKA_MSG_SEGMENT));
}

TEST_F(link_server, syn__to_a_port_that_listens_no_more_goes_to_the_ts) {
  EXPECT_EQ(pika_link_listen(s->link, 80), 0);
  pika_link_unlisten(s->link, 80);
  receive(1001, 80, PIKA_TCP_SYN);
  EXPECT_EQ(types(1), Types{PIKA_MSG_SYN}) << "one listener of two is left";
  pika_link_unlisten(s->link, 80);
  pika_link_unlisten(s->link, 80);
  receive(1001, 80, PIKA_TCP_SYN);
  EXPECT_EQ(types(1), Types{PIKA_MSG_SEGMENT});
}

TEST_F(link_server, segment__goes_to_the_ts_of_its_flow_group) {
  receive(1000, 80, PIKA_TCP_ACK);
  receive(1001, 80, PIKA_TCP_ACK);
  receive(1001 + PIKA_GROUPS, 80, PIKA_TCP_ACK);
  world.run();
  EXPECT_EQ(world.take(0).size(), 1u);
  EXPECT_EQ(world.take(1).size(), 2u);
  EXPECT_EQ(stats().segments, 3u);
}

TEST_F(link_server, segment__of_ipv6_is_treated_alike) {
  world.rx[5].push_back(world.packet(v6(2), 1001, v6(1), 80, PIKA_TCP_ACK));
  world.rx[5].push_back(world.packet(v6(2), 1001, v6(1), 80, PIKA_TCP_SYN));
  EXPECT_EQ(types(1), (Types{PIKA_MSG_SEGMENT, PIKA_MSG_SYN}));
}

TEST_F(link_server, segment__is_marked_as_checked) {
  auto* pkt = receive(1001, 80, PIKA_TCP_ACK);
  EXPECT_FALSE(pkt->flags & PIKA_PACKET_CHECKED);
  world.run();
  EXPECT_TRUE(pkt->flags & PIKA_PACKET_CHECKED);
}

TEST_F(link_server, segment__is_read_once_if_the_ts_is_here) {
  static const pika_segment* given;
  s->handlers[PIKA_MSG_SEGMENT] = [](pika_server* self, const pika_msg* msg) {
    pika_segment room;
    given = pika_segment_of(self, msg->packet.packet, &room);
  };
  pika_packet* pkt = receive(1000, 80, PIKA_TCP_ACK);
  world.run();
  EXPECT_EQ(given, s->segment);
  EXPECT_EQ(given->key.remote_port, 1000);
  pika_segment room;
  EXPECT_EQ(pika_segment_of(s, pkt, &room), &room) << "the memory may be another packet's now";
}

TEST_F(link_server, malformed__is_dropped_and_counted) {
  auto* pkt = receive(1001, 80, PIKA_TCP_ACK);
  pkt->len = pkt->linear = 25;
  world.run();
  EXPECT_EQ(stats().malformed, 1u);
  EXPECT_EQ(world.owned, 0);
}

TEST_F(link_server, checksum__wrong_is_dropped_and_counted) {
  receive(1001, 80, PIKA_TCP_ACK)->data[25]++;
  world.run();
  EXPECT_EQ(stats().checksum, 1u);
  EXPECT_EQ(world.owned, 0);
}

TEST_F(link_server, other__protocols_go_back_to_the_host) {
  auto* arp = receive(1001, 80, PIKA_TCP_ACK);
  arp->data[0] = 0;
  auto* udp = world.packet(v6(2), 1001, v6(1), 80, 0);
  udp->data[6] = 17;
  world.rx[5].push_back(udp);
  world.run();
  EXPECT_EQ(world.passed.size(), 2u);
  EXPECT_EQ(stats().passed, 2u);
}

TEST_F(link_server, full__ring_to_the_cm_drops_the_syn) {
  for (int i = 0; i < PIKA_RING_SLOTS + 3; i++) receive(1000, 80, PIKA_TCP_SYN);
  for (int i = 0; i < 3; i++) pika_server_run(s, 256);
  EXPECT_EQ(stats().syn_ring_full, 3u);
  EXPECT_EQ(world.owned, PIKA_RING_SLOTS);
}

TEST_F(link_server, full__ring_to_the_ts_drops_the_segment) {
  for (int i = 0; i < PIKA_RING_SLOTS + 3; i++) receive(1001, 80, PIKA_TCP_ACK);
  for (int i = 0; i < 3; i++) pika_server_run(s, 256);
  EXPECT_EQ(stats().segment_ring_full, 3u);
  EXPECT_EQ(world.owned, PIKA_RING_SLOTS);
}

TEST_F(link_server, poll__takes_at_most_a_burst) {
  for (int i = 0; i < 40; i++) receive(1000, 80, PIKA_TCP_ACK);
  EXPECT_EQ(pika_link_poll(s, 256), 32u);
  EXPECT_EQ(pika_link_poll(s, 5), 5u);
}

TEST_F(link_server, transmit__of_this_server_is_flushed_once_at_the_end_of_the_run) {
  pika_frame frame{};
  EXPECT_TRUE(pika_link_transmit(s, 5, &frame));
  EXPECT_TRUE(pika_link_transmit(s, 5, &frame));
  EXPECT_EQ(world.flushes, 0);
  pika_server_run(s, 256);
  pika_server_run(s, 256);
  EXPECT_EQ(world.flushes, 1);
  world.tx_room = 0;
  EXPECT_FALSE(pika_link_transmit(s, 5, &frame));
  EXPECT_EQ(stats().queue_full, 1u);
}

TEST_F(link_server, transmit__of_another_server_is_answered_with_sent) {
  pika_frame frame{};
  transmit(&frame);
  world.run();
  EXPECT_EQ(world.transmitted, std::vector<const pika_frame*>{&frame});
  ASSERT_EQ(world.seen(1).size(), 1u);
  EXPECT_EQ(world.seen(1)[0].type, PIKA_MSG_SENT);
  EXPECT_EQ(world.seen(1)[0].flow, 77u);
  EXPECT_EQ(world.seen(1)[0].transmit.frame, &frame);
  EXPECT_EQ(world.flushes, 1);
}

TEST_F(link_server, transmit__waits_for_the_card_in_order) {
  pika_frame frames[3] = {};
  world.tx_room = 1;
  for (auto& frame : frames) transmit(&frame);
  world.run();
  EXPECT_EQ(world.transmitted.size(), 1u);
  EXPECT_TRUE(pika_link_waits(s));
  EXPECT_FALSE(pika_server_may_sleep(s));
  world.tx_room = 9;
  world.run();
  EXPECT_EQ(world.transmitted,
            (std::vector<const pika_frame*>{&frames[0], &frames[1], &frames[2]}));
  EXPECT_EQ(world.seen(1).size(), 3u);
  EXPECT_FALSE(pika_link_waits(s));
}

TEST_F(link_server, sent__waits_for_room_and_none_is_lost) {
  pika_frame frames[PIKA_LINK_FRAMES] = {};
  pika_msg filler{};
  filler.type = PIKA_MSG_SEGMENT;
  while (pika_send(s, 1, &filler)) continue;
  for (auto& frame : frames) ASSERT_TRUE(transmit(&frame));
  pika_server_run(s, 1000);
  EXPECT_EQ(s->link->frames.used, PIKA_LINK_FRAMES);
  world.run();
  int sent = 0;
  for (const auto& msg : world.seen(1)) sent += msg.type == PIKA_MSG_SENT;
  EXPECT_EQ(sent, PIKA_LINK_FRAMES);
  EXPECT_EQ(s->link->frames.used, 0u);
}

TEST_F(link_server, overrun__by_a_ts_is_counted) {
  pika_frame frame{};
  world.tx_room = 0;
  for (int i = 0; i < 2 * PIKA_LINK_FRAMES + 1; i++) {
    ASSERT_TRUE(transmit(&frame));
    pika_server_run(s, 256);
  }
  EXPECT_EQ(stats().overrun, 1u);
  world.run();
  EXPECT_EQ(world.seen(1).size(), 1u) << "its frame at least comes back";
}

TEST_F(link_server, listen__counts_the_listeners_of_a_port) {
  for (int i = 1; i < 0xffff; i++) ASSERT_EQ(pika_link_listen(s->link, 80), 0);
  EXPECT_EQ(pika_link_listen(s->link, 80), -ENOSPC);
  EXPECT_EQ(pika_link_listen(s->link, 81), 0);
}

/// An ICMP error about 10.0.0.1:80 > 10.0.0.9:@p port.
pika_packet* make_icmp(World& world, uint16_t port) {
  auto* pkt = world.packet(v4(10, 0, 0, 9), 0, v4(10, 0, 0, 1), 0, 0);
  uint8_t bytes[56] = {0x45, 0, 0,  56, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0,
                       0,    9, 10, 0,  0, 1, 3, 4, 0,  0, 0, 0, 5,  0};
  const uint8_t inner[] = {0x45,
                           0,
                           5,
                           0,
                           0,
                           0,
                           0,
                           0,
                           64,
                           6,
                           0,
                           0,
                           10,
                           0,
                           0,
                           1,
                           10,
                           0,
                           0,
                           9,
                           0,
                           80,
                           static_cast<uint8_t>(port >> 8),
                           static_cast<uint8_t>(port)};
  std::memcpy(bytes + 28, inner, sizeof(inner));
  const auto complete = [&](size_t from, size_t len, size_t at) {
    const uint16_t sum = ~pika_checksum_fold(pika_checksum_add(0, bytes + from, len));
    std::memcpy(bytes + at, &sum, sizeof(sum));
  };
  complete(0, 20, 10);
  complete(20, 36, 22);
  world.replace(pkt, bytes, sizeof(bytes));
  return pkt;
}

TEST_F(link_server, icmp_error__goes_to_the_ts_of_its_flow_group_and_to_the_host) {
  world.play(1, PIKA_MSG_ICMP);
  world.rx[5].push_back(make_icmp(world, 1001));
  world.run();
  ASSERT_EQ(world.seen(1).size(), 1u);
  EXPECT_EQ(world.seen(1)[0].type, PIKA_MSG_ICMP);
  EXPECT_EQ(world.seen(1)[0].icmp.local_port, 80);
  EXPECT_EQ(world.seen(1)[0].icmp.remote_port, 1001);
  EXPECT_EQ(world.seen(1)[0].icmp.mtu, 1280);
  EXPECT_EQ(stats().icmp, 1u);
  EXPECT_EQ(stats().passed, 1u);
}

TEST_F(link_server, icmp_error__that_the_host_has_already_is_not_given_back) {
  world.play(1, PIKA_MSG_ICMP);
  auto* pkt = make_icmp(world, 1001);
  pkt->flags = PIKA_PACKET_COPY;
  world.rx[5].push_back(pkt);
  world.run();
  EXPECT_EQ(stats().icmp, 1u);
  EXPECT_EQ(stats().passed, 0u);
  EXPECT_EQ(world.owned, 0) << "freed";
}

}  // namespace
