// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/icmp.hh"

#include <cstring>

namespace pika::sim {
namespace {

constexpr size_t v4_header = 20;
constexpr size_t v6_header = 40;
constexpr size_t icmp_header = 8;
constexpr size_t tcp_bytes = 8;

void put16(uint8_t* at, size_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

/// What completes a sum of 16-bit words (RFC 1071).
uint16_t checksum(const Bytes& bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i += 2)
    sum += static_cast<uint64_t>(bytes[i]) << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0u);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

struct Code {
  uint8_t type;
  uint8_t code;
};

Code code_of(IcmpKind kind, bool v4) {
  switch (kind) {
    case IcmpKind::too_big:
      return v4 ? Code{3, 4} : Code{2, 0};
    case IcmpKind::net_unreachable:
      return v4 ? Code{3, 0} : Code{1, 0};
    case IcmpKind::host_unreachable:
      return v4 ? Code{3, 1} : Code{1, 3};
    case IcmpKind::port_unreachable:
      return v4 ? Code{3, 3} : Code{1, 4};
  }
  return {};
}

Bytes icmp_message(const Bytes& about, IcmpKind kind, uint32_t mtu, bool v4) {
  Bytes icmp(icmp_header);
  const auto [type, code] = code_of(kind, v4);
  icmp[0] = type;
  icmp[1] = code;
  if (!v4) put16(icmp.data() + 4, mtu >> 16);
  put16(icmp.data() + 6, mtu & 0xffff);
  const size_t headers = (v4 ? v4_header : v6_header) + tcp_bytes;
  icmp.insert(icmp.end(), about.begin(), about.begin() + static_cast<long>(headers));
  return icmp;
}

/// From the one to whom the segment went: routers have no addresses here.
Bytes ip_header(const Bytes& about, size_t len, bool v4) {
  Bytes ip(v4 ? v4_header : v6_header);
  if (v4) {
    ip[0] = 0x45;
    put16(ip.data() + 2, v4_header + len);
    ip[8] = 64;
    ip[9] = 1;
    std::memcpy(ip.data() + 12, about.data() + 16, 4);
    std::memcpy(ip.data() + 16, about.data() + 12, 4);
    put16(ip.data() + 10, checksum(ip));
    return ip;
  }
  ip[0] = 0x60;
  put16(ip.data() + 4, len);
  ip[6] = 58;
  ip[7] = 64;
  std::memcpy(ip.data() + 8, about.data() + 24, 16);
  std::memcpy(ip.data() + 24, about.data() + 8, 16);
  return ip;
}

/// ICMPv6's takes in the addresses (RFC 8200 8.1).
uint16_t icmp_checksum(const Bytes& ip, const Bytes& icmp, bool v4) {
  Bytes summed;
  if (!v4) {
    summed.assign(ip.begin() + 8, ip.end());
    Bytes rest(8);
    put16(rest.data() + 2, icmp.size());
    rest[7] = 58;
    summed.insert(summed.end(), rest.begin(), rest.end());
  }
  summed.insert(summed.end(), icmp.begin(), icmp.end());
  return checksum(summed);
}

}  // namespace

Bytes icmp_error(const Segment& about, IcmpKind kind, uint32_t mtu) {
  const bool v4 = is_v4(about.from.addr);
  const Bytes packet = encode(about);
  Bytes icmp = icmp_message(packet, kind, mtu, v4);
  Bytes whole = ip_header(packet, icmp.size(), v4);
  put16(icmp.data() + 2, icmp_checksum(whole, icmp, v4));
  whole.insert(whole.end(), icmp.begin(), icmp.end());
  return whole;
}

}  // namespace pika::sim
