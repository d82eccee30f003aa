// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/flow_director.hh"

#include <algorithm>

#include "tools/nic82599/bytes.hh"
#include "tools/nic82599/offsets.hh"

namespace pika::nic82599 {

namespace {

constexpr uint32_t hash_mask = 0x7fff;
constexpr uint32_t perfect_bucket_mask = 0x1fff;
constexpr uint8_t type_v6 = 4;

// FDIRCMD.
constexpr uint32_t cmd_mask = 3, cmd_add = 1, cmd_remove = 2, cmd_query = 3;
constexpr uint32_t cmd_valid = reg::bit(2), cmd_update = reg::bit(3), cmd_clear = reg::bit(8),
                   cmd_drop = reg::bit(9), cmd_queue = reg::bit(15);

uint16_t reversed(uint32_t half) {
  half = (half & 0x5555) << 1 | (half >> 1 & 0x5555);
  half = (half & 0x3333) << 2 | (half >> 2 & 0x3333);
  half = (half & 0x0f0f) << 4 | (half >> 4 & 0x0f0f);
  return __builtin_bswap16(static_cast<uint16_t>(half));
}

uint32_t xor_words(ConstBytes frame, uint32_t at, unsigned words) {
  uint32_t result = 0;
  for (unsigned i = 0; i < words; i++) result ^= network32(frame, at + 4 * i);
  return result;
}

}  // namespace

uint32_t flow_hash(const FlowFields& fields, uint32_t key) {
  // Everything is folded into one word, but VLAN and type, which are folded in again.
  const uint32_t flow = static_cast<uint32_t>(fields.type) << 16 | fields.vlan;
  const uint32_t ports = static_cast<uint32_t>(fields.source_port) << 16 | fields.destination_port;
  const uint32_t common =
      fields.source ^ fields.destination ^ ports ^ static_cast<uint32_t>(fields.flexible) << 16;
  const uint32_t high = common ^ flow ^ flow >> 16;
  const uint32_t swapped = common >> 16 | common << 16;
  uint32_t hash = 0;
  for (unsigned n = 0; n < 16; n++) {
    // Bit 0 of the key does not see VLAN and type in the low word.
    const uint32_t low = n == 0 ? swapped : swapped ^ flow ^ flow << 16;
    if (key >> n & 1) hash ^= low >> n;
    if (key >> (n + 16) & 1) hash ^= high >> n;
  }
  return hash & hash_mask;
}

FlowDirector::FlowDirector(Registers& registers) : registers_(registers) {}

unsigned FlowDirector::size_class() const { return registers_[reg::fdirctrl] & 3; }

bool FlowDirector::perfect() const { return registers_[reg::fdirctrl] & reg::fdirctrl_perfect; }

uint32_t FlowDirector::bucket_mask() const { return perfect() ? perfect_bucket_mask : hash_mask; }

// Filters lie in the packet buffer, 64, 128 or 256 KB of it; two are the card's own.
size_t FlowDirector::capacity() const {
  if (!enabled()) return 0;
  const size_t smallest = perfect() ? 2048 : 8192;
  return (smallest << (size_class() - 1)) - 2;
}

void FlowDirector::start() {
  clear();
  if (enabled()) registers_[reg::fdirctrl] |= reg::fdirctrl_init_done;
}

void FlowDirector::clear() {
  buckets_.clear();
  size_ = 0;
  count_free();
}

void FlowDirector::count_free() {
  registers_[reg::fdirfree] = static_cast<uint32_t>(capacity() - std::min(size_, capacity()));
}

bool FlowDirector::command(uint32_t value) {
  registers_[reg::fdircmd] = value & ~(cmd_mask | cmd_valid);
  if (value & cmd_clear) clear();
  if (!enabled()) return false;
  switch (value & cmd_mask) {
    case cmd_add:
      return add(value);
    case cmd_remove:
      remove();
      break;
    case cmd_query:
      if (written_filter()) registers_[reg::fdircmd] |= cmd_valid;
      break;
    default:
      break;
  }
  return false;
}

// The filter that FDIRHASH names.
FlowDirector::Filter* FlowDirector::written_filter() {
  const uint32_t hash = registers_[reg::fdirhash];
  const auto place = buckets_.find(hash & bucket_mask());
  if (place == buckets_.end()) return nullptr;
  Bucket& bucket = place->second;
  const auto found = std::find_if(bucket.begin(), bucket.end(), [hash](const Filter& filter) {
    return filter.identifier == (hash >> 16 & hash_mask);
  });
  return found == bucket.end() ? nullptr : &*found;
}

bool FlowDirector::add(uint32_t value) {
  Filter* filter = written_filter();
  const uint32_t hash = registers_[reg::fdirhash];
  if (!filter) {
    if (size_ >= capacity()) {
      registers_[reg::fdirfstat] = (registers_[reg::fdirfstat] + 1) & 0xffff;
      return false;
    }
    Bucket& bucket = buckets_[hash & bucket_mask()];
    filter = &bucket.emplace_back();
    size_++;
    registers_[reg::fdirlen] =
        std::max<uint32_t>(registers_[reg::fdirlen] & 0x3f,
                           std::min<uint32_t>(static_cast<uint32_t>(bucket.size()) - 1, 0x3f));
  } else if (!(value & cmd_update)) {
    return false;
  }
  filter->identifier = hash >> 16 & hash_mask;
  filter->to_queue = value & cmd_queue;
  filter->drop = value & cmd_drop;
  filter->queue = value >> 16 & 0x7f;
  filter->fields = masked(written_fields(value));
  registers_[reg::fdirustat]++;
  count_free();
  const uint32_t threshold = (registers_[reg::fdirctrl] >> 28) * 16;
  return registers_[reg::fdirfree] == threshold;
}

void FlowDirector::remove() {
  Filter* filter = written_filter();
  if (!filter) {
    registers_[reg::fdirfstat] += 1 << 8;
    return;
  }
  Bucket& bucket = buckets_[registers_[reg::fdirhash] & bucket_mask()];
  bucket.erase(bucket.begin() + (filter - bucket.data()));
  size_--;
  registers_[reg::fdirustat] += 1 << 16;
  count_free();
}

// Addresses are in the registers as in packets.
FlowFields FlowDirector::written_fields(uint32_t value) const {
  FlowFields fields;
  fields.type = value >> 5 & 7;
  fields.vlan = static_cast<uint16_t>(registers_[reg::fdirvlan]);
  fields.flexible = __builtin_bswap16(static_cast<uint16_t>(registers_[reg::fdirvlan] >> 16));
  fields.source = __builtin_bswap32(registers_[reg::fdiripsa]);
  fields.destination = __builtin_bswap32(registers_[reg::fdiripda]);
  fields.source_port = static_cast<uint16_t>(registers_[reg::fdirport]);
  fields.destination_port = static_cast<uint16_t>(registers_[reg::fdirport] >> 16);
  return fields;
}

// A one in a mask register is a bit that does not count; those of ports begin with the
// highest bit.
FlowFields FlowDirector::masked(FlowFields fields) const {
  const uint32_t mask = registers_[reg::fdirm];
  const bool is_udp = (fields.type & 3) == 1;
  const uint32_t ports = registers_[is_udp ? reg::fdirudpm : reg::fdirtcpm];
  fields.source &= ~__builtin_bswap32(registers_[reg::fdirsip4m]);
  fields.destination &= ~__builtin_bswap32(registers_[reg::fdirdip4m]);
  fields.source_port &= static_cast<uint16_t>(~reversed(ports & 0xffff));
  fields.destination_port &= static_cast<uint16_t>(~reversed(ports >> 16));
  if (mask & reg::fdirm_vlanid) fields.vlan &= 0xf000;
  if (mask & reg::fdirm_vlanp) fields.vlan &= 0x0fff;
  if (mask & reg::fdirm_flex) fields.flexible = 0;
  if (mask & reg::fdirm_l4p) {
    fields.type &= type_v6;
    fields.source_port = fields.destination_port = 0;
  }
  return fields;
}

FlowFields FlowDirector::fields_of(ConstBytes frame, const Headers& headers) const {
  FlowFields fields;
  fields.vlan = headers.tag;
  if (headers.transport == Transport::udp) fields.type = 1;
  if (headers.transport == Transport::tcp) fields.type = 2;
  if (headers.transport == Transport::sctp) fields.type = 3;
  if (headers.transport != Transport::none) {
    fields.source_port = network16(frame, headers.transport_at);
    fields.destination_port = network16(frame, headers.transport_at + 2);
  }
  const bool v6 = headers.ip == Ip::v6;
  if (v6) fields.type |= type_v6;
  fields.source = xor_words(frame, headers.ip_at + (v6 ? 8 : 12), v6 ? 4 : 1);
  fields.destination = xor_words(frame, headers.ip_at + (v6 ? 24 : 16), v6 ? 4 : 1);
  const uint32_t flexible_at = (registers_[reg::fdirctrl] >> 16 & 0x1f) * 2;
  if (flexible_at + 2 <= frame.size()) fields.flexible = network16(frame, flexible_at);
  return fields;
}

std::optional<FlowDirector::Decision> FlowDirector::find(ConstBytes frame,
                                                         const Headers& headers) const {
  // Perfect filters are IPv4's.
  if (!size_ || headers.ip == Ip::none || (perfect() && headers.ip == Ip::v6)) return std::nullopt;
  const FlowFields fields = masked(fields_of(frame, headers));
  const uint32_t hash = flow_hash(fields, registers_[reg::fdirhkey]) & bucket_mask();
  const auto bucket = buckets_.find(hash);
  if (bucket == buckets_.end()) return std::nullopt;
  const uint32_t signature = flow_hash(fields, registers_[reg::fdirskey]);
  for (const Filter& filter : bucket->second) {
    if (perfect() ? filter.fields == fields : filter.identifier == signature)
      return Decision{filter.queue, filter.to_queue, filter.drop, hash, filter.identifier};
  }
  return std::nullopt;
}

}  // namespace pika::nic82599
