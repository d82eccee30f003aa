// SPDX-License-Identifier: GPL-2.0-only

extern "C" {
#include "core/icmp.h"
}

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace {

using Bytes = std::vector<uint8_t>;

void complete(Bytes& bytes, size_t at, uint32_t pseudo) {
  const uint16_t sum =
      ~pika_checksum_fold(pika_checksum_add(pseudo, bytes.data() + at, bytes.size() - at));
  std::memcpy(&bytes[at + 2], &sum, sizeof(sum));
}

/// From 10.0.0.9: of 10.0.0.1:80 > 10.0.0.2:1025, sequence number 0x01020304.
Bytes v4_error(uint8_t type, uint8_t code, uint16_t mtu = 0) {
  const auto high = static_cast<uint8_t>(mtu >> 8);
  const auto low = static_cast<uint8_t>(mtu);
  Bytes bytes{0x45, 0,    0,    56, 0, 0, 0,  0,    64,  1,    0, 0,  10,  0, 0, 9,    10, 0,  0,
              1,    type, code, 0,  0, 0, 0,  high, low, 0x45, 0, 5,  220, 0, 0, 0x40, 0,  64, 6,
              0,    0,    10,   0,  0, 1, 10, 0,    0,   2,    0, 80, 4,   1, 1, 2,    3,  4};
  complete(bytes, 20, 0);
  return bytes;
}

/// From fd00::9: of [fd00::1]:80 > [fd00::2]:1025, likewise.
Bytes v6_error(uint8_t type, uint8_t code, uint32_t mtu = 0) {
  Bytes bytes(40 + 8 + 40 + 8);
  const auto address = [&](size_t at, uint8_t last) {
    bytes[at] = 0xfd;
    bytes[at + 15] = last;
  };
  bytes[0] = 0x60;
  bytes[5] = 56;
  bytes[6] = 58;
  address(8, 9);
  address(24, 1);
  bytes[40] = type;
  bytes[41] = code;
  bytes[46] = static_cast<uint8_t>(mtu >> 8);
  bytes[47] = static_cast<uint8_t>(mtu);
  bytes[48] = 0x60;
  bytes[54] = 6;
  address(56, 1);
  address(72, 2);
  const uint8_t tcp[] = {0, 80, 4, 1, 1, 2, 3, 4};
  std::memcpy(&bytes[88], tcp, sizeof(tcp));
  const uint8_t pseudo[] = {0, 0, 0, 56, 0, 0, 0, 58};
  complete(bytes, 40, pika_checksum_add(pika_checksum_add(0, pseudo, 8), &bytes[8], 32));
  return bytes;
}

/// In memory of just that size, for the sanitizer.
bool parse(const Bytes& bytes, pika_icmp_error& error, size_t linear) {
  const std::unique_ptr<uint8_t[]> memory(new uint8_t[linear]);
  std::memcpy(memory.get(), bytes.data(), linear);
  pika_packet pkt{};
  pkt.data = memory.get();
  pkt.len = static_cast<uint32_t>(bytes.size());
  pkt.linear = static_cast<uint32_t>(linear);
  return pika_icmp_parse(&pkt, &error);
}

bool parse(const Bytes& bytes, pika_icmp_error& error) { return parse(bytes, error, bytes.size()); }

bool parse(const Bytes& bytes) {
  pika_icmp_error error;
  return parse(bytes, error);
}

TEST(icmp_parse, v4__whose_it_was) {
  pika_icmp_error error;
  ASSERT_TRUE(parse(v4_error(3, 4, 1400), error));
  const pika_addr local{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}};
  const pika_addr remote{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 2}};
  EXPECT_EQ(std::memcmp(&error.key.local, &local, sizeof(local)), 0);
  EXPECT_EQ(std::memcmp(&error.key.remote, &remote, sizeof(remote)), 0);
  EXPECT_EQ(error.key.local_port, 80);
  EXPECT_EQ(error.key.remote_port, 1025);
  EXPECT_EQ(error.seq, 0x01020304u);
  EXPECT_EQ(error.error, 0);
  EXPECT_EQ(error.mtu, 1400);
}

