// SPDX-License-Identifier: GPL-2.0-only

#include "selftests/tsan/crew.hh"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace pika {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

/// Orders for the machine, but not for the sanitizer, which takes no notice of fences.
void fence() { std::atomic_thread_fence(std::memory_order_seq_cst); }

void wait_while(std::atomic<uint32_t>& word, uint32_t value) {
  while (word.load(relaxed) == value)
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

void wake(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace

/// Who wakes somebody up counts him as awake, so that nobody takes all for asleep
/// before he is.
void Member::ring() {
  fence();
  if (state_.exchange(rung, relaxed) != asleep) return;
  crew_.awake_.fetch_add(1, relaxed);
  wake(state_);
}

bool Member::sleep(uint64_t due) {
  sleeps_++;
  due_.store(due, relaxed);
  fence();
  uint32_t was = awake;
  if (state_.compare_exchange_strong(was, asleep, relaxed)) {
    if (crew_.awake_.fetch_sub(1, relaxed) == 1) crew_.advance();
    wait_while(state_, asleep);
  }
  state_.exchange(awake, relaxed);
  fence();
  return !crew_.over_.load(relaxed);
}

Member& Crew::add() { return *members_.emplace_back(std::make_unique<Member>(*this)); }

/// Everybody sleeps but the caller, who is about to. Those who are woken may all be
/// asleep again before the last of them has been.
void Crew::advance() {
  do {
    fence();
    uint64_t next = never;
    for (const auto& member : members_) next = std::min(next, member->due_.load(relaxed));
    over_.store(next == never, relaxed);
    if (next != never) now_.store(std::max(next, now()), relaxed);
    awake_.fetch_add(1, relaxed);
    for (const auto& member : members_)
      if (member->due_.load(relaxed) <= next) member->ring();
  } while (awake_.fetch_sub(1, relaxed) == 1);
}

void Crew::run(const std::vector<std::function<void()>>& bodies) {
  awake_.store(static_cast<uint32_t>(bodies.size()), relaxed);
  std::vector<std::thread> threads;
  threads.reserve(bodies.size());
  for (const auto& body : bodies) threads.emplace_back(body);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace pika
