// SPDX-License-Identifier: GPL-2.0-only
//
// Two transport servers, one connecting to the other over a wire that loses, delays,
// reorders, duplicates and corrupts, by seed. Every byte is compared, the TCBs are
// looked at after each step, and nothing may be left at the end.

#include <queue>

#include "ts_fixture.hh"

namespace {

using namespace pika::ts;

struct Faults {
  double lose, duplicate, corrupt, reorder;
};

/// A program: sends @to_send, reads to the end of the stream, closes.
struct Program {
  Host& host;
  std::mt19937& random;
  std::string to_send;
  u64 flow = PIKA_HANDLE_NONE;
  bool connected = false;
  size_t sent = 0, acked = 0;
  std::deque<size_t> pieces{};
  std::string received{};
  u32 unread = 0;
  u32 unread_truesize = 0;
  size_t acked_pieces = 0;  // bytes of those that are acknowledged whole
  bool eof = false, shut = false, closed = false, gone = false, forgotten = false;
  u16 error = 0;

  u32 below(u32 n) { return random() % n; }
  pika_msg message(uint8_t type) const {
    pika_msg msg{};
    msg.type = type;
    msg.flow = flow;
    return msg;
  }

  void update(const pika_msg& msg) {
    const auto& u = msg.update;
    flow = msg.flow;
    pika_packet* next;
    for (auto* pkt = u.packet; pkt; pkt = next) {
      next = pkt->next;
      received.append(reinterpret_cast<char*>(pkt->data) + pkt->offset, pkt->bytes);
      unread += pkt->bytes;
      unread_truesize += pkt->truesize;
      host.end(pkt);
    }
    acked += u.acked;
    for (size_t n = acked; !pieces.empty() && pieces.front() <= n; pieces.pop_front())
      acked_pieces = pieces.front();
    if (u.flags & PIKA_UPDATE_CONNECTED) connected = true;
    if (u.flags & PIKA_UPDATE_EOF) eof = true;
    if (u.flags & PIKA_UPDATE_GONE) gone = true;
    if (u.error) error = u.error;
  }

  void listen() {
    for (auto& msg : host.told(kApp)) {
      if (msg.type == PIKA_MSG_CONNECTION_AVAILABLE) {
        flow = msg.flow;
        auto claim = message(PIKA_MSG_CLAIM_CONNECTION);
        claim.claim.acceptor = 1;
        ASSERT_TRUE(host.post(kApp, claim));
      } else {
        if (msg.type == PIKA_MSG_CLAIM_RESULT) connected = true;
        ASSERT_FALSE(gone && !forgotten) << "a message after GONE";
        update(msg);
      }
    }
  }

  bool send_some() {
    const u32 room = 65536 - (sent - acked);
    u32 len = std::min<size_t>(to_send.size() - sent, 1 + (below(3) ? below(32) : below(6000)));
    len = std::min(len, room);
    if (!len || pieces.size() > 100) return false;
    auto msg = message(PIKA_MSG_SEND);
    msg.send.len = len;
    if (below(10) == 0 && sent + len < to_send.size()) msg.send.flags = PIKA_SEND_MORE;
    if (len <= PIKA_MSG_INLINE) {
      std::memcpy(msg.send.bytes, &to_send[sent], len);
    } else {
      host.buffers[1] = to_send;
      msg.send.buffer = 1;
      msg.send.offset = sent;
    }
    if (!host.post(kApp, msg)) return false;
    sent += len;
    pieces.push_back(sent);
    return true;
  }

  bool lends_nothing() const {
    size_t from = acked_pieces;
    return std::all_of(pieces.begin(), pieces.end(), [&from](size_t end) {
      return end - std::exchange(from, end) <= PIKA_MSG_INLINE;
    });
  }

  void read_some() {
    if (!unread || below(3) == 0) return;
    auto msg = message(PIKA_MSG_RECEIVED);
    msg.received.bytes = below(4) ? unread : 1 + below(unread);
    msg.received.truesize = unread_truesize;
    if (!host.post(kApp, msg)) return;
    unread -= msg.received.bytes;
    unread_truesize = 0;
  }

