// SPDX-License-Identifier: GPL-2.0-only
//
// What drivers write, and where frames go then.

#include "nic82599_world.hh"
#include "tools/nic82599/flow_director.hh"

namespace {

using namespace pika::nic82599;

constexpr uint32_t bucket_key = 0x3dad14e2, signature_key = 0x174d3614;
constexpr uint32_t signature_mode = 0x4a060001, perfect_mode = 0x4a067f11;
// FDIRCMD: add, update, last, to a queue.
constexpr uint32_t add = 0x8809, remove_filter = 2, query = 3;
constexpr uint32_t udp4 = 1 << 5, tcp4 = 2 << 5;

// Flows and what Linux's driver computes for them: the signature above, the bucket below.
struct Vector {
  FlowFields fields;
  uint32_t hash;
};

constexpr Vector vectors[] = {
    {{0x0000, 1, 0x3c88207c, 0x5e8838ca, 0x8117, 0x0352, 0x0800}, 0x21745b8a},
    {{0x8e63, 2, 0x0cf07480, 0x5e987c0e, 0xc657, 0x513f, 0x8100}, 0x209101e4},
    {{0x0000, 3, 0x0438eee5, 0xa3a4e7a8, 0x401d, 0x10dd, 0x0800}, 0x32a423cf},
    {{0xfb19, 5, 0x97365766, 0xd640e445, 0x3c2d, 0x9721, 0x8100}, 0x4b9a1c3d},
    {{0x0000, 6, 0xdc62a07a, 0x53aebbb7, 0xaebe, 0x5030, 0x0800}, 0x1e9357f9},
    {{0x51a2, 7, 0x3747973f, 0x1ac2f4ca, 0x120f, 0x1a7c, 0x8100}, 0x587b2435},
};

struct nic82599_flow_director : testing::Test, World {
  void SetUp() override {
    for (unsigned q = 0; q < 8; q++) start_rx(q);
    write(reg::fdirhkey, bucket_key);
    write(reg::fdirskey, signature_key);
  }

  static FlowFields fields_of(const Packet& packet) {
    FlowFields fields;
    fields.type = packet.protocol == 6 ? 2 : 1;
    fields.source = network32(hex(packet.source), 0);
    fields.destination = network32(hex(packet.destination), 0);
    fields.source_port = packet.source_port;
    fields.destination_port = packet.destination_port;
    fields.flexible = 0x0800;
    return fields;
  }
  // In one write of 8 bytes, as drivers do.
  void add_signature(const FlowFields& fields, unsigned queue, uint32_t more = 0) {
    const uint64_t hash = flow_hash(fields, signature_key) << 16 | flow_hash(fields, bucket_key);
    const uint64_t command = add | more | static_cast<uint32_t>(fields.type) << 5 | queue << 16;
    const uint64_t both = command << 32 | hash;
    card.write_bar0(reg::fdirhash, std::as_bytes(std::span(&both, 1)));
  }
  // Only by destination port.
  void mask_all_but_destination_port() {
    write(reg::fdirm, 0x37);
    write(reg::fdirtcpm, 0x0000ffff);
    write(reg::fdirudpm, 0x0000ffff);
    write(reg::fdirsip4m, ~0u);
    write(reg::fdirdip4m, ~0u);
  }
  uint32_t port_hash(uint16_t port, uint8_t type, uint16_t number) {
    FlowFields fields;
    fields.type = type;
    fields.destination_port = port;
    return static_cast<uint32_t>(number) << 16 | (flow_hash(fields, bucket_key) & 0x1fff);
  }
  void add_port(uint16_t port, uint32_t type, unsigned queue, uint16_t number, uint32_t more = 0) {
    write(reg::fdirport, static_cast<uint32_t>(port) << 16);
    write(reg::fdirhash, port_hash(port, static_cast<uint8_t>(type >> 5), number));
    write(reg::fdircmd, add | more | type | queue << 16);
  }
  // Where the frame went; 8 for nowhere.
  unsigned queue_of(const Frame& frame) {
    card.receive(frame);
    for (unsigned q = 0; q < 8; q++) {
      last = take(q, next[q]);
      if (last.descriptors) return q;
    }
    return 8;
  }
  bool matched() const { return last.status & reg::bit(2); }

