// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>

#include <cerrno>

#include "world.hh"

namespace {

using pika::test::World;

/// LISTEN and UNLISTEN, to servers with a link server, a CM or both.
class listen_message : public testing::TestWithParam<int> {
 protected:
  static constexpr int kLink = 1, kCm = 2;
  static constexpr pika_cm_config config = {2, 2, 8, 0, 0};

  listen_message() : world(1, 1, 8) {
    pika_arena memory = world.arena();
    if (GetParam() & kLink) {
      EXPECT_EQ(pika_link_init(s, &memory, 0), 0);
    }
    if (GetParam() & kCm) {
      EXPECT_EQ(pika_cm_init(s, &memory, &config), 0);
    }
  }
  void ask(uint8_t type, uint32_t id, uint16_t port) {
    pika_msg msg{};
    msg.type = type;
    msg.listen.cookie = id;
    msg.listen.listener = id;
    msg.listen.port = port;
    ASSERT_TRUE(world.endpoint(0).send(0, msg));
  }
  std::vector<int> answers() {
    world.run();
    std::vector<int> errors;
    for (const auto& msg : world.endpoint(0).take()) errors.push_back(msg.listening.error);
    return errors;
  }

  World world;
  pika_server* s = world.server(0);
  using Errors = std::vector<int>;
};

INSTANTIATE_TEST_SUITE_P(components, listen_message, testing::Values(1, 2, 3));

TEST_P(listen_message, listen__is_answered_once_by_each_server) {
  ask(PIKA_MSG_LISTEN, 1, 80);
  EXPECT_EQ(answers(), Errors{0});
  if (s->link) {
    EXPECT_EQ(s->link->listeners[80], 1);
  }
  ask(PIKA_MSG_UNLISTEN, 1, 80);
  EXPECT_EQ(answers(), Errors{0});
  if (s->link) {
    EXPECT_EQ(s->link->listeners[80], 0);
  }
}

TEST_P(listen_message, refused__by_the_cm_leaves_the_link_server_alone) {
  if (!s->manager) return;
  ask(PIKA_MSG_LISTEN, 1, 80);
  ask(PIKA_MSG_LISTEN, 2, 80);
  EXPECT_EQ(answers(), (Errors{0, -EADDRINUSE}));
  ask(PIKA_MSG_UNLISTEN, 2, 80);
  EXPECT_EQ(answers(), Errors{-ENOENT});
  if (s->link) {
    EXPECT_EQ(s->link->listeners[80], 1);
  }
}

TEST_P(listen_message, listen__again_changes_the_backlog_as_in_linux) {
  if (!s->manager) return;
  for (const uint32_t backlog : {5u, 7u}) {
    pika_msg msg{};
    msg.type = PIKA_MSG_LISTEN;
    msg.listen.listener = 1;
    msg.listen.port = 80;
    msg.listen.backlog = backlog;
    ASSERT_TRUE(world.endpoint(0).send(0, msg));
    EXPECT_EQ(answers(), Errors{0});
    EXPECT_EQ(pika_listener_by_id(&s->manager->listeners, 1)->backlog, backlog);
  }
  if (s->link) {
    EXPECT_EQ(s->link->listeners[80], 1);
  }
}

TEST_P(listen_message, refused__by_the_link_server_is_undone_in_the_cm) {
  if (!s->link || !s->manager) return;
  s->link->listeners[80] = 0xffff;
  ask(PIKA_MSG_LISTEN, 1, 80);
  EXPECT_EQ(answers(), Errors{-ENOSPC});
  EXPECT_EQ(s->manager->listeners.pool.used, 0u);
}

TEST_P(listen_message, answers__wait_for_room_and_none_is_lost) {
  for (uint32_t round = 0; round < 4; round++) {
    for (uint32_t i = 0; i < 8; i++)
      ask(i % 2 ? PIKA_MSG_UNLISTEN : PIKA_MSG_LISTEN, 1 + round, 80);
    world.run();
    if (round % 2) {
      EXPECT_EQ(answers(), Errors(8, 0));
    }
    if (round % 2) {
      EXPECT_EQ(answers(), Errors(8, 0));
    }
  }
}

}  // namespace
