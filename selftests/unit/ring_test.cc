// SPDX-License-Identifier: GPL-2.0-only
//
// Both ends of a ring on one thread. What needs two is in selftests/tsan.

extern "C" {
#include "core/ring.h"
}

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace {

struct FreeLines {
  void operator()(void* p) const { operator delete (p, std::align_val_t{PIKA_LINE}); }
};

class Ring {
 public:
  explicit Ring(uint32_t slots)
      : out_(static_cast<pika_ring_out*>(operator new (pika_ring_out_size(slots),
                                                       std::align_val_t{PIKA_LINE}))),
        slots_(slots) {
    std::memset(static_cast<void*>(out_.get()), 0, pika_ring_out_size(slots));
    pika_producer_init(&producer, out_.get(), &in_, slots);
    pika_consumer_init(&consumer, out_.get(), &in_, slots);
  }
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// As if @n messages, a multiple of the slots, had gone through, or 2^32 more laps.
  void start_at(uint32_t n) { start_at(n, n / slots_ + 1); }
  void start_at(uint32_t n, uint32_t lap) {
    producer.head = consumer.tail = consumer.published = in_.tail = n;
    producer.limit = n + slots_;
    producer.lap = consumer.lap = lap;
    for (uint32_t i = 0; i < slots_; ++i) out_->slots[i].tag = lap - 1;
  }

  bool push(uint64_t flow) {
    pika_msg msg{};
    msg.type = PIKA_MSG_SEND;
    msg.flow = flow;
    return pika_ring_push(&producer, &msg);
  }

  /// The messages @first to @first + @n - 1; returns how many there was room for.
  uint32_t push_many(uint64_t first, uint32_t n) {
    uint32_t i = 0;
    while (i < n && push(first + i)) ++i;
    return i;
  }

  /// At most @n messages.
  std::vector<uint64_t> pop(uint32_t n) {
    std::vector<uint64_t> flows;
    const pika_msg* msg;
    while (flows.size() < n && (msg = pika_ring_peek(&consumer)) != nullptr) {
      flows.push_back(msg->flow);
      pika_ring_pop(&consumer);
    }
    return flows;
  }

  uint32_t slots() const { return slots_; }
  uint32_t published() const { return in_.tail; }
  bool wants_room() const { return out_->want_room != 0; }
  pika_ring_out& out() { return *out_; }

  pika_producer producer;
  pika_consumer consumer;

 private:
  std::unique_ptr<pika_ring_out, FreeLines> out_;
  pika_ring_in in_{};
  uint32_t slots_;
};

std::vector<uint64_t> sequence(uint64_t first, size_t n) {
  std::vector<uint64_t> flows(n);
  for (auto& flow : flows) flow = first++;
  return flows;
}

TEST(ring, peek__empty_ring_has_no_message) {
  Ring ring(8);
  EXPECT_EQ(pika_ring_peek(&ring.consumer), nullptr);
}

TEST(ring, push__every_byte_but_the_tag_arrives) {
  Ring ring(8);
  pika_msg msg;
  std::memset(static_cast<void*>(&msg), 0x5a, sizeof(msg));
  ASSERT_TRUE(pika_ring_push(&ring.producer, &msg));
  const pika_msg* got = pika_ring_peek(&ring.consumer);
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(std::memcmp(&got->type, &msg.type, sizeof(msg) - offsetof(pika_msg, type)), 0);
}

TEST(ring, push__tag_of_a_forwarded_message_is_ignored) {
  Ring from(8), to(8);
  from.push(7);
  const pika_msg* msg = pika_ring_peek(&from.consumer);
  ASSERT_NE(msg, nullptr);
  to.start_at(16);
  ASSERT_TRUE(pika_ring_push(&to.producer, msg));
  EXPECT_EQ(to.pop(8), sequence(7, 1));
}

TEST(ring, reserve__message_written_in_place_arrives) {
  Ring ring(8);
  pika_msg* slot = pika_ring_reserve(&ring.producer);
  ASSERT_NE(slot, nullptr);
  EXPECT_EQ(pika_ring_reserve(&ring.producer), slot);
  slot->flow = 7;
  EXPECT_EQ(pika_ring_peek(&ring.consumer), nullptr);
  pika_ring_commit(&ring.producer);
  EXPECT_EQ(pika_ring_peek(&ring.consumer), slot);
  EXPECT_EQ(ring.pop(8), sequence(7, 1));
}

TEST(ring, reserve__full_ring_has_no_slot) {
  Ring ring(8);
  ring.push_many(0, 8);
  EXPECT_EQ(pika_ring_reserve(&ring.producer), nullptr);
  EXPECT_TRUE(ring.wants_room());
}

TEST(ring, peek__message_stays_until_it_is_popped) {
  Ring ring(8);
  ring.push_many(1, 2);
  const pika_msg* first = pika_ring_peek(&ring.consumer);
  EXPECT_EQ(pika_ring_peek(&ring.consumer), first);
  pika_ring_pop(&ring.consumer);
  ASSERT_NE(pika_ring_peek(&ring.consumer), nullptr);
  EXPECT_EQ(pika_ring_peek(&ring.consumer)->flow, 2u);
}

TEST(ring, push__messages_arrive_in_order_over_many_laps) {
  Ring ring(8);
  uint64_t next = 0;
  for (int lap = 0; lap < 100; ++lap) {
    const uint32_t n = 1 + lap % 8;
    ASSERT_EQ(ring.push_many(next, n), n);
    ASSERT_EQ(ring.pop(8), sequence(next, n));
    next += n;
  }
}

TEST(ring, peek__message_of_the_last_lap_is_not_there_again) {
  Ring ring(8);
  ring.push_many(0, 8);
  EXPECT_EQ(ring.pop(100).size(), 8u);
  EXPECT_EQ(pika_ring_peek(&ring.consumer), nullptr);
}

TEST(ring, push__full_ring_refuses_and_keeps_what_it_has) {
  Ring ring(8);
  EXPECT_EQ(ring.push_many(0, 9), 8u);
  EXPECT_FALSE(ring.push(99));
  EXPECT_EQ(ring.pop(100), sequence(0, 8));
}

TEST(ring, push__full_ring_sets_want_room) {
  Ring ring(8);
  ring.push_many(0, 8);
  EXPECT_FALSE(ring.wants_room());
  EXPECT_FALSE(ring.push(8));
  EXPECT_TRUE(ring.wants_room());
}

TEST(ring, push__first_success_clears_want_room) {
  Ring ring(8);
  ring.push_many(0, 9);
  ring.pop(2);
  EXPECT_TRUE(ring.wants_room());
  EXPECT_TRUE(ring.push(8));
  EXPECT_FALSE(ring.wants_room());
}

TEST(ring, push__credit_lasts_until_it_is_used_up) {
  Ring ring(8);
  ring.push_many(0, 4);
  ring.pop(4);
  EXPECT_EQ(ring.producer.limit, 8u);
  ring.push_many(4, 4);
  EXPECT_EQ(ring.producer.limit, 8u);
  ring.push(8);
  EXPECT_EQ(ring.producer.limit, 12u);
}

TEST(ring, push__room_that_is_not_published_is_not_used) {
  Ring ring(8);
  ring.push_many(0, 8);
  ring.pop(1);
  EXPECT_FALSE(ring.push(8));
  ring.pop(1);
  EXPECT_EQ(ring.push_many(8, 8), 2u);
}

TEST(ring, renew__finds_room_that_was_published_since) {
  Ring ring(8);
  ring.push_many(0, 9);
  EXPECT_FALSE(pika_producer_renew(&ring.producer));
  ring.pop(1);
  pika_consumer_publish(&ring.consumer);
  EXPECT_TRUE(pika_producer_renew(&ring.producer));
  EXPECT_FALSE(ring.wants_room());
}

TEST(ring, pop__publishes_every_quarter) {
  Ring ring(64);
  ring.push_many(0, 64);
  ring.pop(15);
  EXPECT_EQ(ring.published(), 0u);
  ring.pop(1);
  EXPECT_EQ(ring.published(), 16u);
  ring.pop(31);
  EXPECT_EQ(ring.published(), 32u);
  ring.pop(1);
  EXPECT_EQ(ring.published(), 48u);
}

TEST(ring, publish__says_what_pop_has_kept_back) {
  Ring ring(64);
  ring.push_many(0, 3);
  ring.pop(3);
  EXPECT_EQ(ring.published(), 0u);
  pika_consumer_publish(&ring.consumer);
  EXPECT_EQ(ring.published(), 3u);
}

TEST(ring, publish__without_news_owes_no_bell) {
  Ring ring(8);
  ring.push_many(0, 9);
  ring.pop(2);
  EXPECT_TRUE(pika_consumer_owes_bell(&ring.consumer));
  pika_consumer_publish(&ring.consumer);
  EXPECT_FALSE(pika_consumer_owes_bell(&ring.consumer));
}

TEST(ring, owes_bell__only_to_a_producer_that_wants_room) {
  Ring ring(8);
  ring.push_many(0, 8);
  ring.pop(2);
  EXPECT_FALSE(pika_consumer_owes_bell(&ring.consumer));
}

TEST(ring, owes_bell__once_for_each_published_tail) {
  Ring ring(8);
  ring.push_many(0, 9);
  ring.pop(2);
  EXPECT_TRUE(pika_consumer_owes_bell(&ring.consumer));
  EXPECT_FALSE(pika_consumer_owes_bell(&ring.consumer));
  ring.pop(2);
  EXPECT_TRUE(pika_consumer_owes_bell(&ring.consumer));
}

TEST(ring, owes_bell__not_before_room_is_published) {
  Ring ring(8);
  ring.push_many(0, 9);
  ring.pop(1);
  EXPECT_FALSE(pika_consumer_owes_bell(&ring.consumer));
  pika_consumer_publish(&ring.consumer);
  EXPECT_TRUE(pika_consumer_owes_bell(&ring.consumer));
}

TEST(ring, owes_bell__not_to_a_producer_that_has_seen_the_room) {
  Ring ring(8);
  ring.push_many(0, 9);
  ring.pop(2);
  ring.push(8);
  EXPECT_FALSE(pika_consumer_owes_bell(&ring.consumer));
}

TEST(ring, owes_bell__again_to_a_producer_that_has_filled_the_room) {
  Ring ring(8);
  ring.push_many(0, 9);
  ring.pop(2);
  EXPECT_TRUE(pika_consumer_owes_bell(&ring.consumer));
  EXPECT_EQ(ring.push_many(8, 3), 2u);
  ring.pop(2);
  EXPECT_TRUE(pika_consumer_owes_bell(&ring.consumer));
}

TEST(ring, lap__counts_from_one) {
  Ring ring(8);
  ring.push_many(0, 8);
  EXPECT_EQ(ring.out().slots[7].tag, 1u);
  ring.pop(8);
  ring.push_many(8, 1);
  EXPECT_EQ(ring.out().slots[0].tag, 2u);
}

TEST(ring, lap__starts_again_from_zero) {
  Ring ring(8);
  ring.start_at(16, UINT32_MAX);
  for (uint64_t i = 0; i < 24; i += 4) {
    EXPECT_TRUE(ring.pop(1).empty());
    EXPECT_EQ(ring.push_many(i, 4), 4u);
    EXPECT_EQ(ring.pop(5), (std::vector<uint64_t>{i, i + 1, i + 2, i + 3}));
  }
  EXPECT_EQ(ring.consumer.lap, 2u);
}

TEST(ring, init__consumer_may_come_after_the_first_message) {
  Ring ring(8);
  ring.push_many(0, 3);
  pika_ring_in in{};
  pika_consumer_init(&ring.consumer, &ring.out(), &in, 8);
  EXPECT_EQ(ring.pop(8), sequence(0, 3));
}

TEST(ring, layout__no_line_is_written_by_both_sides) {
  EXPECT_EQ(offsetof(pika_ring_out, slots), size_t{PIKA_LINE});
  EXPECT_EQ(sizeof(pika_ring_in), size_t{PIKA_LINE});
  EXPECT_EQ(pika_ring_out_size(8), size_t{9} * PIKA_LINE);
}

/// A page that one side may write and the other only read.
class SharedPage {
 public:
  SharedPage() {
    const int fd = memfd_create("ring", 0);
    EXPECT_EQ(ftruncate(fd, size_), 0);
    own_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    theirs_ = mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
  }
  SharedPage(const SharedPage&) = delete;
  SharedPage& operator=(const SharedPage&) = delete;
  ~SharedPage() {
    munmap(own_, size_);
    munmap(theirs_, size_);
  }

  template <class T>
  T* own() {
    return static_cast<T*>(own_);
  }
  template <class T>
  const T* theirs() const {
    return static_cast<const T*>(theirs_);
  }

 private:
  static constexpr size_t size_ = 4096;
  void* own_;
  void* theirs_;
};

TEST(ring, protection__each_side_only_reads_the_other) {
  SharedPage out, in;
  pika_producer p;
  pika_consumer c;
  pika_producer_init(&p, out.own<pika_ring_out>(), in.theirs<pika_ring_in>(), 8);
  pika_consumer_init(&c, out.theirs<pika_ring_out>(), in.own<pika_ring_in>(), 8);
  const pika_msg msg{};
  for (int lap = 0; lap < 100; ++lap) {
    for (int i = 0; i < 9; ++i) EXPECT_EQ(pika_ring_push(&p, &msg), i < 8);
    for (int i = 0; i < 8 && pika_ring_peek(&c) != nullptr; ++i) pika_ring_pop(&c);
    pika_consumer_publish(&c);
    EXPECT_TRUE(pika_consumer_owes_bell(&c));
  }
}

class ring_of : public testing::TestWithParam<uint32_t> {};

TEST_P(ring_of, slots__holds_as_many_messages) {
  Ring ring(GetParam());
  EXPECT_EQ(ring.push_many(0, ring.slots() + 1), ring.slots());
  EXPECT_EQ(ring.pop(ring.slots() + 1), sequence(0, ring.slots()));
  EXPECT_EQ(ring.published(), ring.slots());
}

TEST_P(ring_of, slots__counts_wrap) {
  Ring ring(GetParam());
  ring.start_at(-2 * ring.slots());
  uint64_t next = 0;
  for (int pass = 0; pass < 12; ++pass) {
    const uint32_t n = ring.slots() / 4 + 1;
    ASSERT_EQ(ring.push_many(next, n), n);
    ASSERT_EQ(ring.pop(ring.slots()), sequence(next, n));
    next += n;
  }
  EXPECT_EQ(ring.producer.head, ring.consumer.tail);
  EXPECT_LT(ring.producer.head, 3 * ring.slots());
}

TEST_P(ring_of, slots__full_and_empty_are_told_apart_where_counts_wrap) {
  Ring ring(GetParam());
  ring.start_at(-ring.slots());
  EXPECT_EQ(pika_ring_peek(&ring.consumer), nullptr);
  ring.push_many(0, ring.slots() / 2);
  ring.pop(ring.slots() / 2);
  EXPECT_EQ(ring.push_many(0, 2 * ring.slots()), ring.slots());
  EXPECT_TRUE(ring.wants_room());
  EXPECT_EQ(ring.producer.head, ring.slots() / 2);
  EXPECT_EQ(ring.pop(2 * ring.slots()), sequence(0, ring.slots()));
  EXPECT_TRUE(pika_consumer_owes_bell(&ring.consumer));
  EXPECT_EQ(pika_ring_peek(&ring.consumer), nullptr);
  EXPECT_EQ(ring.push_many(0, 2 * ring.slots()), ring.slots());
}

INSTANTIATE_TEST_SUITE_P(sizes, ring_of,
                         testing::Values(PIKA_RING_MIN_SLOTS, PIKA_RING_SLOTS,
                                         PIKA_RING_MAX_SLOTS));

}  // namespace
