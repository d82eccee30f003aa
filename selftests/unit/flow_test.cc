// SPDX-License-Identifier: GPL-2.0-only

extern "C" {
#include "core/flow.h"
}

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace {

pika_flow_key v4_key(uint32_t remote, uint16_t remote_port) {
  constexpr pika_addr local = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}};
  pika_flow_key key = {
      .local = local, .remote = local, .local_port = 80, .remote_port = remote_port};
  std::memcpy(key.remote.b + 12, &remote, sizeof(remote));
  return key;
}

pika_flow_key v6_key(uint32_t remote, uint16_t remote_port) {
  pika_flow_key key = v4_key(remote, remote_port);
  key.local.b[0] = key.remote.b[0] = 0x20;
  return key;
}

constexpr pika_flow_secret some_secret = {
    {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89,
     0x452821e638d01377, 0xbe5466cf34e90c6c, 0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917,
     0x9216d5d98979fb1b, 0xd1310ba698dfb5ac}};

class flow : public testing::Test {
 protected:
  explicit flow(uint32_t slots = 64) : slots_(slots) {
    pika_flow_init(&table_, slots_.data(), slots, &some_secret, key_of, this);
  }

  /// The table calls it only for what was added and not removed.
  static const pika_flow_key* key_of(void* owner, uint32_t index) {
    auto* self = static_cast<flow*>(owner);
    self->keys_asked_++;
    return &self->keys_.at(index);
  }

  bool add(const pika_flow_key& key, uint32_t index) {
    keys_[index] = key;
    return pika_flow_add(&table_, &key, index);
  }
  bool remove(uint32_t index) {
    const bool removed = pika_flow_remove(&table_, hash(keys_.at(index)), index);
    keys_.erase(index);
    return removed;
  }
  uint32_t hash(const pika_flow_key& key) const { return pika_flow_hash(&table_.secret, &key); }
  uint32_t find(const pika_flow_key& key) const { return pika_flow_find(&table_, &key); }

  /// @n keys that all want the slot @home.
  std::vector<pika_flow_key> keys_for(uint32_t home, size_t n) {
    std::vector<pika_flow_key> keys;
    for (uint32_t remote = 1; keys.size() < n; remote++) {
      const auto key = v4_key(remote, 1024);
      if ((pika_flow_hash(&table_.secret, &key) & table_.mask) == home) keys.push_back(key);
    }
    return keys;
  }

  std::vector<pika_flow_slot> slots_;
  pika_flow_table table_;
  std::map<uint32_t, pika_flow_key> keys_;
  int keys_asked_ = 0;
};

TEST(flow_hash, depends_on_every_bit_of_key_and_secret) {
  for (const auto& key : {v4_key(0x01020304, 5), v6_key(0x01020304, 5)}) {
    const bool v4 = key.local.b[0] == 0;
    std::set<uint32_t> seen = {pika_flow_hash(&some_secret, &key)};
    size_t tried = 1;
    for (size_t byte = 0; byte < sizeof(key); byte++) {
      if (v4 && byte % 16 < 12 && byte < 32) continue;
      for (int bit = 0; bit < 8; bit++, tried++) {
        auto other = key;
        reinterpret_cast<uint8_t*>(&other)[byte] ^= 1 << bit;
        seen.insert(pika_flow_hash(&some_secret, &other));
      }
    }
    for (size_t word = 0; word < (v4 ? 4 : std::size(some_secret.k)); word++, tried++) {
      auto other = some_secret;
      other.k[word] ^= 1ull << 40;
      seen.insert(pika_flow_hash(&other, &key));
    }
    EXPECT_EQ(seen.size(), tried);
  }
}

