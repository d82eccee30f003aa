// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/statistics.hh"

#include "tools/nic82599/bytes.hh"
#include "tools/nic82599/offsets.hh"

namespace pika::nic82599 {

namespace {

constexpr uint32_t fcs = 4;

// Which of the six counters by size, FCS included.
uint32_t size_class(size_t bytes) {
  static constexpr size_t limits[] = {64, 127, 255, 511, 1023};
  uint32_t n = 0;
  while (n < 5 && bytes > limits[n]) n++;
  return n;
}

bool is_multicast(ConstBytes frame) { return byte_at(frame, 0) & 1; }

bool is_broadcast(ConstBytes frame) {
  return load<uint32_t>(frame) == ~0u && load<uint16_t>(frame, 4) == 0xffff;
}

// The counter of a queue, of 16: a byte for each queue says which.
unsigned counter_of(const Registers& registers, uint32_t map, unsigned queue) {
  return registers[map + queue / 4 * 4] >> (queue % 4 * 8) & 0xf;
}

}  // namespace

// 36 bits in two registers.
void Statistics::add_long(uint32_t offset, uint32_t number) {
  const uint32_t low = registers_[offset];
  registers_[offset] = low + number;
  if (low + number < low) registers_[offset + 4] = (registers_[offset + 4] + 1) & 0xf;
}

void Statistics::arrived(size_t bytes) {
  add(reg::tpr);
  add_long(reg::torl, static_cast<uint32_t>(bytes) + fcs);
}

void Statistics::accepted(ConstBytes frame) {
  const auto bytes = static_cast<uint32_t>(frame.size()) + fcs;
  add(reg::gprc);
  add_long(reg::gorcl, bytes);
  add(reg::prc64 + 4 * size_class(bytes));
  if (is_broadcast(frame))
    add(reg::bprc);
  else if (is_multicast(frame))
    add(reg::mprc);
}

void Statistics::too_long() {
  add(reg::roc);
  totals_.dropped++;
}

void Statistics::received(unsigned queue, size_t bytes) {
  const auto on_wire = static_cast<uint32_t>(bytes) + fcs;
  const unsigned counter = counter_of(registers_, reg::rqsmr, queue);
  add(reg::qprc(counter));
  add_long(reg::qbrc(counter), on_wire);
  add(reg::rxdgpc);
  add_long(reg::rxdgbcl, on_wire);
  totals_.received++;
  totals_.received_bytes += bytes;
}

void Statistics::missed(unsigned queue, bool drops) {
  add(drops ? reg::qprdc(counter_of(registers_, reg::rqsmr, queue)) : reg::mpc);
  totals_.missed++;
}

void Statistics::sent(unsigned queue, ConstBytes frame) {
  const auto bytes = static_cast<uint32_t>(frame.size()) + fcs;
  const unsigned counter = counter_of(registers_, reg::tqsm, queue);
  add(reg::gptc);
  add(reg::tpt);
  add_long(reg::gotcl, bytes);
  add(reg::ptc64 + 4 * size_class(bytes));
  if (is_broadcast(frame))
    add(reg::bptc);
  else if (is_multicast(frame))
    add(reg::mptc);
  add(reg::qptc(counter));
  add_long(reg::qbtc(counter), bytes);
  add(reg::txdgpc);
  add_long(reg::txdgbcl, bytes);
  totals_.sent++;
  totals_.sent_bytes += frame.size();
}

void Statistics::flow_director(bool match) { add(match ? reg::fdirmatch : reg::fdirmiss); }

}  // namespace pika::nic82599
