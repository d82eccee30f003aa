// SPDX-License-Identifier: GPL-2.0-only
//
// A card in a world of its own: memory, a wire that keeps what was sent, a clock that
// stands still, and a driver that says what a test wants it to.
#ifndef PIKA_SELFTESTS_NIC82599_WORLD_HH
#define PIKA_SELFTESTS_NIC82599_WORLD_HH

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tools/nic82599/bytes.hh"
#include "tools/nic82599/card.hh"
#include "tools/nic82599/offsets.hh"

namespace pika::nic82599 {

using Frame = std::vector<std::byte>;

/// "0a 0b" and "0a0b" alike.
inline Frame hex(std::string_view text) {
  Frame bytes;
  unsigned digits = 0, value = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n') continue;
    value = value << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    if (++digits % 2 == 0) bytes.push_back(std::byte(value & 0xff));
  }
  return bytes;
}

class FakeHost : public Host {
 public:
  static constexpr uint64_t base = 0x100000000;
  static constexpr uint64_t size = 16 << 20;

  bool read(uint64_t address, Bytes to) override {
    reads++;
    if (!inside(address, to.size())) return false;
    memcpy(to.data(), &memory_[address - base], to.size());
    return true;
  }
  bool write(uint64_t address, ConstBytes from) override {
    if (!inside(address, from.size())) return false;
    memcpy(&memory_[address - base], from.data(), from.size());
    return true;
  }
  void interrupt(unsigned vector) override { interrupts.push_back(vector); }
  void transmit(ConstBytes frame) override { sent.emplace_back(frame.begin(), frame.end()); }
  Time now() const override { return clock; }
  void wake_at(Time when) override { wake = when; }
  void complain(std::string_view what) override { complaints.emplace_back(what); }

  template <typename T>
  void put(uint64_t address, const T& value) {
    ASSERT_TRUE(write(address, std::as_bytes(std::span(&value, 1))));
  }
  template <typename T>
  T get(uint64_t address) {
    T value{};
    EXPECT_TRUE(read(address, std::as_writable_bytes(std::span(&value, 1))));
    return value;
  }

  std::vector<unsigned> interrupts;
  std::vector<Frame> sent;
  std::vector<std::string> complaints;
  Time clock{1'000'000'000};
  Time wake = Time::max();
  unsigned reads = 0;

 private:
  static bool inside(uint64_t address, size_t bytes) {
    return address >= base && address - base <= size && bytes <= size - (address - base);
  }
  std::vector<std::byte> memory_ = std::vector<std::byte>(size);
};

/// A received frame and what its last descriptor says.
struct Received {
  Frame frame;
  uint32_t info = 0;
  uint32_t hash = 0;
  uint32_t status = 0;
  uint16_t tag = 0;
  unsigned descriptors = 0;
};

struct World {
  explicit World(const Settings& settings = {}) : card(host, settings) {}

  uint32_t read(uint32_t offset) {
    uint32_t value = 0;
    card.read_bar0(offset, std::as_writable_bytes(std::span(&value, 1)));
    return value;
  }
  void write(uint32_t offset, uint32_t value) {
    card.write_bar0(offset, std::as_bytes(std::span(&value, 1)));
  }
  void set(uint32_t offset, uint32_t bits) { write(offset, read(offset) | bits); }

  static constexpr uint32_t ring_size = 64;
  static constexpr uint64_t rx_ring(unsigned q) { return FakeHost::base + q * 0x10000; }
  static constexpr uint64_t tx_ring(unsigned q) { return rx_ring(q) + 0x4000; }
  static constexpr uint64_t rx_buffer(unsigned q, uint32_t i) {
    return FakeHost::base + (8 << 20) + (q % 8 * ring_size + i) * 4096;
  }
  static constexpr uint64_t tx_buffer = FakeHost::base + (12 << 20);

