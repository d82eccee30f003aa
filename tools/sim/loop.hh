// SPDX-License-Identifier: GPL-2.0-only
//
// Virtual time: what happens, in order of when. Everything in a simulation hangs
// on one loop, and a failed invariant ends it.
#ifndef PIKA_SIM_LOOP_HH
#define PIKA_SIM_LOOP_HH

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pika::sim {

/// Nanoseconds of virtual time.
using Nanos = uint64_t;

constexpr Nanos operator""_us(unsigned long long n) { return n * 1'000; }
constexpr Nanos operator""_ms(unsigned long long n) { return n * 1'000'000; }
constexpr Nanos operator""_s(unsigned long long n) { return n * 1'000'000'000; }

/// The clock and the events to come. Events of the same time run in the order in
/// which they were added, so that a run depends on its seed alone.
class Loop {
 public:
  using Action = std::function<void()>;

  /// @param start what now() says first
  explicit Loop(Nanos start = 0) : start_(start), now_(start) {}

  Nanos now() const { return now_; }
  /// Time since the loop began.
  Nanos elapsed() const { return now_ - start_; }

  /// Does @p action at @p when, or now if that is past.
  void at(Nanos when, Action action);
  void after(Nanos delay, Action action) { at(now_ + delay, std::move(action)); }

  /// Runs the next event. @return false if there was none, or something failed.
  bool step();
  /// Runs until nothing is left to do, until @p deadline or until something failed.
  /// now() is @p deadline then, unless it failed.
  void run_until(Nanos deadline);
  /// Runs until @p done says so, at most until @p deadline.
  /// @return whether it did
  bool run_until(Nanos deadline, const std::function<bool()>& done);
  /// Runs until nothing is left to do.
  /// Fails if that takes more than @p steps events: something never rests.
  void run_all(uint64_t steps);

  /// Ends the simulation: @p why, one line. Only the first reason counts.
  void fail(std::string why);
  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }

  bool idle() const { return events_.empty(); }
  /// When the next event is due. Not idle.
  Nanos next() const { return events_.front().when; }
  uint64_t steps() const { return steps_; }

 private:
  struct Event {
    Nanos when;
    uint64_t order;
    Action action;
  };
  static bool later(const Event& a, const Event& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  Nanos start_;
  Nanos now_;
  uint64_t order_ = 0;
  uint64_t steps_ = 0;
  std::vector<Event> events_;  // a heap
  std::string failure_;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_LOOP_HH