  std::array<uint32_t, 8> next{};
  Received last;
};

TEST_F(nic82599_flow_director, hash__is_that_of_linux) {
  for (const auto& [fields, hash] : vectors) {
    EXPECT_EQ(flow_hash(fields, bucket_key), hash & 0x7fff);
    EXPECT_EQ(flow_hash(fields, signature_key), hash >> 16);
  }
}

TEST_F(nic82599_flow_director, hash__the_key_s_bit_0_does_not_see_tag_and_type) {
  FlowFields fields{.vlan = 0x6005, .type = 2};
  EXPECT_EQ(flow_hash(fields, 1), 0u);
  EXPECT_NE(flow_hash(fields, 2), 0u);
  fields.source = 0x00010000;
  EXPECT_EQ(flow_hash(fields, 1), 1u);
}

TEST_F(nic82599_flow_director, hash__of_what_linux_wrote_for_udp_port_7777) {
  FlowFields fields;
  fields.type = 1;
  fields.destination_port = 7777;
  EXPECT_EQ(flow_hash(fields, bucket_key) & 0x1fff, 0x0f98u);
}

TEST_F(nic82599_flow_director, signature__sends_a_flow_to_its_queue_and_no_other) {
  write(reg::fdirctrl, signature_mode);
  EXPECT_TRUE(read(reg::fdirctrl) & reg::fdirctrl_init_done);
  const Packet packet;
  add_signature(fields_of(packet), 5);
  EXPECT_EQ(queue_of(packet.frame()), 5u);
  EXPECT_TRUE(matched());
  EXPECT_EQ(queue_of(Packet{.source_port = 1001}.frame()), 0u);
  EXPECT_FALSE(matched());
  EXPECT_EQ(read(reg::fdirmatch), 1u);
  EXPECT_EQ(read(reg::fdirmiss), 1u);
  add_signature(fields_of(packet), 6);
  EXPECT_EQ(queue_of(packet.frame()), 6u) << "an update";
  EXPECT_EQ(read(reg::fdirustat), 2u);
  EXPECT_EQ(read(reg::fdirfree), 8192u - 2 - 1);
}

TEST_F(nic82599_flow_director, signature__has_ipv6_and_tags) {
  write(reg::fdirctrl, signature_mode);
  const Packet packet{.source = "20010db8000000000000000000000001",
                      .destination = "20010db80000000000000000000000ff"};
  FlowFields fields;
  fields.type = 6;
  fields.source = 0x20010db8 ^ 1;
  fields.destination = 0x20010db8 ^ 0xff;
  fields.source_port = 1000;
  fields.destination_port = 2000;
  fields.flexible = 0x86dd;
  add_signature(fields, 3);
  EXPECT_EQ(queue_of(packet.frame()), 3u);
  EXPECT_EQ(queue_of(tagged(packet.frame(), 7)), 0u);
  fields.vlan = 7;
  fields.flexible = 0x8100;
  add_signature(fields, 4);
  EXPECT_EQ(queue_of(tagged(packet.frame(), 7)), 4u);
}

TEST_F(nic82599_flow_director, perfect__by_destination_port_under_the_mask) {
  write(reg::fdirctrl, perfect_mode);
  mask_all_but_destination_port();
  add_port(7777, udp4, 3, 10);
  EXPECT_EQ(queue_of(Packet{.protocol = 17, .destination_port = 7777}.frame()), 3u);
  EXPECT_TRUE(matched());
  EXPECT_EQ(queue_of(Packet{
                .source = "01020304", .protocol = 17, .source_port = 9, .destination_port = 7777}
                         .frame()),
            3u);
  EXPECT_EQ(queue_of(Packet{.destination_port = 7777}.frame()), 0u) << "TCP";
  EXPECT_EQ(queue_of(Packet{.protocol = 17, .destination_port = 7776}.frame()), 0u);
}

TEST_F(nic82599_flow_director, perfect__what_linux_wrote) {
  write(reg::fdirctrl, perfect_mode);
  write(reg::fdirm, 0x37);
  write(reg::fdirtcpm, 0x0000ffff);
  write(reg::fdirudpm, 0x0000ffff);
  write(reg::fdirsip4m, ~0u);
  write(reg::fdirdip4m, ~0u);
  write(reg::fdirport, 0x1e610000);
  write(reg::fdirhash, 0x000a0f98);
  write(reg::fdircmd, 0x00038829);
  EXPECT_EQ(queue_of(Packet{.protocol = 17, .destination_port = 7777}.frame()), 3u);
}

TEST_F(nic82599_flow_director, perfect__the_low_12_bits_of_the_remote_port) {
  write(reg::fdirctrl, perfect_mode);
  write(reg::fdirm, 0x37);
  // Ones are bits that do not count, the highest first: all of the destination's, four of
  // the source's.
  write(reg::fdirtcpm, 0xffff000f);
  write(reg::fdirsip4m, ~0u);
  write(reg::fdirdip4m, ~0u);
  FlowFields fields;
  fields.type = 2;
  fields.source_port = 0x123;
  write(reg::fdirport, 0x123);
  write(reg::fdirhash, flow_hash(fields, bucket_key) & 0x1fff);
  write(reg::fdircmd, add | tcp4 | 6 << 16);
  EXPECT_EQ(queue_of(Packet{.source_port = 0x9123}.frame()), 6u);
  EXPECT_EQ(queue_of(Packet{.source_port = 0x0123, .destination_port = 80}.frame()), 6u);
  EXPECT_EQ(queue_of(Packet{.source_port = 0x9124}.frame()), 0u);
}

TEST_F(nic82599_flow_director, perfect__addresses_count_under_their_masks) {
  write(reg::fdirctrl, perfect_mode);
  write(reg::fdirm, 0x3f);  // no transport
  write(reg::fdirsip4m, __builtin_bswap32(0x000000ff));
  write(reg::fdirdip4m, ~0u);
  FlowFields fields;
  fields.source = 0x0a000000;
  write(reg::fdiripsa, __builtin_bswap32(0x0a000000));
  write(reg::fdirport, 0);
  write(reg::fdirhash, flow_hash(fields, bucket_key) & 0x1fff);
  write(reg::fdircmd, add | 2 << 16);
  EXPECT_EQ(queue_of(Packet{}.frame()), 2u);
  EXPECT_EQ(queue_of(Packet{.source = "0a0000fe", .protocol = 17}.frame()), 2u);
  EXPECT_EQ(queue_of(Packet{.source = "0a000101"}.frame()), 0u);
}

TEST_F(nic82599_flow_director, perfect__ipv6_never_matches) {
  write(reg::fdirctrl, perfect_mode);
  mask_all_but_destination_port();
  add_port(2000, tcp4 | 1 << 7, 3, 1);
  EXPECT_EQ(queue_of(Packet{.source = "20010db8000000000000000000000001",
                            .destination = "20010db8000000000000000000000002"}
                         .frame()),
            0u);
}

TEST_F(nic82599_flow_director, perfect__dropped) {
  write(reg::fdirctrl, perfect_mode);
  mask_all_but_destination_port();
  add_port(2000, tcp4, 3, 1, 1 << 9);
  EXPECT_EQ(queue_of(Packet{}.frame()), 8u);
  EXPECT_EQ(card.totals().dropped, 1u);
}

TEST_F(nic82599_flow_director, query_and_remove__by_hash_and_number) {
  write(reg::fdirctrl, perfect_mode);
  mask_all_but_destination_port();
  add_port(2000, tcp4, 3, 1);
  add_port(2000, tcp4, 4, 2);
  EXPECT_EQ(read(reg::fdirfree), 2046u - 2);
  EXPECT_EQ(queue_of(Packet{}.frame()), 3u) << "the first of a bucket";
  write(reg::fdirhash, port_hash(2000, 2, 1));
  write(reg::fdircmd, query);
  EXPECT_EQ(read(reg::fdircmd) & 7, 4u) << "valid, and done";
  write(reg::fdircmd, remove_filter);
  write(reg::fdircmd, query);
  EXPECT_EQ(read(reg::fdircmd) & 7, 0u);
  EXPECT_EQ(queue_of(Packet{}.frame()), 4u);
  EXPECT_EQ(read(reg::fdirustat), 0x00010002u);
  EXPECT_EQ(read(reg::fdirfree), 2046u - 1);
  write(reg::fdircmd, remove_filter);
  EXPECT_EQ(read(reg::fdirfstat), 0x0100u);
}

TEST_F(nic82599_flow_director, flush__takes_everything_away) {
  write(reg::fdirctrl, signature_mode);
  add_signature(fields_of(Packet{}), 5);
  write(reg::fdircmd, 1 << 8);
  EXPECT_EQ(read(reg::fdircmd), 1u << 8);
  write(reg::fdircmd, 0);
  EXPECT_EQ(queue_of(Packet{}.frame()), 0u);
  EXPECT_EQ(read(reg::fdirfree), 8190u);
}

TEST_F(nic82599_flow_director, sizes__are_the_card_s_and_no_filter_more_fits) {
  constexpr uint32_t perfect_sizes[] = {2048, 4096, 8192};
  for (uint32_t size = 1; size <= 3; size++) {
    write(reg::fdirctrl, (perfect_mode & ~3u) | size);
    EXPECT_EQ(read(reg::fdirfree), perfect_sizes[size - 1] - 2);
    write(reg::fdirctrl, (signature_mode & ~3u) | size);
    EXPECT_EQ(read(reg::fdirfree), 4 * perfect_sizes[size - 1] - 2);
  }
  write(reg::fdirctrl, perfect_mode);
  mask_all_but_destination_port();
  for (uint32_t i = 0; i < 2048; i++)
    add_port(static_cast<uint16_t>(i), tcp4, 1, static_cast<uint16_t>(i));
  EXPECT_EQ(read(reg::fdirfree), 0u);
  EXPECT_EQ(read(reg::fdirfstat), 2u);
}

TEST_F(nic82599_flow_director, nearly_full__interrupts_once) {
  start_interrupts();
  write(0x880, reg::cause_flow_director);
  write(reg::fdirctrl, perfect_mode);
  mask_all_but_destination_port();
  for (uint32_t i = 0; i < 2046 - 64; i++) {
    EXPECT_TRUE(host.interrupts.empty()) << i;
    add_port(static_cast<uint16_t>(i), tcp4, 1, static_cast<uint16_t>(i));
  }
  for (uint16_t i = 0; i < 10; i++) add_port(60000 + i, tcp4, 1, 10000 + i);
  EXPECT_EQ(host.interrupts, std::vector<unsigned>{8});
}

TEST_F(nic82599_flow_director, reported__in_place_of_the_rss_hash) {
  write(reg::fdirctrl, perfect_mode | reg::fdirctrl_report);
  mask_all_but_destination_port();
  add_port(2000, tcp4, 3, 77);
  EXPECT_EQ(queue_of(Packet{}.frame()), 3u);
  EXPECT_EQ(last.info & 0xf, 0xfu);
  EXPECT_EQ(last.hash & 0xffff, 77u);
  EXPECT_EQ(last.hash >> 16, port_hash(2000, 2, 0));
}

TEST_F(nic82599_flow_director, off__has_no_filters) {
  add_signature(fields_of(Packet{}), 5);
  EXPECT_EQ(queue_of(Packet{}.frame()), 0u);
  EXPECT_EQ(read(reg::fdirmiss), 0u);
  EXPECT_FALSE(read(reg::fdirctrl) & reg::fdirctrl_init_done);
}

}  // namespace
