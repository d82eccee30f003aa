// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/mapped_pool.hh"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace pika::sim {
namespace {

pika_packet* first_packet(const pika_msg& msg) {
  switch (msg.type) {
    case PIKA_MSG_SYN:
    case PIKA_MSG_SEGMENT:
    case PIKA_MSG_FREE:
      return msg.packet.packet;
    case PIKA_MSG_ADMIT:
      return msg.admit.packet;
    case PIKA_MSG_UPDATE:
    case PIKA_MSG_CLAIM_RESULT:
      return msg.update.packet;
    default:
      return nullptr;
  }
}

/// Only these hand over a chain; in others' packets the link is the receiver's to set.
bool has_chain(const pika_msg& msg) {
  return msg.type == PIKA_MSG_UPDATE || msg.type == PIKA_MSG_CLAIM_RESULT ||
         msg.type == PIKA_MSG_FREE;
}

}  // namespace

MappedPool::MappedPool(Memory& memory)
    : size_(pages * Memory::page()),
      memory_(memory.allocate<std::byte>("packets", {}, places * size_)),
      owners_(memory.allocate<Party>("the packets' ledger", {.writer = everybody},
                                     places * sizeof(Party))) {
  std::fill_n(owners_, places, nobody);
  for (size_t place = 0; place < places; place++) free_.push_back(place);
}

size_t MappedPool::place_of(const void* packet) const {
  return static_cast<size_t>(static_cast<const std::byte*>(packet) - memory_) / size_;
}

void MappedPool::protect(size_t place, int protection) {
  mprotect(memory_ + place * size_, size_, protection);
}

void MappedPool::give(pika_packet* packet, Party to) {
  const size_t place = place_of(packet);
  if (place >= places || owners_[place] != self_) return;
  owners_[place] = to;
  protect(place, PROT_NONE);
}

bool MappedPool::take(pika_packet* packet) {
  const size_t place = place_of(packet);
  if (place >= places || owners_[place] != self_) return false;
  protect(place, PROT_READ | PROT_WRITE);
  return true;
}

void MappedPool::give(const pika_msg& msg, Party to) {
  for (pika_packet *next, *packet = first_packet(msg); packet; packet = next) {
    next = has_chain(msg) ? packet->next : nullptr;
    give(packet, to);
  }
}

void MappedPool::take(const pika_msg& msg) {
  for (pika_packet* packet = first_packet(msg); packet;
       packet = has_chain(msg) ? packet->next : nullptr)
    take(packet);
}

pika_packet* MappedPool::allocate(size_t linear) {
  if (free_.empty() || sizeof(pika_packet) + linear > size_) throw std::bad_alloc();
  const size_t place = free_.front();
  free_.pop_front();
  owners_[place] = self_;
  protect(place, PROT_READ | PROT_WRITE);
  auto* packet = new (memory_ + place * size_) pika_packet{};
  packet->data = reinterpret_cast<uint8_t*>(packet + 1);
  return packet;
}

void MappedPool::release(pika_packet* packet) {
  const size_t place = place_of(packet);
  give(packet, nobody);
  free_.push_back(place);
}

std::string MappedPool::describe(const void* address) const {
  const size_t place = place_of(address);
  if (place >= places) return {};
  const Party owner = owners_[place];
  return "packet " + std::to_string(place) + ", which is " + to_string(owner) + "'s";
}

}  // namespace pika::sim
