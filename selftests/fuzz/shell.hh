// SPDX-License-Identifier: GPL-2.0-only
//
// A shell for fuzzing: one server with all three components, small, on a virtual clock,
// endpoints with short rings, and a card that keeps nothing. Made once and used again.
#pragma once

extern "C" {
#include "core/cm.h"
#include "core/link.h"
#include "core/tcp.h"
#include "core/ts.h"
}

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <unordered_map>
#include <vector>

namespace pika::fuzz {

/// Ends the run, with the line, unless @p condition holds.
inline void require(bool condition, int line = __builtin_LINE()) {
  if (condition) return;
  std::fprintf(stderr, "what line %d requires does not hold\n", line);
  std::abort();
}

struct FreeLines {
  void operator()(void* p) const { operator delete (p, std::align_val_t{PIKA_LINE}); }
};
using Lines = std::unique_ptr<void, FreeLines>;

inline Lines lines(size_t size) { return Lines(operator new (size, std::align_val_t{PIKA_LINE})); }

/// One direction between the server and an endpoint.
struct Ring {
  static constexpr uint32_t slots = 8;

  pika_ring_out* out() const { return static_cast<pika_ring_out*>(out_memory.get()); }
  pika_ring_in* in() const { return static_cast<pika_ring_in*>(in_memory.get()); }
  void clear() const {
    std::memset(out(), 0, pika_ring_out_size(slots));
    std::memset(in(), 0, sizeof(pika_ring_in));
  }

  Lines out_memory = lines(pika_ring_out_size(slots));
  Lines in_memory = lines(sizeof(pika_ring_in));
};

/// An application CPU, as far as rings go.
struct Endpoint {
  Ring down, up;
  pika_consumer in{};
  pika_producer out{};
  pika_bell bell{};
};

/// See above. Every packet is a heap block of its own, exactly as long as it is.
class Shell : private pika_env {
 public:
  static constexpr uint16_t endpoints = 2, address = 0;
  static constexpr pika_ts_config ts_config = {.max_flows = 8,
                                               .max_chunks = 8,
                                               .max_time_wait = 2,
                                               .receive_buffer = 4096,
                                               .send_buffer = 4096,
                                               .mtu = 576,
                                               .max_segments = 2};
  static constexpr pika_cm_config cm_config = {
      .max_listeners = 2, .max_acceptors = 3, .max_waiting = 6, .max_half_open = 4, .max_flows = 0};

  Shell() : pika_env{&ops} {
    pika_arena counting{.at = nullptr, .left = SIZE_MAX, .taken = 0};
    reset();
    set_up(counting);
    memory_len_ = counting.taken;
    memory_ = lines(memory_len_);
  }

  /// Everything as after start-up.
  void start() {
    reset();
    std::memset(memory_.get(), 0, memory_len_);
    pika_arena arena{.at = static_cast<u8*>(memory_.get()), .left = memory_len_, .taken = 0};
    require(set_up(arena));
    for (uint16_t i = 0; i < endpoints; i++) attach(i);
  }

  pika_server* server() { return static_cast<pika_server*>(server_.get()); }
  Endpoint& endpoint(size_t i) { return endpoints_[i]; }

  /// Until nothing is left to do, which must come. @return how much was done
  size_t run() {
    size_t work = 0;
    int left = 1000;
    for (uint32_t done = 1; done > 0; work += done = pika_server_run(server(), 64))
      require(left-- > 0);
    return work;
  }
  /// Runs after @p ms.
  void pass_ms(uint64_t ms) {
    now_ns_ += ms * 1'000'000;
    run();
  }

