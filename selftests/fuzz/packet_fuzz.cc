// SPDX-License-Identifier: GPL-2.0-only
//
// Received packets: any bytes, of which any number can be read. What is accepted must be
// consistent and, written again as its sender would, be read as the same segment.
//
// Input: flags (1 the shell checked the checksum, 2 mend IPv4's header checksum, so that the
// fuzzer gets past it), how many bytes at the end are not linear, the packet.

extern "C" {
#include "core/option.h"
#include "core/packet.h"
}

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <span>

namespace {

constexpr uint8_t checked = 1, mend = 2;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Exactly as much memory as can be read, so that one byte more is noticed.
struct Packet {
  explicit Packet(std::span<const uint8_t> bytes, size_t linear)
      : memory(std::make_unique<uint8_t[]>(linear)) {
    std::copy_n(bytes.begin(), linear, memory.get());
    packet.data = memory.get();
    packet.len = bytes.size();
    packet.linear = linear;
  }

  std::unique_ptr<uint8_t[]> memory;
  pika_packet packet = {};
};

void store_sum(uint8_t* at, uint32_t sum) {
  const uint16_t field = ~pika_checksum_fold(sum);
  std::memcpy(at, &field, sizeof(field));
}

void mend_v4_header(const pika_packet& packet) {
  if (packet.linear < 20 || packet.data[0] >> 4 != 4) return;
  const size_t len = std::min(packet.linear, (packet.data[0] & 15u) * 4);
  if (len < 20) return;
  packet.data[10] = packet.data[11] = 0;
  store_sum(packet.data + 10, pika_checksum_add(0, packet.data, len));
}

void check_extents(const pika_packet& packet, const pika_segment& segment) {
  require(segment.options + segment.options_len == segment.payload);
  require(segment.options_len % 4 == 0 && segment.options_len <= PIKA_OPTIONS_MAX);
  require(segment.payload <= packet.linear);
  require(segment.payload <= packet.len && segment.bytes <= packet.len - segment.payload);
  require(pika_addr_is_v4(&segment.key.local) == pika_addr_is_v4(&segment.key.remote));
}

void check_options(const uint8_t* bytes, size_t len) {
  const auto copy = std::make_unique<uint8_t[]>(len);
  std::copy_n(bytes, len, copy.get());
  pika_tcp_options options;
  pika_options_parse(copy.get(), len, &options);
  const auto has = [&](int option) { return (options.present & option) != 0; };
  require(options.sacks <= PIKA_OPTIONS_SACKS);
  require(has(PIKA_OPTION_SACK) == (options.sacks != 0));
  require(!has(PIKA_OPTION_MSS) || options.mss != 0);
  require(!has(PIKA_OPTION_WINDOW_SCALE) || options.window_scale <= PIKA_WINDOW_SCALE_MAX);
}

pika_flow_key swapped(const pika_flow_key& key) {
  return {.local = key.remote,
          .remote = key.local,
          .local_port = key.remote_port,
          .remote_port = key.local_port};
}

/// Writes the segment, without payload, as the peer that sent it, and reads that.
void check_rewritten(const pika_packet& packet, const pika_segment& segment) {
  const auto peers_key = swapped(segment.key);
  const pika_tcp_header header = {.seq = segment.seq,
                                  .ack = segment.ack,
                                  .window = segment.window,
                                  .urgent = segment.urgent,
                                  .flags = segment.flags,
                                  .tos = 0,
                                  .ttl = 64,
                                  .options_len = segment.options_len,
                                  .options = packet.data + segment.options};
  const auto frame = std::make_unique<pika_frame>();
  pika_frame_begin(frame.get(), &peers_key, &header);
  pika_frame_finish(frame.get());
  uint8_t* tcp = frame->header + frame->tcp_offset;
  store_sum(tcp + 16, pika_checksum_add(0, tcp, frame->header_len - frame->tcp_offset));

  const Packet again({frame->header, frame->header_len}, frame->header_len);
  pika_segment read = {};
  require(pika_packet_parse(&again.packet, &read) == PIKA_PARSE_OK);
  require(std::memcmp(&read.key, &segment.key, sizeof(read.key)) == 0);
  require(read.seq == segment.seq && read.ack == segment.ack && read.flags == segment.flags);
  require(read.window == segment.window && read.urgent == segment.urgent);
  require(read.options_len == segment.options_len && read.bytes == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::span<const uint8_t> bytes(data + 2, size - 2);
  const Packet p(bytes, bytes.size() - std::min<size_t>(data[1], bytes.size()));
  pika_packet packet = p.packet;
  packet.flags = data[0] & checked ? PIKA_PACKET_CHECKED : 0;
  if (data[0] & mend) mend_v4_header(packet);
  check_options(bytes.data(), std::min<size_t>(bytes.size(), PIKA_OPTIONS_MAX));

  pika_segment segment = {};
  if (pika_packet_parse(&packet, &segment) != PIKA_PARSE_OK) return 0;
  check_extents(packet, segment);
  check_options(packet.data + segment.options, segment.options_len);
  check_rewritten(packet, segment);
  return 0;
}
