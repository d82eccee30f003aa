// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/packet_pool.hh"

#include <algorithm>
#include <cstring>

namespace pika::sim {

pika_packet* PacketPool::make(std::span<const uint8_t> bytes, size_t linear) {
  auto packet = std::make_unique<Packet>();
  packet->head = std::make_unique_for_overwrite<uint8_t[]>(linear);
  std::copy_n(bytes.begin(), linear, packet->head.get());
  packet->tail.assign(bytes.begin() + static_cast<ptrdiff_t>(linear), bytes.end());
  packet->data = packet->head.get();
  packet->len = static_cast<u32>(bytes.size());
  packet->linear = static_cast<u32>(linear);
  out_++;
  return packet.release();
}

void PacketPool::put(pika_packet* packet) {
  out_--;
  delete static_cast<Packet*>(packet);
}

void PacketPool::copy(const pika_packet* packet, size_t offset, std::span<uint8_t> out) {
  const auto* whole = static_cast<const Packet*>(packet);
  const size_t linear = packet->linear;
  const size_t first = offset < linear ? std::min(out.size(), linear - offset) : 0;
  if (first > 0) std::memcpy(out.data(), whole->head.get() + offset, first);
  if (first < out.size())
    std::memcpy(out.data() + first, whole->tail.data() + (offset + first - linear),
                out.size() - first);
}

std::vector<uint8_t> PacketPool::bytes(const pika_packet* packet) {
  std::vector<uint8_t> all(packet->len);
  copy(packet, 0, all);
  return all;
}

}  // namespace pika::sim