TEST(icmp_parse, v6__whose_it_was) {
  pika_icmp_error error;
  ASSERT_TRUE(parse(v6_error(2, 0, 1400), error));
  EXPECT_EQ(error.key.local.b[0], 0xfd);
  EXPECT_EQ(error.key.local.b[15], 1);
  EXPECT_EQ(error.key.remote.b[15], 2);
  EXPECT_EQ(error.key.local_port, 80);
  EXPECT_EQ(error.key.remote_port, 1025);
  EXPECT_EQ(error.seq, 0x01020304u);
  EXPECT_EQ(error.error, 0);
  EXPECT_EQ(error.mtu, 1400);
}

TEST(icmp_parse, errors__are_those_of_linux) {
  const std::pair<uint8_t, uint16_t> v4[] = {
      {0, ENETUNREACH}, {1, EHOSTUNREACH}, {2, ENOPROTOOPT}, {3, ECONNREFUSED}, {13, EHOSTUNREACH}};
  const std::pair<uint8_t, uint16_t> v6[] = {
      {0, ENETUNREACH}, {1, EACCES}, {3, EHOSTUNREACH}, {4, ECONNREFUSED}};
  pika_icmp_error error;
  for (const auto& [code, wanted] : v4) {
    ASSERT_TRUE(parse(v4_error(3, code), error)) << int{code};
    EXPECT_EQ(error.error, wanted) << int{code};
  }
  for (const auto& [code, wanted] : v6) {
    ASSERT_TRUE(parse(v6_error(1, code), error)) << int{code};
    EXPECT_EQ(error.error, wanted) << int{code};
  }
}

TEST(icmp_parse, other_messages__are_no_errors) {
  for (uint8_t type : {0, 5, 8, 11, 12}) EXPECT_FALSE(parse(v4_error(type, 0))) << int{type};
  EXPECT_FALSE(parse(v4_error(3, 16)));
  for (uint8_t type : {3, 4, 128, 134}) EXPECT_FALSE(parse(v6_error(type, 0))) << int{type};
  EXPECT_FALSE(parse(v6_error(1, 7)));
}

TEST(icmp_parse, sum__that_is_wrong) {
  for (Bytes bytes : {v4_error(3, 4, 1400), v6_error(2, 0, 1400)}) {
    bytes.back() ^= 1;
    EXPECT_FALSE(parse(bytes));
  }
}

TEST(icmp_parse, cut_anywhere__nothing_beyond_is_read) {
  pika_icmp_error error;
  for (const Bytes& bytes : {v4_error(3, 4, 1400), v6_error(2, 0, 1400)})
    for (size_t len = 0; len < bytes.size(); ++len) EXPECT_FALSE(parse(bytes, error, len)) << len;
}

/// The sum is right again, so that the length or field itself is what is judged.
TEST(icmp_parse, about_something_else) {
  auto change = [](Bytes bytes, size_t icmp, size_t at, uint8_t value, uint32_t pseudo) {
    bytes[at] = value;
    bytes[icmp + 2] = bytes[icmp + 3] = 0;
    complete(bytes, icmp, pseudo);
    return bytes;
  };
  const Bytes v4 = v4_error(3, 4, 1400);
  EXPECT_TRUE(parse(change(v4, 20, 45, 1, 0))) << "any address will do";
  EXPECT_FALSE(parse(change(v4, 20, 28, 0x65, 0))) << "version";
  EXPECT_FALSE(parse(change(v4, 20, 28, 0x44, 0))) << "header length";
  EXPECT_FALSE(parse(change(v4, 20, 28, 0x46, 0))) << "ports beyond the end";
  EXPECT_FALSE(parse(change(v4, 20, 35, 1, 0))) << "a later fragment";
  EXPECT_FALSE(parse(change(v4, 20, 37, 17, 0))) << "UDP";
  Bytes outer = v4;
  outer[6] = 0x20;
  EXPECT_FALSE(parse(outer)) << "a fragment itself";
  outer = v4;
  outer[9] = 17;
  EXPECT_FALSE(parse(outer)) << "no ICMP";
  outer = v4;
  outer[3]++;
  EXPECT_FALSE(parse(outer)) << "longer than there is";
}

}  // namespace
