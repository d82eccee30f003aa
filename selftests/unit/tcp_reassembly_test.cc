// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

/// The peer's stream is "abcdefgh..."; segments of it are named by their offsets.
class tcp_reassembly : public ts_fixture {
 protected:
  void SetUp() override {
    accept();
    start_ = seq_;
  }
  static std::string text(u32 from, u32 to) {
    std::string s;
    for (u32 i = from; i < to; i++) s += static_cast<char>('a' + i % 26);
    return s;
  }
  void part(u32 from, u32 to, uint8_t flags = 0) {
    auto s = next(text(from, to), flags);
    s.seq = start_ + from;
    segment(s);
  }
  void expect_stream(u32 len) {
    EXPECT_EQ(received(), text(0, len));
    EXPECT_EQ(tcb().rcv_nxt, start_ + len);
    EXPECT_EQ(tcb().early, nullptr);
    EXPECT_EQ(tcb().early_packets, 0u);
    EXPECT_EQ(host().packets(), 0u);
  }
  u32 start_ = 0;
};

TEST_F(tcp_reassembly, hole__is_acknowledged_at_once_each_time) {
  part(5, 10);
  part(10, 15);
  EXPECT_EQ(frames(), 2u);
  EXPECT_EQ(sent().ack, start_);
  EXPECT_EQ(sent().ack, start_);
  EXPECT_EQ(received(), "");
}

TEST_F(tcp_reassembly, hole__filled_hands_all_over_and_acknowledges) {
  part(5, 10);
  part(10, 15);
  forget_frames();
  part(0, 5);
  EXPECT_EQ(sent().ack, start_ + 15);
  expect_stream(15);
}

TEST_F(tcp_reassembly, backwards__is_sorted) {
  for (u32 i = 10; i--;) part(i * 3, i * 3 + 3);
  expect_stream(30);
}

TEST_F(tcp_reassembly, overlap__with_the_one_before_is_cut) {
  part(5, 10);
  part(8, 14);
  part(0, 5);
  expect_stream(14);
}

TEST_F(tcp_reassembly, overlap__with_the_one_behind_is_cut) {
  part(8, 14);
  part(5, 10);
  EXPECT_EQ(tcb().early->bytes, 3u);
  part(0, 5);
  expect_stream(14);
}

TEST_F(tcp_reassembly, overlap__covers_several) {
  part(4, 6);
  part(8, 10);
  part(12, 20);
  part(3, 15);
  part(0, 3);
  expect_stream(20);
}

TEST_F(tcp_reassembly, overlap__inside_another_is_dropped) {
  part(5, 20);
  part(8, 10);
  EXPECT_EQ(stats().dropped_duplicate, 1u);
  part(0, 5);
  expect_stream(20);
}

TEST_F(tcp_reassembly, overlap__filling_segment_reaches_over_early_ones) {
  part(3, 6);
  part(8, 10);
  part(0, 9);
  expect_stream(10);
}

TEST_F(tcp_reassembly, fin__beyond_a_hole_waits_for_it) {
  part(5, 10, PIKA_TCP_FIN);
  EXPECT_EQ(tcb().state, PIKA_TCP_ESTABLISHED);
  part(0, 5);
  EXPECT_EQ(received(), text(0, 10));
  EXPECT_TRUE(flags_ & PIKA_UPDATE_EOF);
  EXPECT_EQ(tcb().state, PIKA_TCP_CLOSE_WAIT);
}

TEST_F(tcp_reassembly, fin__alone_beyond_a_hole_is_kept) {
  part(5, 5, PIKA_TCP_FIN);
  part(0, 5);
  EXPECT_EQ(tcb().state, PIKA_TCP_CLOSE_WAIT);
}

TEST_F(tcp_reassembly, fin__alone_beyond_a_hole_is_not_the_end) {
  part(5, 5, PIKA_TCP_FIN);
  EXPECT_EQ(tcb().rcv_nxt, start_);
  EXPECT_EQ(tcb().state, PIKA_TCP_ESTABLISHED);
  part(0, 5);
  EXPECT_EQ(tcb().rcv_nxt, start_ + 6);
  EXPECT_EQ(tcb().state, PIKA_TCP_CLOSE_WAIT);
}

