// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/impair.hh"

namespace pika::nic82599 {
namespace {

/// Bytes that the smallest frame takes to be held.
constexpr size_t least_cost = 256;

}  // namespace

Impair::Impair(Loop& loop, Sink& to, const Badness& badness)
    : to_(to), badness_(badness), random_(badness.seed), timer_(loop, [this] { release(); }) {}

void Impair::take(ConstBytes frame) {
  if (happens(badness_.loss)) {
    lost_++;
    return;
  }
  if (happens(badness_.corrupt) && !frame.empty()) {
    std::vector<std::byte> damaged(frame.begin(), frame.end());
    const uint64_t bit = random_() % (damaged.size() * 8);
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    pass(damaged);
  } else {
    pass(frame);
  }
  if (happens(badness_.duplicate)) pass(frame);
}

void Impair::pass(ConstBytes frame) {
  const Time late = badness_.delay + (happens(badness_.reorder) ? reorder_by : Time::zero());
  if (late == Time::zero()) return to_.take(frame);
  if (held_bytes_ + frame.size() + least_cost > max_held) {
    lost_++;
    return;
  }
  held_bytes_ += frame.size() + least_cost;
  held_.emplace(Loop::now() + late, std::vector<std::byte>(frame.begin(), frame.end()));
  timer_.set(held_.begin()->first);
}

void Impair::release() {
  const Time now = Loop::now();
  while (!held_.empty() && held_.begin()->first <= now) {
    const auto first = held_.extract(held_.begin());
    held_bytes_ -= first.mapped().size() + least_cost;
    to_.take(first.mapped());
  }
  timer_.set(held_.empty() ? Time::max() : held_.begin()->first);
}

}  // namespace pika::nic82599
