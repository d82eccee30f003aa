// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/loop.hh"

#include <algorithm>

namespace pika::sim {

void Loop::at(Nanos when, Action action) {
  events_.push_back({std::max(when, now_), order_++, std::move(action)});
  std::push_heap(events_.begin(), events_.end(), later);
}

bool Loop::step() {
  if (failed() || events_.empty()) return false;
  std::pop_heap(events_.begin(), events_.end(), later);
  Event event = std::move(events_.back());
  events_.pop_back();
  now_ = event.when;
  steps_++;
  event.action();
  return !failed();
}

void Loop::run_until(Nanos deadline) {
  while (!events_.empty() && events_.front().when <= deadline)
    if (!step()) return;
  now_ = std::max(now_, deadline);
}

bool Loop::run_until(Nanos deadline, const std::function<bool()>& done) {
  while (!done()) {
    if (failed()) return false;
    if (events_.empty() || events_.front().when > deadline) {
      now_ = std::max(now_, deadline);
      return false;
    }
    step();
  }
  return true;
}

void Loop::run_all(uint64_t steps) {
  while (step())
    if (steps-- == 0) return fail("the simulation does not come to rest");
}

void Loop::fail(std::string why) {
  if (!failed()) failure_ = std::move(why);
}

}  // namespace pika::sim
