// SPDX-License-Identifier: GPL-2.0-only
//
// A transport server alone on a virtual clock: the test is its link server, its
// connection manager and its applications, each at the other end of real rings, and
// the peer behind a wire.
#pragma once

extern "C" {
#include "core/link.h"
#include "core/tcp.h"
#include "core/ts.h"
}

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace pika::ts {

inline pika_addr v4(uint8_t d) { return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, d}}; }
inline pika_addr v6(uint8_t last) {
  return {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}};
}

struct FreeLines {
  void operator()(void* p) const { operator delete (p, std::align_val_t{PIKA_LINE}); }
};
using Lines = std::unique_ptr<void, FreeLines>;

inline Lines lines(size_t size) {
  Lines memory(operator new (size, std::align_val_t{PIKA_LINE}));
  std::memset(memory.get(), 0, size);
  return memory;
}

/// A segment as it is on the wire; fields that a test does not name are harmless.
struct Segment {
  uint32_t seq = 0;
  uint32_t ack = 0;
  uint8_t flags = PIKA_TCP_ACK;
  uint16_t window = 65535;
  uint16_t urgent = 0;
  std::string data = {};
  std::optional<uint16_t> mss = {};
  std::optional<uint8_t> scale = {};
  std::optional<uint32_t> ts_value = {};
  uint32_t ts_echo = 0;
  uint8_t tos = 0;
  uint8_t ttl = 64;
  uint16_t segment_size = 0;
  bool sack_permitted = false;
  std::vector<pika_sack> sacks = {};
};

/// The bytes of an IP packet.
using Bytes = std::vector<uint8_t>;

/// What checksum offload does: TCP's sum over header and payload is completed.
inline void complete_checksum(Bytes& bytes, size_t tcp) {
  const uint16_t sum = ~pika_checksum_fold(pika_checksum_add(0, &bytes[tcp], bytes.size() - tcp));
  std::memcpy(&bytes[tcp + 16], &sum, sizeof(sum));
}

inline uint32_t write_options(const Segment& s, uint8_t* out) {
  pika_tcp_options options{};
  if (s.mss) options.present |= PIKA_OPTION_MSS;
  if (s.scale) options.present |= PIKA_OPTION_WINDOW_SCALE;
  if (s.ts_value) options.present |= PIKA_OPTION_TIMESTAMP;
  options.mss = s.mss.value_or(0);
  options.window_scale = s.scale.value_or(0);
  options.ts_value = s.ts_value.value_or(0);
  options.ts_echo = s.ts_echo;
  if (s.sack_permitted) options.present |= PIKA_OPTION_SACK_PERMITTED;
  const u32 len = pika_options_write_syn(out, &options);
  if (s.sacks.empty()) return len;
  return len + pika_options_write_sacks(out + len, s.sacks.data(), s.sacks.size());
}

/// @key as the sender sees it.
inline Bytes to_bytes(const pika_flow_key& key, const Segment& s) {
  uint8_t options[PIKA_OPTIONS_MAX];
  pika_tcp_header header{};
  header.seq = s.seq;
  header.ack = s.ack;
  header.window = s.window;
  header.urgent = s.urgent;
  header.flags = s.flags;
  header.ttl = s.ttl;
  header.options = options;
  header.options_len = write_options(s, options);
  pika_frame frame{};
  pika_frame_begin(&frame, &key, &header);
  frame.bytes = s.data.size();
  pika_frame_finish(&frame);
  Bytes bytes(frame.header, frame.header + frame.header_len);
  bytes.insert(bytes.end(), s.data.begin(), s.data.end());
  complete_checksum(bytes, frame.tcp_offset);
  return bytes;
}

struct Packet {
  pika_packet packet{};
  Bytes bytes;
  size_t came_with = bytes.size();
};

inline std::unique_ptr<Packet> to_packet(Bytes bytes) {
  auto p = std::make_unique<Packet>(Packet{.packet = {}, .bytes = std::move(bytes)});
  p->packet.data = p->bytes.data();
  p->packet.len = p->packet.linear = p->bytes.size();
  p->packet.truesize = sizeof(Packet) + p->bytes.size();
  return p;
}

