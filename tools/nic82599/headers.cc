// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/headers.hh"

#include <optional>

#include "tools/nic82599/bytes.hh"
#include "tools/nic82599/checksum.hh"

namespace pika::nic82599 {

namespace {

constexpr uint32_t ethernet_header = 14;
constexpr uint32_t vlan_tag = 4;
constexpr uint32_t v4_header = 20;
constexpr uint32_t v6_header = 40;
constexpr uint32_t tcp_header = 20;
constexpr uint32_t udp_header = 8;
constexpr uint32_t sctp_header = 12;

constexpr uint8_t hop_by_hop = 0;
constexpr uint8_t tcp = 6;
constexpr uint8_t udp = 17;
constexpr uint8_t routing = 43;
constexpr uint8_t fragment_header = 44;
constexpr uint8_t destination_options = 60;
constexpr uint8_t sctp = 132;

void set_transport(Headers& headers, uint8_t protocol, uint32_t at) {
  const uint32_t room = headers.ip_end > at ? headers.ip_end - at : 0;
  if (headers.fragment) return;
  headers.transport_at = at;
  if (protocol == tcp && room >= tcp_header) headers.transport = Transport::tcp;
  if (protocol == udp && room >= udp_header) headers.transport = Transport::udp;
  if (protocol == sctp && room >= sctp_header) headers.transport = Transport::sctp;
}

void parse_v4(ConstBytes frame, Headers& headers) {
  const uint32_t at = headers.ip_at;
  if (frame.size() < at + v4_header || byte_at(frame, at) >> 4 != 4) return;
  const uint32_t header = (byte_at(frame, at) & 0xf) * 4u;
  const uint32_t total = network16(frame, at + 2);
  if (header < v4_header || total < header || at + total > frame.size()) return;
  headers.ip = Ip::v4;
  headers.ip_extended = header > v4_header;
  headers.fragment = network16(frame, at + 6) & 0x3fff;
  headers.ip_end = at + total;
  set_transport(headers, byte_at(frame, at + 9), at + header);
}

// The extension header at @p at says how long it is and what comes next.
std::optional<uint32_t> skip_extension(ConstBytes frame, Headers& headers, uint8_t& next,
                                       uint32_t at) {
  if (at + 8 > headers.ip_end) return std::nullopt;
  uint32_t size = 8;
  if (next == fragment_header)
    headers.fragment |= (network16(frame, at + 2) & 0xfff9) != 0;
  else
    size = (byte_at(frame, at + 1) + 1) * 8u;
  next = byte_at(frame, at);
  headers.ip_extended = true;
  return at + size;
}

bool is_extension(uint8_t next) {
  return next == hop_by_hop || next == routing || next == fragment_header ||
         next == destination_options;
}

void parse_v6(ConstBytes frame, Headers& headers) {
  const uint32_t at = headers.ip_at;
  if (frame.size() < at + v6_header || byte_at(frame, at) >> 4 != 6) return;
  const uint32_t payload = network16(frame, at + 4);
  if (at + v6_header + payload > frame.size()) return;
  headers.ip = Ip::v6;
  headers.ip_end = at + v6_header + payload;
  uint8_t next = byte_at(frame, at + 6);
  uint32_t next_at = at + v6_header;
  while (is_extension(next) && !headers.fragment) {
    const auto after = skip_extension(frame, headers, next, next_at);
    if (!after) return;
    next_at = *after;
  }
  set_transport(headers, next, next_at);
}

// The sum of a pseudo header, without the checksum.
uint64_t pseudo_header(ConstBytes frame, const Headers& headers, uint8_t protocol) {
  const uint32_t length = headers.ip_end - headers.transport_at;
  const uint64_t sum = as_added(protocol) + as_added(static_cast<uint16_t>(length));
  return headers.ip == Ip::v4 ? add_bytes(sum, frame.subspan(headers.ip_at + 12, 8))
                              : add_bytes(sum, frame.subspan(headers.ip_at + 8, 32));
}

// The checksum's own field counts as zero.
Checked check_sctp(ConstBytes packet) {
  constexpr size_t field = 8;
  const uint32_t right = sctp_checksum(packet, field);
  return right == load<uint32_t>(packet, field) ? Checked::good : Checked::bad;
}

}  // namespace

Headers parse(ConstBytes frame, uint16_t tag_type) {
  Headers headers;
  headers.first_type = headers.type = network16(frame, 12);
  headers.ip_at = ethernet_header;
  if (headers.type == tag_type && frame.size() >= ethernet_header + vlan_tag) {
    headers.tagged = true;
    headers.tag = network16(frame, 14);
    headers.type = network16(frame, 16);
    headers.ip_at += vlan_tag;
  }
  if (headers.type == 0x0800) parse_v4(frame, headers);
  if (headers.type == 0x86dd) parse_v6(frame, headers);
  return headers;
}

Checked check_ip(ConstBytes frame, const Headers& headers) {
  if (headers.ip != Ip::v4) return Checked::no;
  const uint32_t header = (byte_at(frame, headers.ip_at) & 0xf) * 4u;
  return fold(add_bytes(0, frame.subspan(headers.ip_at, header))) == 0xffff ? Checked::good
                                                                            : Checked::bad;
}

Checked check_transport(ConstBytes frame, const Headers& headers) {
  if (headers.transport == Transport::none) return Checked::no;
  const auto packet = frame.subspan(headers.transport_at, headers.ip_end - headers.transport_at);
  if (headers.transport == Transport::sctp) return check_sctp(packet);
  const bool is_udp = headers.transport == Transport::udp;
  // A UDP datagram may do without.
  if (is_udp && load<uint16_t>(packet, 6) == 0) return Checked::no;
  const uint64_t sum = pseudo_header(frame, headers, is_udp ? udp : tcp);
  return fold(add_bytes(sum, packet)) == 0xffff ? Checked::good : Checked::bad;
}

}  // namespace pika::nic82599