TEST_F(tcp_reassembly, fin__is_not_lost_with_the_packet_that_had_it) {
  part(5, 10, PIKA_TCP_FIN);
  part(3, 10);
  part(0, 3);
  EXPECT_EQ(tcb().state, PIKA_TCP_CLOSE_WAIT);
}

TEST_F(tcp_reassembly, window__what_is_beyond_it_is_cut) {
  const u32 room = tcb().rcv_edge - tcb().rcv_nxt;
  auto s = next(std::string(10, 'x'), PIKA_TCP_FIN);
  s.seq += room - 5;
  segment(s);
  EXPECT_EQ(tcb().early->bytes, 5u);
  EXPECT_FALSE(tcb().early->tcp_flags & PIKA_TCP_FIN);
}

TEST_F(tcp_reassembly, packets__too_many_small_ones_are_dropped) {
  for (u32 i = 0; i < 1000; i++) part(2 * i + 2, 2 * i + 3);
  EXPECT_GT(stats().dropped_early, 0u);
  EXPECT_EQ(tcb().early_packets, 64u + 65535 / 256);
}

TEST_F(tcp_reassembly, death__frees_what_was_early) {
  part(5, 10);
  segment({.seq = start_, .flags = PIKA_TCP_RST});
  EXPECT_EQ(host().packets(), 0u);
}

TEST_F(tcp_reassembly, random__order_and_overlap_give_the_stream) {
  std::mt19937 random(7);
  for (int round = 0; round < 30; round++) {
    const u32 base = tcb().rcv_nxt - start_;
    for (int i = 0; i < 40; i++) {
      const u32 from = base + random() % 200;
      part(from, from + 1 + random() % 50);
    }
    part(base, base + 200);
    EXPECT_EQ(received(), text(base, tcb().rcv_nxt - start_));
    app_has_read(tcb().rcv_nxt - start_ - base);
  }
}

class tcp_reassembly_small : public ts_fixture {
 protected:
  static pika_ts_config config() {
    auto c = small_config();
    c.receive_buffer = 4000;
    return c;
  }
  tcp_reassembly_small() : ts_fixture(config()) {}
};

TEST_F(tcp_reassembly_small, window__closes_and_opens_with_what_is_read) {
  accept({.mss = 1000});
  for (int i = 0; i < 4; i++) peer_sends(std::string(1000, 'x'));
  forget_frames();
  peer_sends("y");
  EXPECT_EQ(sent().window, 0);
  seq_--;
  EXPECT_EQ(stats().dropped_closed_window, 1u);
  received();
  app_has_read(500);
  EXPECT_TRUE(quiet()) << "half a segment is a silly window";
  auto probe = next();
  probe.seq--;
  segment(probe);
  EXPECT_EQ(sent().window, 0);
  app_has_read(1500);
  EXPECT_EQ(sent().window, 2000);
  peer_sends("y");
  EXPECT_EQ(received(), "y");
}

TEST_F(tcp_reassembly_small, window__a_probe_is_answered_while_it_is_shut) {
  accept({.mss = 1000});
  for (int i = 0; i < 4; i++) peer_sends(std::string(1000, 'x'));
  forget_frames();
  auto s = next();
  s.seq--;
  segment(s);
  EXPECT_EQ(sent().window, 0);
}

TEST_F(tcp_reassembly_small, window__an_ack_counts_while_it_is_shut) {
  accept({.mss = 1000});
  app_sends("x");
  for (int i = 0; i < 4; i++) peer_sends(std::string(1000, 'x'));
  peer_acks(ack_ + 1);
  received();
  EXPECT_EQ(acked_, 1u);
}