  void act() {
    if (below(4)) listen();
    if (!connected || closed || error) return;
    for (u32 n = below(8); n && send_some();) n--;
    read_some();
    if (sent == to_send.size() && !shut) shut = host.post(kApp, message(PIKA_MSG_SHUTDOWN));
    if (!shut || !eof) return;
    auto close = message(PIKA_MSG_CLOSE);
    close.close.received = unread;
    // Often while a buffer is lent: then GONE comes all the same.
    const bool forgets = below(2);
    if (forgets) close.close.flags = PIKA_CLOSE_FORGET;
    closed = host.post(kApp, close);
    if (closed && forgets && lends_nothing()) gone = forgotten = true;
  }
};

struct Flying {
  uint64_t at_ns;
  u64 order;
  bool to_server;
  Bytes bytes;
  bool operator>(const Flying& other) const {
    return std::tie(at_ns, order) > std::tie(other.at_ns, other.order);
  }
};

std::string noise(std::mt19937& random, size_t len) {
  std::string bytes(len, 0);
  for (auto& b : bytes) b = static_cast<char>(random());
  return bytes;
}

class Pair {
 public:
  explicit Pair(u32 seed)
      : random_(seed),
        config_(config()),
        client_(config_, slots(), seed),
        server_(config_, slots(), seed + 1000),
        faults_{chance(0.08), chance(0.05), chance(0.03), chance(0.2)},
        v6_(random_() % 2) {
    if (random_() % 2) client_.join_link();
    if (random_() % 2) server_.join_link();
  }

