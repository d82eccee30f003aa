// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/icmp.hh"

#include <cstring>

#include "tools/sim/network_bytes.hh"

namespace pika::sim {
namespace {

constexpr size_t icmp_header = 8;
constexpr size_t tcp_bytes = 8;

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
  put32(icmp.data() + 4, mtu);
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
    put16(ip.data() + 10, ~fold(sum16(ip)) & 0xffffu);
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

/// ICMPv6's takes in addresses, length and protocol (RFC 8200 8.1).
uint16_t icmp_checksum(const Bytes& ip, const Bytes& icmp, bool v4) {
  uint64_t sum = sum16(icmp);
  if (!v4) sum += sum16(std::span(ip).subspan(8)) + icmp.size() + ip[6];
  return static_cast<uint16_t>(~fold(sum));
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
