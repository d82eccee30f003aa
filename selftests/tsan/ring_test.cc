// SPDX-License-Identifier: GPL-2.0-only
//
// Two threads that sleep and wake each other over a small ring. A race, a
// message lost or out of order, or a wake-up lost fails the test; nothing here
// depends on how fast it runs.

extern "C" {
#include "core/ring.h"

#include "core/bell.h"
}

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <ctime>
#include <random>
#include <thread>

namespace {

constexpr uint64_t messages = 2'000'000;
constexpr uint32_t slots = 8;

/// A bell and the thread that sleeps behind it. The futex is one that the
/// sanitizer does not see: only the ring itself may order what is read.
class Sleeper {
 public:
  pika_bell bell{};

  void ring() {
    rung_.store(1, std::memory_order_relaxed);
    syscall(SYS_futex, &rung_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }

  /// Returns false if nobody rang for as long as a broken protocol takes.
  bool sleep() {
    ++sleeps;
    for (int i = 0; i < watchdog_; ++i) {
      if (rung_.exchange(0, std::memory_order_relaxed) != 0) return true;
      const timespec step{0, 100'000'000};
      syscall(SYS_futex, &rung_, FUTEX_WAIT_PRIVATE, 0, &step, nullptr, 0);
    }
    return false;
  }

  uint64_t sleeps = 0;

 private:
  static constexpr int watchdog_ = 200;
  std::atomic<uint32_t> rung_{0};
};

/// How a thread passes its time: batches of any size, with or without polling
/// before it sleeps.
class Habits {
 public:
  explicit Habits(uint32_t seed) : random_(seed) {}
  uint32_t batch() { return 1 + random_() % (2UL * slots); }
  bool polls_on() { return random_() % 16 != 0; }

 private:
  std::minstd_rand random_;
};

struct Ends {
  alignas(PIKA_LINE) char memory[sizeof(pika_ring_out) + slots * sizeof(pika_msg)]{};
  pika_ring_in in{};
  pika_producer out_end;
  pika_consumer in_end;
  Sleeper sender, receiver;

  Ends() {
    auto* out = reinterpret_cast<pika_ring_out*>(memory);
    pika_producer_init(&out_end, out, &in, slots);
    pika_consumer_init(&in_end, out, &in, slots);
  }
};

/// Arms, looks again, sleeps. @found: is there anything to do?
template <class Found>
bool sleep_unless(Sleeper& self, Found found) {
  pika_bell_arm(&self.bell);
  const bool woken = found() || self.sleep();
  pika_bell_disarm(&self.bell);
  return woken;
}

pika_msg message(uint64_t n) {
  pika_msg msg{};
  msg.type = PIKA_MSG_SEND;
  msg.flow = n;
  std::memset(msg.send.bytes, static_cast<int>(n), PIKA_MSG_INLINE);
  return msg;
}

bool is_message(const pika_msg& msg, uint64_t n) {
  const pika_msg expected = message(n);
  return msg.flow == n && std::memcmp(msg.send.bytes, expected.send.bytes, PIKA_MSG_INLINE) == 0;
}

/// Returns how many messages were sent.
uint64_t produce(Ends& e, uint32_t seed) {
  Habits habits(seed);
  uint64_t sent = 0;
  while (sent < messages) {
    bool room = true;
    for (uint32_t left = habits.batch(); left > 0 && sent < messages && room; --left) {
      const pika_msg msg = message(sent);
      room = pika_ring_push(&e.out_end, &msg);
      sent += room;
    }
    if (pika_bell_armed_after_publish(&e.receiver.bell)) e.receiver.ring();
    if (room || habits.polls_on()) continue;
    if (!sleep_unless(e.sender, [&] { return pika_producer_renew(&e.out_end); })) break;
  }
  return sent;
}

/// Returns how many messages came before the first that was not the expected.
uint64_t consume(Ends& e, uint32_t seed) {
  Habits habits(seed);
  uint64_t got = 0;
  while (got < messages) {
    const pika_msg* msg = nullptr;
    for (uint32_t left = habits.batch(); left > 0; --left) {
      msg = pika_ring_peek(&e.in_end);
      if (msg == nullptr) break;
      if (!is_message(*msg, got)) return got;
      pika_ring_pop(&e.in_end);
      ++got;
    }
    const bool sleeps = msg == nullptr && !habits.polls_on();
    if (sleeps) pika_consumer_publish(&e.in_end);
    if (pika_consumer_owes_bell(&e.in_end) && pika_bell_armed(&e.sender.bell)) e.sender.ring();
    if (!sleeps || got == messages) continue;
    if (!sleep_unless(e.receiver, [&] { return pika_ring_peek(&e.in_end) != nullptr; })) break;
  }
  return got;
}

void give_up(int) {
  constexpr char text[] = "alarm: both threads still run, or one hangs\n";
  [[maybe_unused]] const auto n = write(STDERR_FILENO, text, sizeof(text) - 1);
  _exit(1);
}

TEST(ring, threads__messages_arrive_once_in_order_and_nobody_sleeps_for_ever) {
  std::signal(SIGALRM, give_up);
  alarm(100);
  Ends ends;
  uint64_t sent = 0, got = 0;
  std::thread producer([&] { sent = produce(ends, 1); });
  std::thread consumer([&] { got = consume(ends, 2); });
  producer.join();
  consumer.join();
  alarm(0);
  EXPECT_EQ(sent, messages);
  EXPECT_EQ(got, messages);
  EXPECT_GT(ends.sender.sleeps, 100u);
  EXPECT_GT(ends.receiver.sleeps, 100u);
}

}  // namespace
