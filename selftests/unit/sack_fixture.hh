// SPDX-License-Identifier: GPL-2.0-only
//
// A flow that sends full segments of kMss bytes, named by their numbers, to a peer that
// permits SACK.
#pragma once

extern "C" {
#include "core/tcp_sack.h"
}

#include "ts_fixture.hh"

namespace pika::ts {

constexpr u32 kMss = 1000;

using Numbers = std::vector<u32>;
using Blocks = std::vector<std::pair<u32, u32>>;

class sack_fixture : public ts_fixture {
 protected:
  static pika_ts_config config(u32 max_flows = 64) {
    auto c = small_config();
    c.max_flows = max_flows;
    c.send_buffer = 1 << 20;
    return c;
  }
  explicit sack_fixture(const pika_ts_config& c = config()) : ts_fixture(c) {}

  void SetUp() override { begin({.mss = kMss, .sack_permitted = true}); }
  void begin(const Segment& syn) {
    ts_value_ = syn.ts_value;
    accept(syn);
    echo_ = syn_ack_.ts_value.value_or(0);
    start_ = ack_;
  }
  static char letter_of(u32 n) { return static_cast<char>('a' + n % 26); }
  void send_segments(u32 n) {
    std::string bytes;
    for (u32 i = 0; i < n; i++) bytes += std::string(kMss, letter_of(written_++));
    app_sends(bytes);
  }
  /// Which segments were sent, by number, each with its own bytes.
  Numbers numbers() {
    Numbers n;
    while (!quiet()) {
      const auto s = sent();
      latest_ = s.ts_value.value_or(0);
      n.push_back((s.seq - start_) / kMss);
      if (!s.data.empty()) {
        EXPECT_EQ(s.data[0], letter_of(n.back()));
        EXPECT_EQ(s.data.back(), letter_of((s.seq - start_ + s.data.size() - 1) / kMss));
      }
    }
    return n;
  }
  /// An ACK of all before segment @n, and of @blocks, in segments as well.
  void ack(u32 n, const Blocks& blocks = {}) {
    Blocks bytes;
    for (const auto& [from, to] : blocks) bytes.emplace_back(from * kMss, to * kMss);
    ack_bytes(n * kMss, bytes);
  }
  void ack_bytes(u32 n, const Blocks& blocks) {
    ack_ = start_ + n;
    auto s = next();
    s.ts_value = ts_value_;
    s.ts_echo = echo_;
    for (const auto& [from, to] : blocks) s.sacks.push_back({start_ + from, start_ + to});
    segment(s);
  }
  /// Of what follows the peer echoes the latest timestamp.
  void echo_latest() { echo_ = latest_; }

  bool recovers() { return tcb().flags & PIKA_TCB_RECOVERY; }
  u32 boards() { return host().s->ts->boards.used; }

  u32 written_ = 0;
  u32 start_ = 0;
  std::optional<u32> ts_value_;
  u32 echo_ = 0;
  u32 latest_ = 0;
};

}  // namespace pika::ts