  /// A ring with @p buffers of 2 KB given to the card.
  void start_rx(unsigned q, uint32_t buffers = ring_size - 1) {
    const uint32_t ring = reg::rx(q);
    write(ring + reg::rdbal, static_cast<uint32_t>(rx_ring(q)));
    write(ring + reg::rdbah, static_cast<uint32_t>(rx_ring(q) >> 32));
    write(ring + reg::rdlen, ring_size * 16);
    write(ring + reg::rdh, 0);
    write(ring + reg::rdt, 0);
    write(ring + reg::srrctl, 0x02000402);
    write(ring + reg::rxdctl, reg::rxdctl_enable);
    for (uint32_t i = 0; i < ring_size; i++) give(q, i);
    write(ring + reg::rdt, buffers);
    set(reg::fctrl, reg::fctrl_bam);
    write(reg::rxctrl, reg::rxctrl_rxen);
  }
  void give(unsigned q, uint32_t i) {
    host.put(rx_ring(q) + i * 16, rx_buffer(q, i));
    host.put(rx_ring(q) + i * 16 + 8, uint64_t{0});
  }

  /// A perfect filter, the only one, that looks at nothing: all IPv4 goes to queue @p q.
  void steer(unsigned q) {
    write(reg::fdirctrl, 0x4a067f11);
    write(reg::fdirm, 0x3f);
    write(reg::fdirsip4m, ~0u);
    write(reg::fdirdip4m, ~0u);
    write(reg::fdirhash, 0);
    write(reg::fdircmd, 0x8809 | q << 16);
  }

  /// What queue @p q has from descriptor @p i on, which is moved.
  Received take(unsigned q, uint32_t& i) {
    Received received;
    do {
      const auto low = host.get<uint64_t>(rx_ring(q) + i * 16);
      const auto high = host.get<uint64_t>(rx_ring(q) + i * 16 + 8);
      received.status = static_cast<uint32_t>(high);
      if (!(received.status & 1)) break;
      received.info = static_cast<uint32_t>(low);
      received.hash = static_cast<uint32_t>(low >> 32);
      received.tag = static_cast<uint16_t>(high >> 48);
      Frame part(high >> 32 & 0xffff);
      EXPECT_TRUE(host.read(rx_buffer(q, i), part));
      received.frame.insert(received.frame.end(), part.begin(), part.end());
      received.descriptors++;
      i = (i + 1) % ring_size;
    } while (!(received.status & 2) && received.descriptors < ring_size);
    return received;
  }
  Received first(unsigned q) {
    uint32_t i = 0;
    return take(q, i);
  }

  void start_tx(unsigned q) {
    const uint32_t ring = reg::tx(q);
    write(ring + reg::tdbal, static_cast<uint32_t>(tx_ring(q)));
    write(ring + reg::tdbah, static_cast<uint32_t>(tx_ring(q) >> 32));
    write(ring + reg::tdlen, ring_size * 16);
    write(ring + reg::tdh, 0);
    write(ring + reg::tdt, 0);
    write(reg::dmatxctl, reg::dmatxctl_te);
    write(ring + reg::txdctl, reg::txdctl_enable | 0x00080120);
  }
  void put_tx(unsigned q, uint32_t i, uint64_t address, uint32_t command, uint32_t status) {
    host.put(tx_ring(q) + i * 16, address);
    host.put(tx_ring(q) + i * 16 + 8, uint64_t{status} << 32 | command);
  }
  /// A data descriptor's command for @p bytes, which end a frame.
  static uint32_t data(size_t bytes) { return 0x2b300000 | static_cast<uint32_t>(bytes); }
  uint32_t tx_status(unsigned q, uint32_t i) {
    return host.get<uint32_t>(tx_ring(q) + i * 16 + 12);
  }
  /// Sends @p frame in one descriptor at @p i.
  void send(unsigned q, uint32_t i, const Frame& frame, uint32_t more_command = 0,
            uint32_t status = 0) {
    ASSERT_TRUE(host.write(tx_buffer, frame));
    put_tx(q, i, tx_buffer, data(frame.size()) | more_command,
           status | static_cast<uint32_t>(frame.size()) << 14);
    write(reg::tx(q) + reg::tdt, (i + 1) % ring_size);
  }

