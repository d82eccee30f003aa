// SPDX-License-Identifier: GPL-2.0-only
//
// PIKA's core as the TCP benchmark wants a stack: one server with link, transport
// and connection manager, the rings to one application CPU, and a lean shell.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tcp_app.hh"
#include "tcp_stack.hh"
#include "tcp_watch.hh"

namespace bench {

/// Zeroed memory that begins on a cache line, and if there is much of it lies in huge
/// pages, as pika.ko's does.
class Lines {
 public:
  explicit Lines(size_t bytes);
  ~Lines() { std::free(memory_); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  template <class T>
  T* as() const {
    return static_cast<T*>(memory_);
  }

 private:
  void* memory_;
};

class PikaStack : public Stack, private pika_env, private PacketHome {
 public:
  /// @param connections at once, at most
  explicit PikaStack(unsigned connections);

  void set_now(uint64_t ns) override { now_ns_ = ns; }
  void set_offload(bool offload) override { offload_ = offload; }
  uint8_t* buffer() override { return received_[tail_ % WIRE_RECEIVE]->memory; }
  void deliver(uint32_t len) override { received_[tail_++ % WIRE_RECEIVE]->len = len; }
  void work() override;
  unsigned open() const override { return app_.open(); }

  /// Counts, of work(), what the endpoint's side takes. Off unless called.
  void watch_app(Watch* watch) { app_watch_ = watch; }
  /// Bytes of the core for each connection that there may be.
  static double bytes_per_connection();

 private:
  struct Packet : pika_packet {
    uint8_t memory[WIRE_FRAME];
  };

  static const pika_env_ops ops;
  static PikaStack& of(pika_env* env) { return *static_cast<PikaStack*>(env); }
  static int set_up(pika_server* s, pika_arena& arena, unsigned connections);
  static size_t arena_bytes(unsigned connections);

  void join();
  uint32_t burst(pika_packet** packets, uint32_t n);
  bool transmit(const pika_frame& frame);
  bool poll_app();
  Packet* take();
  void put(pika_packet* packet) override;

  uint64_t now_ns_ = 0;
  uint32_t random_ = 2463534242;
  bool offload_ = false;
  Watch* app_watch_ = nullptr;
  Lines server_memory_{sizeof(pika_server)};
  Lines steering_{PIKA_GROUPS * sizeof(uint16_t)};
  Lines bells_{2 * sizeof(pika_bell)};
  Lines arena_;
  Lines down_{sizeof(pika_ring_out) + PIKA_RING_SLOTS * sizeof(pika_msg)};
  Lines up_{sizeof(pika_ring_out) + PIKA_RING_SLOTS * sizeof(pika_msg)};
  Lines tails_{2 * sizeof(pika_ring_in)};
  pika_server* server_ = server_memory_.as<pika_server>();
  App app_;
  std::vector<Packet> pool_;
  pika_packet* free_ = nullptr;
  Packet* received_[WIRE_RECEIVE];
  uint32_t head_ = 0;
  uint32_t tail_ = 0;
};

}  // namespace bench
