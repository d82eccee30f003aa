// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <array>

#include "tools/nic82599/port.hh"

namespace {

using namespace pika::nic82599;

/// How long a frame waits until @p port takes it.
Time waits(Loop& loop, Port& port) {
  const Time start = Loop::now();
  struct Frame final : Loop::Pump {
    Frame(Loop& its_loop, Port& to) : loop(its_loop), port(to) {}
    bool pump() override {
      if (port.has_room()) loop.stop();
      return false;
    }
    Loop& loop;
    Port& port;
  } frame(loop, port);
  loop.add(frame);
  EXPECT_TRUE(loop.run());
  return Loop::now() - start;
}

TEST(nic82599_port, a_card_that_is_down_gets_its_frames_after_a_while_and_drops_them) {
  Loop loop;
  Port port(loop, 0, {});
  EXPECT_FALSE(port.has_room());
  EXPECT_GE(waits(loop, port), std::chrono::milliseconds(45));
  const std::array<std::byte, 60> frame{};
  port.take(frame);
  EXPECT_EQ(port.received().frames, 1U);
  EXPECT_EQ(port.card().dropped, 1U);
  EXPECT_TRUE(port.has_room()) << "the next ones do not wait again";
}

}  // namespace
