// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/wire.hh"

#include <algorithm>
#include <cstring>

namespace pika::nic82599 {

Wire::Wire(Sink& to) : to_(to), ring_(size) {}

void Wire::take(ConstBytes frame) {
  const auto length = static_cast<uint32_t>(frame.size());
  if (size - (head_ - tail_) < sizeof(length) + frame.size()) {
    dropped_++;
    return;
  }
  copy_in(head_, std::as_bytes(std::span(&length, 1)));
  copy_in(head_ + sizeof(length), frame);
  head_ += sizeof(length) + frame.size();
}

bool Wire::pump() {
  for (size_t i = 0; i < burst && tail_ != head_; i++) {
    if (!to_.has_room()) return false;
    uint32_t length = 0;
    copy_out(tail_, std::as_writable_bytes(std::span(&length, 1)));
    frame_.resize(length);
    copy_out(tail_ + sizeof(length), frame_);
    tail_ += sizeof(length) + length;
    to_.take(frame_);
  }
  return tail_ != head_;
}

void Wire::copy_in(size_t at, ConstBytes from) {
  const size_t offset = at % size;
  const size_t first = std::min(from.size(), size - offset);
  std::memcpy(ring_.data() + offset, from.data(), first);
  std::memcpy(ring_.data(), from.data() + first, from.size() - first);
}

void Wire::copy_out(size_t at, Bytes to) const {
  const size_t offset = at % size;
  const size_t first = std::min(to.size(), size - offset);
  std::memcpy(to.data(), ring_.data() + offset, first);
  std::memcpy(to.data() + first, ring_.data(), to.size() - first);
}

}  // namespace pika::nic82599
