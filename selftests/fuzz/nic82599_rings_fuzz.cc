// SPDX-License-Identifier: GPL-2.0-only
//
// Descriptor rings of a guest that says anything in them, and changes what it said while
// the card reads. Two queues each way, in memory that has no room for all that they could
// point to.
//
// Input: a program. Each step begins with a byte that says what is done (enum Step).

#include "nic82599_guest.hh"
#include "tools/nic82599/offsets.hh"

namespace {

using namespace pika::nic82599;
using namespace pika::nic82599::fuzz;

enum Step : uint8_t {
  kDescriptors,
  kMemory,
  kRing,
  kTail,
  kFrame,
  kPacket,
  kMode,
  kTime,
  kChanges
};
constexpr uint8_t kSteps = kChanges + 1;

constexpr uint64_t kRings[] = {0x10000, 0x14000, 0x18000, 0x1c000};

uint32_t ring_registers(unsigned ring) { return ring < 2 ? reg::rx(ring) : reg::tx(ring - 2); }

void begin(Guest& guest) {
  guest.begin();
  for (unsigned ring = 0; ring < 4; ring++) {
    const uint32_t at = ring_registers(ring);
    guest.write_register(at + reg::rdbal, static_cast<uint32_t>(kRings[ring]));
    guest.write_register(at + reg::rdlen, 0x1000);
    guest.write_register(at + reg::rxdctl, reg::rxdctl_enable);
  }
  guest.write_register(reg::rxctrl, 1);
  guest.write_register(reg::dmatxctl, 1);
  guest.write_register(reg::fctrl, 0x702);
  guest.write_register(reg::mrqc, 0x01ff0001);
  guest.write_register(reg::reta, 0x01000100);
}

// Descriptors whose addresses are, mostly, in memory.
void put_descriptors(Guest& guest, Input& input) {
  const unsigned ring = input.take<uint8_t>() % 4;
  const uint32_t first = input.take<uint8_t>();
  const unsigned count = input.take<uint8_t>() % 32;
  for (unsigned i = 0; i < count; i++) {
    uint64_t words[2];
    const auto place = input.take<uint32_t>();
    words[0] = place & 1 ? uint64_t{place} << 32 | place : Guest::base + place % Guest::size;
    words[1] = input.take<uint64_t>();
    const auto bytes = std::as_bytes(std::span(words));
    guest.fill(kRings[ring] - Guest::base + (first + i) % 256 * 16,
               {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  }
}

void set_ring(Guest& guest, Input& input) {
  constexpr uint32_t what[] = {reg::rdbal,  reg::rdbah,  reg::rdlen,  reg::rdh,
                               reg::rxdctl, reg::srrctl, reg::tdwbal, reg::tdwbah};
  const uint32_t at = ring_registers(input.take<uint8_t>() % 4);
  guest.write_register(at + what[input.take<uint8_t>() % 8], input.take<uint32_t>());
}

// Of a kind that the parser knows, to have more than its first lines run.
void receive_packet(Guest& guest, Input& input) {
  std::vector<uint8_t> frame = {0x00, 0x1b, 0x21, 0x82, 0x59, 0x90, 2, 0, 0, 0, 0, 1};
  const auto kind = input.take<uint8_t>();
  if (kind & 1) frame.insert(frame.end(), {0x81, 0x00, input.take<uint8_t>(), 5});
  const bool v6 = kind & 2;
  if (v6)
    frame.insert(frame.end(), {0x86, 0xdd, 0x60});
  else
    frame.insert(frame.end(), {0x08, 0x00, 0x45});
  const auto rest = input.bytes(input.take<uint8_t>());
  frame.insert(frame.end(), rest.begin(), rest.end());
  if (kind & 4) frame.resize(frame.size() + input.take<uint16_t>());
  guest.card().receive(std::as_bytes(std::span(frame)));
  guest.did();
}

void set_mode(Guest& guest, Input& input) {
  constexpr uint32_t what[] = {reg::hlreg0, reg::maxfrs,   reg::vlnctrl,    reg::fctrl,
                               reg::mrqc,   reg::fdirctrl, reg::fdircmd,    reg::fdirhash,
                               reg::rxcsum, reg::dmatxctl, reg::dtxtcpflgl, reg::rxctrl};
  const uint32_t offset = what[input.take<uint8_t>() % std::size(what)];
  guest.write_register(offset, input.take<uint32_t>());
}

void step(Guest& guest, Input& input) {
  switch (input.take<uint8_t>() % kSteps) {
    case kDescriptors:
      put_descriptors(guest, input);
      break;
    case kMemory: {
      const auto at = input.take<uint32_t>();
      guest.fill(at, input.bytes(input.take<uint8_t>()));
      break;
    }
    case kRing:
      set_ring(guest, input);
      break;
    case kTail: {
      const unsigned ring = input.take<uint8_t>() % 4;
      guest.write_register(ring_registers(ring) + reg::rdt, input.take<uint16_t>());
      break;
    }
    case kFrame:
      guest.card().receive(std::as_bytes(input.bytes(input.take<uint16_t>())));
      guest.did();
      break;
    case kPacket:
      receive_packet(guest, input);
      break;
    case kMode:
      set_mode(guest, input);
      break;
    case kTime:
      guest.pass(std::chrono::microseconds(input.take<uint16_t>()));
      break;
    default:
      guest.set_changes(input.take<uint8_t>());
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Guest guest;
  Input input(data, size);
  begin(guest);
  while (!input.done()) step(guest, input);
  guest.pass(std::chrono::seconds(1));
  return 0;
}
