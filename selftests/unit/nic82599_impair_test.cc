// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

#include "tools/nic82599/impair.hh"

namespace {

using pika::nic82599::Badness;
using pika::nic82599::ConstBytes;
using pika::nic82599::Impair;
using pika::nic82599::Loop;
using pika::nic82599::Sink;
using Frames = std::vector<std::string>;

struct Receiver final : Sink {
  void take(ConstBytes frame) override {
    frames.emplace_back(reinterpret_cast<const char*>(frame.data()), frame.size());
  }

  Frames frames;
};

constexpr int count = 2000;

std::string frame(int i) { return "frame " + std::to_string(i); }

void take(Impair& line, const std::string& text) { line.take(std::as_bytes(std::span(text))); }

/// What becomes of many frames.
Frames send(const Badness& badness) {
  Loop loop;
  Receiver receiver;
  Impair line(loop, receiver, badness);
  for (int i = 0; i < count; i++) take(line, frame(i));
  Loop::Timer end(loop, [&loop] { loop.stop(); });
  end.set(Loop::now() + badness.delay + std::chrono::milliseconds(50));
  EXPECT_TRUE(loop.run());
  return receiver.frames;
}

int differing_bits(const std::string& one, const std::string& other) {
  int bits = 0;
  for (size_t i = 0; i < one.size(); i++)
    bits += std::popcount(static_cast<uint8_t>(one[i] ^ other[i]));
  return bits;
}

TEST(nic82599_impair, a_share_of_frames_is_lost) {
  const Frames got = send({.loss = 0.1});
  EXPECT_NEAR(static_cast<double>(got.size()), 0.9 * count, 60);
}

TEST(nic82599_impair, the_same_seed_loses_the_same) {
  EXPECT_EQ(send({.loss = 0.1, .seed = 5}), send({.loss = 0.1, .seed = 5}));
  EXPECT_NE(send({.loss = 0.1, .seed = 5}), send({.loss = 0.1, .seed = 6}));
}

TEST(nic82599_impair, the_same_seed_does_the_same_to_each_frame) {
  const Badness badness = {.loss = 0.1, .corrupt = 0.1, .duplicate = 0.1, .seed = 5};
  EXPECT_EQ(send(badness), send(badness));
}

TEST(nic82599_impair, a_share_has_one_wrong_bit) {
  const Frames got = send({.corrupt = 0.1});
  ASSERT_EQ(got.size(), static_cast<size_t>(count));
  int wrong = 0;
  for (int i = 0; i < count; i++) {
    ASSERT_EQ(got[static_cast<size_t>(i)].size(), frame(i).size());
    const int bits = differing_bits(got[static_cast<size_t>(i)], frame(i));
    EXPECT_LE(bits, 1);
    wrong += bits;
  }
  EXPECT_NEAR(wrong, 0.1 * count, 60);
}

TEST(nic82599_impair, a_share_comes_twice) {
  const Frames got = send({.duplicate = 0.1});
  EXPECT_NEAR(static_cast<double>(got.size()), 1.1 * count, 60);
}

TEST(nic82599_impair, a_share_comes_after_others) {
  const Frames got = send({.reorder = 0.1});
  ASSERT_EQ(got.size(), static_cast<size_t>(count));
  int early = 0;
  for (size_t i = 1; i < got.size(); i++)
    early += std::stoi(got[i].substr(6)) < std::stoi(got[i - 1].substr(6)) ? 1 : 0;
  EXPECT_GT(early, 0);
}

TEST(nic82599_impair, all_are_late_and_in_order) {
  Loop loop;
  Receiver receiver;
  Impair line(loop, receiver, {.delay = std::chrono::milliseconds(20)});
  const auto start = Loop::now();
  for (int i = 0; i < 10; i++) take(line, frame(i));
  EXPECT_TRUE(receiver.frames.empty());
  Loop::Timer look(loop, [&] {
    if (receiver.frames.size() == 10)
      loop.stop();
    else
      look.set(Loop::now() + std::chrono::milliseconds(1));
  });
  look.set(start);
  EXPECT_TRUE(loop.run());
  EXPECT_GE(Loop::now() - start, std::chrono::milliseconds(20));
  for (int i = 0; i < 10; i++) EXPECT_EQ(receiver.frames[static_cast<size_t>(i)], frame(i));
}

TEST(nic82599_impair, it_holds_only_so_many) {
  Loop loop;
  Receiver receiver;
  Impair line(loop, receiver, {.delay = std::chrono::hours(1)});
  const std::string large(256 << 10, 'x');
  for (int i = 0; i < 300; i++) take(line, large);
  EXPECT_EQ(line.lost(), 300 - 255U) << "each takes a little more than its bytes";
  uint64_t small = 0;
  for (; line.lost() == 300 - 255U && small < 10'000; small++) take(line, frame(0));
  EXPECT_LT(small, 10'000U) << "small ones take some, too";
}

}  // namespace