inline Segment parse(const Bytes& bytes) {
  const auto p = to_packet(bytes);
  pika_segment seg;
  EXPECT_EQ(pika_packet_parse(&p->packet, &seg), PIKA_PARSE_OK);
  pika_tcp_options options;
  pika_options_parse(&bytes[seg.options], seg.options_len, &options);
  Segment s{.seq = seg.seq,
            .ack = seg.ack,
            .flags = seg.flags,
            .window = seg.window,
            .urgent = seg.urgent};
  s.data.assign(bytes.begin() + seg.payload, bytes.begin() + seg.payload + seg.bytes);
  if (options.present & PIKA_OPTION_MSS) s.mss = options.mss;
  if (options.present & PIKA_OPTION_WINDOW_SCALE) s.scale = options.window_scale;
  if (options.present & PIKA_OPTION_TIMESTAMP) s.ts_value = options.ts_value;
  s.sack_permitted = options.present & PIKA_OPTION_SACK_PERMITTED;
  if (options.present & PIKA_OPTION_SACK)
    s.sacks.assign(options.sack, options.sack + options.sacks);
  s.ts_echo = options.present & PIKA_OPTION_TIMESTAMP ? options.ts_echo : 0;
  s.tos = bytes[0] >> 4 == 4 ? bytes[1] : (bytes[0] & 0xf) << 4 | bytes[1] >> 4;
  s.ttl = bytes[0] >> 4 == 4 ? bytes[8] : bytes[7];
  return s;
}

constexpr uint16_t kTs = 0;
constexpr uint16_t kCm = 1;
constexpr uint16_t kLs = 2;
constexpr uint16_t kApp = 3;  // kApp + 1 is another endpoint
constexpr uint16_t kAddresses = 5;

/// The other end of a ring pair.
struct Peer {
  Lines out_lines, in_lines, back_lines, back_in_lines;
  pika_consumer in{};
  pika_producer out{};
  pika_bell bell{};
};

inline pika_ts_config small_config() {
  return {.max_flows = 64,
          .max_chunks = 256,
          .max_time_wait = 0,
          .receive_buffer = 65535,
          .send_buffer = 65536,
          .mtu = 1500,
          .max_segments = 1};
}

