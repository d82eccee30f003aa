// SPDX-License-Identifier: GPL-2.0-only

extern "C" {
#include "core/packet.h"
}

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<uint8_t>;

/// RFC 1071 as it is written: 16 bits at a time, carries at the end.
uint16_t plain_sum(const Bytes& bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i++) sum += bytes[i] << (i % 2 ? 0 : 8);
  while (sum >> 16) sum = (sum >> 16) + (sum & 0xffff);
  return sum;
}

/// The core's sum, with the bytes as they would stand in a packet.
uint16_t as_number(uint16_t stored) {
  uint8_t bytes[2];
  std::memcpy(bytes, &stored, sizeof(stored));
  return bytes[0] << 8 | bytes[1];
}

Bytes slice(const Bytes& bytes, size_t from, size_t to) {
  return Bytes(bytes.data() + from, bytes.data() + to);
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void put16(Bytes& bytes, size_t at, uint32_t value) {
  bytes.at(at) = value >> 8;
  bytes.at(at + 1) = value;
}

bool is_v4(const Bytes& packet) { return packet[0] >> 4 == 4; }

/// Of a whole packet without padding: what TCP's checksum covers.
Bytes pseudo_header(const Bytes& packet, size_t tcp) {
  const auto len = packet.size() - tcp;
  const auto tail = Bytes{0, 6, static_cast<uint8_t>(len >> 8), static_cast<uint8_t>(len)};
  return (is_v4(packet) ? slice(packet, 12, 20) : slice(packet, 8, 40)) + tail;
}

/// Puts right lengths and checksums into a packet whose TCP header is at @tcp.
void complete(Bytes& packet, size_t tcp) {
  if (is_v4(packet)) {
    put16(packet, 2, packet.size());
    put16(packet, 10, 0);
    put16(packet, 10, ~plain_sum(slice(packet, 0, tcp)));
  } else {
    put16(packet, 4, packet.size() - 40);
  }
  put16(packet, tcp + 16, 0);
  put16(packet, tcp + 16,
        ~plain_sum(pseudo_header(packet, tcp) + slice(packet, tcp, packet.size())));
}

const Bytes tcp_header = {
    0x9c, 0x40, 0x00, 0x50,  // from 40000 to 80
    0x01, 0x02, 0x03, 0x04,  // sequence number
    0x05, 0x06, 0x07, 0x08,  // acknowledgement
    0x50, 0x18, 0x20, 0x00,  // no options, PSH ACK, window
    0x00, 0x00, 0x00, 0x09,  // checksum, urgent pointer
};

struct Shape {
  bool v4 = true;
  size_t ip_options = 0;
  size_t tcp_options = 12;
  size_t payload = 5;

  size_t tcp() const { return (v4 ? 20 : 40) + ip_options; }
};

Bytes make(const Shape& shape) {
  Bytes ip = {0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 9, 192, 0, 2, 1};
  if (shape.v4) {
    ip[0] = 0x45 + shape.ip_options / 4;
    ip = ip + Bytes(shape.ip_options, 1);
  } else {
    ip = Bytes{0x60, 1, 2, 3, 0, 0, 6, 64} + Bytes{0x20, 1, 0x0d, 0xb8} + Bytes(11, 0) + Bytes{9} +
         Bytes{0x20, 1, 0x0d, 0xb8} + Bytes(11, 0) + Bytes{1};
  }
  Bytes tcp = tcp_header;
  tcp[12] = (20 + shape.tcp_options) / 4 << 4;
  Bytes payload(shape.payload);
  for (size_t i = 0; i < payload.size(); i++) payload[i] = 'a' + i;
  auto packet = ip + tcp + Bytes(shape.tcp_options, 1) + payload;
  complete(packet, shape.tcp());
  return packet;
}

/// A packet of which exactly @linear bytes can be read, at any alignment.
struct Received {
  Received(const Bytes& bytes, size_t linear, uint8_t flags = 0, size_t shift = 0)
      : memory(new uint8_t[shift + linear]) {
    std::copy_n(bytes.begin(), linear, memory.get() + shift);
    packet.data = memory.get() + shift;
    packet.len = bytes.size();
    packet.linear = linear;
    packet.flags = flags;
    result = pika_packet_parse(&packet, &segment);
  }
  explicit Received(const Bytes& bytes) : Received(bytes, bytes.size()) {}

  std::unique_ptr<uint8_t[]> memory;
  pika_packet packet = {};
  pika_segment segment = {};
  pika_parse result;
};

const std::vector<Shape> shapes = {
    {.v4 = true},
    {.v4 = true, .ip_options = 8},
    {.v4 = true, .ip_options = 40, .tcp_options = 40, .payload = 1400},
    {.v4 = true, .tcp_options = 0, .payload = 0},
    {.v4 = false},
    {.v4 = false, .tcp_options = 0, .payload = 0},
    {.v4 = false, .tcp_options = 40, .payload = 33},
};

TEST(packet, parse__reads_what_the_headers_say) {
  for (const auto& shape : shapes) {
    const Received r(make(shape));
    ASSERT_EQ(r.result, PIKA_PARSE_OK);
    const auto& s = r.segment;
    EXPECT_EQ(s.key.remote_port, 40000);
    EXPECT_EQ(s.key.local_port, 80);
    EXPECT_EQ(s.seq, 0x01020304u);
    EXPECT_EQ(s.ack, 0x05060708u);
    EXPECT_EQ(s.flags, PIKA_TCP_PSH | PIKA_TCP_ACK);
    EXPECT_EQ(s.window, 0x2000);
    EXPECT_EQ(s.urgent, 9);
    EXPECT_EQ(s.options, shape.tcp() + 20);
    EXPECT_EQ(s.options_len, shape.tcp_options);
    EXPECT_EQ(s.payload, shape.tcp() + 20 + shape.tcp_options);
    EXPECT_EQ(s.bytes, shape.payload);
    EXPECT_EQ(pika_addr_is_v4(&s.key.local), shape.v4);
    EXPECT_EQ(pika_addr_is_v4(&s.key.remote), shape.v4);
    EXPECT_EQ(s.key.local.b[15], 1);
    EXPECT_EQ(s.key.remote.b[15], 9);
    EXPECT_EQ(s.key.local.b[0], shape.v4 ? 0 : 0x20);
    EXPECT_EQ(s.key.remote.b[12], shape.v4 ? 192 : 0);
  }
}

TEST(packet, parse__does_not_ask_for_alignment) {
  for (const auto& shape : shapes) {
    const auto bytes = make(shape);
    const Received whole(bytes);
    for (size_t shift = 1; shift < 8; shift++) {
      const Received r(bytes, bytes.size(), 0, shift);
      ASSERT_EQ(r.result, PIKA_PARSE_OK);
      EXPECT_EQ(std::memcmp(&r.segment, &whole.segment, sizeof(r.segment)), 0);
    }
  }
}

TEST(packet, parse__every_truncated_length_is_short) {
  for (const auto& shape : shapes) {
    const auto bytes = make(shape);
    for (size_t len = 0; len < bytes.size(); len++) {
      const auto cut = slice(bytes, 0, len);
      ASSERT_EQ(Received(cut).result, PIKA_PARSE_SHORT) << len;
      ASSERT_EQ(Received(cut, len, PIKA_PACKET_CHECKED).result, PIKA_PARSE_SHORT) << len;
    }
  }
}

TEST(packet, parse__every_linear_length_is_short_unchecked_or_fine) {
  for (const auto& shape : shapes) {
    const auto bytes = make(shape);
    const auto headers = shape.tcp() + 20 + shape.tcp_options;
    for (size_t linear = 0; linear <= bytes.size(); linear++) {
      const auto checked = Received(bytes, linear, PIKA_PACKET_CHECKED).result;
      ASSERT_EQ(checked, linear < headers ? PIKA_PARSE_SHORT : PIKA_PARSE_OK) << linear;
      const auto unchecked = linear < bytes.size() ? PIKA_PARSE_CHECKSUM : PIKA_PARSE_OK;
      ASSERT_EQ(Received(bytes, linear).result, linear < headers ? PIKA_PARSE_SHORT : unchecked);
    }
  }
}

TEST(packet, parse__padding_is_not_payload) {
  for (const auto& shape : shapes) {
    const auto bytes = make(shape);
    for (size_t padding : {1, 6, 46}) {
      const Received r(bytes + Bytes(padding, 0xee));
      ASSERT_EQ(r.result, PIKA_PARSE_OK);
      EXPECT_EQ(r.segment.bytes, shape.payload);
      // Whether the padding is linear does not matter.
      EXPECT_EQ(Received(bytes + Bytes(padding, 0xee), bytes.size()).result, PIKA_PARSE_OK);
    }
  }
}

TEST(packet, parse__every_flipped_bit_of_the_segment_is_seen) {
  for (const auto& shape : shapes) {
    auto bytes = make(shape);
    for (size_t bit = shape.tcp() * 8; bit < bytes.size() * 8; bit++) {
      bytes[bit / 8] ^= 1 << bit % 8;
      const auto result = Received(bytes).result;
      ASSERT_TRUE(result == PIKA_PARSE_CHECKSUM || result == PIKA_PARSE_SHORT) << bit;
      bytes[bit / 8] ^= 1 << bit % 8;
    }
    bytes.back() ^= 1;
    EXPECT_EQ(Received(bytes, bytes.size(), PIKA_PACKET_CHECKED).result, PIKA_PARSE_OK);
  }
}

TEST(packet, parse__every_flipped_bit_of_an_ipv4_header_is_seen) {
  auto bytes = make({.v4 = true, .ip_options = 8});
  for (size_t bit = 0; bit < 224; bit++) {
    bytes[bit / 8] ^= 1 << bit % 8;
    ASSERT_NE(Received(bytes, bytes.size(), PIKA_PACKET_CHECKED).result, PIKA_PARSE_OK) << bit;
    bytes[bit / 8] ^= 1 << bit % 8;
  }
}

TEST(packet, parse__header_lengths_that_cannot_be) {
  auto bytes = make({.v4 = true});
  for (int words = 0; words < 5; words++) {
    bytes[0] = 0x40 + words;
    EXPECT_EQ(Received(bytes).result, PIKA_PARSE_SHORT);
  }
  for (const bool v4 : {true, false}) {
    const Shape shape = {.v4 = v4};
    bytes = make(shape);
    for (int words = 0; words < 16; words++) {
      bytes[shape.tcp() + 12] = words << 4;
      complete(bytes, shape.tcp());
      const bool fits = words >= 5 && words <= 9;
      EXPECT_EQ(Received(bytes).result, fits ? PIKA_PARSE_OK : PIKA_PARSE_SHORT) << words;
    }
  }
}

TEST(packet, parse__total_length_shorter_than_the_headers) {
  for (const bool v4 : {true, false}) {
    const Shape shape = {.v4 = v4};
    const auto headers = shape.tcp() + 20 + shape.tcp_options;
    for (size_t total = v4 ? 0 : 40; total < headers; total++) {
      auto bytes = make(shape);
      put16(bytes, v4 ? 2 : 4, v4 ? total : total - 40);
      if (v4) {
        put16(bytes, 10, 0);
        put16(bytes, 10, ~plain_sum(slice(bytes, 0, 20)));
      }
      ASSERT_EQ(Received(bytes, bytes.size(), PIKA_PACKET_CHECKED).result, PIKA_PARSE_SHORT);
    }
  }
}

TEST(packet, parse__fragments_are_the_hosts) {
  for (const uint32_t field : {0x2000, 0x0001, 0x1fff, 0x3fff, 0x6000}) {
    auto bytes = make({.v4 = true});
    put16(bytes, 6, field);
    complete(bytes, 20);
    EXPECT_EQ(Received(bytes).result, PIKA_PARSE_FRAGMENT) << field;
  }
  for (const uint32_t field : {0x0000, 0x4000, 0x8000}) {
    auto bytes = make({.v4 = true});
    put16(bytes, 6, field);
    complete(bytes, 20);
    EXPECT_EQ(Received(bytes).result, PIKA_PARSE_OK) << field;
  }
  auto v6 = make({.v4 = false});
  v6[6] = 44;
  EXPECT_EQ(Received(v6).result, PIKA_PARSE_FRAGMENT);
}

TEST(packet, parse__other_versions_and_protocols_are_the_hosts) {
  for (int version = 0; version < 16; version++) {
    auto bytes = make({.v4 = true});
    bytes[0] = version << 4 | 5;
    const bool known = version == 4 || version == 6;
    EXPECT_EQ(Received(bytes).result != PIKA_PARSE_VERSION, known) << version;
  }
  for (const uint8_t protocol : {0, 1, 17, 43, 50, 58, 60, 132}) {
    auto v4 = make({.v4 = true}), v6 = make({.v4 = false});
    v4[9] = v6[6] = protocol;
    complete(v4, 20);
    EXPECT_EQ(Received(v4).result, PIKA_PARSE_PROTOCOL);
    EXPECT_EQ(Received(v6).result, PIKA_PARSE_PROTOCOL);
  }
}

TEST(packet, parse__addresses_that_are_not_plain_unicast_are_the_hosts) {
  for (const size_t at : {12, 16}) {
    for (const uint8_t first : {0, 127, 224, 239, 240, 255}) {
      auto bytes = make({.v4 = true});
      bytes[at] = first;
      bytes[33] = PIKA_TCP_SYN;
      complete(bytes, 20);
      EXPECT_EQ(Received(bytes).result, PIKA_PARSE_ADDRESS) << int{first};
      bytes[33] = PIKA_TCP_ACK;
      complete(bytes, 20);
      EXPECT_EQ(Received(bytes).result, PIKA_PARSE_OK) << "no flow has it, that is enough";
    }
  }
  const Bytes mapped = Bytes(10, 0) + Bytes{0xff, 0xff, 192, 0, 2, 1};
  const Bytes loopback = Bytes(15, 0) + Bytes{1};
  const Bytes multicast = Bytes{0xff, 2} + Bytes(13, 0) + Bytes{1};
  for (const size_t at : {8, 24}) {
    for (const auto& addr : {mapped, loopback, multicast, Bytes(16, 0)}) {
      auto bytes = make({.v4 = false});
      std::copy(addr.begin(), addr.end(), bytes.data() + at);
      complete(bytes, 40);
      EXPECT_EQ(Received(bytes).result, PIKA_PARSE_ADDRESS);
    }
  }
}

TEST(packet, parse__never_reads_beyond_whatever_the_bytes_are) {
  std::mt19937 random(1);
  for (int i = 0; i < 100000; i++) {
    auto bytes = make(shapes[random() % 7]);
    for (auto n = random() % 4; n > 0; n--)
      bytes[random() % std::min<size_t>(bytes.size(), 60)] = random();
    bytes.resize(random() % 4 ? bytes.size() : random() % bytes.size());
    const auto linear = random() % 2 ? bytes.size() : random() % (bytes.size() + 1);
    const Received r(bytes, linear, random() % 2);
    if (r.result != PIKA_PARSE_OK) continue;
    ASSERT_LE(r.segment.payload + r.segment.bytes, bytes.size());
    ASSERT_LE(r.segment.payload, linear);
    ASSERT_EQ(r.segment.options + r.segment.options_len, r.segment.payload);
  }
}

TEST(packet, checksum__agrees_with_rfc_1071_at_any_length_and_alignment) {
  std::mt19937 random(1);
  for (size_t len = 0; len < 300; len++) {
    Bytes bytes(len);
    for (auto& b : bytes) b = random() % 3 ? random() : 0xff;
    const std::unique_ptr<uint8_t[]> memory(new uint8_t[len + len % 8]);
    std::copy(bytes.begin(), bytes.end(), memory.get() + len % 8);
    const auto whole = pika_checksum_add(0, memory.get() + len % 8, len);
    ASSERT_EQ(as_number(pika_checksum_fold(whole)), plain_sum(bytes)) << len;
    const size_t half = len / 2 & ~1;
    const auto first = pika_checksum_add(0, memory.get() + len % 8, half);
    const auto both = pika_checksum_add(first, memory.get() + len % 8 + half, len - half);
    ASSERT_EQ(pika_checksum_fold(both), pika_checksum_fold(whole)) << len;
  }
}

TEST(packet, checksum__carries_come_in_again) {
  const Bytes ones(65535, 0xff);
  EXPECT_EQ(as_number(pika_checksum_fold(pika_checksum_add(~0u, ones.data(), ones.size() - 1))),
            0xffff);
  EXPECT_EQ(as_number(pika_checksum_fold(pika_checksum_add(0, ones.data(), ones.size()))), 0xff00);
}

struct Frame {
  Frame(const pika_flow_key& key, const pika_tcp_header& header, const Bytes& payload,
        uint16_t segment_size = 0)
      : frame(new pika_frame) {
    std::memset(frame.get(), 0xa5, sizeof(*frame));
    pika_frame_begin(frame.get(), &key, &header);
    frame->bytes = payload.size();
    frame->segment_size = segment_size;
    pika_frame_finish(frame.get());
    bytes = Bytes(frame->header, frame->header + frame->header_len) + payload;
  }

  size_t tcp() const { return frame->tcp_offset; }
  uint16_t partial_sum() const { return bytes[tcp() + 16] << 8 | bytes[tcp() + 17]; }

  std::unique_ptr<pika_frame> frame;
  Bytes bytes;
};

pika_flow_key test_key(bool v4) {
  constexpr pika_addr four = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}};
  constexpr pika_addr six = {{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  const auto& local = v4 ? four : six;
  pika_flow_key key = {.local = local, .remote = local, .local_port = 80, .remote_port = 40000};
  key.remote.b[15] = 9;
  return key;
}

pika_tcp_header test_header(const Bytes& options) {
  return {.seq = 0x01020304,
          .ack = 0x05060708,
          .window = 0x2000,
          .urgent = 9,
          .flags = PIKA_TCP_PSH | PIKA_TCP_ACK,
          .tos = 0x2e,
          .ttl = 64,
          .options_len = static_cast<uint8_t>(options.size()),
          .options = options.data()};
}

TEST(packet, frame__ipv4_bytes) {
  const Frame f(test_key(true), test_header({}), {'h', 'i'});
  const Bytes ip = {0x45, 0x2e, 0,   42, 0, 0, 0x40, 0, 64, 6,
                    0xb6, 0x95, 192, 0,  2, 1, 192,  0, 2,  9};
  EXPECT_EQ(slice(f.bytes, 0, 20), ip);
  EXPECT_EQ(plain_sum(ip), 0xffff);
  auto tcp = tcp_header;
  std::swap_ranges(tcp.begin(), tcp.begin() + 2, tcp.begin() + 2);
  put16(tcp, 16, plain_sum(pseudo_header(f.bytes, 20)));
  EXPECT_EQ(slice(f.bytes, 20, 40), tcp);
}

TEST(packet, frame__ipv6_bytes) {
  const Frame f(test_key(false), test_header({}), {'h', 'i'});
  const Bytes ip = Bytes{0x62, 0xe0, 0, 0, 0, 22, 6, 64} + Bytes{0x20, 1, 0x0d, 0xb8} +
                   Bytes(11, 0) + Bytes{1} + Bytes{0x20, 1, 0x0d, 0xb8} + Bytes(11, 0) + Bytes{9};
  EXPECT_EQ(slice(f.bytes, 0, 40), ip);
  EXPECT_EQ(f.tcp(), 40u);
  EXPECT_EQ(f.partial_sum(), plain_sum(pseudo_header(f.bytes, 40)));
}

TEST(packet, frame__options_are_padded_with_end_of_options) {
  for (size_t len = 0; len <= 40; len++) {
    const Frame f(test_key(true), test_header(Bytes(len, 1)), {});
    const auto padded = (len + 3) / 4 * 4;
    ASSERT_EQ(f.frame->header_len, 40 + padded);
    EXPECT_EQ(f.bytes[32] >> 4, (20 + padded) / 4);
    EXPECT_EQ(slice(f.bytes, 40, 40 + padded), Bytes(len, 1) + Bytes(padded - len, 0));
  }
  EXPECT_DEATH(Frame(test_key(true), test_header(Bytes(41, 1)), {}), "warned_");
}

TEST(packet, frame__grows_by_options_behind_the_others) {
  const Bytes options(4, 1);
  const auto key = test_key(true);
  const auto header = test_header(options);
  pika_frame frame{};
  pika_frame_begin(&frame, &key, &header);
  std::memset(frame.header + frame.header_len, 1, 8);
  pika_frame_grow(&frame, 8);
  EXPECT_EQ(frame.header_len, 20 + 20 + 12);
  EXPECT_EQ(frame.header[32], 8 << 4);
}

TEST(packet, frame__to_be_cut_has_its_whole_length_in_the_sum) {
  for (const bool v4 : {true, false}) {
    const Frame f(test_key(v4), test_header({}), Bytes(4000, 1), 1448);
    EXPECT_EQ(f.partial_sum(), plain_sum(pseudo_header(f.bytes, f.tcp())));
    EXPECT_EQ(f.frame->segment_size, 1448);
  }
}

TEST(packet, frame__begins_without_payload) {
  const auto key = test_key(true);
  const auto header = test_header({});
  pika_frame frame;
  std::memset(&frame, 0xa5, sizeof(frame));
  pika_frame_begin(&frame, &key, &header);
  EXPECT_EQ(frame.bytes, 0u);
  EXPECT_EQ(frame.fragments_len, 0);
  EXPECT_EQ(frame.segment_size, 0);
  EXPECT_EQ(frame.header_len, 40);
}

TEST(packet, frame__finish_may_be_called_again) {
  const Frame once(test_key(true), test_header({}), Bytes(7, 1));
  const Frame other(test_key(true), test_header({}), Bytes(100, 1));
  other.frame->bytes = 7;
  pika_frame_finish(other.frame.get());
  EXPECT_EQ(std::memcmp(once.frame->header, other.frame->header, 40), 0);
}

TEST(packet, frame__longer_than_ip_allows_is_a_broken_invariant) {
  EXPECT_EQ(Frame(test_key(true), test_header({}), Bytes(65495)).bytes.size(), 65535u);
  EXPECT_DEATH(Frame(test_key(true), test_header({}), Bytes(65496)), "warned_");
}

pika_flow_key swapped(const pika_flow_key& key) {
  return {.local = key.remote,
          .remote = key.local,
          .local_port = key.remote_port,
          .remote_port = key.local_port};
}

void expect_read_back(const Frame& f, const pika_flow_key& key, const pika_tcp_header& header) {
  auto bytes = f.bytes;
  complete(bytes, f.tcp());
  const Received r(bytes);
  ASSERT_EQ(r.result, PIKA_PARSE_OK);
  const auto theirs = swapped(key);
  EXPECT_EQ(std::memcmp(&r.segment.key, &theirs, sizeof(theirs)), 0);
  EXPECT_EQ(r.segment.seq, header.seq);
  EXPECT_EQ(r.segment.ack, header.ack);
  EXPECT_EQ(r.segment.window, header.window);
  EXPECT_EQ(r.segment.urgent, header.urgent);
  EXPECT_EQ(r.segment.flags, header.flags);
  EXPECT_EQ(r.segment.bytes, f.frame->bytes);
  // Only TCP's checksum was left to the shell: its sum and the rest give it.
  auto rest = slice(f.bytes, f.tcp(), f.bytes.size());
  EXPECT_EQ(static_cast<uint16_t>(~plain_sum(rest)),
            bytes[f.tcp() + 16] << 8 | bytes[f.tcp() + 17]);
}

TEST(packet, frame__what_is_written_is_read_again) {
  std::mt19937 random(1);
  for (int i = 0; i < 5000; i++) {
    auto key = test_key(random() % 2);
    key.remote.b[15] = random();
    key.remote_port = random();
    const Bytes options(random() % 41, 1);
    auto header = test_header(options);
    header.seq = random();
    header.ack = random();
    header.flags = random();
    header.window = random();
    header.urgent = random();
    Bytes payload(random() % 50);
    for (auto& b : payload) b = random();
    expect_read_back(Frame(key, header, payload), key, header);
    ASSERT_FALSE(HasFailure()) << "frame " << i;
  }
}

}  // namespace
