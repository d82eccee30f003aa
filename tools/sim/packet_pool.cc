// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/packet_pool.hh"

#include <algorithm>
#include <cstring>

namespace pika::sim {
pika_packet* PacketPool::make(std::span<const uint8_t> bytes, size_t linear) {
  pika_packet* packet = allocate(linear);
  std::copy_n(bytes.begin(), linear, packet->data);
  packet->len = static_cast<u32>(bytes.size());
  packet->linear = static_cast<u32>(linear);
  packet->truesize = static_cast<u32>(overhead + std::max(buffer, bytes.size()));
  if (linear < bytes.size())
    tails_[packet].assign(bytes.begin() + static_cast<ptrdiff_t>(linear), bytes.end());
  out_.fetch_add(1, std::memory_order_relaxed);
  return packet;
}

void PacketPool::put(pika_packet* packet) {
  out_.fetch_sub(1, std::memory_order_relaxed);
  if (packet->linear < packet->len) tails_.erase(packet);
  release(packet);
}

pika_packet* PacketPool::allocate(size_t linear) {
  auto block = std::make_unique<Block>();
  block->head = std::make_unique_for_overwrite<uint8_t[]>(linear);
  block->data = block->head.get();
  return block.release();
}

void PacketPool::release(pika_packet* packet) { delete static_cast<Block*>(packet); }

void PacketPool::extend(pika_packet* packet, size_t linear) {
  auto* block = static_cast<Block*>(packet);
  auto head = std::make_unique_for_overwrite<uint8_t[]>(linear);
  std::copy_n(block->data, packet->linear, head.get());
  block->head = std::move(head);
  block->data = block->head.get();
}

bool PacketPool::append(pika_packet* to, const pika_packet* from) {
  const size_t end = to->offset + to->bytes;
  const size_t len = end + from->bytes;
  if (to->linear < to->len || from->linear < from->len || len > buffer) return false;
  if (len > to->linear) extend(to, len);
  std::copy_n(from->data + from->offset, from->bytes, to->data + end);
  to->len = to->linear = static_cast<u32>(len);
  return true;
}

void PacketPool::copy(const pika_packet* packet, size_t offset, std::span<uint8_t> out) const {
  const size_t linear = packet->linear;
  const size_t first = offset < linear ? std::min(out.size(), linear - offset) : 0;
  if (first > 0) std::memcpy(out.data(), packet->data + offset, first);
  if (first < out.size())
    std::memcpy(out.data() + first, tails_.at(packet).data() + (offset + first - linear),
                out.size() - first);
}

std::vector<uint8_t> PacketPool::bytes(const pika_packet* packet) const {
  std::vector<uint8_t> all(packet->len);
  copy(packet, 0, all);
  return all;
}

}  // namespace pika::sim
