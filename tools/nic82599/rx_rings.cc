// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/rx_rings.hh"

#include <algorithm>

#include "tools/nic82599/bytes.hh"

namespace pika::nic82599 {

namespace {

constexpr uint32_t done = reg::bit(0);
constexpr uint32_t end_of_packet = reg::bit(1);

// Legacy descriptors have a byte each of status and errors.
uint64_t legacy_word(uint32_t bytes, uint32_t status, uint16_t tag) {
  return bytes | uint64_t{status & 0xff} << 32 | uint64_t{status >> 24} << 40 | uint64_t{tag} << 48;
}

}  // namespace

RxRings::RxRings(Registers& registers, Host& host, Complaints& complaints)
    : registers_(registers), host_(host), complaints_(complaints) {}

uint64_t RxRings::base(unsigned queue) const {
  return uint64_t{value(queue, reg::rdbah)} << 32 | value(queue, reg::rdbal);
}

bool RxRings::enabled(unsigned queue) const {
  return queue < reg::queues && enabled_[queue / 64] >> queue % 64 & 1;
}

void RxRings::changed(unsigned queue) {
  rings_[queue].count = 0;
  const uint64_t bit = 1ull << queue % 64;
  if (value(queue, reg::rxdctl) & reg::rxdctl_enable)
    enabled_[queue / 64] |= bit;
  else
    enabled_[queue / 64] &= ~bit;
}

void RxRings::reset() {
  for (Ring& ring : rings_) ring.count = 0;
  enabled_ = {};
}

// How many descriptors the driver has given.
uint32_t RxRings::available(unsigned queue) const {
  const uint32_t head = value(queue, reg::rdh);
  const uint32_t tail = value(queue, reg::rdt);
  const uint32_t count = size(queue);
  if (head >= count || tail >= count) return 0;
  return tail >= head ? tail - head : tail + count - head;
}

bool RxRings::has_room() const {
  bool any = false;
  for (unsigned queue = 0; queue < reg::queues; queue++) {
    if (!enabled(queue)) continue;
    if (!available(queue)) return false;
    any = true;
  }
  return any;
}

uint32_t RxRings::buffer_size(unsigned queue) const {
  return (value(queue, reg::srrctl) & reg::srrctl_bsizepacket) * 1024;
}

bool RxRings::deliver(unsigned queue, ConstBytes frame, const RxReport& report) {
  const uint32_t count = size(queue);
  if (value(queue, reg::rdt) >= count || value(queue, reg::rdh) >= count)
    complaints_.say(Complaint::rx_ring, "a receive ring has head or tail outside");
  if (buffer_size(queue) == 0)
    complaints_.say(Complaint::rx_buffer_size, "a receive ring has buffers of no size");
  if (frame.size() > uint64_t{available(queue)} * buffer_size(queue)) return false;
  return fill(queue, frame) && tell(queue, frame.size(), report);
}

// Nothing is told before all is written: no part of a frame comes to the driver.
bool RxRings::fill(unsigned queue, ConstBytes frame) {
  uint32_t index = value(queue, reg::rdh);
  for (uint32_t left = available(queue); !frame.empty(); left--) {
    const Descriptor* descriptor = fetch(queue, index, left);
    if (!descriptor) return false;
    const auto part = frame.first(std::min<size_t>(buffer_size(queue), frame.size()));
    if (!host_.write(descriptor->buffer, part)) {
      complaints_.say(Complaint::rx_buffer, "a receive buffer is not in the guest's memory");
      // The next frame finds it as it is then: put right, or mapped again.
      rings_[queue].count = 0;
      return false;
    }
    frame = frame.subspan(part.size());
    index = after(queue, index);
  }
  return true;
}

bool RxRings::tell(unsigned queue, size_t bytes, const RxReport& report) {
  uint32_t index = value(queue, reg::rdh);
  while (bytes > 0) {
    const auto part = static_cast<uint32_t>(std::min<size_t>(buffer_size(queue), bytes));
    bytes -= part;
    if (!write_back(queue, index, part, bytes == 0, report)) return false;
    index = after(queue, index);
  }
  registers_[reg::rx(queue) + reg::rdh] = index;
  return true;
}

const RxRings::Descriptor* RxRings::fetch(unsigned queue, uint32_t index, uint32_t available) {
  Ring& ring = rings_[queue];
  if (index < ring.first || index >= ring.first + ring.count) {
    const uint32_t count = std::min({batch, available, size(queue) - index});
    const std::span<Descriptor> wanted(ring.fetched.data(), count);
    ring.first = index;
    ring.count = count;
    if (!host_.read(base(queue) + uint64_t{index} * sizeof(Descriptor),
                    std::as_writable_bytes(wanted))) {
      stop(queue);
      return nullptr;
    }
  }
  return &ring.fetched[index - ring.first];
}

bool RxRings::write_back(unsigned queue, uint32_t index, uint32_t bytes, bool last,
                         const RxReport& report) {
  if (no_done) return true;
  const uint32_t status = last ? report.status | done | end_of_packet : done;
  const bool legacy = (value(queue, reg::srrctl) & reg::srrctl_desctype) == 0;
  uint64_t words[2];
  words[0] = uint64_t{report.rss_hash} << 32 | report.packet_info;
  words[1] = uint64_t{report.tag} << 48 | uint64_t{bytes} << 32 | status;
  uint64_t at = base(queue) + uint64_t{index} * sizeof(Descriptor);
  ConstBytes written = std::as_bytes(std::span(words));
  if (legacy) {
    words[1] = legacy_word(bytes, status, report.tag);
    written = written.subspan(8);
    at += 8;
  }
  if (host_.write(at, written)) return true;
  stop(queue);
  return false;
}

void RxRings::stop(unsigned queue) {
  complaints_.say(Complaint::rx_descriptors, "a receive ring is not in the guest's memory");
  registers_[reg::rx(queue) + reg::rxdctl] &= ~reg::rxdctl_enable;
  changed(queue);
}

}  // namespace pika::nic82599