  /// Vectors for queues 0 to 7 in MSI-X mode: that of receiving and sending on q is q; other
  /// causes' is 8.
  void start_interrupts() {
    write(reg::gpie, 0xc0000036);
    write(reg::eiac, 0x4000ffff);
    write(reg::eiam_ex, ~0u);
    write(reg::eiam_ex + 4, ~0u);
    for (uint32_t i = 0; i < 4; i++)
      write(reg::ivar + 4 * i, 0x80808080 | (2 * i) * 0x0101u | (2 * i + 1) * 0x01010000u);
    write(reg::ivar_misc, 0x8800);
  }

  FakeHost host;
  Card card;
};

/// Frames to the card's own address.
inline Frame ethernet(uint16_t type, const Frame& payload,
                      std::string_view destination = "001b21825990") {
  Frame frame = hex(destination);
  const Frame source = hex("020000000001");
  frame.insert(frame.end(), source.begin(), source.end());
  frame.push_back(std::byte(type >> 8));
  frame.push_back(std::byte(type & 0xff));
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

inline Frame tagged(Frame frame, uint16_t tag) {
  const Frame inserted = {std::byte{0x81}, std::byte{0}, std::byte(tag >> 8),
                          std::byte(tag & 0xff)};
  frame.insert(frame.begin() + 12, inserted.begin(), inserted.end());
  return frame;
}

/// A sum over 16-bit numbers in network order, the slow way.
inline uint32_t plain_sum(ConstBytes bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i++)
    sum += std::to_integer<uint32_t>(bytes[i]) << (i % 2 ? 0 : 8);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/// IPv4 or IPv6 by the addresses' length, with right checksums.
struct Packet {
  std::string_view source = "0a000001";
  std::string_view destination = "0a000002";
  uint8_t protocol = 6;
  uint16_t source_port = 1000;
  uint16_t destination_port = 2000;
  size_t payload = 10;

  Frame transport() const {
    Frame packet;
    const size_t header = protocol == 6 ? 20 : 8;
    packet.resize(header + payload);
    put_network16(packet, 0, source_port);
    put_network16(packet, 2, destination_port);
    if (protocol == 6) {
      put_network32(packet, 4, 1000000);
      put_network16(packet, 12, 0x5018);
    } else {
      put_network16(packet, 4, packet.size());
    }
    for (size_t i = header; i < packet.size(); i++) packet[i] = std::byte(i * 7);
    return packet;
  }
  size_t checksum_at() const { return protocol == 6 ? 16 : 6; }

  Frame pseudo(size_t length) const {
    Frame bytes = hex(source);
    const Frame to = hex(destination);
    bytes.insert(bytes.end(), to.begin(), to.end());
    bytes.resize(bytes.size() + 4);
    put_network16(bytes, bytes.size() - 4, length);
    put_network16(bytes, bytes.size() - 2, protocol);
    return bytes;
  }

  /// Without @p checksums, what a driver leaves: the pseudo header's sum, with @p length.
  Frame ip(bool checksums = true, bool seed_length = true) const {
    Frame body = transport();
    const Frame before = pseudo(seed_length ? body.size() : 0);
    uint32_t sum = plain_sum(before);
    if (checksums) {
      Frame all = before;
      all.insert(all.end(), body.begin(), body.end());
      sum = ~plain_sum(all) & 0xffff;
    }
    put_network16(body, checksum_at(), sum);
    const bool v4 = source.size() == 8;
    Frame packet(v4 ? 20 : 40);
    const Frame addresses = hex(std::string(source) + std::string(destination));
    std::copy(addresses.begin(), addresses.end(), packet.begin() + (v4 ? 12 : 8));
    if (v4) {
      put_network16(packet, 0, 0x4500);
      put_network16(packet, 2, 20 + body.size());
      put_network16(packet, 4, 0x1234);
      put_network16(packet, 8, 0x4000 | protocol);
      if (checksums) put_network16(packet, 10, ~plain_sum(packet) & 0xffff);
    } else {
      put_network16(packet, 0, 0x6000);
      put_network16(packet, 4, body.size());
      packet[6] = std::byte{protocol};
      packet[7] = std::byte{64};
    }
    packet.insert(packet.end(), body.begin(), body.end());
    return packet;
  }
  Frame frame() const { return ethernet(source.size() == 8 ? 0x0800 : 0x86dd, ip()); }
};

}  // namespace pika::nic82599

#endif  // PIKA_SELFTESTS_NIC82599_WORLD_HH