// Over random secrets, any two keys collide in a table of 2^10 about once in 2^10 times;
// keys that differ least are the ones that a client chooses most easily.
TEST(flow_hash, of_two_keys_agrees_for_few_secrets) {
  const pika_flow_key keys[] = {v4_key(1, 1), v4_key(1, 2), v4_key(2, 1), v6_key(1, 1)};
  std::mt19937_64 random(1);
  std::map<std::pair<size_t, size_t>, int> collisions;
  for (int round = 0; round < 1 << 15; round++) {
    pika_flow_secret secret;
    for (auto& word : secret.k) word = random();
    for (size_t a = 0; a < std::size(keys); a++)
      for (size_t b = 0; b < a; b++)
        collisions[{a, b}] +=
            ((pika_flow_hash(&secret, &keys[a]) ^ pika_flow_hash(&secret, &keys[b])) & 1023) == 0;
  }
  for (const auto& [pair, n] : collisions) EXPECT_LT(n, 2 * 32) << pair.first << pair.second;
}

TEST_F(flow, find__of_an_empty_table_is_none) { EXPECT_EQ(find(v4_key(1, 1)), PIKA_POOL_NONE); }

TEST_F(flow, find__tells_apart_flows_that_differ_in_one_field) {
  std::vector<pika_flow_key> keys(6, v4_key(1, 1));
  keys[1].local_port++;
  keys[2].remote_port++;
  keys[3].local.b[15]++;
  keys[4].remote.b[15]++;
  keys[5].local.b[0] = keys[5].remote.b[0] = 0x20;
  for (uint32_t i = 0; i < keys.size(); i++) ASSERT_TRUE(add(keys[i], i));
  for (uint32_t i = 0; i < keys.size(); i++) EXPECT_EQ(find(keys[i]), i);
}

TEST_F(flow, find__compares_the_whole_key_where_hashes_agree) {
  const auto key = v6_key(1, 1);
  ASSERT_TRUE(add(key, 7));
  for (size_t byte = 0; byte < sizeof(key); byte++) {
    auto other = key;
    reinterpret_cast<uint8_t*>(&other)[byte] ^= 0x40;
    // As if the hashes agreed.
    const auto hash = pika_flow_hash(&table_.secret, &other);
    slots_.assign(slots_.size(), {PIKA_POOL_NONE, 0});
    slots_[hash & table_.mask] = {7, hash};
    EXPECT_EQ(find(other), PIKA_POOL_NONE) << "byte " << byte;
  }
}

TEST_F(flow, find__reaches_for_a_key_only_where_the_hash_agrees) {
  const auto keys = keys_for(10, 20);
  for (uint32_t i = 0; i < keys.size(); i++) ASSERT_TRUE(add(keys[i], i));
  keys_asked_ = 0;
  EXPECT_EQ(find(keys.back()), 19u);
  EXPECT_EQ(keys_asked_, 1);
}

TEST_F(flow, add__is_refused_above_half) {
  for (uint32_t i = 0; i < 32; i++) EXPECT_TRUE(add(v4_key(i, 1), i));
  EXPECT_FALSE(add(v4_key(32, 1), 32));
  EXPECT_EQ(find(v4_key(32, 1)), PIKA_POOL_NONE);
  EXPECT_EQ(table_.used, 32u);
  EXPECT_TRUE(remove(5));
  EXPECT_TRUE(add(v4_key(32, 1), 32));
}

TEST_F(flow, add__of_a_flow_that_is_there_is_refused) {
  ASSERT_TRUE(add(v4_key(1, 1), 3));
  EXPECT_FALSE(add(v4_key(1, 1), 4));
  EXPECT_EQ(find(v4_key(1, 1)), 3u);
  EXPECT_EQ(table_.used, 1u);
}

TEST_F(flow, remove__of_a_flow_that_is_not_there_is_refused) {
  ASSERT_TRUE(add(v4_key(1, 1), 3));
  EXPECT_FALSE(pika_flow_remove(&table_, hash(v4_key(2, 1)), 4));
  EXPECT_FALSE(pika_flow_remove(&table_, hash(v4_key(1, 1)), 4));
  EXPECT_EQ(table_.used, 1u);
}

