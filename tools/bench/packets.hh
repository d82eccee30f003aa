// SPDX-License-Identifier: GPL-2.0-only
//
// Flows and segments to feed the core's parts with.
#ifndef PIKA_BENCH_PACKETS_HH
#define PIKA_BENCH_PACKETS_HH

extern "C" {
#include "core/packet.h"
}

#include <cstring>
#include <vector>

namespace bench {

/// Connection number @p n to one port of one host.
inline pika_flow_key flow_key(u32 n, bool is_v6 = false) {
  pika_flow_key key{.local = {{10, 0, 0, 1}},
                    .remote = {{10, 1, 0, static_cast<u8>(n / 50'000)}},
                    .local_port = 80,
                    .remote_port = static_cast<u16>(10'000 + n % 50'000)};
  for (pika_addr* addr : {&key.local, &key.remote}) {
    std::memcpy(addr->b + 12, addr->b, 4);
    std::memset(addr->b, 0, 4);
    if (is_v6)
      addr->b[0] = 0xfd;
    else
      addr->b[10] = addr->b[11] = 0xff;
  }
  return key;
}

/// A segment of flow_key(0) with a timestamp option and @p payload bytes, as a card
/// hands it over: the checksum is complete.
inline std::vector<u8> segment(bool is_v6, u32 payload) {
  static constexpr u8 timestamp[12] = {1, 1, 8, 10};
  const pika_tcp_header header{.seq = 1,
                               .ack = 1,
                               .window = 1000,
                               .urgent = 0,
                               .flags = PIKA_TCP_ACK,
                               .tos = 0,
                               .ttl = 64,
                               .options_len = sizeof(timestamp),
                               .options = timestamp};
  const pika_flow_key key = flow_key(0, is_v6);
  pika_frame frame;
  pika_frame_begin(&frame, &key, &header);
  frame.bytes = payload;
  pika_frame_finish(&frame);
  std::vector<u8> bytes(frame.header, frame.header + frame.header_len);
  bytes.resize(frame.header_len + payload, 'x');
  u8* tcp = bytes.data() + frame.tcp_offset;
  const u16 sum = ~pika_checksum_fold(pika_checksum_add(0, tcp, bytes.size() - frame.tcp_offset));
  std::memcpy(tcp + 16, &sum, sizeof(sum));
  return bytes;
}

/// @p bytes as a packet that begins with them.
inline pika_packet packet_of(std::vector<u8>& bytes, bool checked) {
  pika_packet packet{};
  packet.data = bytes.data();
  packet.len = packet.linear = static_cast<u32>(bytes.size());
  packet.flags = checked ? PIKA_PACKET_CHECKED : 0;
  return packet;
}

}  // namespace bench

#endif  // PIKA_BENCH_PACKETS_HH