/// One transport server and all its neighbours.
class Host {
 public:
  explicit Host(const pika_ts_config& config = small_config(), uint32_t slots = 64,
                uint32_t seed = 1)
      : random_(seed), server_lines_(lines(sizeof(pika_server))) {
    env_.host = this;
    env_.env.ops = &ops();
    s = static_cast<pika_server*>(server_lines_.get());
    pika_server_init(s, &env_.env, kTs, 3, &bell_);
    s->cm = kCm;
    s->ls = kLs;
    for (uint16_t i = 1; i < kAddresses; i++) attach(i, slots);
    pika_arena counting{nullptr, SIZE_MAX, 0};
    EXPECT_EQ(pika_ts_init(s, &counting, &config), 0);
    EXPECT_EQ(s->ts, nullptr);
    arena_lines_ = lines(counting.taken);
    pika_arena arena{static_cast<u8*>(arena_lines_.get()), counting.taken, 0};
    EXPECT_EQ(pika_ts_init(s, &arena, &config), 0);
    EXPECT_EQ(arena.left, 0u);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// The link server lives in the same server from now on.
  void join_link() {
    pika_arena counting{nullptr, SIZE_MAX, 0};
    pika_link_init(s, &counting, 0);
    link_lines_ = lines(counting.taken);
    pika_arena arena{static_cast<u8*>(link_lines_.get()), counting.taken, 0};
    ASSERT_EQ(pika_link_init(s, &arena, 0), 0);
    s->ls = kTs;
  }

  const pika_ts_stats& stats() const { return *pika_ts_read_stats(s); }
  u32 flows() const { return pika_ts_flows(s); }

  /// Posts a message to the server, as @from.
  bool post(uint16_t from, const pika_msg& message) {
    pika_msg msg = message;
    msg.from = from;
    return pika_ring_push(&peers_[from].out, &msg);
  }

  /// A packet for the server, until end().
  pika_packet* make(const Bytes& bytes) {
    auto packet = to_packet(bytes);
    auto* pkt = &packet->packet;
    if (truesize) pkt->truesize = truesize;
    packets_.emplace(pkt, std::move(packet));
    return pkt;
  }
  void end(pika_packet* pkt) { ASSERT_EQ(packets_.erase(pkt), 1u); }
  size_t packets() const { return packets_.size(); }

  /// The link server is done with what it has.
  void give_back() {
    while (!kept_.empty()) {
      pika_msg sent = kept_.front();
      sent.type = PIKA_MSG_SENT;
      if (!post(kLs, sent)) return;
      kept_.pop_front();
    }
  }

  /// Runs until nothing is left to do, or can be; collects frames, gives them back.
  void run() {
    do {
      collect();
    } while (pika_server_run(s, 256) + collect() || (!queue_full && !pika_server_may_sleep(s)));
  }

  /// Lets @ms pass, stopping wherever a timer is due.
  void pass_ms(uint64_t ms) {
    const uint64_t end = now_ns + ms * 1'000'000;
    run();
    for (u32 at; pika_server_next_timer(s, &at);) {
      const auto wait = static_cast<s32>(at - static_cast<u32>(now_ns / 1'000'000));
      const uint64_t next = now_ns / 1'000'000 * 1'000'000 + std::max(wait, 1) * 1'000'000ULL;
      if (next > end) break;
      now_ns = next;
      run();
    }
    now_ns = end;
    run();
  }

  /// All that was told to @address since the last call.
  std::vector<pika_msg> told(uint16_t address) {
    std::vector<pika_msg> messages;
    auto& peer = peers_[address];
    while (const pika_msg* msg = pika_ring_peek(&peer.in)) {
      messages.push_back(*msg);
      pika_ring_pop(&peer.in);
    }
    pika_consumer_publish(&peer.in);
    return messages;
  }

  /// The application's memory: what a SEND of (@buffer, offset, len) refers to.
  std::map<u64, std::string> buffers;
  std::deque<Bytes> wire;     // frames sent, oldest first
  std::vector<u16> sizes;     // their segment sizes
  std::vector<Bytes> passed;  // packets given back to the host
  uint64_t now_ns = 1'000'000'000'000;
  bool keep_frames = false;  // no SENT until give_back()
  bool queue_full = false;   // of the link in the same server
  bool no_link = false;      // the LS does not look at its ring
  u32 truesize = 0;          // of each packet, if not 0
  size_t room = 0;           // for so much payload more than it came with
  pika_server* s;

 private:
  struct Env {
    pika_env env;
    Host* host;
  };

  static Host* of(pika_env* env) { return reinterpret_cast<Env*>(env)->host; }

  bool append(pika_packet* to, const pika_packet* from) {
    auto& bytes = packets_.at(to)->bytes;
    const size_t end = to->offset + to->bytes;
    if (end + from->bytes > packets_.at(to)->came_with + room) return false;
    bytes.resize(end);
    bytes.insert(bytes.end(), from->data + from->offset, from->data + from->offset + from->bytes);
    to->data = bytes.data();
    to->len = to->linear = bytes.size();
    return true;
  }

  static const pika_env_ops& ops() {
    static const pika_env_ops ops = {
        .now_ns = [](pika_env* env) -> u64 { return of(env)->now_ns; },
        .random = [](pika_env* env) -> u32 { return of(env)->random_(); },
        .ring_bell = [](pika_env*, u16) {},
        .rx_burst = [](pika_env*, u16, pika_packet**, u32) -> u32 { return 0; },
        .transmit =
            [](pika_env* env, u16, const pika_frame* frame) {
              if (of(env)->queue_full) return false;
              of(env)->take_frame(*frame);
              return true;
            },
        .flush = [](pika_env*, u16) {},
        .append = [](pika_env* env, pika_packet* to,
                     const pika_packet* from) { return of(env)->append(to, from); },
        .free_packet = [](pika_env* env, pika_packet* pkt) { of(env)->end(pkt); },
        .pass =
            [](pika_env* env, pika_packet* pkt) {
              of(env)->passed.push_back(reinterpret_cast<Packet*>(pkt)->bytes);
              of(env)->end(pkt);
            }};
    return ops;
  }

  void attach(uint16_t i, uint32_t slots) {
    auto& p = peers_[i];
    p.out_lines = lines(pika_ring_out_size(slots));
    p.in_lines = lines(sizeof(pika_ring_in));
    p.back_lines = lines(pika_ring_out_size(slots));
    p.back_in_lines = lines(sizeof(pika_ring_in));
    auto* out = static_cast<pika_ring_out*>(p.out_lines.get());
    auto* in = static_cast<pika_ring_in*>(p.in_lines.get());
    pika_server_attach_out(s, i, out, in, slots, &p.bell);
    pika_consumer_init(&p.in, out, in, slots);
    out = static_cast<pika_ring_out*>(p.back_lines.get());
    in = static_cast<pika_ring_in*>(p.back_in_lines.get());
    pika_producer_init(&p.out, out, in, slots);
    pika_server_attach_in(s, i, out, in, slots);
  }

  std::string payload(const pika_frame& frame) {
    std::string data;
    for (u32 i = 0; i < frame.fragments_len; i++) {
      const auto& f = frame.fragments[i];
      if (f.buffer)
        data += buffers.at(f.buffer).substr(f.offset, f.len);
      else
        data.append(reinterpret_cast<const char*>(f.bytes), f.len);
    }
    return data;
  }

  void take_frame(const pika_frame& frame) {
    const auto data = payload(frame);
    EXPECT_EQ(data.size(), frame.bytes);
    Bytes bytes(frame.header, frame.header + frame.header_len);
    bytes.insert(bytes.end(), data.begin(), data.end());
    if (!frame.segment_size) complete_checksum(bytes, frame.tcp_offset);
    wire.push_back(std::move(bytes));
    sizes.push_back(frame.segment_size);
  }

  /// What the link server would do.
  u32 collect() {
    if (no_link) return 0;
    u32 n = 0;
    for (auto& msg : told(kLs)) {
      EXPECT_EQ(msg.type, PIKA_MSG_TRANSMIT);
      take_frame(*msg.transmit.frame);
      n++;
      kept_.push_back(msg);
    }
    if (!keep_frames) give_back();
    return n;
  }

  Env env_{};
  std::map<pika_packet*, std::unique_ptr<Packet>> packets_;
  pika_bell bell_{};
  std::mt19937 random_;
  Lines server_lines_, arena_lines_, link_lines_;
  Peer peers_[kAddresses];
  std::deque<pika_msg> kept_;
};

/// The host, one peer of it that the test plays, and the state of that peer.
class ts_fixture : public testing::Test {
 protected:
  explicit ts_fixture(const pika_ts_config& config = small_config(), uint32_t slots = 64)
      : host_(std::make_unique<Host>(config, slots)) {}

