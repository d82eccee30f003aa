// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <string>
#include <thread>

#include "tools/nic82599/control.hh"

namespace {

using pika::Descriptor;
using pika::nic82599::ask;
using pika::nic82599::Control;
using pika::nic82599::Loop;
using pika::vfio_user::Listener;

struct nic82599_control : testing::Test {
  void SetUp() override {
    auto listener = Listener::at(path);
    ASSERT_TRUE(listener);
    control.emplace(loop, std::move(*listener), [this](const std::string& line) {
      heard += line + ";";
      return "heard " + line;
    });
    ASSERT_TRUE(control->start());
  }

  /// What @p talk gives, on a thread of its own while the loop runs.
  template <class Talk>
  auto while_it_runs(Talk talk) {
    auto result = std::async(std::launch::async, talk);
    Loop::Timer tick(loop, [&] {
      if (result.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
        loop.stop();
      else
        tick.set(Loop::now() + std::chrono::milliseconds(5));
    });
    tick.set(Loop::now());
    EXPECT_TRUE(loop.run());
    return result.get();
  }

  Descriptor connected() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    EXPECT_EQ(connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return socket;
  }

  std::string path =
      std::filesystem::temp_directory_path() / ("nic82599_control." + std::to_string(getpid()));
  Loop loop;
  std::string heard;
  std::optional<Control> control;
};

TEST_F(nic82599_control, a_line_is_answered) {
  const auto answer = while_it_runs([this] { return ask(path, "all stats"); });
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, "heard all stats");
  EXPECT_EQ(heard, "all stats;");
}

TEST_F(nic82599_control, a_line_may_come_in_pieces) {
  const std::string got = while_it_runs([this] {
    const Descriptor socket = connected();
    for (const char* part : {"0 li", "nk ", "down\n"}) {
      send(socket.get(), part, strlen(part), 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    char text[100];
    const ssize_t length = recv(socket.get(), text, sizeof(text), 0);
    return std::string(text, length < 0 ? 0 : static_cast<size_t>(length));
  });
  EXPECT_EQ(got, "heard 0 link down\n");
}

TEST_F(nic82599_control, one_line_and_no_more) {
  while_it_runs([this] {
    const Descriptor socket = connected();
    send(socket.get(), "a\nb\n", 4, 0);
    char text[100];
    while (recv(socket.get(), text, sizeof(text), 0) > 0) {
    }
    return 0;
  });
  EXPECT_EQ(heard, "a;");
}

TEST_F(nic82599_control, a_line_without_end_is_hung_up_on) {
  const ssize_t length = while_it_runs([this] {
    const Descriptor socket = connected();
    const std::string line(1000, 'x');
    send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL);
    char byte = 0;
    return recv(socket.get(), &byte, 1, 0);
  });
  EXPECT_LE(length, 0);
  EXPECT_EQ(heard, "");
}

TEST_F(nic82599_control, many_that_say_nothing_do_not_stop_those_after_them_for_good) {
  const bool answered = while_it_runs([this] {
    {
      std::vector<Descriptor> silent;
      for (int i = 0; i < 20; i++) silent.push_back(connected());
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return bool(ask(path, "x"));
  });
  EXPECT_TRUE(answered);
}

TEST_F(nic82599_control, nobody_there_is_an_error) {
  EXPECT_FALSE(ask(path + ".none", "x"));
  EXPECT_FALSE(ask(std::string(200, 'x'), "x"));
}

}  // namespace
