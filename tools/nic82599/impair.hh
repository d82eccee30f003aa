// SPDX-License-Identifier: GPL-2.0-only
//
// A bad line: loses, damages, doubles, delays and reorders frames, by a seed. The same
// frames in the same order fare alike each time.
#ifndef PIKA_NIC82599_IMPAIR_HH
#define PIKA_NIC82599_IMPAIR_HH

#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "tools/nic82599/loop.hh"
#include "tools/nic82599/sink.hh"

namespace pika::nic82599 {

/// Shares are of one frame in 1: 0.01 is every hundredth.
struct Badness {
  double loss = 0;
  double corrupt = 0;    ///< one bit of the frame
  double duplicate = 0;  ///< comes twice
  double reorder = 0;    ///< comes reorder_by later than the others
  Time delay{};          ///< of every frame
  uint64_t seed = 1;

  bool is_any() const {
    return loss > 0 || corrupt > 0 || duplicate > 0 || reorder > 0 || delay > Time::zero();
  }
};

class Impair final : public Sink {
 public:
  static constexpr Time reorder_by = std::chrono::milliseconds(1);
  static constexpr size_t max_held = 64 << 20;  ///< bytes; frames beyond are lost

  /// @p loop and @p to outlive it.
  Impair(Loop& loop, Sink& to, const Badness& badness);

  void take(ConstBytes frame) override;

  /// Who sends may wait only for what is not held back here.
  bool has_room() override { return to_.has_room(); }

  uint64_t lost() const { return lost_; }

 private:
  bool happens(double share) { return share > 0 && chance_(random_) < share; }
  void pass(ConstBytes frame);
  void release();

  Sink& to_;
  Badness badness_;
  std::mt19937_64 random_;
  std::uniform_real_distribution<double> chance_{0, 1};
  Loop::Timer timer_;
  std::multimap<Time, std::vector<std::byte>> held_;  ///< by when they go on
  size_t held_bytes_ = 0;
  uint64_t lost_ = 0;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_IMPAIR_HH