  Host& host() { return *host_; }
  const pika_ts_stats& stats() { return host().stats(); }

  /// The peer's view: its address is remote, the host's is local.
  pika_flow_key peer_key() const {
    return {key_.remote, key_.local, key_.remote_port, key_.local_port};
  }

  pika_packet* packet(const Segment& segment) { return host().make(to_bytes(peer_key(), segment)); }

  void post_segment(const Segment& segment) {
    pika_msg msg{};
    msg.type = PIKA_MSG_SEGMENT;
    msg.packet.packet = packet(segment);
    ASSERT_TRUE(host().post(kLs, msg));
  }
  void segment(const Segment& segment) {
    post_segment(segment);
    host().run();
  }
  void admit(const Segment& syn) {
    pika_msg msg{};
    msg.type = PIKA_MSG_ADMIT;
    msg.admit.packet = packet(syn);
    msg.admit.listener = 7;
    msg.admit.cm = kCm;
    ASSERT_TRUE(host().post(kCm, msg));
    host().run();
  }

  /// The oldest frame not yet looked at.
  Segment sent() {
    EXPECT_FALSE(host().wire.empty());
    if (host().wire.empty()) return {};
    auto s = parse(host().wire.front());
    host().wire.pop_front();
    return s;
  }
  bool quiet() { return host().wire.empty(); }
  size_t frames() { return host().wire.size(); }
  void forget_frames() { host().wire.clear(); }

