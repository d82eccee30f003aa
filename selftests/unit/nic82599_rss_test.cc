// SPDX-License-Identifier: GPL-2.0-only
//
// The vectors are those of the RSS verification suite that Microsoft publishes.

#include <map>

#include "nic82599_world.hh"
#include "tools/nic82599/rss.hh"

namespace {

using namespace pika::nic82599;

constexpr const char* key =
    "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa";

struct Vector {
  const char* source;
  const char* destination;
  uint16_t source_port, destination_port;
  uint32_t addresses, ports;
};

constexpr Vector vectors[] = {
    {"420995bb", "a18e6450", 2794, 1766, 0x323e8fc2, 0x51ccc178},
    {"c75c6f02", "41458c53", 14230, 4739, 0xd718262a, 0xc626b0ea},
    {"1813c65f", "0c16cfb8", 12898, 38024, 0xd2d0a5de, 0x5c2b394a},
    {"261bcd1e", "d18ea306", 48228, 2217, 0x82989176, 0xafc7327f},
    {"9927a3bf", "cabc7f02", 44251, 1303, 0x5d1809c5, 0x10e828a2},
    {"3ffe250102001fff0000000000000007", "3ffe2501020000030000000000000001", 2794, 1766, 0x2cc18cd5,
     0x40207d3d},
    {"3ffe050100080000026097fffe40efab", "ff020000000000000000000000000001", 14230, 4739,
     0x0f0c461c, 0xdde51bbf},
    {"3ffe1900454500030200f8fffe2167cf", "fe800000000000000200f8fffe2167cf", 44251, 38024,
     0x4b61e985, 0x02d1feef},
};

struct nic82599_rss : testing::Test, World {
  void SetUp() override {
    for (unsigned q = 0; q < 8; q++) start_rx(q);
    const Frame bytes = hex(key);
    for (uint32_t i = 0; i < 10; i++)
      write(reg::rssrk + 4 * i, load<uint32_t>(bytes, size_t{4} * i));
    for (uint32_t i = 0; i < 32; i++) write(reg::reta + 4 * i, i % 2 ? 0x07060504 : 0x03020100);
  }
  // The queue that has something, of those that were empty.
  Received receive(const Frame& frame) {
    card.receive(frame);
    for (unsigned q = 0; q < 8; q++) {
      Received received = take(q, next[q]);
      if (!received.descriptors) continue;
      queue = q;
      return received;
    }
    ADD_FAILURE() << "lost";
    return {};
  }
  std::array<uint32_t, 8> next{};
  unsigned queue = 0;
};

TEST_F(nic82599_rss, hash__is_that_of_the_verification_suite) {
  for (const Vector& vector : vectors) {
    const Packet packet = {.source = vector.source,
                           .destination = vector.destination,
                           .source_port = vector.source_port,
                           .destination_port = vector.destination_port};
    const bool v4 = std::string_view(vector.source).size() == 8;
    write(reg::mrqc, 1 | reg::bit(v4 ? 17 : 20));
    EXPECT_EQ(receive(packet.frame()).hash, vector.addresses) << vector.source;
    EXPECT_EQ(queue, vector.addresses % 8);
    write(reg::mrqc, 1 | reg::bit(v4 ? 17 : 20) | reg::bit(v4 ? 16 : 21));
    const Received received = receive(packet.frame());
    EXPECT_EQ(received.hash, vector.ports) << vector.source;
    EXPECT_EQ(received.info & 0xf, v4 ? 1u : 3u);
    EXPECT_EQ(queue, vector.ports % 8);
  }
}

TEST_F(nic82599_rss, udp__is_hashed_with_ports_only_if_asked) {
  const Frame frame = Packet{.protocol = 17}.frame();
  write(reg::mrqc, 1 | reg::bit(16) | reg::bit(17));
  const Received without = receive(frame);
  EXPECT_EQ(without.info & 0xf, 2u);
  write(reg::mrqc, 1 | reg::bit(16) | reg::bit(17) | reg::bit(22));
  const Received with = receive(frame);
  EXPECT_EQ(with.info & 0xf, 7u);
  EXPECT_NE(with.hash, without.hash);
}

TEST_F(nic82599_rss, fragment__is_hashed_by_addresses_as_its_flow_s_others_are) {
  write(reg::mrqc, 1 | reg::bit(16) | reg::bit(17));
  Frame frame = Packet{}.frame();
  put_network16(frame, 20, 0x2000);
  EXPECT_EQ(receive(frame).info & 0xf, 2u);
}

TEST_F(nic82599_rss, disabled__everything_goes_to_queue_0_without_a_hash) {
  write(reg::mrqc, reg::bit(16) | reg::bit(17));
  const Received received = receive(Packet{}.frame());
  EXPECT_EQ(queue, 0u);
  EXPECT_EQ(received.hash, 0u);
  EXPECT_EQ(received.info & 0xf, 0u);
}

TEST_F(nic82599_rss, other_packets__have_no_hash_and_queue_0) {
  write(reg::mrqc, 1 | reg::bit(16) | reg::bit(17));
  const Received received = receive(ethernet(0x0806, Frame(28)));
  EXPECT_EQ(queue, 0u);
  EXPECT_EQ(received.info, 0u);
}

TEST_F(nic82599_rss, flows__are_spread_evenly) {
  write(reg::mrqc, 1 | reg::bit(16));
  std::map<unsigned, unsigned> count;
  for (uint16_t port = 0; port < 400; port++) {
    receive(Packet{.source_port = static_cast<uint16_t>(1024 + port)}.frame());
    count[queue]++;
    write(reg::rx(queue) + reg::rdt, (next[queue] + ring_size - 1) % ring_size);
    for (uint32_t i = 0; i < ring_size; i++) give(queue, i);
  }
  for (unsigned q = 0; q < 8; q++) EXPECT_NEAR(count[q], 50, 25) << q;
}

}  // namespace
