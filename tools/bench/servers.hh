// SPDX-License-Identifier: GPL-2.0-only
//
// The least that a server needs to run in a benchmark: memory, a clock and rings.
// It has no link and is never asleep.
#ifndef PIKA_BENCH_SERVERS_HH
#define PIKA_BENCH_SERVERS_HH

extern "C" {
#include "core/microthread.h"
#include "core/server.h"
}

#include <cstring>
#include <ctime>
#include <memory>
#include <new>

namespace bench {

struct FreeZeroed {
  void operator()(void* memory) const { operator delete (memory, std::align_val_t{PIKA_LINE}); }
};
template <class T>
using Zeroed = std::unique_ptr<T, FreeZeroed>;

/// Zeroed memory on cache lines.
template <class T>
Zeroed<T> zeroed(size_t bytes = sizeof(T)) {
  void* memory = operator new (bytes, std::align_val_t{PIKA_LINE});
  return Zeroed<T>(static_cast<T*>(std::memset(memory, 0, bytes)));
}

using Clock = u64 (*)();

/// The system's, in nanoseconds.
inline u64 monotonic_clock() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<u64>(now.tv_sec) * 1'000'000'000 + static_cast<u64>(now.tv_nsec);
}

/// What server number @p id of two is made of.
class Server : private pika_env {
 public:
  Server(uint16_t id, Clock clock)
      : pika_env{&ops}, clock_(clock), bell_(zeroed<pika_bell>()), server_(zeroed<pika_server>()) {
    pika_server_init(server_.get(), this, id, 2, bell_.get());
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  pika_server* operator->() { return server_.get(); }
  pika_server* get() { return server_.get(); }
  const pika_bell* bell() const { return bell_.get(); }
  uint32_t run() { return pika_server_run(server_.get(), 64); }

  /// Room for @p count microthreads.
  void add_microthreads(uint32_t count) {
    constexpr size_t bytes = size_t{1} << 20;
    memory_ = zeroed<u8>(bytes);
    pika_arena arena{memory_.get(), bytes, 0};
    if (pika_microthreads_init(get(), &arena, count) < 0) throw std::bad_alloc();
  }

 private:
  static u64 now_ns(pika_env* env) { return static_cast<Server*>(env)->clock_(); }

  static constexpr pika_env_ops ops{.now_ns = now_ns,
                                    .random = [](pika_env*) -> u32 { return 1; },
                                    .ring_bell = [](pika_env*, u16) {},
                                    .rx_burst = nullptr,
                                    .transmit = nullptr,
                                    .flush = nullptr,
                                    .append = nullptr,
                                    .free_packet = nullptr,
                                    .pass = nullptr};

  Clock clock_;
  Zeroed<pika_bell> bell_;
  Zeroed<pika_server> server_;
  Zeroed<u8> memory_;
};

/// Servers 0 and 1, with a ring each way.
class TwoServers {
 public:
  explicit TwoServers(Clock clock = monotonic_clock) : near(0, clock), far(1, clock) {
    join(near, far);
    join(far, near);
  }

  Server near;
  Server far;

 private:
  struct Ring {
    Zeroed<pika_ring_out> out = zeroed<pika_ring_out>(pika_ring_out_size(PIKA_RING_SLOTS));
    Zeroed<pika_ring_in> in = zeroed<pika_ring_in>();
  };

  void join(Server& from, Server& to) {
    const Ring& ring = rings_[from->id];
    pika_server_attach_out(from.get(), to->id, ring.out.get(), ring.in.get(), PIKA_RING_SLOTS,
                           to.bell());
    pika_server_attach_in(to.get(), from->id, ring.out.get(), ring.in.get(), PIKA_RING_SLOTS);
  }

  Ring rings_[2];
};

}  // namespace bench

#endif  // PIKA_BENCH_SERVERS_HH