  pika_msg message(uint8_t type) {
    pika_msg msg{};
    msg.type = type;
    msg.flow = flow_;
    return msg;
  }

  std::vector<pika_msg> told(uint16_t address = kApp) { return host().told(address); }

  /// The only message to @address, of this type.
  pika_msg only(uint16_t address, uint8_t type) {
    const auto messages = told(address);
    EXPECT_EQ(messages.size(), 1u);
    if (messages.empty()) return {};
    EXPECT_STREQ(pika_msg_name(messages[0].type), pika_msg_name(type));
    return messages[0];
  }

  /// The bytes of an UPDATE or CLAIM_RESULT; its packets are freed.
  std::string data(const pika_msg& msg) {
    std::string bytes;
    pika_packet* next;
    for (auto* pkt = msg.update.packet; pkt; pkt = next) {
      next = pkt->next;
      bytes.append(reinterpret_cast<char*>(pkt->data) + pkt->offset, pkt->bytes);
      read_truesize_ += pkt->truesize;
      host().end(pkt);
    }
    EXPECT_EQ(bytes.size(), msg.update.bytes);
    return bytes;
  }

  /// All bytes handed over since the last call, whatever else was told.
  std::string received() {
    std::string bytes;
    for (auto& msg : told()) {
      bytes += data(msg);
      flags_ |= msg.update.flags;
      acked_ += msg.update.acked;
      if (msg.update.error) error_ = msg.update.error;
    }
    return bytes;
  }
  void listen_to_app() { received(); }

  // Steps of a passive open. After each, seq_ and ack_ are what the peer sends next.

  void syn(Segment s = {.mss = 1460}) {
    s.flags = PIKA_TCP_SYN;
    s.seq = seq_;
    admit(s);
    syn_ack_ = sent();
    seq_++;
    ack_ = syn_ack_.seq + 1;
  }
  void handshake(const Segment& s = {.mss = 1460}) {
    syn(s);
    segment(next());
    established_ = only(kCm, PIKA_MSG_ESTABLISHED);
    flow_ = established_.flow;
  }
  void assign(uint16_t endpoint = kApp, u32 acceptor = 1, u32 timeout_us = 1000) {
    auto msg = message(PIKA_MSG_ASSIGN);
    msg.assign.listener = 7;
    msg.assign.acceptor = acceptor;
    msg.assign.claim_timeout_us = timeout_us;
    msg.assign.endpoint = endpoint;
    ASSERT_TRUE(host().post(kCm, msg));
    host().run();
  }
  void claim(uint16_t endpoint = kApp, u32 acceptor = 1, u64 socket = 0xc0de) {
    auto msg = message(PIKA_MSG_CLAIM_CONNECTION);
    msg.claim.socket = socket;
    msg.claim.acceptor = acceptor;
    ASSERT_TRUE(host().post(endpoint, msg));
    host().run();
  }
  /// An accepted connection, nothing left to look at.
  void accept(const Segment& s = {.mss = 1460}) {
    handshake(s);
    assign();
    only(kApp, PIKA_MSG_CONNECTION_AVAILABLE);
    claim();
    only(kApp, PIKA_MSG_CLAIM_RESULT);
    only(kCm, PIKA_MSG_CLAIMED);
    forget_frames();
  }

  // Steps of an active open: the peer answers.

