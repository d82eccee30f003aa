// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/loop.hh"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>

namespace pika::nic82599 {
namespace {

Error error_of(const char* what) { return {errno, std::string(what) + ": " + strerror(errno)}; }

timespec to_timespec(Time time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  return {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
}

}  // namespace

Loop::Timer::Timer(Loop& loop, std::function<void()> call) : loop_(loop), call_(std::move(call)) {
  loop_.timers_.push_back(this);
}

Loop::Timer::~Timer() { std::erase(loop_.timers_, this); }

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

Time Loop::now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Result<Done> Loop::watch(int fd, uint32_t events, OnEvents call) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0) return error_of("epoll");
  const auto slot = static_cast<size_t>(fd);
  if (calls_.size() <= slot) calls_.resize(slot + 1);
  calls_[slot] = std::make_unique<OnEvents>(std::move(call));
  return Done{};
}

Result<Done> Loop::change(int fd, uint32_t events) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) < 0) return error_of("epoll");
  return Done{};
}

void Loop::forget(int fd) {
  const auto slot = static_cast<size_t>(fd);
  if (slot >= calls_.size() || !calls_[slot]) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  forgotten_.push_back(std::move(calls_[slot]));
}

Result<Done> Loop::run() {
  bool busy = true;
  while (!stopped_) {
    if (auto turned = turn(busy); !turned) return turned;
    run_timers();
    busy = run_pumps();
    forgotten_.clear();
  }
  return Done{};
}

Result<Done> Loop::turn(bool busy) {
  std::array<epoll_event, 16> events;
  if (!busy && on_idle_) on_idle_();
  const Time next = busy ? Time::zero() : next_time();
  const timespec wait =
      to_timespec(std::max(Time::zero(), next == Time::max() ? next : next - now()));
  const int ready = epoll_pwait2(epoll_.get(), events.data(), events.size(),
                                 next == Time::max() ? nullptr : &wait, nullptr);
  if (ready < 0 && errno != EINTR) return error_of("epoll");
  for (int i = 0; i < ready; i++)
    if (const auto& call = calls_[static_cast<size_t>(events[i].data.fd)])
      (*call)(events[i].events);
  return Done{};
}

Time Loop::next_time() const {
  Time next = Time::max();
  for (const Timer* timer : timers_) next = std::min(next, timer->when_);
  return next;
}

void Loop::run_timers() {
  const Time next = next_time();
  if (next == Time::max() || next > now()) return;
  const Time at = now();
  // A call may make or end timers: by index, as far as there are any.
  for (size_t i = 0; i < timers_.size(); i++) {
    if (timers_[i]->when_ > at) continue;
    timers_[i]->when_ = Time::max();
    timers_[i]->call_();
  }
}

bool Loop::run_pumps() {
  bool busy = false;
  for (Pump* pump : pumps_) busy |= pump->pump();
  return busy;
}

}  // namespace pika::nic82599
