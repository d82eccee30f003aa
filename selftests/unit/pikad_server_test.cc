// SPDX-License-Identifier: GPL-2.0-only
//
// The server's manners with clients, over a real Unix socket and a loop that the test
// turns.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <thread>
#include <vector>

#include "pikad/server.hh"

namespace {

struct pikad_server : testing::Test {
  pikad_server()
      : folder("/tmp/pika-server-test." + std::to_string(getpid())), path(folder + "/s") {
    mkdir(folder.c_str(), 0700);
    sd_event* made = nullptr;
    sd_event_new(&made);
    loop.reset(made);
    pages = {{"/long", {"text/plain", [] { return std::string(1 << 20, 'x'); }}},
             {"/a", {"text/plain", [] { return std::string("a"); }}}};
    served = std::make_unique<Server>(loop.get(), pages);
  }
  ~pikad_server() override {
    served.reset();
    unlink(path.c_str());
    rmdir(folder.c_str());
  }

  pika::Descriptor client() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    pika::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    EXPECT_EQ(connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return socket;
  }

  void turn() {
    while (sd_event_run(loop.get(), 0) > 0) {
    }
  }

  /// What has come; "..." behind it if there may be more.
  static std::string heard(const pika::Descriptor& socket) {
    std::string text;
    char part[4096];
    ssize_t length = 0;
    while ((length = recv(socket.get(), part, sizeof(part), 0)) > 0)
      text.append(part, static_cast<size_t>(length));
    return length < 0 ? text + "..." : text;
  }

  static void say(const pika::Descriptor& socket, const std::string& text) {
    EXPECT_EQ(send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  std::string folder, path;
  Loop loop;
  Pages pages;
  std::unique_ptr<Server> served;
};

TEST_F(pikad_server, its_socket_is_its_owner_s_alone) {
  ASSERT_TRUE(served->listen_at(path));
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(pikad_server, a_socket_that_a_killed_one_left_is_replaced) {
  ASSERT_TRUE(served->listen_at(path));
  Server next(loop.get(), pages);
  ASSERT_TRUE(next.listen_at(path));
}

TEST_F(pikad_server, a_request_may_come_in_parts) {
  ASSERT_TRUE(served->listen_at(path));
  const auto socket = client();
  say(socket, "GET /a HT");
  turn();
  EXPECT_EQ(heard(socket), "...");
  say(socket, "TP/1.1\r\n\r\n");
  turn();
  EXPECT_TRUE(heard(socket).ends_with("\r\n\r\na"));
}

TEST_F(pikad_server, a_long_answer_is_sent_as_it_is_read) {
  ASSERT_TRUE(served->listen_at(path));
  const auto socket = client();
  say(socket, "GET /long HTTP/1.1\r\n\r\n");
  std::string all;
  for (int i = 0; i < 10000 && (all.empty() || all.ends_with("...")); i++) {
    turn();
    if (all.ends_with("...")) all.resize(all.size() - 3);
    all += heard(socket);
  }
  EXPECT_EQ(all.size() - all.find("\r\n\r\n") - 4, 1U << 20);
}

TEST_F(pikad_server, who_goes_before_the_answer_is_forgotten) {
  ASSERT_TRUE(served->listen_at(path));
  for (int i = 0; i < 100; i++) {
    const auto socket = client();
    if (i % 2) say(socket, "GET /long HTTP/1.1\r\n\r\n");
    turn();
  }
  const auto socket = client();
  say(socket, "GET /a HTTP/1.1\r\n\r\n");
  turn();
  turn();
  EXPECT_TRUE(heard(socket).ends_with("a"));
}

TEST_F(pikad_server, who_says_nothing_keeps_a_place_and_there_are_sixteen) {
  ASSERT_TRUE(served->listen_at(path));
  std::vector<pika::Descriptor> silent;
  for (int i = 0; i < 16; i++) {
    silent.push_back(client());
    turn();
  }
  const auto late = client();
  turn();
  EXPECT_EQ(heard(late), "") << "is closed";
  EXPECT_EQ(heard(silent[0]), "...") << "is open";
}

TEST_F(pikad_server, fetch_gets_a_page_and_says_why_it_cannot) {
  EXPECT_EQ(fetch(path, "/a").error().code, ECONNREFUSED);
  ASSERT_TRUE(served->listen_at(path));
  std::string page, refusal;
  std::atomic<bool> done = false;
  std::thread asker([&] {
    page = *fetch(path, "/a");
    refusal = fetch(path, "/none").error().text;
    done = true;
  });
  while (!done) sd_event_run(loop.get(), 10'000);
  asker.join();
  EXPECT_EQ(page, "a");
  EXPECT_EQ(refusal, path + ": HTTP/1.1 404 Not Found");
}

TEST_F(pikad_server, a_path_that_is_too_long) {
  const std::string deep = folder + "/" + std::string(200, 'x');
  EXPECT_EQ(served->listen_at(deep).error().code, ENAMETOOLONG);
  EXPECT_EQ(fetch(deep, "/a").error().code, ENAMETOOLONG);
}

TEST_F(pikad_server, a_port_that_is_taken_leaves_the_old_one) {
  Server other(loop.get(), pages);
  uint16_t port = 20000;
  while (port < 32000 && !other.listen_on(port)) port++;
  uint16_t mine = static_cast<uint16_t>(port + 1);
  while (mine < 32000 && !served->listen_on(mine)) mine++;
  const auto refused = served->listen_on(port);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EADDRINUSE);
  EXPECT_EQ(served->port(), mine);
  EXPECT_TRUE(served->listen_on(0));
  EXPECT_EQ(served->port(), 0);
}

}  // namespace
