// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <limits>
#include <vector>

#include "tools/vfio_user/interrupts.hh"

namespace {

using pika::Descriptor;
using pika::vfio_user::Interrupts;

struct vfio_user_interrupts : testing::Test {
  vfio_user_interrupts() {
    for (Descriptor& each : events) each = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  }

  void assign() {
    std::vector<Descriptor> copies;
    for (const Descriptor& each : events) copies.emplace_back(dup(each.get()));
    ASSERT_TRUE(interrupts.assign(0, copies));
  }

  /// How often @p vector was raised since the last time.
  uint64_t heard(unsigned vector) const {
    uint64_t count = 0;
    return read(events[vector].get(), &count, sizeof(count)) == sizeof(count) ? count : 0;
  }

  unsigned pending() const {
    std::array<std::byte, 2> bits;
    interrupts.read_pending(0, bits);
    return std::to_integer<unsigned>(bits[0]) | std::to_integer<unsigned>(bits[1]) << 8;
  }

  std::array<Descriptor, 3> events;
  Interrupts interrupts{10};
};

TEST_F(vfio_user_interrupts, each_raises_its_own) {
  assign();
  interrupts.raise(1);
  interrupts.raise(1);
  EXPECT_EQ(heard(0), 0U);
  EXPECT_EQ(heard(1), 2U);
  EXPECT_EQ(interrupts.raised(), 2U);
}

TEST_F(vfio_user_interrupts, a_masked_one_is_pending_and_comes_once) {
  assign();
  interrupts.mask(2);
  interrupts.raise(2);
  interrupts.raise(2);
  EXPECT_EQ(heard(2), 0U);
  EXPECT_EQ(pending(), 1U << 2);
  interrupts.unmask(2);
  EXPECT_EQ(heard(2), 1U);
  EXPECT_EQ(pending(), 0U);
  interrupts.unmask(2);
  EXPECT_EQ(heard(2), 0U);
}

TEST_F(vfio_user_interrupts, one_without_an_eventfd_is_pending) {
  interrupts.raise(9);
  interrupts.raise(1);
  EXPECT_EQ(pending(), 1U << 9 | 1U << 1);
  assign();
  EXPECT_EQ(heard(1), 1U);
  EXPECT_EQ(pending(), 1U << 9);
  interrupts.unassign(0, 10);
  EXPECT_EQ(pending(), 0U);
  interrupts.raise(0);
  EXPECT_EQ(heard(0), 0U);
}

TEST_F(vfio_user_interrupts, nothing_but_eventfds) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::vector<Descriptor> wrong;
  wrong.emplace_back(dup(events[0].get()));
  wrong.emplace_back(ends[1]);
  const Descriptor other_end(ends[0]);
  EXPECT_FALSE(interrupts.assign(0, wrong));
  interrupts.raise(0);
  EXPECT_EQ(heard(0), 0U) << "all or none";
}

TEST_F(vfio_user_interrupts, a_full_counter_does_not_stop_us) {
  events[0] = Descriptor(eventfd(0, EFD_CLOEXEC));
  assign();
  const uint64_t full = std::numeric_limits<uint64_t>::max() - 1;
  ASSERT_EQ(write(events[0].get(), &full, sizeof(full)), static_cast<ssize_t>(sizeof(full)));
  interrupts.raise(0);
  EXPECT_EQ(heard(0), full);
}

TEST_F(vfio_user_interrupts, after_clear_nobody_hears) {
  assign();
  interrupts.mask(1);
  interrupts.raise(1);
  interrupts.clear();
  EXPECT_EQ(pending(), 0U);
  interrupts.raise(0);
  EXPECT_EQ(heard(0), 0U);
}

TEST_F(vfio_user_interrupts, pending_bits_beyond_the_vectors_are_zero) {
  for (unsigned i = 0; i < 10; i++) interrupts.raise(i);
  std::array<std::byte, 4> bits;
  interrupts.read_pending(1, bits);
  EXPECT_EQ(bits[0], std::byte{3});
  EXPECT_EQ(bits[1], std::byte{0});
}

}  // namespace
