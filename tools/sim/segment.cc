// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/segment.hh"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "tools/sim/network_bytes.hh"

namespace pika::sim {
namespace {

constexpr size_t tcp_header = 20;
constexpr uint8_t protocol_tcp = 6;
constexpr uint8_t ttl = 64;
constexpr size_t mapped = 12;  // of an IPv4 address, in an IPv6 one

/// Where the parts of a packet are.
struct Layout {
  bool v4 = false;
  size_t tcp = 0;  // offset of its header
  size_t payload = 0;
  size_t end = 0;
};

/// Sum of addresses, protocol and length (RFC 9293 3.1).
uint64_t pseudo_sum(std::span<const uint8_t> packet, const Layout& at) {
  const auto addresses = at.v4 ? packet.subspan(12, 8) : packet.subspan(8, 32);
  return sum16(addresses) + protocol_tcp + (at.end - at.tcp);
}

std::optional<Layout> find_ip(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return {};
  Layout at{.v4 = bytes[0] >> 4 == 4};
  if (at.v4) {
    if (bytes.size() < v4_header) return {};
    at.tcp = (bytes[0] & 15u) * size_t{4};
    at.end = get16(bytes.subspan(2));
    if (at.tcp < v4_header || at.tcp > bytes.size()) return {};
    if (fold(sum16(bytes.first(at.tcp))) != 0xffff) return {};
    if (bytes[9] != protocol_tcp || (get16(bytes.subspan(6)) & 0x3fff)) return {};
    return at;
  }
  if (bytes[0] >> 4 != 6 || bytes.size() < v6_header || bytes[6] != protocol_tcp) return {};
  at.tcp = v6_header;
  at.end = v6_header + get16(bytes.subspan(4));
  return at;
}

std::optional<Layout> find_parts(std::span<const uint8_t> bytes) {
  auto at = find_ip(bytes);
  if (!at || at->end > bytes.size() || at->end < at->tcp + tcp_header) return {};
  at->payload = at->tcp + static_cast<size_t>(bytes[at->tcp + 12] >> 4) * 4;
  if (at->payload < at->tcp + tcp_header || at->payload > at->end) return {};
  return at;
}

void write_ip(const Segment& segment, const Layout& at, uint8_t* bytes) {
  if (at.v4) {
    bytes[0] = 0x45;
    bytes[1] = segment.tos;
    put16(bytes + 2, at.end);
    put16(bytes + 6, 0x4000);  // do not fragment
    bytes[8] = ttl;
    bytes[9] = protocol_tcp;
    std::memcpy(bytes + 12, segment.from.addr.b + mapped, 4);
    std::memcpy(bytes + 16, segment.to.addr.b + mapped, 4);
    put16(bytes + 10, ~fold(sum16({bytes, v4_header})) & 0xffffu);
    return;
  }
  put32(bytes, 0x60000000u | static_cast<uint32_t>(segment.tos) << 20);
  put16(bytes + 4, at.end - at.tcp);
  bytes[6] = protocol_tcp;
  bytes[7] = ttl;
  std::memcpy(bytes + 8, segment.from.addr.b, 16);
  std::memcpy(bytes + 24, segment.to.addr.b, 16);
}

pika_addr read_v4(std::span<const uint8_t> at) { return address_v4(at[0], at[1], at[2], at[3]); }

pika_addr read_v6(std::span<const uint8_t> at) {
  pika_addr addr;
  std::copy_n(at.begin(), 16, addr.b);
  return addr;
}

}  // namespace

pika_addr address_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}};
}

pika_addr address_v6(uint16_t host) {
  pika_addr addr{{0xfd}};
  put16(addr.b + 14, host);
  return addr;
}

bool is_v4(const pika_addr& addr) {
  return std::memcmp(addr.b, address_v4(0, 0, 0, 0).b, mapped) == 0;
}

bool operator==(const Place& a, const Place& b) {
  return a.port == b.port && std::memcmp(a.addr.b, b.addr.b, sizeof(a.addr.b)) == 0;
}

std::string to_string(const Place& place) {
  const uint8_t* b = place.addr.b;
  char text[64];
  if (is_v4(place.addr))
    std::snprintf(text, sizeof(text), "%d.%d.%d.%d:%d", b[12], b[13], b[14], b[15], place.port);
  else
    std::snprintf(text, sizeof(text), "[%x::%x]:%d", get16({b, 2}), get16({b + 14, 2}), place.port);
  return text;
}

