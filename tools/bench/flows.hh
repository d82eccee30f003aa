// SPDX-License-Identifier: GPL-2.0-only
//
// A flow table with flows in it, whose keys lie as far apart as in TCBs.
#ifndef PIKA_BENCH_FLOWS_HH
#define PIKA_BENCH_FLOWS_HH

extern "C" {
#include "core/flow.h"
#include "core/tcb.h"
}

#include <algorithm>
#include <bit>
#include <new>
#include <random>
#include <vector>

#include "packets.hh"

namespace bench {

inline pika_flow_secret flow_secret() {
  std::mt19937_64 random;
  pika_flow_secret secret;
  for (u64& word : secret.k) word = random();
  return secret;
}

class Flows {
 public:
  /// The first @p count flows of flow_key().
  Flows(u32 count, bool is_v6)
      : flows_(count), slots_(std::bit_ceil(std::max<size_t>(size_t{2} * count, 128))) {
    const pika_flow_secret secret = flow_secret();
    pika_flow_init(&table_, slots_.data(), static_cast<u32>(slots_.size()), &secret, key_of,
                   flows_.data());
    for (u32 i = 0; i < count; ++i) {
      flows_[i].key = flow_key(i, is_v6);
      if (!pika_flow_add(&table_, &flows_[i].key, i)) throw std::bad_alloc();
    }
  }
  Flows(const Flows&) = delete;
  Flows& operator=(const Flows&) = delete;

  u32 find(const pika_flow_key& key) const { return pika_flow_find(&table_, &key); }

 private:
  struct alignas(pika_tcb) Flow {
    pika_flow_key key;
    char others[sizeof(pika_tcb) - sizeof(pika_flow_key)];
  };
  static_assert(sizeof(Flow) == sizeof(pika_tcb));

  static const pika_flow_key* key_of(void* owner, u32 index) {
    return &static_cast<Flow*>(owner)[index].key;
  }

  std::vector<Flow> flows_;
  std::vector<pika_flow_slot> slots_;
  pika_flow_table table_;
};

}  // namespace bench

#endif  // PIKA_BENCH_FLOWS_HH
