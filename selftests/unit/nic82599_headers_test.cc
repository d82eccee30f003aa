// SPDX-License-Identifier: GPL-2.0-only
//
// What descriptors say about packets and their checksums.

#include <random>

#include "nic82599_world.hh"
#include "tools/nic82599/checksum.hh"
#include "tools/nic82599/headers.hh"

namespace {

using namespace pika::nic82599;

constexpr uint32_t transport_checked = reg::bit(5), ip_checked = reg::bit(6);
constexpr uint32_t transport_error = reg::bit(30), ip_error = reg::bit(31);
constexpr uint32_t all = transport_checked | ip_checked | transport_error | ip_error;
constexpr uint32_t v4 = reg::bit(4), v4_extended = reg::bit(5), v6 = reg::bit(6),
                   v6_extended = reg::bit(7), tcp = reg::bit(8), udp = reg::bit(9);

constexpr Packet packet_v6 = {.source = "20010db8000000000000000000000001",
                              .destination = "20010db8000000000000000000000002"};

struct nic82599_headers : testing::Test, World {
  void SetUp() override { start_rx(0); }
  uint32_t status_of(const Frame& frame) {
    card.receive(frame);
    last = take(0, next);
    EXPECT_EQ(last.descriptors, 1u);
    return last.status & all;
  }
  uint32_t next = 0;
  Received last;
};

TEST_F(nic82599_headers, kinds__of_packets_that_are_right) {
  EXPECT_EQ(status_of(Packet{}.frame()), transport_checked | ip_checked);
  EXPECT_EQ(last.info, v4 | tcp);
  EXPECT_EQ(status_of(Packet{.protocol = 17, .payload = 33}.frame()),
            transport_checked | ip_checked);
  EXPECT_EQ(last.info, v4 | udp);
  EXPECT_EQ(status_of(packet_v6.frame()), transport_checked);
  EXPECT_EQ(last.info, v6 | tcp);
  EXPECT_EQ(status_of(tagged(Packet{}.frame(), 5)), transport_checked | ip_checked);
  EXPECT_EQ(last.info, v4 | tcp);
  EXPECT_EQ(status_of(ethernet(0x0806, Frame(46))), 0u);
  EXPECT_EQ(last.info, 0u);
}

TEST_F(nic82599_headers, padding__is_not_the_packet_s) {
  Frame frame = Packet{.payload = 1}.frame();
  frame.resize(60, std::byte{0x55});
  EXPECT_EQ(status_of(frame), transport_checked | ip_checked);
}

TEST_F(nic82599_headers, every_bit__that_flips_is_an_error) {
  for (const Packet& packet : {Packet{}, packet_v6}) {
    const Frame right = packet.frame();
    const bool is_v4 = packet.source.size() == 8;
    const size_t transport = is_v4 ? 34 : 54;
    for (size_t at = transport; at < right.size(); at++) {
      Frame wrong = right;
      wrong[at] ^= std::byte{0x10};
      const Headers headers = parse(wrong, 0x8100);
      EXPECT_EQ(check_transport(wrong, headers), Checked::bad) << at;
    }
  }
  Frame wrong = Packet{}.frame();
  wrong[22] ^= std::byte{1};  // time to live
  EXPECT_EQ(status_of(wrong), transport_checked | ip_checked | ip_error);
  wrong = Packet{}.frame();
  wrong[50] ^= std::byte{1};
  EXPECT_EQ(status_of(wrong), transport_checked | ip_checked | transport_error);
}

TEST_F(nic82599_headers, udp__without_a_checksum_is_not_checked) {
  Frame frame = Packet{.protocol = 17}.frame();
  put_network16(frame, 40, 0);
  EXPECT_EQ(status_of(frame), ip_checked);
}

TEST_F(nic82599_headers, fragments__have_no_transport) {
  Frame frame = Packet{}.frame();
  put_network16(frame, 20, 0x2000);
  put_network16(frame, 24, 0);
  put_network16(frame, 24, ~plain_sum(std::span(frame).subspan(14, 20)) & 0xffff);
  EXPECT_EQ(status_of(frame), ip_checked);
  EXPECT_EQ(last.info, v4);
}

TEST_F(nic82599_headers, ipv4_options__are_skipped) {
  Frame frame = Packet{}.frame();
  frame.insert(frame.begin() + 34, 4, std::byte{1});
  frame[14] = std::byte{0x46};
  put_network16(frame, 16, network16(frame, 16) + 4);
  put_network16(frame, 24, 0);
  put_network16(frame, 24, ~plain_sum(std::span(frame).subspan(14, 24)) & 0xffff);
  EXPECT_EQ(status_of(frame), transport_checked | ip_checked);
  EXPECT_EQ(last.info, v4 | v4_extended | tcp);
}

TEST_F(nic82599_headers, ipv6_extensions__are_skipped_and_fragments_known) {
  Frame frame = packet_v6.frame();
  const Frame options = hex("06 00 01 04 00000000");
  frame.insert(frame.begin() + 54, options.begin(), options.end());
  frame[20] = std::byte{0};
  put_network16(frame, 18, network16(frame, 18) + 8);
  EXPECT_EQ(status_of(frame), transport_checked);
  EXPECT_EQ(last.info, v6 | v6_extended | tcp);
  Frame fragment = packet_v6.frame();
  const Frame header = hex("06 00 0001 00000000");
  fragment.insert(fragment.begin() + 54, header.begin(), header.end());
  fragment[20] = std::byte{44};
  put_network16(fragment, 18, network16(fragment, 18) + 8);
  EXPECT_EQ(status_of(fragment), 0u);
  EXPECT_EQ(last.info, v6 | v6_extended);
}

TEST_F(nic82599_headers, lengths__that_lie_make_it_no_ip) {
  Frame frame = Packet{}.frame();
  put_network16(frame, 16, 0xffff);
  EXPECT_EQ(status_of(frame), 0u);
  EXPECT_EQ(last.info, 0u);
  frame = Packet{}.frame();
  frame[14] = std::byte{0x44};
  EXPECT_EQ(status_of(frame), 0u);
  frame = packet_v6.frame();
  put_network16(frame, 18, 0xffff);
  EXPECT_EQ(status_of(frame), 0u);
  frame = packet_v6.frame();
  frame[20] = std::byte{0};
  frame[55] = std::byte{0xff};  // options longer than the packet
  EXPECT_EQ(status_of(frame), 0u);
  EXPECT_EQ(last.info, v6 | v6_extended);
}

TEST_F(nic82599_headers, extensions__that_should_begin_at_the_end_are_not_read) {
  Frame frame = packet_v6.frame();
  frame.resize(54);
  frame.shrink_to_fit();
  put_network16(frame, 18, 0);
  frame[20] = std::byte{0};
  const Headers headers = parse(frame, 0x8100);
  EXPECT_EQ(headers.ip, Ip::v6);
  EXPECT_FALSE(headers.ip_extended);
  EXPECT_EQ(headers.transport, Transport::none);
}

TEST_F(nic82599_headers, sums__are_the_plain_ones_at_every_length_and_place) {
  std::mt19937 random(1);
  Frame bytes(3000);
  for (std::byte& byte : bytes) byte = std::byte(random() & 0xff);
  for (size_t size = 0; size < 600; size++) {
    const ConstBytes part = std::span(bytes).subspan(random() % 64, size);
    const uint16_t sum = fold(add_bytes(0, part));
    EXPECT_EQ(__builtin_bswap16(sum), plain_sum(part)) << size;
  }
  std::fill(bytes.begin(), bytes.end(), std::byte{0xff});
  EXPECT_EQ(fold(add_bytes(0, bytes)), 0xffff);
}

}  // namespace