Bytes encode(const Segment& segment) {
  Layout at{.v4 = is_v4(segment.to.addr)};
  at.tcp = at.v4 ? v4_header : v6_header;
  at.payload = at.tcp + tcp_header + segment.options.size();
  at.end = at.payload + segment.payload.size();
  Bytes bytes(at.end);
  write_ip(segment, at, bytes.data());
  uint8_t* tcp = bytes.data() + at.tcp;
  put16(tcp, segment.from.port);
  put16(tcp + 2, segment.to.port);
  put32(tcp + 4, segment.seq);
  put32(tcp + 8, segment.ack);
  tcp[12] = static_cast<uint8_t>((at.payload - at.tcp) / 4 << 4);
  tcp[13] = segment.flags;
  put16(tcp + 14, segment.window);
  put16(tcp + 18, segment.urgent);
  std::copy(segment.options.begin(), segment.options.end(), tcp + tcp_header);
  std::copy(segment.payload.begin(), segment.payload.end(), bytes.data() + at.payload);
  const uint64_t sum = pseudo_sum(bytes, at) + sum16({tcp, at.end - at.tcp});
  put16(tcp + 16, ~fold(sum) & 0xffffu);
  return bytes;
}

std::optional<Segment> decode(std::span<const uint8_t> bytes) {
  const auto at = find_parts(bytes);
  if (!at) return {};
  const auto tcp = bytes.subspan(at->tcp, at->end - at->tcp);
  if (fold(pseudo_sum(bytes, *at) + sum16(tcp)) != 0xffff) return {};
  Segment segment;
  segment.from = {at->v4 ? read_v4(bytes.subspan(12)) : read_v6(bytes.subspan(8)), get16(tcp)};
  segment.to = {at->v4 ? read_v4(bytes.subspan(16)) : read_v6(bytes.subspan(24)),
                get16(tcp.subspan(2))};
  segment.tos = at->v4 ? bytes[1] : static_cast<uint8_t>(get16(bytes) >> 4);
  segment.seq = get32(tcp.subspan(4));
  segment.ack = get32(tcp.subspan(8));
  segment.flags = tcp[13];
  segment.window = get16(tcp.subspan(14));
  segment.urgent = get16(tcp.subspan(18));
  const auto part = [&bytes](size_t from, size_t to) {
    const auto all = bytes.subspan(from, to - from);
    return Bytes(all.begin(), all.end());
  };
  segment.options = part(at->tcp + tcp_header, at->payload);
  segment.payload = part(at->payload, at->end);
  return segment;
}

std::string to_string(const Segment& segment) {
  std::string flags;
  const char names[] = "FSRP.U";
  for (int bit = 0; bit < 6; bit++)
    if (segment.has(static_cast<uint8_t>(1 << bit))) flags += names[bit];
  char text[160];
  std::snprintf(text, sizeof(text), " %s %u:%u ack %u win %u, %zu bytes of options", flags.c_str(),
                segment.seq, segment.seq + segment.length(), segment.ack, segment.window,
                segment.options.size());
  return to_string(segment.from) + " > " + to_string(segment.to) + text;
}

namespace {

std::optional<Bytes> gather(const pika_frame& frame, const ReadBuffer& read) {
  if (frame.header_len > sizeof(frame.header) || frame.fragments_len > PIKA_FRAME_FRAGMENTS)
    return {};
  Bytes bytes(frame.header, frame.header + frame.header_len);
  for (uint16_t i = 0; i < frame.fragments_len; i++) {
    const pika_fragment& fragment = frame.fragments[i];
    const size_t at = bytes.size();
    bytes.resize(at + fragment.len);
    if (!fragment.buffer)
      std::copy_n(fragment.bytes, fragment.len, bytes.data() + at);
    else if (!read(fragment.buffer, fragment.offset, {bytes.data() + at, fragment.len}))
      return {};
  }
  if (bytes.size() != static_cast<size_t>(frame.header_len) + frame.bytes) return {};
  return bytes;
}

/// The header's checksum field already has the pseudo-header's sum.
Bytes complete(Bytes bytes, size_t tcp) {
  const std::span<const uint8_t> covered{bytes.data() + tcp, bytes.size() - tcp};
  put16(bytes.data() + tcp + 16, ~fold(sum16(covered)) & 0xffffu);
  return bytes;
}

std::vector<Bytes> cut(const Segment& whole, size_t size) {
  std::vector<Bytes> packets;
  const size_t total = whole.payload.size();
  for (size_t at = 0; at < total; at += size) {
    Segment part = whole;
    const size_t end = std::min(total, at + size);
    part.seq += static_cast<uint32_t>(at);
    part.payload.assign(whole.payload.begin() + static_cast<ptrdiff_t>(at),
                        whole.payload.begin() + static_cast<ptrdiff_t>(end));
    if (end < total) part.flags &= static_cast<uint8_t>(~(PIKA_TCP_FIN | PIKA_TCP_PSH));
    packets.push_back(encode(part));
  }
  return packets;
}

}  // namespace

std::optional<std::vector<Bytes>> to_packets(const pika_frame& frame, const ReadBuffer& read) {
  auto bytes = gather(frame, read);
  if (!bytes || bytes->size() < frame.tcp_offset + tcp_header) return {};
  Bytes whole = complete(std::move(*bytes), frame.tcp_offset);
  const auto segment = decode(whole);
  if (!segment) return {};
  if (!frame.segment_size || segment->payload.size() <= frame.segment_size)
    return std::vector<Bytes>{std::move(whole)};
  return cut(*segment, frame.segment_size);
}

}  // namespace pika::sim
