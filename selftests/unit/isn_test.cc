// SPDX-License-Identifier: GPL-2.0-only

extern "C" {
#include "core/isn.h"

#include "core/flow.h"
}

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <numeric>
#include <set>

namespace {

/// The key of the paper's test vectors: bytes 0 to 15.
constexpr pika_secret paper_secret = {{0x0706050403020100, 0x0f0e0d0c0b0a0908}};

std::unique_ptr<uint8_t[]> counting_bytes(size_t len) {
  auto bytes = std::make_unique<uint8_t[]>(len);
  std::iota(bytes.get(), bytes.get() + len, 0);
  return bytes;
}

pika_flow_key key_of_ports(uint16_t local, uint16_t remote) {
  return {.local = {}, .remote = {}, .local_port = local, .remote_port = remote};
}

uint64_t hash_of_counting_bytes(size_t len) {
  return pika_siphash(&paper_secret, counting_bytes(len).get(), len);
}

TEST(isn, siphash__gives_the_vector_of_the_papers_appendix_a) {
  EXPECT_EQ(hash_of_counting_bytes(15), 0xa129ca6149be45e5);
}

TEST(isn, siphash__gives_the_vectors_of_the_authors_program) {
  constexpr uint64_t vectors[] = {
      0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a,
      0x85676696d7fb7e2d, 0xcf2794e0277187b7, 0x18765564cd99a68d,
      0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462,
  };
  for (size_t len = 0; len < std::size(vectors); len++)
    EXPECT_EQ(hash_of_counting_bytes(len), vectors[len]) << len << " bytes";
}

TEST(isn, siphash__does_not_ask_for_alignment) {
  const auto bytes = counting_bytes(40);
  for (size_t shift = 0; shift < 8; shift++) {
    std::memmove(bytes.get() + shift, counting_bytes(15).get(), 15);
    EXPECT_EQ(pika_siphash(&paper_secret, bytes.get() + shift, 15), 0xa129ca6149be45e5);
  }
}

struct Numbers {
  u32 isn;
  u32 offset;
};

Numbers numbers(const pika_flow_key& key, u64 now_ns = 0,
                const pika_secret& secret = paper_secret) {
  Numbers numbers{};
  numbers.isn = pika_isn(&secret, &key, now_ns, &numbers.offset);
  return numbers;
}

const pika_flow_key v4_key = {
    .local = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 1, 2, 3}},
    .remote = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 4, 5, 6, 7}},
    .local_port = 0x0908,
    .remote_port = 0x0b0a,
};

// Expected values: SipHash with 1 and 3 rounds of the same bytes by OpenSSL.
TEST(isn, offset__is_siphash_1_3_of_both_ipv6_addresses) {
  pika_flow_key key;
  std::memcpy(&key, counting_bytes(sizeof(key)).get(), sizeof(key));
  EXPECT_EQ(numbers(key).offset, 0x16a7b60d);
  key.local_port++;
  key.remote_port++;
  EXPECT_EQ(numbers(key).offset, 0x16a7b60d) << "of another flow of the two";
}

TEST(isn, offset__is_siphash_1_3_of_both_ipv4_addresses) {
  EXPECT_EQ(numbers(v4_key).offset, 0x8d299a8e);
}

TEST(isn, isn__is_siphash_1_3_of_addresses_and_ports) {
  pika_flow_key key;
  std::memcpy(&key, counting_bytes(sizeof(key)).get(), sizeof(key));
  EXPECT_EQ(numbers(key).isn, 0xada26206);
  EXPECT_EQ(numbers(v4_key).isn, 0x57b4d9a2);
}

TEST(isn, isn__follows_a_clock_of_about_four_microseconds) {
  const auto key = key_of_ports(80, 4000);
  const auto start = numbers(key).isn;
  EXPECT_EQ(numbers(key, 4095).isn, start);
  EXPECT_EQ(numbers(key, 4096).isn, start + 1);
  // In a minute a number space of 15 million is left behind; it cycles in 4.9 h.
  EXPECT_EQ(numbers(key, 60'000'000'000).isn - start, 14'648'437u);
  EXPECT_EQ(numbers(key, 4096ull << 32).isn, start);
}

TEST(isn, isn__of_another_flow_or_secret_tells_nothing) {
  const auto key = key_of_ports(80, 4000);
  const auto isn = numbers(key).isn;
  const auto next = numbers(key_of_ports(80, 4001)).isn;
  EXPECT_GT(std::min(isn - next, next - isn), 0x10000u);
  EXPECT_NE(isn, numbers(key, 0, {{1, 2}}).isn);
}

}  // namespace