  void receive(std::span<const uint8_t> bytes) {
    auto packet = std::make_unique<Packet>();
    packet->bytes = std::make_unique<uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), packet->bytes.get());
    packet->data = packet->bytes.get();
    packet->len = packet->linear = bytes.size();
    packet->truesize = overhead + bytes.size();
    packet->flags = PIKA_PACKET_CHECKED;
    received_.push_back(packet.get());
    pika_packet* key = packet.get();
    packets_.emplace(key, std::move(packet));
  }
  /// Some have room, for a little.
  bool append(pika_packet* to, const pika_packet* from) {
    require(packets_.contains(to));
    const size_t end = to->offset + to->bytes;
    const size_t len = end + from->bytes;
    if (len > 256) return false;
    auto longer = std::make_unique<uint8_t[]>(len);
    std::copy_n(to->data, end, longer.get());
    std::copy_n(from->data + from->offset, from->bytes, longer.get() + end);
    packets_[to]->bytes = std::move(longer);
    to->data = packets_[to]->bytes.get();
    to->len = to->linear = len;
    return true;
  }
  /// A packet's end: it must have been alive.
  void free(pika_packet* packet) { require(packets_.erase(packet) == 1); }
  /// Packets that somebody has.
  size_t packets() const { return packets_.size(); }

  /// The card takes no frame.
  bool full = false;
  /// Called with each frame that the card takes.
  std::function<void(const pika_frame&)> on_frame;

 private:
  static constexpr size_t overhead = 512;

  struct Packet : pika_packet {
    std::unique_ptr<uint8_t[]> bytes;
  };

  static Shell* of(pika_env* env) { return static_cast<Shell*>(env); }
  static const pika_env_ops ops;

  void reset() {
    now_ns_ = 1'000'000'000'000;
    random_ = 1;
    full = false;
    received_.clear();
    packets_.clear();
    bell_ = {};
    std::memset(server_.get(), 0, sizeof(pika_server));
    pika_server_init(server(), this, address, 1, &bell_);
    server()->cm = server()->ls = address;
    server()->ts_of = groups_.data();
  }

  bool set_up(pika_arena& arena) {
    const int error = pika_link_init(server(), &arena, 0) |
                      pika_ts_init(server(), &arena, &ts_config) |
                      pika_cm_init(server(), &arena, &cm_config);
    return !error;
  }

  void attach(uint16_t i) {
    Endpoint& e = endpoints_[i];
    const auto at = static_cast<uint16_t>(address + 1 + i);
    e.down.clear();
    e.up.clear();
    e.bell = {};
    pika_server_attach_out(server(), at, e.down.out(), e.down.in(), Ring::slots, &e.bell);
    pika_consumer_init(&e.in, e.down.out(), e.down.in(), Ring::slots);
    pika_producer_init(&e.out, e.up.out(), e.up.in(), Ring::slots);
    pika_server_attach_in(server(), at, e.up.out(), e.up.in(), Ring::slots);
  }

  uint32_t burst(pika_packet** packets, uint32_t n) {
    uint32_t taken = 0;
    for (; taken < n && !received_.empty(); received_.pop_front())
      packets[taken++] = received_.front();
    return taken;
  }

  /// Reads all that a card would read of the core's memory.
  bool transmit(const pika_frame& frame) {
    if (full) return false;
    require(frame.fragments_len <= PIKA_FRAME_FRAGMENTS);
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < frame.fragments_len; i++) {
      const pika_fragment& each = frame.fragments[i];
      bytes += each.len;
      if (!each.buffer) pika_checksum_add(0, each.bytes, each.len);
    }
    require(bytes == frame.bytes);
    on_frame(frame);
    return true;
  }

  uint64_t now_ns_ = 0;
  uint32_t random_ = 0;
  pika_bell bell_{};
  size_t memory_len_ = 0;
  Lines memory_;
  Lines server_ = lines(sizeof(pika_server));
  std::array<Endpoint, endpoints> endpoints_;
  std::array<uint16_t, PIKA_GROUPS> groups_{};
  std::deque<pika_packet*> received_;
  std::unordered_map<pika_packet*, std::unique_ptr<Packet>> packets_;
};

inline const pika_env_ops Shell::ops = {
    .now_ns = [](pika_env* env) -> u64 { return of(env)->now_ns_; },
    .random = [](pika_env* env) -> u32 { return of(env)->random_ = of(env)->random_ * 69069 + 1; },
    .ring_bell = [](pika_env*, u16) {},
    .rx_burst = [](pika_env* env, u16, pika_packet** packets, u32 n) -> u32 {
      return of(env)->burst(packets, n);
    },
    .transmit = [](pika_env* env, u16,
                   const pika_frame* frame) { return of(env)->transmit(*frame); },
    .flush = [](pika_env*, u16) {},
    .append = [](pika_env* env, pika_packet* to,
                 const pika_packet* from) { return of(env)->append(to, from); },
    .free_packet = [](pika_env* env, pika_packet* packet) { of(env)->free(packet); },
    .pass = [](pika_env* env, pika_packet* packet) { of(env)->free(packet); },
};

}  // namespace pika::fuzz