TEST_F(tcp_reassembly_small, window__its_edge_never_moves_left) {
  accept({.mss = 1000});
  peer_sends(std::string(100, 'x'));
  peer_sends(std::string(100, 'x'));
  const auto s = sent();
  EXPECT_EQ(s.ack + s.window, tcb().rcv_edge);
  peer_sends(std::string(3300, 'x'));
  host().pass_ms(40);
  const auto later = sent();
  EXPECT_EQ(later.ack + later.window, s.ack + s.window);
}

class tcp_reassembly_large : public ts_fixture {
 protected:
  static pika_ts_config config() {
    auto c = small_config();
    c.receive_buffer = 1 << 20;
    return c;
  }
  tcp_reassembly_large() : ts_fixture(config()) {}
};

TEST_F(tcp_reassembly_large, hole__a_place_is_not_looked_for_all_day) {
  accept({.mss = 1460, .scale = 7});
  for (u32 i = 0; i < 2000; i++) segment({.seq = seq_ + 10 + 2 * i, .ack = ack_, .data = "x"});
  EXPECT_EQ(tcb().early_packets, 2000u);
  segment({.seq = seq_ + 10 + 2 * 1999 - 1, .ack = ack_, .data = "y"});
  EXPECT_EQ(stats().dropped_early, 1u);
  segment({.seq = seq_ + 11, .ack = ack_, .data = "y"});
  EXPECT_EQ(tcb().early_packets, 2001u);
  segment(next("", PIKA_TCP_RST));
  received();
}

/// Packets of one byte that take 1000; the buffer is for 8192 bytes in twice as many.
class tcp_reassembly_memory : public ts_fixture {
 protected:
  static pika_ts_config config() {
    auto c = small_config();
    c.receive_buffer = 8192;
    return c;
  }
  tcp_reassembly_memory() : ts_fixture(config()) { host().truesize = 1000; }
  static constexpr u32 fit = 17;  // the last one begins below the bound

  static char letter(u32 at) { return static_cast<char>('a' + at % 26); }
  static std::string letters(u32 from, u32 to) {
    std::string s;
    for (; from < to; from++) s += letter(from);
    return s;
  }
  void peer_sends_letters(u32 n) {
    for (; n; n--) peer_sends(std::string(1, letter(stream_++)));
  }
  void early(u32 ahead, u32 n = 1) {
    for (; n; n--, ahead++) {
      auto s = next(std::string(1, letter(stream_ + ahead)));
      s.seq += ahead;
      segment(s);
    }
  }
  u32 stream_ = 0;
};