TEST_F(flow, remove__later_entries_stay_reachable) {
  // Probing goes over the end of the table and through the next home slot.
  auto keys = keys_for(62, 4);
  for (const auto& key : keys_for(63, 2)) keys.push_back(key);
  for (const auto& key : keys_for(0, 2)) keys.push_back(key);
  for (uint32_t gone = 0; gone < keys.size(); gone++) {
    for (uint32_t i = 0; i < keys.size(); i++) ASSERT_TRUE(add(keys[i], i));
    ASSERT_TRUE(remove(gone));
    for (uint32_t i = 0; i < keys.size(); i++)
      EXPECT_EQ(find(keys[i]), i == gone ? PIKA_POOL_NONE : i);
    for (uint32_t i = 0; i < keys.size(); i++) ASSERT_TRUE(i == gone || remove(i));
    for (const auto& slot : slots_) EXPECT_EQ(slot.index, PIKA_POOL_NONE);
  }
}

TEST_F(flow, remove__leaves_no_trace_however_many_came_and_went) {
  for (uint32_t i = 0; i < 100000; i++) {
    ASSERT_TRUE(add(v4_key(i, i), i));
    ASSERT_TRUE(i < 30 || remove(i - 30));
  }
  size_t taken = 0;
  for (const auto& slot : slots_) taken += slot.index != PIKA_POOL_NONE;
  EXPECT_EQ(taken, 30u);
}

/// Flows by their key's bytes; few keys, so that most are met again.
class flow_model : public flow {
 protected:
  using Bytes = std::array<uint8_t, sizeof(pika_flow_key)>;

  pika_flow_key random_key() {
    const uint32_t remote = random_() % 16;
    const uint16_t port = random_() % 8;
    return random_() % 2 ? v4_key(remote, port) : v6_key(remote, port);
  }
  static Bytes bytes(const pika_flow_key& key) { return std::bit_cast<Bytes>(key); }

  void add_random(uint32_t index) {
    const auto key = random_key();
    const bool fits = model_.size() < 32 && !model_.contains(bytes(key));
    ASSERT_EQ(add(key, index), fits);
    fits ? (void)(model_[bytes(key)] = index) : (void)keys_.erase(index);
  }
  void remove_random() {
    const auto key = random_key();
    const auto found = model_.find(bytes(key));
    if (found == model_.end()) {
      ASSERT_FALSE(pika_flow_remove(&table_, hash(key), ~1u));
      return;
    }
    ASSERT_TRUE(pika_flow_remove(&table_, hash(key), found->second));
    keys_.erase(found->second);
    model_.erase(found);
  }
  void find_random() {
    const auto key = random_key();
    const auto found = model_.find(bytes(key));
    ASSERT_EQ(find(key), found == model_.end() ? PIKA_POOL_NONE : found->second);
  }

  std::mt19937 random_{1};
  std::map<Bytes, uint32_t> model_;
};

TEST_F(flow_model, any_order_of_add_find_and_remove) {
  for (uint32_t step = 0; step < 100000; step++) {
    switch (random_() % 5) {
      case 0:
      case 1:
        add_random(step);
        break;
      case 2:
        remove_random();
        break;
      default:
        find_random();
    }
    ASSERT_EQ(table_.used, model_.size());
    if (HasFatalFailure()) return;
  }
}

class flow_large : public flow {
 protected:
  flow_large() : flow(1 << 17) {}
};

TEST_F(flow_large, probes_stay_short_when_half_full_of_similar_flows) {
  for (uint32_t i = 0; i < 1 << 16; i++) ASSERT_TRUE(add(v4_key(i / 1000, i % 1000), i));
  uint64_t probes = 0;
  for (uint32_t at = 0; at < slots_.size(); at++)
    if (slots_[at].index != PIKA_POOL_NONE) probes += ((at - slots_[at].hash) & table_.mask) + 1;
  // Knuth, TAOCP 6.4: 1.5 on average where a hash is good.
  EXPECT_LT(probes, (1 << 16) * 1.6);
}

}  // namespace
