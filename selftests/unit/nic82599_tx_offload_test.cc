// SPDX-License-Identifier: GPL-2.0-only
//
// What drivers leave to the card: the sums in the frames that come out are checked by the
// receiver's parser, which has its own test.

#include "nic82599_world.hh"
#include "tools/nic82599/checksum.hh"
#include "tools/nic82599/tx_offload.hh"

namespace {

using namespace pika::nic82599;

constexpr uint32_t tse = reg::bit(31), vle = reg::bit(30);
constexpr uint32_t ip_sum = reg::bit(8), transport_sum = reg::bit(9);

struct nic82599_tx_offload : testing::Test, World {
  void SetUp() override { start_tx(0); }

  // A context descriptor at 0, then the frame.
  void offload(const Frame& frame, uint32_t mss, uint32_t command, uint32_t status,
               uint32_t transport_size = 20, uint16_t tag = 0, uint32_t index = 0) {
    const bool v4 = network16(frame, 12) == 0x0800;
    const bool tcp = byte_at(frame, v4 ? 23 : 20) == 6;
    put_tx(0, 0, static_cast<uint32_t>(tag) << 16 | 14 << 9 | (v4 ? 20 : 40),
           0x20200000 | (v4 ? 1 << 10 : 0) | (tcp ? 1 << 11 : 0),
           mss << 16 | transport_size << 8 | index << 4);
    ASSERT_TRUE(host.write(tx_buffer, frame));
    ASSERT_LE(frame.size(), 0xffffu);
    put_tx(0, 1, tx_buffer, data(frame.size()) | command, status | index << 4);
    write(reg::tx(0) + reg::tdt, 2);
  }
  // As Linux does: no length in the pseudo header's sum, and none in the IP header.
  Frame to_segment(const Packet& packet) {
    const bool v4 = packet.source.size() == 8;
    Frame frame = ethernet(v4 ? 0x0800 : 0x86dd, packet.ip(false, false));
    put_network16(frame, v4 ? 16 : 18, 0);
    return frame;
  }
  void expect_right(const Frame& frame) {
    const Headers headers = parse(frame, 0x8100);
    EXPECT_NE(headers.ip, Ip::none);
    EXPECT_NE(check_ip(frame, headers), Checked::bad);
    EXPECT_EQ(check_transport(frame, headers), Checked::good);
    EXPECT_EQ(headers.ip_end, frame.size());
  }
};

constexpr Packet v4_tcp = {.payload = 5000};
constexpr Packet v6_tcp = {.source = "20010db8000000000000000000000001",
                           .destination = "20010db8000000000000000000000002",
                           .payload = 5000};

TEST_F(nic82599_tx_offload, transport_checksum__is_added_to_what_the_driver_left) {
  for (const uint8_t protocol : {uint8_t{6}, uint8_t{17}}) {
    for (Packet packet : {v4_tcp, v6_tcp}) {
      packet.protocol = protocol;
      packet.payload = 101;
      const Frame right = packet.frame();
      Frame left = right;
      const Frame ip = packet.ip(false);
      const size_t at = left.size() - packet.transport().size() + packet.checksum_at();
      store(left, at, load<uint16_t>(ip, at - 14));
      write(reg::tx(0) + reg::tdh, 0);
      write(reg::tx(0) + reg::tdt, 0);
      offload(left, 0, 0, transport_sum);
      ASSERT_FALSE(host.sent.empty());
      EXPECT_EQ(host.sent.back(), right) << int(protocol) << packet.source;
    }
  }
}

TEST_F(nic82599_tx_offload, ip_checksum__only_if_asked) {
  Frame frame = Packet{}.frame();
  const Frame right = frame;
  store(frame, 24, uint16_t{0});
  offload(frame, 0, 0, 0);
  EXPECT_EQ(load<uint16_t>(host.sent.back(), 24), 0);
  write(reg::tx(0) + reg::tdh, 0);
  offload(frame, 0, 0, ip_sum);
  EXPECT_EQ(load<uint16_t>(host.sent.back(), 24), load<uint16_t>(right, 24));
}

TEST_F(nic82599_tx_offload, udp__a_sum_of_zero_is_sent_as_ones) {
  Packet packet{.protocol = 17, .payload = 2};
  Frame frame = packet.frame();
  // Whatever makes the sum come out as zero.
  const size_t at = 14 + 20 + 6;
  const uint16_t sum = network16(frame, at);
  put_network16(frame, at + 2, network16(frame, at + 2) + sum);
  Frame body(frame.begin() + 34, frame.end());
  put_network16(body, 6, 0);
  Frame all = packet.pseudo(body.size());
  const uint32_t seed = plain_sum(all);
  all.insert(all.end(), body.begin(), body.end());
  ASSERT_EQ(plain_sum(all), 0xffffu);
  put_network16(frame, at, seed);
  offload(frame, 0, 0, transport_sum);
  EXPECT_EQ(network16(host.sent.back(), at), 0xffff);
}

TEST_F(nic82599_tx_offload, sctp__has_a_crc) {
  Packet packet{.protocol = 132, .payload = 24};
  Frame frame = ethernet(0x0800, packet.ip());
  put_tx(0, 0, 14 << 9 | 20, 0x20200000 | 1 << 10 | 2 << 11, 0);
  ASSERT_TRUE(host.write(tx_buffer, frame));
  put_tx(0, 1, tx_buffer, data(frame.size()), transport_sum);
  write(reg::tx(0) + reg::tdt, 2);
  expect_right(host.sent.back());
  // RFC 3720's vector: 32 bytes of zeros, seen as a packet.
  EXPECT_EQ(sctp_checksum(Frame(32), 8), 0x8a9136aau);
}

TEST_F(nic82599_tx_offload, tag__from_the_context_comes_before_the_type) {
  const Frame frame = Packet{}.frame();
  offload(frame, 0, vle, 0, 20, 0x6123);
  EXPECT_EQ(host.sent.back(), tagged(frame, 0x6123));
}

TEST_F(nic82599_tx_offload, two_contexts__each_frame_uses_its_own) {
  const Frame frame = Packet{}.frame();
  offload(frame, 0, vle, 0, 20, 0x111, 1);
  EXPECT_EQ(host.sent.back(), tagged(frame, 0x111));
  put_tx(0, 2, tx_buffer, data(frame.size()) | vle, 0);
  write(reg::tx(0) + reg::tdt, 3);
  EXPECT_EQ(host.sent.back(), tagged(frame, 0)) << "context 0 was never given";
}

TEST_F(nic82599_tx_offload, segmentation__gives_packets_that_are_right_and_whole) {
  for (const Packet& packet : {v4_tcp, v6_tcp}) {
    host.sent.clear();
    write(reg::tx(0) + reg::tdh, 0);
    write(reg::tx(0) + reg::tdt, 0);
    const bool v4 = packet.source.size() == 8;
    const size_t headers = v4 ? 54 : 74;
    offload(to_segment(packet), 1400, tse, transport_sum | (v4 ? ip_sum : 0));
    ASSERT_EQ(host.sent.size(), 4u);
    Frame payload;
    for (size_t i = 0; i < 4; i++) {
      const Frame& segment = host.sent[i];
      expect_right(segment);
      EXPECT_EQ(segment.size(), headers + (i < 3 ? 1400 : 800));
      EXPECT_EQ(network32(segment, headers - 16), 1000000 + i * 1400) << "sequence";
      if (v4) {
        EXPECT_EQ(network16(segment, 18), 0x1234 + i) << "identification";
      }
      EXPECT_EQ(byte_at(segment, headers - 7), i < 3 ? 0x10 : 0x18) << "PSH is the last one's";
      payload.insert(payload.end(), segment.begin() + static_cast<ptrdiff_t>(headers),
                     segment.end());
    }
    const Frame whole = packet.transport();
    EXPECT_EQ(payload, Frame(whole.begin() + 20, whole.end()));
    EXPECT_EQ(tx_status(0, 1), 1u);
  }
}

TEST_F(nic82599_tx_offload, segmentation__flags_fin_last_cwr_first) {
  Frame frame = to_segment(v4_tcp);
  frame[47] = std::byte{0x99};  // CWR, ACK, PSH, FIN
  offload(frame, 2500, tse, transport_sum | ip_sum);
  ASSERT_EQ(host.sent.size(), 2u);
  EXPECT_EQ(byte_at(host.sent[0], 47), 0x90);
  EXPECT_EQ(byte_at(host.sent[1], 47), 0x19);
}

TEST_F(nic82599_tx_offload,
       segmentation__flags_of_the_first_and_those_between_have_their_own_masks) {
  write(reg::dtxtcpflgl, 0x0ff70ffe);
  Frame frame = to_segment(v4_tcp);
  frame[47] = std::byte{0x19};  // ACK, PSH, FIN
  offload(frame, 2000, tse, transport_sum | ip_sum);
  ASSERT_EQ(host.sent.size(), 3u);
  EXPECT_EQ(byte_at(host.sent[0], 47), 0x18);
  EXPECT_EQ(byte_at(host.sent[1], 47), 0x11);
  EXPECT_EQ(byte_at(host.sent[2], 47), 0x19);
}

TEST_F(nic82599_tx_offload, segmentation__one_segment_keeps_its_flags) {
  Packet packet = v4_tcp;
  packet.payload = 100;
  Frame frame = to_segment(packet);
  frame[47] = std::byte{0x99};
  offload(frame, 1400, tse, transport_sum | ip_sum);
  ASSERT_EQ(host.sent.size(), 1u);
  EXPECT_EQ(byte_at(host.sent[0], 47), 0x99);
  expect_right(host.sent[0]);
}

TEST_F(nic82599_tx_offload, segmentation__of_udp_with_a_tag) {
  Packet packet = v4_tcp;
  packet.protocol = 17;
  offload(to_segment(packet), 1000, tse | vle, transport_sum | ip_sum, 8, 0x55);
  ASSERT_EQ(host.sent.size(), 5u);
  for (const Frame& segment : host.sent) {
    EXPECT_EQ(network32(segment, 12), 0x81000055u);
    Frame untagged = segment;
    untagged.erase(untagged.begin() + 12, untagged.begin() + 16);
    expect_right(untagged);
    EXPECT_EQ(network16(untagged, 38), 1008);
  }
}

// What a guest must not say.

TEST_F(nic82599_tx_offload, hostile__what_cannot_be_cut_is_not_sent) {
  const Frame frame = to_segment(v4_tcp);
  struct {
    uint32_t mss, transport_size;
  } const cases[] = {{0, 20}, {1400, 0}, {1400, 12}};
  for (const auto& [mss, size] : cases) {
    write(reg::tx(0) + reg::tdh, 0);
    write(reg::tx(0) + reg::tdt, 0);
    offload(frame, mss, tse, transport_sum | ip_sum, size);
    EXPECT_EQ(tx_status(0, 1), 1u);
  }
  write(reg::tx(0) + reg::tdh, 0);
  write(reg::tx(0) + reg::tdt, 0);
  offload(Frame(frame.begin(), frame.begin() + 54), 1400, tse, transport_sum);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(host.complaints.size(), 1u);
}

TEST_F(nic82599_tx_offload, hostile__too_many_segments_are_not_sent) {
  Packet packet = v4_tcp;
  packet.payload = 20000;
  offload(to_segment(packet), 1, tse, transport_sum | ip_sum);
  EXPECT_TRUE(host.sent.empty());
}

TEST_F(nic82599_tx_offload, hostile__headers_beyond_the_frame_are_not_touched) {
  const Frame frame = Packet{}.frame();
  put_tx(0, 0, 127 << 9 | 511, 0x20200000 | 1 << 10 | 1 << 11, 0);
  ASSERT_TRUE(host.write(tx_buffer, frame));
  put_tx(0, 1, tx_buffer, data(frame.size()), transport_sum | ip_sum);
  write(reg::tx(0) + reg::tdt, 2);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(host.complaints.size(), 1u);
}

TEST_F(nic82599_tx_offload, hostile__an_ip_header_beyond_the_frame_has_no_checksum) {
  const Frame frame = Packet{}.frame();
  put_tx(0, 0, 14 << 9 | 200, 0x20200000 | 1 << 10 | 1 << 11, 0);
  ASSERT_TRUE(host.write(tx_buffer, frame));
  put_tx(0, 1, tx_buffer, data(frame.size()), ip_sum);
  write(reg::tx(0) + reg::tdt, 2);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(host.complaints.size(), 1u);
}

}  // namespace
