// SPDX-License-Identifier: GPL-2.0-only
//
// One face for PIKA's ring and its peers: 64-byte messages by value, one
// producer, one consumer. Peers are used as their documentation shows. All have as
// many slots, so that none gains by touching less memory or by being full less often.

#pragma once

extern "C" {
#include "core/ring.h"
}

#include <rte_config.h>
// Needs the one above.
#include <rte_ring_elem.h>

// ck_ring.h is C and returns false where a pointer is due.
#define false 0
#include <ck_ring.h>
#undef false

#include <algorithm>
#include <array>
#include <boost/lockfree/spsc_queue.hpp>

namespace bench {

constexpr uint32_t slots = 128;

/// What one side writes lies this far from what the other does, as it would in memory
/// of two servers: hardware fetches lines in pairs.
constexpr size_t apart = size_t{2} * PIKA_LINE;

/// Each ring has
///   name
///   batch: how many messages send() and receive() handle at most
///   send(n, fill): calls fill(message, i) for the next n messages, whose bytes
///     are anything before; how many of them there was room for
///   receive(f): calls f(message) for each that is there; how many there were
template <unsigned Batch, uint32_t Slots = slots>
class PikaRing {
 public:
  static constexpr const char* name = Slots != slots ? "PIKA, 64 slots"
                                      : Batch == 1   ? "PIKA"
                                                     : "PIKA, 16 at once";
  static constexpr unsigned batch = Batch;

  PikaRing() {
    auto* out = reinterpret_cast<pika_ring_out*>(memory_);
    pika_producer_init(&producer_, out, &in_, Slots);
    pika_consumer_init(&consumer_, out, &in_, Slots);
  }

  template <class F>
  unsigned send(unsigned n, F fill) {
    for (unsigned i = 0; i < n; ++i) {
      pika_msg* slot = pika_ring_reserve(&producer_);
      if (slot == nullptr) return i;
      fill(*slot, i);
      pika_ring_commit(&producer_);
    }
    return n;
  }

  template <class F>
  unsigned receive(F f) {
    for (unsigned i = 0; i < Batch; ++i) {
      const pika_msg* msg = pika_ring_peek(&consumer_);
      if (msg == nullptr) return i;
      f(*msg);
      pika_ring_pop(&consumer_);
    }
    return Batch;
  }

 private:
  alignas(apart) char memory_[sizeof(pika_ring_out) + Slots * sizeof(pika_msg)]{};
  alignas(apart) pika_ring_in in_{};
  alignas(apart) pika_producer producer_;
  alignas(apart) pika_consumer consumer_;
};

/// DPDK's, set up as rte_ring_init() does: that is in a library which would
/// bring the rest of DPDK along.
template <unsigned Batch>
class DpdkRing {
 public:
  static constexpr const char* name = Batch == 1 ? "DPDK rte_ring" : "DPDK rte_ring, 16 at once";
  static constexpr unsigned batch = Batch;

  DpdkRing() {
    ring_.flags = RING_F_SP_ENQ | RING_F_SC_DEQ;
    ring_.prod.sync_type = ring_.cons.sync_type = RTE_RING_SYNC_ST;
    ring_.size = slots;
    ring_.mask = ring_.capacity = slots - 1;
  }

  template <class F>
  unsigned send(unsigned n, F fill) {
    pika_msg msg[Batch];
    for (unsigned i = 0; i < n; ++i) fill(msg[i], i);
    return rte_ring_sp_enqueue_burst_elem(&ring_, msg, sizeof(*msg), n, nullptr);
  }

  template <class F>
  unsigned receive(F f) {
    pika_msg msg[Batch];
    const unsigned n = rte_ring_sc_dequeue_burst_elem(&ring_, msg, sizeof(*msg), Batch, nullptr);
    for (unsigned i = 0; i < n; ++i) f(msg[i]);
    return n;
  }

 private:
  alignas(apart) rte_ring ring_{};
  alignas(apart) pika_msg elements_[slots]{};
};

class CkRing {
 public:
  static constexpr const char* name = "ConcurrencyKit ck_ring";
  static constexpr unsigned batch = 1;

  CkRing() { ck_ring_init(&ring_, slots); }

  template <class F>
  unsigned send(unsigned, F fill) {
    pika_msg msg;
    fill(msg, 0);
    return _ck_ring_enqueue_sp(&ring_, elements_, &msg, sizeof(msg), nullptr);
  }

  template <class F>
  unsigned receive(F f) {
    pika_msg msg;
    if (!_ck_ring_dequeue_sc(&ring_, elements_, &msg, sizeof(msg))) return 0;
    f(msg);
    return 1;
  }

 private:
  alignas(apart) ck_ring ring_{};
  alignas(apart) pika_msg elements_[slots]{};
};

template <unsigned Batch>
class BoostQueue {
 public:
  static constexpr const char* name =
      Batch == 1 ? "Boost spsc_queue" : "Boost spsc_queue, 16 at once";
  static constexpr unsigned batch = Batch;

  template <class F>
  unsigned send(unsigned n, F fill) {
    pika_msg msg[Batch];
    for (unsigned i = 0; i < n; ++i) fill(msg[i], i);
    if constexpr (Batch == 1) return queue_.push(*msg);
    return queue_.push(msg, n);
  }

  template <class F>
  unsigned receive(F f) {
    pika_msg msg[Batch];
    if constexpr (Batch == 1) {
      if (!queue_.pop(*msg)) return 0;
      f(*msg);
      return 1;
    }
    const unsigned n = queue_.pop(msg, Batch);
    for (unsigned i = 0; i < n; ++i) f(msg[i]);
    return n;
  }

 private:
  alignas(apart) boost::lockfree::spsc_queue<pika_msg, boost::lockfree::capacity<slots>> queue_;
};

}  // namespace bench
