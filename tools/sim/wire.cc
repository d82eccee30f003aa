// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/wire.hh"

#include <algorithm>

namespace pika::sim {

void Wire::connect(Nic& a, Nic& b) {
  a.on_transmit = [this, &b](Bytes bytes) { carry(b, std::move(bytes)); };
  b.on_transmit = [this, &a](Bytes bytes) { carry(a, std::move(bytes)); };
}

void Wire::carry(Nic& to, Bytes bytes) {
  counts_.packets++;
  if (tap) tap(bytes);
  if (random_.chance(options_.lost)) {
    counts_.lost++;
    return;
  }
  if (random_.chance(options_.duplicated)) deliver(to, bytes);
  if (random_.chance(options_.corrupted)) corrupt(bytes);
  deliver(to, std::move(bytes));
}

Nanos Wire::delay() {
  if (!random_.chance(options_.reordered)) return options_.delay;
  return options_.delay + random_.below(options_.reorder_delay + 1);
}

void Wire::deliver(Nic& to, Bytes bytes) {
  constexpr size_t ethernet_minimum = 46;
  if (bytes.size() < ethernet_minimum && random_.chance(options_.padded))
    bytes.resize(ethernet_minimum);
  loop_.after(delay(), [&to, bytes = std::move(bytes)]() mutable { to.receive(std::move(bytes)); });
}

/// Inverts the first and some of the other bits of a burst: ones' complement sums of
/// 16 bits change whenever that is shorter than 16 (RFC 1071).
void Wire::corrupt(Bytes& bytes) {
  counts_.corrupted++;
  const size_t bits = bytes.size() * 8;
  const size_t first = random_.below(bits);
  const size_t end = std::min(bits, first + random_.between(1, 15));
  for (size_t bit = first; bit < end; bit++)
    if (bit == first || random_.chance(0.5))
      bytes[bit / 8] ^= static_cast<uint8_t>(0x80 >> bit % 8);
}

}  // namespace pika::sim