TEST_F(tcp_reassembly_memory, window__is_what_small_packets_leave) {
  accept({.mss = 1000});
  const u32 edge = tcb().rcv_edge;
  peer_sends_letters(10);
  EXPECT_EQ(tcb().rcv_memory, 10'000u);
  EXPECT_EQ(pika_tcp_receive_room(&tcb()), (16'384u - 10'000) / 2);
  host().pass_ms(40);
  EXPECT_EQ(tcb().rcv_edge, edge) << "what was promised stays so";
  received();
  app_has_read(10);
  EXPECT_EQ(tcb().rcv_memory, 0u);
  EXPECT_EQ(pika_tcp_receive_room(&tcb()), 8192u);
}

TEST_F(tcp_reassembly_memory, window__of_full_segments_is_what_their_payload_leaves) {
  accept({.mss = 1000});
  host().truesize = 2000;
  for (int i = 0; i < 4; i++) peer_sends(std::string(1000, 'x'));
  EXPECT_EQ(pika_tcp_receive_room(&tcb()), 8192u - 4000);
  received();
}

TEST_F(tcp_reassembly_memory, full__joins_the_last_that_waits) {
  handshake({.mss = 1000});
  host().room = 100;
  peer_sends_letters(fit);
  EXPECT_EQ(stats().joined, 0u);
  peer_sends_letters(50);
  EXPECT_EQ(stats().joined, 50u);
  EXPECT_EQ(host().packets(), fit);
  EXPECT_EQ(tcb().rcv_memory, fit * 1000);
  assign();
  told();
  claim();
  EXPECT_EQ(received(), letters(0, fit + 50));
}

TEST_F(tcp_reassembly_memory, full__a_fin_is_not_lost_by_joining) {
  handshake({.mss = 1000});
  host().room = 100;
  peer_sends_letters(fit);
  peer_sends("z", PIKA_TCP_FIN);
  EXPECT_EQ(stats().joined, 1u);
  EXPECT_EQ(tcb().state, PIKA_TCP_CLOSE_WAIT);
  EXPECT_EQ(tcb().rcv_nxt, seq_);
}

TEST_F(tcp_reassembly_memory, full__without_room_drops_and_acknowledges) {
  accept({.mss = 1000});
  peer_sends_letters(fit);
  forget_frames();
  peer_sends_letters(1);
  EXPECT_EQ(stats().dropped_memory, 1u);
  EXPECT_EQ(sent().ack, --seq_);
  EXPECT_EQ(host().packets(), fit);
  EXPECT_EQ(received(), letters(0, fit));
  app_has_read(fit);
  stream_--;
  peer_sends_letters(1);
  EXPECT_EQ(received(), letters(fit, fit + 1));
  EXPECT_EQ(stats().dropped_memory, 1u);
}

TEST_F(tcp_reassembly_memory, full__one_packet_fits_however_large) {
  accept({.mss = 1000});
  host().truesize = 100'000;
  peer_sends_letters(1);
  EXPECT_EQ(received(), "a");
  app_has_read(1);
  peer_sends_letters(1);
  EXPECT_EQ(received(), "b");
}

TEST_F(tcp_reassembly_memory, full__those_beyond_a_hole_go_first_the_last_of_them) {
  accept({.mss = 1000});
  early(2, fit);
  EXPECT_EQ(tcb().early_packets, fit);
  peer_sends_letters(1);
  EXPECT_EQ(received(), "a");
  EXPECT_EQ(stats().dropped_pruned, fit - 14);
  EXPECT_EQ(tcb().rcv_memory, 1000u + 14'000);
  peer_sends_letters(1);
  EXPECT_EQ(received(), letters(1, 2 + 14));
  EXPECT_EQ(tcb().early, nullptr);
}

TEST_F(tcp_reassembly_memory, full__beyond_a_hole_the_nearer_one_stays) {
  accept({.mss = 1000});
  early(10, fit);
  early(50);
  EXPECT_EQ(stats().dropped_memory, 1u) << "farther than all that are there";
  EXPECT_EQ(tcb().early_packets, fit);
  early(5);
  EXPECT_EQ(stats().dropped_pruned, fit - 14);
  EXPECT_EQ(tcb().early_packets, 15u);
  EXPECT_EQ(tcb().early->seq, seq_ + 5);
}

TEST_F(tcp_reassembly_memory, full__joins_the_last_beyond_a_hole) {
  accept({.mss = 1000});
  host().room = 100;
  early(1, fit + 20);
  EXPECT_EQ(stats().joined, 20u);
  EXPECT_EQ(tcb().early_packets, fit);
  EXPECT_EQ(tcb().early_last->bytes, 21u);
  peer_sends_letters(1);
  EXPECT_EQ(tcb().early, nullptr);
  EXPECT_EQ(received(), letters(0, 1 + 14)) << "the others made room";
}

TEST_F(tcp_reassembly_memory, full__what_was_joined_beyond_a_hole_is_read) {
  accept({.mss = 1000});
  host().room = 100;
  early(1, fit + 20);
  app_sets(PIKA_SET_RECEIVE_BUFFER, 40'000);
  peer_sends_letters(1);
  EXPECT_EQ(received(), letters(0, 1 + fit + 20));
}

TEST_F(tcp_reassembly_memory, death__frees_what_was_joined) {
  handshake({.mss = 1000});
  host().room = 100;
  peer_sends_letters(fit + 5);
  segment({.seq = seq_, .flags = PIKA_TCP_RST});
  assign();
  told();
  claim();
  EXPECT_EQ(received(), letters(0, fit + 5));
  EXPECT_EQ(error_, ECONNRESET);
  EXPECT_EQ(host().packets(), 0u);
}

}  // namespace
