// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/nic.hh"

#include <algorithm>

namespace pika::sim {

Nic::Nic(Loop& loop, Random random, PacketPool& pool, const NicOptions& options)
    : loop_(loop), random_(random), pool_(pool), options_(options), queues_(options.queues) {}

size_t Nic::queue_of(const Bytes& bytes) {
  if (random_.chance(options_.missteered)) return random_.below(queues_.size());
  // What a card can see without judging: the first two bytes behind the IP header.
  const size_t tcp = bytes[0] >> 4 == 4 ? (bytes[0] & 15u) * 4 : 40;
  if (bytes.size() < tcp + 2) return 0;
  return steer(static_cast<uint16_t>((bytes[tcp] << 8 | bytes[tcp + 1]) % PIKA_GROUPS));
}

void Nic::receive(Bytes bytes) {
  if (bytes.empty()) return;
  const size_t queue = queue_of(bytes);
  if (queues_[queue].received.size() >= options_.rx_slots) {
    dropped_++;
    return;
  }
  queues_[queue].received.push_back(std::move(bytes));
  on_work(queue);
}

/// Headers are linear in any case, and a packet that nobody has checked is as a whole.
pika_packet* Nic::make(const Bytes& bytes) {
  constexpr size_t headers = 40 + 60;
  const bool checked = random_.chance(options_.checked) && decode(bytes);
  size_t linear = bytes.size();
  if (checked && linear > headers && random_.chance(options_.nonlinear))
    linear = random_.between(headers, linear);
  pika_packet* packet = pool_.make(bytes, linear);
  if (checked) packet->flags |= PIKA_PACKET_CHECKED;
  return packet;
}

uint32_t Nic::burst(size_t queue, pika_packet** packets, uint32_t n) {
  auto& received = queues_[queue].received;
  uint32_t taken = 0;
  for (; taken < n && !received.empty(); taken++) {
    packets[taken] = make(received.front());
    received.pop_front();
  }
  return taken;
}

bool Nic::transmit(size_t queue, const pika_frame& frame) {
  Queue& q = queues_[queue];
  if (q.transmitting >= options_.tx_slots) {
    q.refused = true;
    return false;
  }
  auto packets = to_packets(frame, read_buffer);
  if (!packets) {
    loop_.fail("a frame that is no right packet, or whose payload is gone");
    return true;
  }
  for (Bytes& packet : *packets) start(queue, std::move(packet));
  return true;
}

void Nic::start(size_t queue, Bytes bytes) {
  Queue& q = queues_[queue];
  q.transmitting++;
  q.free_at = std::max(q.free_at, loop_.now()) + options_.frame_time;
  loop_.at(q.free_at,
           [this, queue, bytes = std::move(bytes)]() mutable { finish(queue, std::move(bytes)); });
}

void Nic::finish(size_t queue, Bytes bytes) {
  Queue& q = queues_[queue];
  q.transmitting--;
  if (q.refused) {
    q.refused = false;
    on_work(queue);
  }
  on_transmit(std::move(bytes));
}

}  // namespace pika::sim
