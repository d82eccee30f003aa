// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tools/nic82599/wire.hh"

namespace {

using pika::nic82599::ConstBytes;
using pika::nic82599::Sink;
using pika::nic82599::Wire;

struct Receiver final : Sink {
  void take(ConstBytes frame) override {
    frames.emplace_back(reinterpret_cast<const char*>(frame.data()), frame.size());
  }
  bool has_room() override { return room > frames.size(); }

  std::vector<std::string> frames;
  size_t room = 1'000'000;
};

struct nic82599_wire : testing::Test {
  void send(const std::string& text) { wire.take(std::as_bytes(std::span(text))); }

  Receiver receiver;
  Wire wire{receiver};
};

TEST_F(nic82599_wire, frames_arrive_later_whole_and_in_order) {
  send("first");
  send(std::string(9000, 'x'));
  send("third");
  EXPECT_TRUE(receiver.frames.empty());
  EXPECT_FALSE(wire.pump());
  ASSERT_EQ(receiver.frames.size(), 3U);
  EXPECT_EQ(receiver.frames[0], "first");
  EXPECT_EQ(receiver.frames[1], std::string(9000, 'x'));
  EXPECT_EQ(receiver.frames[2], "third");
}

TEST_F(nic82599_wire, frames_wait_for_room) {
  receiver.room = 1;
  send("a");
  send("b");
  EXPECT_FALSE(wire.pump()) << "nothing to do until there is";
  EXPECT_EQ(receiver.frames.size(), 1U);
  receiver.room = 2;
  wire.pump();
  EXPECT_EQ(receiver.frames.size(), 2U);
  EXPECT_EQ(wire.dropped(), 0U);
}

TEST_F(nic82599_wire, a_turn_is_bounded) {
  for (int i = 0; i < 100; i++) send("x");
  EXPECT_TRUE(wire.pump());
  EXPECT_EQ(receiver.frames.size(), 64U);
  EXPECT_FALSE(wire.pump());
  EXPECT_EQ(receiver.frames.size(), 100U);
}

TEST_F(nic82599_wire, what_does_not_fit_is_dropped_and_nothing_else) {
  receiver.room = 0;
  for (int i = 0; i < 600; i++) send(std::to_string(i) + std::string(9000, '.'));
  EXPECT_GT(wire.dropped(), 0U);
  const size_t kept = 600 - wire.dropped();
  receiver.room = 600;
  while (wire.pump()) {
  }
  ASSERT_EQ(receiver.frames.size(), kept);
  for (size_t i = 0; i < kept; i++)
    EXPECT_EQ(receiver.frames[i], std::to_string(i) + std::string(9000, '.'));
}

TEST_F(nic82599_wire, a_frame_needs_room_for_its_length_as_well) {
  constexpr size_t ring = 4 << 20, length = 4;
  const std::string large(ring - 100 - length, 'a');
  send(large);
  send(std::string(100 - length + 1, 'b'));
  EXPECT_EQ(wire.dropped(), 1U);
  send(std::string(100 - length, 'c'));
  EXPECT_EQ(wire.dropped(), 1U);
  EXPECT_FALSE(wire.pump());
  ASSERT_EQ(receiver.frames.size(), 2U);
  EXPECT_EQ(receiver.frames[0], large);
  EXPECT_EQ(receiver.frames[1], std::string(100 - length, 'c'));
}

TEST_F(nic82599_wire, its_ring_goes_round) {
  for (int i = 0; i < 5000; i++) {
    const std::string frame(static_cast<size_t>(1000 + i % 700), static_cast<char>('a' + i % 26));
    send(frame);
    wire.pump();
    ASSERT_EQ(receiver.frames.size(), 1U);
    ASSERT_EQ(receiver.frames[0], frame);
    receiver.frames.clear();
  }
}

}  // namespace
