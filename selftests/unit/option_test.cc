// SPDX-License-Identifier: GPL-2.0-only

extern "C" {
#include "core/option.h"
}

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

namespace {

using Bytes = std::vector<uint8_t>;

/// Parses a copy of exactly that size, so that reading on is seen.
pika_tcp_options parse(const Bytes& bytes) {
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  pika_tcp_options options;
  std::memset(&options, 0xa5, sizeof(options));
  pika_options_parse(copy.get(), bytes.size(), &options);
  return options;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Bytes nop = {1}, end = {0};
const Bytes mss = {2, 4, 0x05, 0xb4};
const Bytes window_scale = {3, 3, 7};
const Bytes sack_permitted = {4, 2};
const Bytes timestamp = {8, 10, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
const Bytes sack = {5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9};
const Bytes unknown = {254, 6, 0xde, 0xad, 0xbe, 0xef};

TEST(option, parse__none) {
  EXPECT_EQ(parse({}).present, 0);
  EXPECT_EQ(parse(end + end).present, 0);
  EXPECT_EQ(parse(nop + nop + nop).present, 0);
}

TEST(option, parse__reads_a_syn_in_any_order_and_alignment) {
  std::vector<Bytes> parts = {mss, window_scale, sack_permitted, timestamp, nop, unknown};
  std::sort(parts.begin(), parts.end());
  do {
    Bytes all;
    for (const auto& part : parts) all = all + part;
    const auto options = parse(all);
    ASSERT_EQ(options.present, PIKA_OPTION_MSS | PIKA_OPTION_WINDOW_SCALE |
                                   PIKA_OPTION_SACK_PERMITTED | PIKA_OPTION_TIMESTAMP);
    ASSERT_EQ(options.mss, 1460);
    ASSERT_EQ(options.window_scale, 7);
    ASSERT_EQ(options.ts_value, 0x11223344u);
    ASSERT_EQ(options.ts_echo, 0x55667788u);
    ASSERT_EQ(options.sacks, 0u);
  } while (std::next_permutation(parts.begin(), parts.end()));
}

/// What is recognised as a whole is judged as each of them is alone.
TEST(option, parse__linux_syn_with_a_scale_too_large_or_no_mss) {
  const auto syn = [](const Bytes& first, const Bytes& last) {
    return parse(first + sack_permitted + timestamp + nop + last);
  };
  EXPECT_EQ(syn(mss, window_scale).mss, 1460);
  EXPECT_EQ(syn(mss, window_scale).window_scale, 7);
  EXPECT_EQ(syn(mss, {3, 3, 15}).window_scale, PIKA_WINDOW_SCALE_MAX);
  const auto none = syn({2, 4, 0, 0}, window_scale);
  EXPECT_EQ(none.present & PIKA_OPTION_MSS, 0);
  EXPECT_EQ(none.window_scale, 7);
  EXPECT_EQ(none.ts_echo, 0x55667788u);
}

TEST(option, parse__aligned_timestamp_with_and_without_more) {
  const auto alone = parse(nop + nop + timestamp);
  EXPECT_EQ(alone.present, PIKA_OPTION_TIMESTAMP);
  EXPECT_EQ(alone.ts_value, 0x11223344u);
  EXPECT_EQ(alone.ts_echo, 0x55667788u);
  const auto more = parse(nop + nop + timestamp + nop + nop + sack);
  EXPECT_EQ(more.present, PIKA_OPTION_TIMESTAMP | PIKA_OPTION_SACK);
  EXPECT_EQ(more.sacks, 2u);
}

TEST(option, parse__sack_blocks) {
  const auto two = parse(sack);
  ASSERT_EQ(two.sacks, 2u);
  EXPECT_EQ(two.sack[0].start, 1u);
  EXPECT_EQ(two.sack[0].end, 2u);
  EXPECT_EQ(two.sack[1].start, 0xffffffffu);
  EXPECT_EQ(two.sack[1].end, 9u);
  EXPECT_EQ(parse(Bytes{5, 34} + Bytes(32, 1)).sacks, 4u);
  EXPECT_EQ(parse(Bytes{5, 42} + Bytes(40, 1)).present, 0);
  EXPECT_EQ(parse(Bytes{5, 9} + Bytes(7, 1)).present, 0);
  EXPECT_EQ(parse(Bytes{5, 2}).present, 0);
}

TEST(option, parse__a_known_option_of_a_wrong_length_is_skipped) {
  for (uint8_t kind : {2, 3, 4, 8}) {
    for (uint8_t len = 2; len < 20; len++) {
      const auto right = kind == 2 ? 4 : kind == 3 ? 3 : kind == 4 ? 2 : 10;
      const auto options = parse(Bytes{kind, len} + Bytes(len - 2, 1) + sack);
      EXPECT_EQ(options.sacks, 2u);
      EXPECT_EQ(options.present == PIKA_OPTION_SACK, len != right);
    }
  }
}

TEST(option, parse__an_impossible_length_ends_it_and_keeps_what_came_before) {
  for (const Bytes& bad : {Bytes{2}, Bytes{8, 0}, Bytes{254, 1}, Bytes{2, 5, 5, 5}, Bytes{5, 255}})
    EXPECT_EQ(parse(sack_permitted + bad + end).present, PIKA_OPTION_SACK_PERMITTED);
  EXPECT_EQ(parse(Bytes{8, 0} + sack_permitted).present, 0);
}

TEST(option, parse__nothing_counts_after_the_end) {
  EXPECT_EQ(parse(sack_permitted + end + mss).present, PIKA_OPTION_SACK_PERMITTED);
}

TEST(option, parse__of_an_option_that_is_there_twice_the_last_counts) {
  EXPECT_EQ(parse(mss + Bytes{2, 4, 1, 0}).mss, 0x100);
}

TEST(option, parse__no_mss_of_zero_and_no_scale_above_14) {
  EXPECT_EQ(parse({2, 4, 0, 0}).present, 0);
  EXPECT_EQ(parse(mss + Bytes{2, 4, 0, 0}).mss, 1460);
  EXPECT_EQ(parse({3, 3, 14}).window_scale, 14);
  EXPECT_EQ(parse({3, 3, 15}).window_scale, 14);
  EXPECT_EQ(parse({3, 3, 255}).window_scale, 14);
}

TEST(option, parse__every_truncated_length) {
  const auto all = nop + nop + timestamp + mss + window_scale + sack_permitted + sack;
  uint8_t before = 0;
  for (size_t len = 0; len <= all.size(); len++) {
    const auto options = parse(Bytes(all.data(), all.data() + len));
    EXPECT_EQ(options.present & before, before) << "a longer prefix holds less";
    before = options.present;
  }
  EXPECT_EQ(before, 0x1f);
}

/// One option after another by the book, without regard to speed.
pika_tcp_options reference(Bytes bytes) {
  pika_tcp_options out = {};
  const auto number = [&](size_t at, int n) {
    uint32_t value = 0;
    for (int i = 0; i < n; i++) value = value << 8 | bytes[at + i];
    return value;
  };
  for (size_t at = 0, len; at < bytes.size() && bytes[at] != 0; at += len) {
    len = 1;
    if (bytes[at] == 1) continue;
    if (at + 1 == bytes.size() || bytes[at + 1] < 2 || at + bytes[at + 1] > bytes.size()) break;
    len = bytes[at + 1];
    if (bytes[at] == 2 && len == 4 && number(at + 2, 2) != 0) {
      out.mss = number(at + 2, 2);
      out.present |= PIKA_OPTION_MSS;
    } else if (bytes[at] == 3 && len == 3) {
      out.window_scale = std::min(bytes[at + 2], uint8_t{14});
      out.present |= PIKA_OPTION_WINDOW_SCALE;
    } else if (bytes[at] == 4 && len == 2) {
      out.present |= PIKA_OPTION_SACK_PERMITTED;
    } else if (bytes[at] == 8 && len == 10) {
      out.ts_value = number(at + 2, 4);
      out.ts_echo = number(at + 6, 4);
      out.present |= PIKA_OPTION_TIMESTAMP;
    } else if (bytes[at] == 5 && len >= 10 && len <= 34 && len % 8 == 2) {
      out.sacks = len / 8;
      for (size_t i = 0; i < out.sacks; i++)
        out.sack[i] = {number(at + 2 + 8 * i, 4), number(at + 6 + 8 * i, 4)};
      out.present |= PIKA_OPTION_SACK;
    }
  }
  return out;
}

void expect_same(const pika_tcp_options& a, const pika_tcp_options& b) {
  ASSERT_EQ(a.present, b.present);
  ASSERT_EQ(a.sacks, b.sacks);
  const auto has = [&](int option) { return (a.present & option) != 0; };
  ASSERT_TRUE(!has(PIKA_OPTION_MSS) || a.mss == b.mss);
  ASSERT_TRUE(!has(PIKA_OPTION_WINDOW_SCALE) || a.window_scale == b.window_scale);
  ASSERT_TRUE(!has(PIKA_OPTION_TIMESTAMP) || a.ts_value == b.ts_value);
  ASSERT_TRUE(!has(PIKA_OPTION_TIMESTAMP) || a.ts_echo == b.ts_echo);
  ASSERT_EQ(std::memcmp(a.sack, b.sack, a.sacks * sizeof(pika_sack)), 0);
}

TEST(option, parse__agrees_with_a_plain_parser_on_any_bytes) {
  std::mt19937 random(1);
  const Bytes parts[] = {nop, end, mss, window_scale, sack_permitted, timestamp, sack, unknown};
  for (int i = 0; i < 50000; i++) {
    Bytes bytes;
    if (random() % 4 == 0) bytes = nop + nop + timestamp;
    for (auto n = random() % 6; n > 0; n--) bytes = bytes + parts[random() % std::size(parts)];
    for (auto n = random() % 3; n > 0 && !bytes.empty(); n--)
      bytes[random() % bytes.size()] = random() % 2 ? random() % 12 : random();
    bytes.resize(std::min<size_t>(random() % 41, bytes.size()));
    expect_same(parse(bytes), reference(bytes));
    ASSERT_FALSE(HasFatalFailure()) << testing::PrintToString(bytes);
  }
}

Bytes write_syn(const pika_tcp_options& options) {
  Bytes bytes(PIKA_OPTIONS_SYN);
  bytes.resize(pika_options_write_syn(bytes.data(), &options));
  return bytes;
}

constexpr uint8_t all_of_syn =
    PIKA_OPTION_MSS | PIKA_OPTION_WINDOW_SCALE | PIKA_OPTION_SACK_PERMITTED | PIKA_OPTION_TIMESTAMP;

pika_tcp_options syn_options(int present) {
  return {.present = static_cast<uint8_t>(present),
          .window_scale = 7,
          .mss = 1460,
          .ts_value = 0x11223344,
          .ts_echo = 0x55667788,
          .sacks = 0,
          .sack = {}};
}

// As tcpdump shows a SYN of Linux: mss, sackOK, TS, nop, wscale.
TEST(option, write_syn__looks_like_linux) {
  EXPECT_EQ(write_syn(syn_options(all_of_syn)),
            mss + sack_permitted + timestamp + nop + window_scale);
  EXPECT_EQ(write_syn(syn_options(all_of_syn & ~PIKA_OPTION_SACK_PERMITTED)),
            mss + nop + nop + timestamp + nop + window_scale);
  EXPECT_EQ(write_syn(syn_options(all_of_syn & ~PIKA_OPTION_TIMESTAMP)),
            mss + nop + nop + sack_permitted + nop + window_scale);
  EXPECT_EQ(write_syn(syn_options(PIKA_OPTION_MSS)), mss);
  EXPECT_EQ(write_syn(syn_options(0)), Bytes());
}

TEST(option, write_sacks__what_is_written_is_read_again) {
  const pika_sack blocks[] = {{1, 2}, {0xfffffff0, 5}, {7, 9}, {11, 13}};
  for (u32 n = 1; n <= PIKA_OPTIONS_SACKS; n++) {
    Bytes bytes(4 + size_t{8} * n);
    ASSERT_EQ(pika_options_write_sacks(bytes.data(), blocks, n), bytes.size());
    const auto options = parse(bytes);
    ASSERT_EQ(options.sacks, n);
    EXPECT_EQ(std::memcmp(options.sack, blocks, n * sizeof(pika_sack)), 0);
  }
}

TEST(option, write_syn__what_is_written_is_read_again) {
  for (int present = 0; present <= all_of_syn; present++) {
    const auto options = syn_options(present);
    const auto bytes = write_syn(options);
    EXPECT_EQ(bytes.size() % 4, 0u);
    expect_same(parse(bytes), options);
  }
}

TEST(option, write_timestamp__is_aligned) {
  Bytes bytes(PIKA_OPTIONS_TIMESTAMP);
  EXPECT_EQ(pika_options_write_timestamp(bytes.data(), 0x11223344, 0x55667788), 12u);
  EXPECT_EQ(bytes, nop + nop + timestamp);
}

}  // namespace