  void connect() {
    pika_msg msg{};
    msg.type = PIKA_MSG_CONNECT;
    msg.connect.remote = key_.remote;
    msg.connect.local = key_.local;
    msg.connect.socket = 0xc0de;
    msg.connect.remote_port = key_.remote_port;
    msg.connect.local_port = key_.local_port;
    ASSERT_TRUE(host().post(kApp, msg));
    host().run();
  }
  void connect_syn() {
    connect();
    flow_ = only(kApp, PIKA_MSG_UPDATE).flow;
    syn_ = sent();
    ack_ = syn_.seq + 1;
  }

  /// A segment in sequence.
  Segment next(const std::string& bytes = {}, uint8_t flags = 0) {
    return {.seq = seq_,
            .ack = ack_,
            .flags = static_cast<uint8_t>(PIKA_TCP_ACK | flags),
            .window = window_,
            .data = bytes};
  }
  void peer_sends(const std::string& bytes, uint8_t flags = 0) {
    segment(next(bytes, flags));
    seq_ += bytes.size() + !!(flags & PIKA_TCP_FIN);
  }
  void peer_acks(u32 ack) {
    ack_ = ack;
    segment(next());
  }

  // What the application does.

  void post_app(const pika_msg& msg) { ASSERT_TRUE(host().post(kApp, msg)); }
  void app(const pika_msg& msg) {
    post_app(msg);
    host().run();
  }
  pika_msg send_message(const std::string& bytes, uint8_t flags = 0) {
    auto msg = message(PIKA_MSG_SEND);
    msg.send.len = bytes.size();
    msg.send.flags = flags;
    if (bytes.size() <= PIKA_MSG_INLINE) {
      std::memcpy(msg.send.bytes, bytes.data(), bytes.size());
    } else {
      msg.send.buffer = ++buffer_;
      host().buffers[buffer_] = "padding" + bytes;
      msg.send.offset = 7;
    }
    return msg;
  }
  void app_sends(const std::string& bytes, uint8_t flags = 0) { app(send_message(bytes, flags)); }
  /// @param truesize as much as the packets that data() or received() freed, if 0
  void app_has_read(u32 bytes, u32 truesize = 0) {
    auto msg = message(PIKA_MSG_RECEIVED);
    msg.received.bytes = bytes;
    msg.received.truesize = truesize ? truesize : std::exchange(read_truesize_, 0);
    app(msg);
  }
  void app_shuts_down() { app(message(PIKA_MSG_SHUTDOWN)); }
  void app_closes(u32 received = 0, u8 flags = 0, u32 linger_ms = 0) {
    auto msg = message(PIKA_MSG_CLOSE);
    msg.close.flags = flags;
    msg.close.received = received;
    msg.close.linger_ms = linger_ms;
    app(msg);
  }
  void app_sets(u32 option, u32 value) {
    auto msg = message(PIKA_MSG_OPTION);
    msg.option.option = option;
    msg.option.value = value;
    app(msg);
  }

  pika_tcb& tcb() {
    auto* found = static_cast<pika_tcb*>(pika_pool_find(
        &host().s->ts->tcbs, pika_handle_index(flow_), pika_handle_generation(flow_)));
    EXPECT_NE(found, nullptr);
    return *found;
  }
  bool gone() {
    return !pika_pool_find(&host().s->ts->tcbs, pika_handle_index(flow_),
                           pika_handle_generation(flow_));
  }

  pika_flow_key key_{v4(1), v4(2), 80, 40000};
  u64 flow_ = PIKA_HANDLE_NONE;
  u32 seq_ = 1000;
  u32 ack_ = 0;
  uint16_t window_ = 65535;
  Segment syn_ack_, syn_;
  pika_msg established_{};
  u32 acked_ = 0;
  u8 flags_ = 0;
  u16 error_ = 0;

 private:
  std::unique_ptr<Host> host_;
  u64 buffer_ = 0;
  u32 read_truesize_ = 0;
};

}  // namespace pika::ts
