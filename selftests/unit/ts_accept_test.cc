// SPDX-License-Identifier: GPL-2.0-only

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

class ts_accept : public ts_fixture {
 protected:
  pika_msg available(uint16_t endpoint = kApp) {
    return only(endpoint, PIKA_MSG_CONNECTION_AVAILABLE);
  }
  pika_msg result(uint16_t endpoint = kApp) { return only(endpoint, PIKA_MSG_CLAIM_RESULT); }
};

TEST_F(ts_accept, established__names_the_listener_and_the_flow) {
  handshake();
  EXPECT_EQ(established_.established.listener, 7u);
  EXPECT_EQ(pika_handle_server(established_.flow), kTs);
}

TEST_F(ts_accept, assign__offers_the_connection_with_both_addresses) {
  handshake();
  assign(kApp + 1, 9);
  const auto offer = available(kApp + 1).available;
  EXPECT_EQ(offer.acceptor, 9u);
  EXPECT_EQ(offer.listener, 7u);
  EXPECT_EQ(offer.local_port, 80);
  EXPECT_EQ(offer.remote_port, 40000);
  EXPECT_EQ(std::memcmp(&offer.remote, &key_.remote, sizeof(offer.remote)), 0);
}

TEST_F(ts_accept, claim__brings_all_that_has_arrived) {
  handshake();
  peer_sends("one ");
  assign();
  peer_sends("two");
  available();
  claim();
  const auto r = result();
  EXPECT_EQ(r.update.socket, 0xc0deu);
  EXPECT_EQ(r.update.flags, 0);
  EXPECT_EQ(data(r), "one two");
  EXPECT_EQ(stats().claims, 1u);
}

TEST_F(ts_accept, claim__by_another_acceptor_is_refused) {
  handshake();
  assign();
  available();
  claim(kApp, 2, 0xbad);
  const auto r = result();
  EXPECT_EQ(r.update.flags, PIKA_UPDATE_TIMED_OUT);
  EXPECT_EQ(r.update.socket, 0xbadu);
  claim(kApp + 1, 1);
  EXPECT_EQ(result(kApp + 1).update.flags, PIKA_UPDATE_TIMED_OUT);
  EXPECT_EQ(stats().claims_refused, 2u);
}

TEST_F(ts_accept, claim__twice_is_refused_the_second_time) {
  handshake();
  assign();
  available();
  claim();
  result();
  claim();
  EXPECT_EQ(result().update.flags, PIKA_UPDATE_TIMED_OUT);
}

TEST_F(ts_accept, claim__makes_an_offer_to_the_same_acceptor_void) {
  handshake();
  assign();
  available();
  auto again = message(PIKA_MSG_ASSIGN);
  again.assign.listener = 7;
  again.assign.acceptor = 1;
  again.assign.claim_timeout_us = 1000;
  again.assign.endpoint = kApp;
  ASSERT_TRUE(host().post(kCm, again));
  claim();
  result();
}

TEST_F(ts_accept, claim__of_a_flow_that_never_was_is_refused) {
  flow_ = pika_handle(kTs, 3, 99);
  claim();
  EXPECT_EQ(result().update.flags, PIKA_UPDATE_TIMED_OUT);
}

TEST_F(ts_accept, claim_clock__tells_the_cm_and_the_offer_stands) {
  handshake();
  assign(kApp, 1, 1500);
  available();
  host().pass_ms(1);
  EXPECT_TRUE(told(kCm).empty());
  host().pass_ms(1);
  const auto timeout = only(kCm, PIKA_MSG_ACCEPT_TIMEOUT).established;
  EXPECT_EQ(timeout.acceptor, 1u);
  EXPECT_EQ(timeout.endpoint, kApp);
  claim();
  EXPECT_EQ(result().update.flags, 0);
}

TEST_F(ts_accept, assign__again_makes_the_old_offer_void) {
  handshake();
  assign();
  available();
  host().pass_ms(1);
  told(kCm);
  assign(kApp + 1, 2);
  available(kApp + 1);
  claim(kApp, 1);
  EXPECT_EQ(result().update.flags, PIKA_UPDATE_TIMED_OUT);
  claim(kApp + 1, 2);
  EXPECT_EQ(result(kApp + 1).update.flags, 0);
}