  void run() {
    programs_[0].to_send = noise(random_, random_() % 100'000);
    programs_[1].to_send = noise(random_, random_() % 100'000);
    connect();
    for (u32 steps = 0; steps < 2'000'000 && !done(); steps++) step();
    finish();
  }

 private:
  pika_ts_config config() {
    auto c = small_config();
    c.max_segments = 1 + random_() % 8;
    c.mtu = 576 + random_() % 925;
    c.receive_buffer = 3000 + random_() % 200'000;
    return c;
  }
  u32 slots() { return random_() % 2 ? 8 : 64; }
  double chance(double most) {
    return random_() % 3 ? most * static_cast<double>(random_() % 1000) / 1000 : 0;
  }
  bool happens(double p) { return static_cast<double>(random_() % 1'000'000) < p * 1'000'000; }

  void connect() {
    pika_msg msg{};
    msg.type = PIKA_MSG_CONNECT;
    msg.connect.local = v6_ ? v6(1) : v4(1);
    msg.connect.remote = v6_ ? v6(2) : v4(2);
    msg.connect.local_port = 40000;
    msg.connect.remote_port = 80;
    ASSERT_TRUE(client_.post(kApp, msg));
  }

  bool done() { return programs_[0].gone && programs_[1].gone && flying_.empty(); }

  void step() {
    now_ns_ += 1 + random_() % 2'000'000;
    if (flying_.empty() && random_() % 8 == 0) now_ns_ += 100'000'000;
    land();
    for (auto* host : {&client_, &server_}) {
      host->now_ns = now_ns_;
      host->run();
      check(*host);
    }
    take_off(client_, true);
    take_off(server_, false);
    for (auto& program : programs_) program.act();
    play_manager();
  }

  void play_manager() {
    for (auto& msg : server_.told(kCm)) {
      if (msg.type != PIKA_MSG_ESTABLISHED) continue;
      pika_msg assign{};
      assign.type = PIKA_MSG_ASSIGN;
      assign.flow = msg.flow;
      assign.assign.endpoint = kApp;
      assign.assign.acceptor = 1;
      assign.assign.claim_timeout_us = 1000;
      ASSERT_TRUE(server_.post(kCm, assign));
    }
  }

  /// Frames are cut into segments, as the card would, and meet their fates.
  void take_off(Host& host, bool to_server) {
    for (size_t i = 0; i < host.wire.size(); i++) {
      if (!host.sizes[i]) {
        fate(host.wire[i], to_server);
        continue;
      }
      cut(host.wire[i], host.sizes[i], to_server);
    }
    host.wire.clear();
    host.sizes.clear();
  }

  void cut(const Bytes& bytes, size_t size, bool to_server) {
    pika_packet pkt{};
    pkt.data = const_cast<u8*>(bytes.data());
    pkt.len = pkt.linear = bytes.size();
    pkt.flags = PIKA_PACKET_CHECKED;
    pika_segment seg;
    ASSERT_EQ(pika_packet_parse(&pkt, &seg), PIKA_PARSE_OK);
    for (u32 at = 0; at < seg.bytes; at += size) {
      const u32 len = std::min<u32>(size, seg.bytes - at);
      Bytes part(bytes.begin(), bytes.begin() + seg.payload);
      part.insert(part.end(), &bytes[seg.payload + at], &bytes[seg.payload + at] + len);
      rewrite(part, seg, at, at + len == seg.bytes);
      fate(part, to_server);
    }
  }

  /// Sequence number, lengths, flags and sums of a part.
  static void rewrite(Bytes& part, const pika_segment& seg, u32 at, bool last) {
    const size_t ip = part[0] >> 4 == 4 ? 20 : 40;
    const u32 tcp_len = part.size() - ip;
    put(&part[ip + 4], htobe32(seg.seq + at));
    if (!last) part[ip + 13] &= ~(PIKA_TCP_FIN | PIKA_TCP_PSH);
    const u16 pseudo[2] = {htobe16(6), htobe16(tcp_len)};
    u32 sum = pika_checksum_add(0, pseudo, sizeof(pseudo));
    if (ip == 20) {
      put(&part[2], htobe16(part.size()));
      put(&part[10], u16{0});
      put(&part[10], static_cast<u16>(~pika_checksum_fold(pika_checksum_add(0, part.data(), 20))));
      sum = pika_checksum_add(sum, &part[12], 8);
    } else {
      put(&part[4], htobe16(tcp_len));
      sum = pika_checksum_add(sum, &part[8], 32);
    }
    put(&part[ip + 16], pika_checksum_fold(sum));
    complete_checksum(part, ip);
  }
  template <typename T>
  static void put(uint8_t* at, T value) {
    std::memcpy(at, &value, sizeof(value));
  }

  void fate(const Bytes& bytes, bool to_server) {
    if (happens(faults_.lose)) return;
    fly(bytes, to_server);
    if (happens(faults_.duplicate)) fly(bytes, to_server);
  }

  void fly(Bytes bytes, bool to_server) {
    uint64_t at = now_ns_ + 5'000'000;
    if (happens(faults_.reorder)) at += random_() % 20'000'000;
    if (happens(faults_.corrupt)) bytes[random_() % bytes.size()] ^= 1 << random_() % 8;
    flying_.push({at, order_++, to_server, std::move(bytes)});
  }

  void land() {
    while (!flying_.empty() && flying_.top().at_ns <= now_ns_) {
      const auto& top = flying_.top();
      deliver(top.to_server ? server_ : client_, top.bytes, top.to_server);
      flying_.pop();
    }
  }

  void deliver(Host& host, const Bytes& bytes, bool to_server) {
    const size_t flags = (v6_ ? 40 : 20) + 13;
    const bool syn = (bytes[flags] & (PIKA_TCP_SYN | PIKA_TCP_ACK)) == PIKA_TCP_SYN;
    pika_msg msg{};
    msg.type = to_server && syn ? PIKA_MSG_ADMIT : PIKA_MSG_SEGMENT;
    auto* pkt = host.make(bytes);
    if (msg.type == PIKA_MSG_ADMIT)
      msg.admit = {.packet = pkt, .listener = 1, .cm = kCm};
    else
      msg.packet.packet = pkt;
    if (host.post(msg.type == PIKA_MSG_ADMIT ? kCm : kLs, msg)) return;
    host.end(pkt);
  }

  static u32 queued(const pika_ts& ts, const pika_tcb& tcb) {
    u32 bytes = 0;
    for (u32 i = tcb.head.chunk; i != PIKA_POOL_NONE;) {
      auto* chunk = static_cast<pika_chunk*>(pika_pool_at(&ts.chunks, i));
      bytes += chunk->len;
      i = chunk->next;
    }
    return bytes - tcb.head.skip;
  }

  static void check_early(const pika_tcb& tcb) {
    u32 n = 0;
    u32 end = tcb.rcv_nxt;
    for (auto* pkt = tcb.early; pkt; pkt = pkt->next, n++) {
      EXPECT_TRUE(n ? !pika_seq_before(pkt->seq, end) : pika_seq_after(pkt->seq, end));
      end = pkt->seq + pkt->bytes;
      EXPECT_FALSE(pika_seq_after(end, tcb.rcv_edge));
    }
    EXPECT_EQ(n, tcb.early_packets);
  }

  static void check(const Host& host) {
    const auto& ts = *host.s->ts;
    for (u32 i = 0; i < ts.tcbs.count; i++) {
      if (ts.tcbs.slots[i].next != PIKA_POOL_TAKEN) continue;
      const auto& tcb = *static_cast<pika_tcb*>(pika_pool_at(&ts.tcbs, i));
      if (tcb.state < PIKA_TCP_ESTABLISHED) continue;
      EXPECT_FALSE(pika_seq_after(tcb.snd_una, tcb.snd_nxt));
      EXPECT_FALSE(pika_seq_after(tcb.snd_nxt, tcb.snd_max));
      EXPECT_FALSE(pika_seq_after(tcb.snd_max, tcb.snd_end + 1));
      EXPECT_GE(tcb.cwnd, tcb.mss);
      EXPECT_EQ(queued(ts, tcb), pika_tcp_fin_acked(&tcb) ? 0 : tcb.snd_end - tcb.snd_una);
      EXPECT_TRUE(tcb.snd_una == tcb.snd_max || pika_tcp_clock_is_set(&tcb, PIKA_CLOCK_RETRANSMIT));
      check_early(tcb);
    }
  }

  void finish() {
    EXPECT_TRUE(done());
    EXPECT_EQ(programs_[0].error, 0);
    EXPECT_EQ(programs_[1].error, 0);
    EXPECT_TRUE(programs_[1].received == programs_[0].to_send);
    EXPECT_TRUE(programs_[0].received == programs_[1].to_send);
    // Short bytes need no buffer of the program's, so GONE does not wait for them.
    EXPECT_LE(programs_[0].to_send.size() - programs_[0].acked, 256u);
    EXPECT_LE(programs_[1].to_send.size() - programs_[1].acked, 256u);
    for (auto* host : {&client_, &server_}) {
      host->pass_ms(400'000);
      EXPECT_EQ(host->flows(), 0u);
      EXPECT_EQ(host->packets(), 0u);
      EXPECT_EQ(host->s->ts->chunks.used, 0u);
      EXPECT_EQ(host->s->ts->boards.used, 0u);
      EXPECT_EQ(host->s->ts->frames.used, 0u);
      EXPECT_EQ(host->s->ts->flows.used, 0u);
      EXPECT_EQ(host->s->wheel.armed, 0u);
    }
  }

  std::mt19937 random_;
  pika_ts_config config_;
  Host client_, server_;
  Faults faults_;
  bool v6_;
  Program programs_[2] = {{client_, random_, {}}, {server_, random_, {}}};
  std::priority_queue<Flying, std::vector<Flying>, std::greater<>> flying_;
  u64 order_ = 0;
  uint64_t now_ns_ = 1'000'000'000'000;
};

TEST(tcp_pair, every_byte_arrives_whatever_the_wire_does) {
  for (u32 seed = 0; seed < 50 && !testing::Test::HasFailure(); seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Pair(seed).run();
  }
}

}  // namespace
