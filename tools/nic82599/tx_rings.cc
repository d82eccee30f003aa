// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/tx_rings.hh"

#include <algorithm>

#include "tools/nic82599/bytes.hh"

namespace pika::nic82599 {

namespace {

// In a descriptor's command.
constexpr uint32_t end_of_packet = reg::bit(24), insert_checksum = reg::bit(26),
                   report_status = reg::bit(27), extended = reg::bit(29), insert_tag = reg::bit(30),
                   segment = reg::bit(31);
constexpr uint32_t type_mask = 0xf00000, type_context = 0x200000, type_data = 0x300000;

// In a data descriptor's status.
constexpr uint32_t insert_ip_checksum = reg::bit(8), insert_transport_checksum = reg::bit(9);

// In a context descriptor.
constexpr uint32_t context_v4 = reg::bit(10);

constexpr uint32_t done = reg::bit(0);

// Between two looks at what else there is to do, of all queues together: bytes read and
// sent, with something for each descriptor and, in TxOffload, for each frame.
constexpr size_t bytes_at_once = 8 << 20;
constexpr size_t descriptor_cost = 512;

Transport transport_of(uint32_t type) {
  switch (type >> 11 & 3) {
    case 0:
      return Transport::udp;
    case 1:
      return Transport::tcp;
    case 2:
      return Transport::sctp;
    default:
      return Transport::none;
  }
}

}  // namespace

TxRings::TxRings(Registers& registers, Host& host, Complaints& complaints, Interrupts& interrupts,
                 FrameSink& sink)
    : registers_(registers),
      host_(host),
      complaints_(complaints),
      interrupts_(interrupts),
      offload_(registers, complaints, sink),
      budget_(bytes_at_once) {}

void TxRings::reset() {
  for (Ring& ring : rings_) ring = {};
  rest_ = {};
}

uint64_t TxRings::base(unsigned queue) const {
  return uint64_t{value(queue, reg::tdbah)} << 32 | value(queue, reg::tdbal);
}

bool TxRings::may_run(unsigned queue) const {
  return registers_[reg::dmatxctl] & reg::dmatxctl_te &&
         value(queue, reg::txdctl) & reg::txdctl_enable;
}

void TxRings::run_rest() {
  const auto rest = rest_;
  rest_ = {};
  budget_ = bytes_at_once;
  // Who comes last this time is not last next time.
  const unsigned first = first_of_rest_;
  for (unsigned i = 0; i < reg::queues; i++) {
    const unsigned queue = (first + i) % reg::queues;
    if (!(rest[queue / 64] >> queue % 64 & 1)) continue;
    if (budget_ > 0) first_of_rest_ = queue + 1;
    run(queue);
  }
}

void TxRings::run(unsigned queue) {
  const uint32_t count = value(queue, reg::tdlen) / sizeof(Descriptor);
  const uint32_t tail = value(queue, reg::tdt);
  const uint32_t head = value(queue, reg::tdh);
  if (!may_run(queue) || head == tail) return;
  if (head >= count || tail >= count) {
    complaints_.say(Complaint::tx_ring, "a transmit ring has head or tail outside");
    return;
  }
  frame_.clear();
  frame_.report_count = 0;
  fetched_count_ = 0;
  const bool alone = budget_ == bytes_at_once;
  reported_ = false;
  uint32_t at = head;
  Step step = Step::more;
  bool reached = false;
  // A frame that is not complete is read again when it is.
  while (at != tail && step <= Step::complete && budget_ > 0) {
    if (!fetch(queue, at, tail > at ? tail : count)) break;
    const Descriptor& descriptor = fetched_[at - fetched_first_];
    step = take(rings_[queue], descriptor);
    if (descriptor.command & report_status && !frame_.report(at)) step = Step::too_many;
    at = at + 1 == count ? 0 : at + 1;
    budget_ -= std::min(budget_, descriptor_cost);
    if (step != Step::complete) continue;
    send(queue);
    write_back(queue);
    reached = true;
    registers_[reg::tx(queue) + reg::tdh] = at;
  }
  const bool rest = at != tail && budget_ == 0;
  if (step == Step::wrong)
    stop(queue, Complaint::tx_descriptor, "a transmit ring has descriptors of no known type");
  // All that work for less than one frame: nobody would end that.
  if (step == Step::too_many || (rest && !reached && alone))
    stop(queue, Complaint::tx_too_many, "a transmit ring has too many descriptors for a frame");
  if (rest) rest_[queue / 64] |= 1ull << queue % 64;
  if (reported_) tell(queue);
}

bool TxRings::fetch(unsigned queue, uint32_t index, uint32_t end) {
  if (index >= fetched_first_ && index < fetched_first_ + fetched_count_) return true;
  fetched_first_ = index;
  fetched_count_ = std::min(batch, end - index);
  const std::span<Descriptor> wanted(fetched_.data(), fetched_count_);
  if (host_.read(base(queue) + uint64_t{index} * sizeof(Descriptor),
                 std::as_writable_bytes(wanted)))
    return true;
  stop(queue, Complaint::tx_descriptors, "a transmit ring is not in the guest's memory");
  return false;
}

TxRings::Step TxRings::take(Ring& ring, const Descriptor& descriptor) {
  const uint32_t command = descriptor.command;
  const uint32_t type = command & type_mask;
  if (command & extended && type == type_context) {
    take_context(ring, descriptor);
    return Step::more;
  }
  if (command & extended && type != type_data) return Step::wrong;
  if (frame_.count == most_buffers) return Step::too_many;
  if (!frame_.begun) {
    if (command & extended)
      begin(ring, descriptor);
    else
      begin_legacy(descriptor);
    frame_.begun = true;
  }
  frame_.buffers[frame_.count++] = {descriptor.address, command & 0xffff};
  return command & end_of_packet ? Step::complete : Step::more;
}

void TxRings::take_context(Ring& ring, const Descriptor& descriptor) {
  const auto lengths = static_cast<uint32_t>(descriptor.address);
  TxContext& context = ring.contexts[descriptor.status >> 4 & 1];
  context.ip_size = lengths & 0x1ff;
  context.ethernet_size = lengths >> 9 & 0x7f;
  context.tag = static_cast<uint16_t>(lengths >> 16);
  context.v4 = descriptor.command & context_v4;
  context.transport = transport_of(descriptor.command);
  context.transport_size = descriptor.status >> 8 & 0xff;
  context.segment_size = descriptor.status >> 16;
}

void TxRings::begin(const Ring& ring, const Descriptor& descriptor) {
  TxRequest& request = frame_.request;
  request = {};
  request.context = ring.contexts[descriptor.status >> 4 & 1];
  request.insert_tag = descriptor.command & insert_tag;
  request.segment = descriptor.command & segment;
  request.insert_ip_checksum = descriptor.status & insert_ip_checksum;
  request.insert_transport_checksum = descriptor.status & insert_transport_checksum;
}

void TxRings::begin_legacy(const Descriptor& descriptor) {
  TxRequest& request = frame_.request;
  request = {};
  request.insert_tag = descriptor.command & insert_tag;
  request.context.tag = static_cast<uint16_t>(descriptor.status >> 16);
  request.insert_checksum = descriptor.command & insert_checksum;
  request.checksum_to = descriptor.command >> 16 & 0xff;
  request.checksum_from = descriptor.status >> 8 & 0xff;
}

void TxRings::send(unsigned queue) {
  const Bytes buffer = offload_.buffer();
  size_t size = 0;
  bool whole = true;
  bool fits = true;
  for (uint32_t i = 0; i < frame_.count && whole && fits; i++) {
    const auto [address, bytes] = frame_.buffers[i];
    fits = size + bytes <= buffer.size();
    whole = !fits || host_.read(address, buffer.subspan(size, bytes));
    size += bytes;
  }
  frame_.clear();
  if (!fits)
    complaints_.say(Complaint::tx_too_long, "a frame to send is too long");
  else if (!whole)
    complaints_.say(Complaint::tx_buffer, "a frame to send is not in the guest's memory");
  else
    size += offload_.send(queue, size, frame_.request);
  budget_ -= std::min(budget_, size);
}

// Tells done those descriptors of the frame that wanted it, unless the ring's head is
// told instead.
void TxRings::write_back(unsigned queue) {
  static constexpr Descriptor told = {0, 0, done};
  reported_ = reported_ || frame_.report_count > 0;
  if (no_done || value(queue, reg::tdwbal) & 1) frame_.report_count = 0;
  for (uint32_t i = 0; i < frame_.report_count; i++) {
    const uint64_t at = base(queue) + uint64_t{frame_.to_report[i]} * sizeof(Descriptor);
    if (!host_.write(at, std::as_bytes(std::span(&told, 1))))
      complaints_.say(Complaint::tx_descriptors, "a transmit ring is not in the guest's memory");
  }
  frame_.report_count = 0;
}

void TxRings::tell(unsigned queue) {
  if (value(queue, reg::tdwbal) & 1) {
    const uint64_t at =
        uint64_t{value(queue, reg::tdwbah)} << 32 | (value(queue, reg::tdwbal) & ~3u);
    const uint32_t head = value(queue, reg::tdh);
    if (!host_.write(at, std::as_bytes(std::span(&head, 1))))
      complaints_.say(Complaint::tx_head, "a place for a head is not in the guest's memory");
  }
  interrupts_.sent(queue);
}

void TxRings::stop(unsigned queue, Complaint kind, std::string_view what) {
  complaints_.say(kind, what);
  registers_[reg::tx(queue) + reg::txdctl] &= ~reg::txdctl_enable;
}

}  // namespace pika::nic82599
