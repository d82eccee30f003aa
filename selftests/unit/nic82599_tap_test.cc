// SPDX-License-Identifier: GPL-2.0-only
//
// Each test is a process with a network namespace of its own, where it is root.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tools/nic82599/tap.hh"

namespace {

using pika::Descriptor;
using pika::nic82599::ConstBytes;
using pika::nic82599::Loop;
using pika::nic82599::Sink;
using pika::nic82599::Tap;

/// Of no protocol that anything answers to.
constexpr uint16_t type = 0x88b5;

struct Card final : Sink {
  void take(ConstBytes frame) override {
    if (static_cast<uint8_t>(frame[12]) == type >> 8)
      frames.emplace_back(reinterpret_cast<const char*>(frame.data()), frame.size());
  }
  bool has_room() override { return room > frames.size(); }

  std::vector<std::string> frames;
  size_t room = 1000;
};

std::string frame(char what, size_t size = 100) {
  std::string text(size, what);
  text.replace(0, 6, 6, '\xff');
  text[6] = 2;
  text[12] = static_cast<char>(type >> 8);
  text[13] = static_cast<char>(type & 0xff);
  return text;
}

/// What the machine has of the device.
class Machine {
 public:
  explicit Machine(const char* name) : socket_(::socket(AF_PACKET, SOCK_RAW, htons(type))) {
    ifreq request{};
    std::string(name).copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    ioctl(socket_.get(), SIOCSIFFLAGS, &request);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(type);
    address.sll_ifindex = static_cast<int>(if_nametoindex(name));
    bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }

  void send(const std::string& text) { ::send(socket_.get(), text.data(), text.size(), 0); }

  std::string receive() {
    std::string text(2000, 0);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const ssize_t length = recv(socket_.get(), text.data(), text.size(), 0);
    text.resize(length < 0 ? 0 : static_cast<size_t>(length));
    return text;
  }

 private:
  Descriptor socket_;
};

/// Runs @p test there; its process's exit status says whether all was as expected.
template <class Test>
void in_namespace(Test test) {
  const bool inside = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
  if (!inside) std::exit(2);
  Loop loop;
  Card card;
  auto tap = Tap::open("tap0", loop, card);
  if (!tap) std::exit(3);
  Machine machine("tap0");
  loop.add(**tap);
  test(loop, **tap, card, machine);
  std::exit(testing::Test::HasFailure() ? 1 : 0);
}

/// Until @p count frames have come, or ten seconds are over.
void run(Loop& loop, const Card& card, size_t count) {
  const auto end = Loop::now() + std::chrono::seconds(10);
  Loop::Timer tick(loop, [&] {
    if (card.frames.size() >= count || Loop::now() > end)
      loop.stop();
    else
      tick.set(Loop::now() + std::chrono::milliseconds(10));
  });
  tick.set(Loop::now());
  EXPECT_TRUE(loop.run());
}

TEST(nic82599_tap, what_the_card_sends_the_machine_receives) {
  EXPECT_EXIT(in_namespace([](Loop&, Tap& tap, Card&, Machine& machine) {
                const std::string sent = frame('a');
                tap.take(std::as_bytes(std::span(sent)));
                EXPECT_EQ(machine.receive(), sent);
                EXPECT_EQ(tap.dropped(), 0U);
              }),
              testing::ExitedWithCode(0), "");
}

TEST(nic82599_tap, what_the_machine_sends_the_card_receives_in_order) {
  EXPECT_EXIT(in_namespace([](Loop& loop, Tap&, Card& card, Machine& machine) {
                for (char what = 'a'; what <= 'z'; what++) machine.send(frame(what));
                run(loop, card, 26);
                ASSERT_EQ(card.frames.size(), 26U);
                for (size_t i = 0; i < 26; i++)
                  EXPECT_EQ(card.frames[i], frame(static_cast<char>('a' + i)));
              }),
              testing::ExitedWithCode(0), "");
}

TEST(nic82599_tap, frames_wait_while_the_card_has_no_room) {
  EXPECT_EXIT(in_namespace([](Loop& loop, Tap& tap, Card& card, Machine& machine) {
                card.room = 3;
                for (int i = 0; i < 10; i++) machine.send(frame('x'));
                run(loop, card, 3);
                EXPECT_FALSE(tap.pump()) << "nothing to do until there is room";
                EXPECT_EQ(card.frames.size(), 3U);
                card.room = 1000;
                while (tap.pump()) {
                }
                EXPECT_EQ(card.frames.size(), 10U);
              }),
              testing::ExitedWithCode(0), "");
}

TEST(nic82599_tap, a_device_that_is_down_takes_nothing_and_that_is_counted) {
  EXPECT_EXIT(in_namespace([](Loop& loop, Tap&, Card& card, Machine&) {
                auto down = Tap::open("tap1", loop, card);
                ASSERT_TRUE(down);
                const std::string sent = frame('a');
                (*down)->take(std::as_bytes(std::span(sent)));
                EXPECT_EQ((*down)->dropped(), 1U);
              }),
              testing::ExitedWithCode(0), "");
}

}  // namespace
