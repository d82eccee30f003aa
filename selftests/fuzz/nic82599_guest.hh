// SPDX-License-Identifier: GPL-2.0-only
//
// A guest of the 82599 that says anything: its memory, and what the card must never do,
// whatever it is told.
#ifndef PIKA_SELFTESTS_FUZZ_NIC82599_GUEST_HH
#define PIKA_SELFTESTS_FUZZ_NIC82599_GUEST_HH

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "tools/nic82599/card.hh"
#include "tools/nic82599/fault.hh"
#include "tools/nic82599/registers.hh"

namespace pika::nic82599::fuzz {

inline void check(bool holds) {
  if (!holds) abort();
}

/// Reads a program; its end reads as zeroes.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(data, size) {}

  bool done() const { return left_.empty(); }
  template <typename T>
  T take() {
    T value{};
    const size_t size = std::min(sizeof(value), left_.size());
    memcpy(&value, left_.data(), size);
    left_ = left_.subspan(size);
    return value;
  }
  std::span<const uint8_t> bytes(size_t size) {
    const auto taken = left_.first(std::min(size, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const uint8_t> left_;
};

class Guest final : public Host {
 public:
  static constexpr uint64_t base = 0x10000;
  static constexpr size_t size = 128 * size_t{1024};

  Guest() : memory_(size), card_(*this, {}) {}

  void begin() {
    std::fill(memory_.begin(), memory_.end(), std::byte{0});
    card_.set_removed(false);
    card_.set_fault(0);
    card_.set_link(true);
    clock_ += std::chrono::seconds(1);
    changes_ = 0;
  }

  bool read(uint64_t address, Bytes to) override {
    count(to.size());
    if (!inside(address, to.size())) return false;
    memcpy(to.data(), &memory_[address - base], to.size());
    // Another processor is at work there meanwhile.
    if (changes_) memory_[(address - base) % size] ^= std::byte{changes_};
    return true;
  }
  bool write(uint64_t address, ConstBytes from) override {
    count(from.size());
    if (!inside(address, from.size())) return false;
    memcpy(&memory_[address - base], from.data(), from.size());
    return true;
  }
  void interrupt(unsigned vector) override { check(vector < Card::vectors); }
  void transmit(ConstBytes frame) override {
    check(frame.size() >= 14 && frame.size() <= 256 * size_t{1024} + 4);
    seen_ ^= frame.front() ^ frame.back();
    count(frame.size());
  }
  Time now() const override { return clock_; }
  void wake_at(Time when) override { wake_ = when; }
  void complain(std::string_view what) override { check(!what.empty() && what.size() < 100); }

  Card& card() { return card_; }

  /// Call after everything that the card did: it was a bounded amount of work.
  void did() {
    check(moved_ < (size_t{32} << 20));
    moved_ = 0;
  }
  void pass(Time time) {
    clock_ += time;
    for (int i = 0; i < 8 && wake_ <= clock_; i++) {
      wake_ = Time::max();
      card_.run();
      did();
    }
  }
  void fill(size_t at, std::span<const uint8_t> from) {
    at %= size;
    memcpy(&memory_[at], from.data(), std::min(from.size(), size - at));
  }
  void set_changes(uint8_t mask) { changes_ = mask; }

  void write_register(uint32_t offset, uint32_t value) {
    card_.write_bar0(offset, std::as_bytes(std::span(&value, 1)));
    did();
  }
  uint32_t read_register(uint32_t offset) {
    uint32_t value = 0;
    card_.read_bar0(offset, std::as_writable_bytes(std::span(&value, 1)));
    did();
    return value;
  }

 private:
  static bool inside(uint64_t address, size_t bytes) {
    return address >= base && address - base <= size && bytes <= size - (address - base);
  }
  void count(size_t bytes) { moved_ += bytes + 16; }

  std::vector<std::byte> memory_;
  Card card_;
  Time clock_{1'000'000'000};
  Time wake_ = Time::max();
  size_t moved_ = 0;
  uint8_t changes_ = 0;
  std::byte seen_{};
};

}  // namespace pika::nic82599::fuzz

#endif  // PIKA_SELFTESTS_FUZZ_NIC82599_GUEST_HH
