// SPDX-License-Identifier: GPL-2.0-only
//
// Threads that sleep until their bell rings or virtual time has come. When all sleep
// nothing can happen any more at the time that it is, and the last one sets the clock to
// the next timer.
//
// The sanitizer sees none of the order that this makes (relaxed atomics, fences, a
// futex), so that what a thread reads of another's must be in order without.
#ifndef PIKA_SELFTESTS_CREW_HH
#define PIKA_SELFTESTS_CREW_HH

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace pika {

class Crew;

/// One thread.
class Member {
 public:
  explicit Member(Crew& crew) : crew_(crew) {}

  /// Wakes it up, or keeps it from falling asleep. For any thread.
  void ring();
  /// Until ring(), or until @p due in virtual time. For its own thread.
  /// @return false when all is over
  bool sleep(uint64_t due);

  /// How often it has slept, for when it has ended.
  uint64_t sleeps() const { return sleeps_; }

 private:
  friend class Crew;
  enum State : uint32_t { awake, asleep, rung };

  Crew& crew_;
  std::atomic<uint32_t> state_{awake};
  std::atomic<uint64_t> due_{0};
  uint64_t sleeps_ = 0;
};

/// All threads of a test and their clock, in nanoseconds.
class Crew {
 public:
  static constexpr uint64_t never = ~uint64_t{0};

  explicit Crew(uint64_t start) : now_(start) {}

  Member& add();
  uint64_t now() const { return now_.load(std::memory_order_relaxed); }
  /// Runs @p bodies, one for each member, in threads until all sleep for ever.
  void run(const std::vector<std::function<void()>>& bodies);

 private:
  friend class Member;
  void advance();

  std::vector<std::unique_ptr<Member>> members_;
  std::atomic<uint64_t> now_;
  std::atomic<uint32_t> awake_{0};
  std::atomic<bool> over_{false};
};

}  // namespace pika

#endif  // PIKA_SELFTESTS_CREW_HH
