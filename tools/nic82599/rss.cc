// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/rss.hh"

#include "tools/nic82599/bytes.hh"
#include "tools/nic82599/offsets.hh"

namespace pika::nic82599 {

namespace {

constexpr uint32_t entries = 128;

// What is hashed: bits of MRQC, and the type in descriptors.
struct Kind {
  Ip ip;
  Transport transport;
  uint32_t enabled;
  uint8_t type;
};

// The first that fits and is enabled. Those with ports come first; IPv6 with and
// without extension headers are not told apart.
constexpr Kind kinds[] = {
    {Ip::v4, Transport::tcp, reg::bit(16), 1},  {Ip::v4, Transport::udp, reg::bit(22), 7},
    {Ip::v4, Transport::none, reg::bit(17), 2}, {Ip::v6, Transport::tcp, reg::bit(21), 3},
    {Ip::v6, Transport::tcp, reg::bit(18), 6},  {Ip::v6, Transport::udp, reg::bit(23), 8},
    {Ip::v6, Transport::udp, reg::bit(24), 9},  {Ip::v6, Transport::none, reg::bit(20), 5},
    {Ip::v6, Transport::none, reg::bit(19), 4},
};

bool has_ports(uint8_t type) { return type != 2 && type != 4 && type != 5; }

}  // namespace

void Toeplitz::set_key(const std::array<uint8_t, key_size>& key) {
  if (key == key_) return;
  key_ = key;
  // A 1 in the input's bit n adds the key's bits n to n + 31.
  const auto window = [&key](size_t bit) {
    uint64_t five = 0;
    for (size_t i = 0; i < 5; i++) five = five << 8 | key[bit / 8 + i];
    return static_cast<uint32_t>(five >> (8 - bit % 8));
  };
  for (size_t at = 0; at < input_size; at++) {
    table_[at][0] = 0;
    for (size_t bit = 0; bit < 8; bit++) {
      const size_t one = size_t{1} << bit;
      const uint32_t added = window(8 * at + 7 - bit);
      for (size_t rest = 0; rest < one; rest++) table_[at][one | rest] = table_[at][rest] ^ added;
    }
  }
}

uint32_t Toeplitz::hash(ConstBytes input) const {
  uint32_t hash = 0;
  for (size_t i = 0; i < input.size(); i++) hash ^= table_[i][byte_at(input, i)];
  return hash;
}

bool Rss::enabled() const {
  constexpr uint32_t modes = 0xf;
  constexpr uint32_t rss_only = 1;
  return (registers_[reg::mrqc] & modes) == rss_only;
}

uint8_t Rss::type(const Headers& headers) const {
  const uint32_t fields = registers_[reg::mrqc];
  for (const Kind& kind : kinds) {
    const bool fits = kind.ip == headers.ip &&
                      (kind.transport == headers.transport || kind.transport == Transport::none);
    if (fits && fields & kind.enabled) return kind.type;
  }
  return 0;
}

RssResult Rss::hash(ConstBytes frame, const Headers& headers) {
  const uint8_t type = this->type(headers);
  if (!type) return {};
  if (!key_known_) {
    std::array<uint8_t, Toeplitz::key_size> key;
    for (uint32_t i = 0; i < key.size(); i++)
      key[i] = static_cast<uint8_t>(registers_[reg::rssrk + i / 4 * 4] >> (i % 4 * 8));
    toeplitz_.set_key(key);
    key_known_ = true;
  }
  const uint32_t addresses = headers.ip == Ip::v4 ? 8 : 32;
  const uint32_t at = headers.ip_at + (headers.ip == Ip::v4 ? 12 : 8);
  std::array<std::byte, Toeplitz::input_size> input;
  memcpy(input.data(), &frame[at], addresses);
  uint32_t size = addresses;
  if (has_ports(type)) {
    memcpy(&input[size], &frame[headers.transport_at], 4);
    size += 4;
  }
  return {toeplitz_.hash({input.data(), size}), type};
}

unsigned Rss::queue(uint32_t hash) const {
  const uint32_t entry = hash % entries;
  // Four bits of the entry count where RSS alone chooses.
  return registers_[reg::reta + entry / 4 * 4] >> (entry % 4 * 8) & 0xf;
}

}  // namespace pika::nic82599
