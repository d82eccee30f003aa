// SPDX-License-Identifier: GPL-2.0-only
//
// Registers and configuration space, read and written in any order, with frames, time and
// pulled plugs between. Most accesses name a row of the register table, so that they hit
// something.
//
// Input: a program. Each step begins with a byte that says what is done (enum Step).

#include "nic82599_guest.hh"

namespace {

using namespace pika::nic82599;
using namespace pika::nic82599::fuzz;

enum Step : uint8_t {
  kWrite,
  kRead,
  kWriteAny,
  kReadAny,
  kWriteConfig,
  kReadConfig,
  kFrame,
  kTime,
  kLink,
  kFault,
  kRemove,
  kReset
};
constexpr uint8_t kSteps = kReset + 1;

uint32_t some_register(Input& input) {
  const auto table = register_table();
  const Register& row = table[input.take<uint16_t>() % table.size()];
  return row.offset + input.take<uint8_t>() % row.count * row.stride;
}

void access_any(Guest& guest, Input& input, bool write) {
  const auto offset = input.take<uint32_t>();
  std::byte bytes[16] = {};
  const size_t size = input.take<uint8_t>() % sizeof(bytes);
  const auto data = input.bytes(write ? size : 0);
  std::memcpy(bytes, data.data(), data.size());
  if (write)
    guest.card().write_bar0(offset, ConstBytes(bytes).first(size));
  else
    guest.card().read_bar0(offset, Bytes(bytes).first(size));
  guest.did();
}

void access_config(Guest& guest, Input& input, bool write) {
  const auto offset = input.take<uint16_t>();
  std::byte bytes[8] = {};
  const size_t size = input.take<uint8_t>() % sizeof(bytes);
  if (write)
    guest.card().write_config(offset, std::as_bytes(input.bytes(size)));
  else
    guest.card().read_config(offset, Bytes(bytes).first(size));
  guest.did();
}

void step(Guest& guest, Input& input) {
  switch (input.take<uint8_t>() % kSteps) {
    case kWrite: {
      const uint32_t offset = some_register(input);
      guest.write_register(offset, input.take<uint32_t>());
      break;
    }
    case kRead:
      guest.read_register(some_register(input));
      break;
    case kWriteAny:
      access_any(guest, input, true);
      break;
    case kReadAny:
      access_any(guest, input, false);
      break;
    case kWriteConfig:
      access_config(guest, input, true);
      break;
    case kReadConfig:
      access_config(guest, input, false);
      break;
    case kFrame:
      guest.card().receive(std::as_bytes(input.bytes(input.take<uint8_t>())));
      guest.did();
      break;
    case kTime:
      guest.pass(std::chrono::microseconds(input.take<uint16_t>()));
      break;
    case kLink:
      guest.card().set_link(input.take<uint8_t>() & 1);
      break;
    case kFault:
      guest.card().set_fault(input.take<uint8_t>());
      break;
    case kRemove:
      guest.card().set_removed(input.take<uint8_t>() & 1);
      break;
    default:
      guest.card().reset();
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Guest guest;
  Input input(data, size);
  guest.begin();
  while (!input.done()) step(guest, input);
  guest.begin();
  check(guest.read_register(0x8) == 0);
  check(guest.read_register(0x1028) == 0);
  return 0;
}
