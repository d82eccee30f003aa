// SPDX-License-Identifier: GPL-2.0-only
//
// The program's one thread: waits for descriptors and times, and calls those who wait.
#ifndef PIKA_NIC82599_LOOP_HH
#define PIKA_NIC82599_LOOP_HH

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "libpika/descriptor.hh"
#include "libpika/result.hh"
#include "tools/nic82599/host.hh"

namespace pika::nic82599 {

class Loop {
 public:
  using OnEvents = std::function<void(uint32_t events)>;

  /// Asks to be called at a time; at most one. Set without a system call.
  class Timer {
   public:
    Timer(Loop& loop, std::function<void()> call);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// At once if @p when is over; never for Time::max(), and until set again.
    void set(Time when) { when_ = when; }
    Time when() const { return when_; }

   private:
    friend Loop;
    Loop& loop_;
    std::function<void()> call_;
    Time when_ = Time::max();
  };

  /// Something that goes on whenever anything has happened.
  class Pump {
   public:
    virtual ~Pump() = default;

    /// Does a bounded piece of work.
    ///
    /// Returns: true if there is more that could be done now.
    virtual bool pump() = 0;
  };

  Loop();

  static Time now();

  /// Calls @p call for @p events (EPOLLIN ...) of @p fd, which stays its owner's. May be
  /// told again with other events.
  Result<Done> watch(int fd, uint32_t events, OnEvents call);
  Result<Done> change(int fd, uint32_t events);

  /// Before @p fd is closed. Also out of its own call.
  void forget(int fd);

  /// @p pump stays its owner's and outlives run().
  void add(Pump& pump) { pumps_.push_back(&pump); }

  /// Calls @p call before it waits for longer.
  void on_idle(std::function<void()> call) { on_idle_ = std::move(call); }

  /// Until stop(), or an error of the system's.
  Result<Done> run();
  void stop() { stopped_ = true; }

 private:
  Result<Done> turn(bool busy);
  Time next_time() const;
  void run_timers();
  bool run_pumps();

  Descriptor epoll_;
  std::vector<std::unique_ptr<OnEvents>> calls_;      ///< by descriptor
  std::vector<std::unique_ptr<OnEvents>> forgotten_;  ///< one of them may be running
  std::vector<Timer*> timers_;
  std::vector<Pump*> pumps_;
  std::function<void()> on_idle_;
  bool stopped_ = false;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_LOOP_HH