TEST_F(ts_accept, assign__of_a_claimed_flow_is_ignored_as_claimed_is_under_way) {
  handshake();
  assign();
  available();
  host().pass_ms(1);
  told(kCm);
  claim();
  result();
  assign(kApp + 1, 2);
  const auto c = only(kCm, PIKA_MSG_CLAIMED).claimed;
  EXPECT_EQ(c.listener, 7u);
  EXPECT_EQ(c.acceptor, 1u);
  EXPECT_EQ(c.endpoint, kApp);
  EXPECT_EQ(c.refused_endpoint, PIKA_NOBODY);
  EXPECT_TRUE(told(kApp + 1).empty());
  EXPECT_EQ(stats().assigns_late, 1u);
}

TEST_F(ts_accept, claim__in_time_stops_the_clock) {
  handshake();
  assign();
  claim();
  host().pass_ms(10);
  only(kCm, PIKA_MSG_CLAIMED);
}

TEST_F(ts_accept, reset_before_accept__still_can_be_accepted) {
  handshake();
  peer_sends("last words");
  assign();
  available();
  segment({.seq = seq_, .flags = PIKA_TCP_RST});
  EXPECT_TRUE(told(kCm).empty());
  claim();
  const auto r = result();
  EXPECT_EQ(r.update.error, ECONNRESET);
  EXPECT_EQ(data(r), "last words");
  only(kCm, PIKA_MSG_CLAIMED);
  app_closes(10);
  EXPECT_TRUE(only(kApp, PIKA_MSG_UPDATE).update.flags & PIKA_UPDATE_GONE);
  EXPECT_TRUE(only(kCm, PIKA_MSG_CONNECTION_CLOSED).closed.established);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(ts_accept, reset_before_assign__is_offered_all_the_same) {
  handshake();
  segment({.seq = seq_, .flags = PIKA_TCP_RST});
  assign();
  available();
  claim();
  EXPECT_EQ(result().update.error, ECONNRESET);
}

TEST_F(ts_accept, assign_to_nobody__resets_and_forgets) {
  handshake();
  assign(PIKA_NOBODY);
  EXPECT_TRUE(sent().flags & PIKA_TCP_RST);
  const auto closed = only(kCm, PIKA_MSG_CONNECTION_CLOSED).closed;
  EXPECT_TRUE(closed.established);
  EXPECT_EQ(closed.endpoint, PIKA_NOBODY);
  EXPECT_EQ(host().flows(), 0u);
}

TEST_F(ts_accept, closed__has_service_and_claim_times) {
  handshake();
  assign(kApp, 5, 50'000);
  available();
  host().pass_ms(20);
  claim(kApp, 5);
  result();
  only(kCm, PIKA_MSG_CLAIMED);
  host().pass_ms(30);
  app_closes();
  const auto closed = only(kCm, PIKA_MSG_CONNECTION_CLOSED).closed;
  EXPECT_EQ(closed.claim_us, 20'000u);
  EXPECT_EQ(closed.service_us, 50'000u);
  EXPECT_EQ(closed.endpoint, kApp);
  EXPECT_EQ(closed.acceptor, 5u);
  EXPECT_EQ(closed.listener, 7u);
}

TEST_F(ts_accept, admit__of_a_packet_that_does_not_parse_is_given_back) {
  pika_msg msg{};
  msg.type = PIKA_MSG_ADMIT;
  msg.admit.packet = host().make(Bytes(10, 0xff));
  msg.admit.cm = kCm;
  ASSERT_TRUE(host().post(kCm, msg));
  host().run();
  EXPECT_FALSE(only(kCm, PIKA_MSG_CONNECTION_CLOSED).closed.established);
  EXPECT_EQ(stats().dropped_malformed, 1u);
  EXPECT_EQ(host().packets(), 0u);
}

TEST_F(ts_accept, admit__for_a_flow_that_is_there_begins_none) {
  accept();
  admit({.seq = seq_ + 100, .flags = PIKA_TCP_SYN});
  EXPECT_EQ(sent().flags, PIKA_TCP_ACK);
  EXPECT_EQ(stats().challenges, 1u);
  const auto closed = only(kCm, PIKA_MSG_CONNECTION_CLOSED);
  EXPECT_EQ(closed.flow, PIKA_HANDLE_NONE);
  EXPECT_FALSE(closed.closed.established);
  EXPECT_EQ(tcb().state, PIKA_TCP_ESTABLISHED);
}

/// The same SYN again and again, and a CM that does not get to look at its ring: else
/// its count of open handshakes never comes down, and the listener takes nobody.
TEST_F(ts_accept, admit__that_begins_no_flow_is_always_told_of) {
  accept();
  size_t admitted = 0, closed = 0;
  for (int i = 0; i < 1000; i++) {
    pika_msg msg{};
    msg.type = PIKA_MSG_ADMIT;
    msg.admit.packet = packet({.seq = seq_ + 100, .flags = PIKA_TCP_SYN});
    msg.admit.listener = 7;
    msg.admit.cm = kCm;
    if (host().post(kCm, msg))
      admitted++;
    else
      host().end(msg.admit.packet);  // as the CM would
    host().run();
  }
  for (int i = 0; i < 100; i++) {
    for (const auto& msg : told(kCm)) closed += msg.type == PIKA_MSG_CONNECTION_CLOSED;
    host().run();
  }
  EXPECT_GT(admitted, 64u);
  EXPECT_EQ(closed, admitted);
  EXPECT_EQ(host().packets(), 0u);
}

TEST_F(ts_accept, admit__without_a_free_tcb_is_refused_and_counted) {
  for (int i = 0; i < 64; i++) {
    seq_ = 1000;
    syn();
    key_.remote_port++;
  }
  told(kCm);
  admit({.seq = 1, .flags = PIKA_TCP_SYN});
  EXPECT_TRUE(quiet());
  EXPECT_EQ(stats().no_tcb, 1u);
  EXPECT_FALSE(only(kCm, PIKA_MSG_CONNECTION_CLOSED).closed.established);
}

class ts_accept_time_wait : public ts_accept {
 protected:
  void end_in_time_wait(const Segment& with) {
    accept(with);
    app_closes();
    const auto fin = sent();
    told();
    told(kCm);
    peer_acks(fin.seq + 1);
    auto s = next("", PIKA_TCP_FIN);
    if (with.ts_value) s.ts_value = with.ts_value;
    segment(s);
    seq_++;
    forget_frames();
    ASSERT_EQ(tcb().state, PIKA_TCP_TIME_WAIT);
  }
};

TEST_F(ts_accept_time_wait, syn__with_a_higher_sequence_number_begins_anew) {
  end_in_time_wait({.mss = 1460});
  seq_ += 1000;
  syn();
  EXPECT_EQ(syn_ack_.flags, PIKA_TCP_SYN | PIKA_TCP_ACK);
  EXPECT_EQ(stats().time_wait_reused, 1u);
  EXPECT_EQ(host().flows(), 1u);
}

TEST_F(ts_accept_time_wait, syn__with_a_lower_sequence_number_is_answered_with_an_ack) {
  end_in_time_wait({.mss = 1460});
  admit({.seq = seq_ - 1000, .flags = PIKA_TCP_SYN});
  EXPECT_EQ(sent().flags, PIKA_TCP_ACK);
  EXPECT_EQ(stats().time_wait_reused, 0u);
}

TEST_F(ts_accept_time_wait, syn__a_newer_timestamp_counts_more_than_the_sequence_number) {
  end_in_time_wait({.mss = 1460, .ts_value = 500});
  admit({.seq = seq_ - 1000, .flags = PIKA_TCP_SYN, .ts_value = 501});
  EXPECT_EQ(sent().flags, PIKA_TCP_SYN | PIKA_TCP_ACK);
  EXPECT_EQ(stats().time_wait_reused, 1u);
}

TEST_F(ts_accept_time_wait, syn__an_older_timestamp_does_not) {
  end_in_time_wait({.mss = 1460, .ts_value = 500});
  admit({.seq = seq_ + 1000, .flags = PIKA_TCP_SYN, .ts_value = 499});
  EXPECT_EQ(sent().flags, PIKA_TCP_ACK);
  EXPECT_EQ(stats().time_wait_reused, 0u);
}

TEST_F(ts_accept_time_wait, syn__is_answered_beyond_what_a_fast_flow_has_used) {
  accept();
  app_sends(std::string(10'000, 'x'));
  peer_acks(ack_ + 10'000);
  app_closes();
  ack_++;
  peer_sends("", PIKA_TCP_FIN);
  const u32 used = ack_;
  forget_frames();
  host().pass_ms(10);  // by the clock of ISNs 2441
  seq_ += 1000;
  syn();
  EXPECT_EQ(stats().time_wait_reused, 1u);
  EXPECT_GT(static_cast<s32>(syn_ack_.seq - used), 0);
}

}  // namespace
