// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class tcp_queue : public ts_fixture {
 protected:
  void SetUp() override { accept({.mss = 1000}); }
  u32 chunks() { return host().s->ts->chunks.used; }
};

TEST_F(tcp_queue, short_writes__share_a_chunk) {
  app_sets(PIKA_SET_CORK, 1);
  for (int i = 0; i < 10; i++) app_sends("abc");
  EXPECT_EQ(chunks(), 1u);
  app_sends("de");
  EXPECT_EQ(chunks(), 1u);
  app_sends("f");
  EXPECT_EQ(chunks(), 2u);
  app_sets(PIKA_SET_CORK, 0);
  EXPECT_EQ(sent().data, "abcabcabcabcabcabcabcabcabcabcdef");
}

TEST_F(tcp_queue, short_write__continues_a_chunk_that_was_sent) {
  app_sends("abc");
  forget_frames();
  app_sends("def");
  EXPECT_EQ(chunks(), 1u);
  peer_acks(ack_ + 3);
  EXPECT_EQ(sent().data, "def");
}

TEST_F(tcp_queue, long_write__refers_to_the_buffer) {
  const std::string bytes = "0123456789012345678901234567890123456789";
  app_sends(bytes);
  EXPECT_EQ(tcb().borrowed, 1u);
  EXPECT_EQ(sent().data, bytes);
  peer_acks(ack_ + bytes.size());
  EXPECT_EQ(tcb().borrowed, 0u);
}

TEST_F(tcp_queue, mixture__is_sent_in_order_across_segments) {
  app_sets(PIKA_SET_CORK, 1);
  std::string all;
  for (int i = 0; i < 12; i++) {
    const std::string piece(i % 2 ? 300 : 7, static_cast<char>('a' + i));
    app_sends(piece);
    all += piece;
  }
  app_sets(PIKA_SET_CORK, 0);
  std::string got;
  while (!quiet()) got += sent().data;
  EXPECT_EQ(got, all);
}

TEST_F(tcp_queue, frame__holds_seventeen_pieces_at_most) {
  app_sets(PIKA_SET_CORK, 1);
  for (int i = 0; i < 25; i++) app_sends(std::string(33, static_cast<char>('a' + i)));
  app_sets(PIKA_SET_CORK, 0);
  EXPECT_EQ(sent().data.size(), 17u * 33);
}

TEST_F(tcp_queue, ack__inside_a_chunk_keeps_the_rest) {
  app_sends(std::string(100, 'a') + std::string(100, 'b'));
  forget_frames();
  peer_acks(ack_ + 100);
  EXPECT_EQ(chunks(), 1u);
  host().pass_ms(200);
  EXPECT_EQ(sent().data, std::string(100, 'b'));
}

TEST_F(tcp_queue, chunks__used_up_reset_the_flow) {
  app_sets(PIKA_SET_CORK, 1);
  for (int i = 0; i < 256; i++) app_sends(std::string(33, 'x'));
  EXPECT_EQ(chunks(), 256u);
  forget_frames();
  app_sends(std::string(33, 'x'));
  EXPECT_TRUE(sent().flags & PIKA_TCP_RST);
  received();
  EXPECT_EQ(error_, ENOBUFS);
  EXPECT_EQ(stats().no_chunk, 1u);
  EXPECT_EQ(chunks(), 0u);
}

}  // namespace
