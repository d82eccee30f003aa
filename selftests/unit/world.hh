// SPDX-License-Identifier: GPL-2.0-only
//
// A shell for tests: servers on real rings, on one thread and a virtual clock. The
// components that a test does not set up are played by the test, which sees every
// message for them; application CPUs are endpoints that it plays too.
#pragma once

extern "C" {
#include "core/cm.h"
#include "core/link.h"
#include "core/packet.h"
#include "core/server.h"
}

#include <cstdint>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <vector>

namespace pika::test {

struct FreeLines {
  void operator()(void* p) const { operator delete (p, std::align_val_t{PIKA_LINE}); }
};
using Lines = std::unique_ptr<void, FreeLines>;

/// Zeroed memory that starts on a cache line.
inline Lines lines(size_t size) {
  Lines memory(operator new (size, std::align_val_t{PIKA_LINE}));
  std::memset(memory.get(), 0, size);
  return memory;
}

inline pika_addr v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}};
}

/// 2001:db8::@last, or the unspecified address for 0.
inline pika_addr v6(uint8_t last) {
  if (!last) return {};
  return {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}};
}

/// One direction between two addresses, as it lies in memory.
struct Ring {
  explicit Ring(uint32_t slots)
      : out(lines(pika_ring_out_size(slots))), in(lines(sizeof(pika_ring_in))) {}
  auto* out_memory() const { return static_cast<pika_ring_out*>(out.get()); }
  auto* in_memory() const { return static_cast<pika_ring_in*>(in.get()); }
  Lines out, in;
};

/// An application CPU.
struct Endpoint {
  bool send(uint16_t to, const pika_msg& message) {
    pika_msg msg = message;
    msg.from = address;
    return pika_ring_push(&out[to], &msg);
  }

  /// All that has come, from any server.
  std::vector<pika_msg> take(size_t at_most = SIZE_MAX) {
    std::vector<pika_msg> taken;
    for (auto& [from, ring] : in) {
      while (taken.size() < at_most) {
        const pika_msg* msg = pika_ring_peek(&ring);
        if (!msg) break;
        taken.push_back(*msg);
        pika_ring_pop(&ring);
      }
      pika_consumer_publish(&ring);
    }
    return taken;
  }

  uint16_t address = 0;
  pika_bell bell{};
  std::map<uint16_t, pika_producer> out;
  std::map<uint16_t, pika_consumer> in;
};

struct World;

/// A server, its shell, and what it was told that no component of it takes.
struct Node {
  pika_server server;
  pika_env env;
  pika_bell bell;
  World* world;
  std::vector<pika_msg> seen;
};

struct Packet {
  pika_packet packet{};
  std::vector<uint8_t> bytes;
};

struct World {
  explicit World(uint16_t servers = 1, uint16_t endpoints = 2, uint32_t slots = PIKA_RING_SLOTS)
      : slots_(slots) {
    for (uint16_t i = 0; i < endpoints; i++) this->endpoints.emplace_back().address = servers + i;
    for (uint16_t i = 0; i < servers; i++) add_server(i, servers);
    for (uint16_t from = 0; from < servers; from++) {
      for (uint16_t to = 0; to < servers; to++)
        if (from != to) connect(from, to);
      for (auto& endpoint : this->endpoints) connect(from, endpoint);
    }
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  pika_server* server(uint16_t i) { return &nodes_[i]->server; }
  std::vector<pika_msg>& seen(uint16_t i) { return nodes_[i]->seen; }
  Endpoint& endpoint(size_t i) { return endpoints[i]; }

  /// The test plays whoever would take @type on server @i.
  void play(uint16_t i, uint8_t type) {
    server(i)->handlers[type] = [](pika_server* s, const pika_msg* msg) {
      node_of(s)->seen.push_back(*msg);
    };
  }

  /// What came for the test's parts of server @i since the last call.
  std::vector<pika_msg> take(uint16_t i) { return std::exchange(seen(i), {}); }

  pika_arena arena() {
    constexpr size_t size = size_t{1} << 20;
    memory_.push_back(lines(size));
    return {static_cast<u8*>(memory_.back().get()), size, 0};
  }

  /// Runs every server until none has anything to do.
  void run() {
    uint32_t work = 1;
    while (work) {
      work = 0;
      for (auto& node : nodes_) work += pika_server_run(&node->server, 256);
    }
  }
  void run(uint16_t i) {
    while (pika_server_run(server(i), 256)) continue;
  }

  /// A TCP packet without payload from @from to @to.
  pika_packet* packet(const pika_addr& from, uint16_t from_port, const pika_addr& to,
                      uint16_t to_port, uint8_t flags) {
    const pika_flow_key key{from, to, from_port, to_port};
    pika_tcp_header header{};
    header.flags = flags;
    header.ttl = 64;
    pika_frame frame{};
    pika_frame_begin(&frame, &key, &header);
    pika_frame_finish(&frame);
    auto& packet = packets_.emplace_back();
    packet.bytes.assign(frame.header, frame.header + frame.header_len);
    packet.packet.data = packet.bytes.data();
    packet.packet.len = packet.packet.linear = frame.header_len;
    // What the card does: the checksum field holds the pseudo-header's sum.
    uint8_t* tcp = packet.bytes.data() + frame.tcp_offset;
    const uint32_t sum = pika_checksum_add(0, tcp, frame.header_len - frame.tcp_offset);
    const auto checksum = static_cast<uint16_t>(~pika_checksum_fold(sum));
    std::memcpy(tcp + 16, &checksum, sizeof(checksum));
    owned++;
    return &packet.packet;
  }

  /// Gives a packet() other bytes.
  void replace(pika_packet* packet, const uint8_t* bytes, size_t len) {
    for (auto& each : packets_) {
      if (&each.packet != packet) continue;
      each.bytes.assign(bytes, bytes + len);
      packet->data = each.bytes.data();
      packet->len = packet->linear = static_cast<uint32_t>(len);
    }
  }

  uint64_t now_ns = 1'000'000'000;
  std::vector<Endpoint> endpoints;
  std::map<uint16_t, int> bells;                    // rung, by address
  std::map<uint16_t, std::deque<pika_packet*>> rx;  // by queue
  std::vector<pika_packet*> passed;
  std::vector<const pika_frame*> transmitted;
  size_t tx_room = SIZE_MAX;
  int flushes = 0;
  int owned = 0;  // packets that somebody has
  std::mt19937 random{1};

 private:
  static Node* node_of(pika_server* s) { return reinterpret_cast<Node*>(s); }
  static Node* node_of(pika_env* env) {
    return reinterpret_cast<Node*>(reinterpret_cast<char*>(env) - offsetof(Node, env));
  }

  static const pika_env_ops& ops() {
    static const pika_env_ops ops = {
        .now_ns = [](pika_env* env) { return node_of(env)->world->now_ns; },
        .random = [](pika_env* env) -> u32 { return node_of(env)->world->random(); },
        .ring_bell = [](pika_env* env, u16 to) { node_of(env)->world->bells[to]++; },
        .rx_burst = [](pika_env* env, u16 queue, pika_packet** pkts,
                       u32 n) { return node_of(env)->world->rx_burst(queue, pkts, n); },
        .transmit = [](pika_env* env, u16,
                       const pika_frame* frame) { return node_of(env)->world->transmit(frame); },
        .flush = [](pika_env* env, u16) { node_of(env)->world->flushes++; },
        .append = [](pika_env*, pika_packet*, const pika_packet*) { return false; },
        .free_packet = [](pika_env* env, pika_packet*) { node_of(env)->world->owned--; },
        .pass =
            [](pika_env* env, pika_packet* pkt) {
              node_of(env)->world->owned--;
              node_of(env)->world->passed.push_back(pkt);
            }};
    return ops;
  }

  uint32_t rx_burst(uint16_t queue, pika_packet** pkts, uint32_t n) {
    auto& waiting = rx[queue];
    uint32_t taken = 0;
    for (; taken < n && !waiting.empty(); taken++) {
      pkts[taken] = waiting.front();
      waiting.pop_front();
    }
    return taken;
  }

  bool transmit(const pika_frame* frame) {
    if (!tx_room) return false;
    tx_room--;
    transmitted.push_back(frame);
    return true;
  }

  void add_server(uint16_t i, uint16_t servers) {
    auto memory = lines(sizeof(Node));
    auto* node = new (memory.get()) Node{};
    memory_.push_back(std::move(memory));
    nodes_.push_back(std::unique_ptr<Node, Destroy>(node));
    node->world = this;
    node->env.ops = &ops();
    pika_server_init(&node->server, &node->env, i, servers, &node->bell);
    node->server.ts_of = ts_of_.data();
  }

  Ring& ring() { return rings_.emplace_back(slots_); }

  void connect(uint16_t from, uint16_t to) {
    Ring& r = ring();
    pika_server_attach_out(server(from), to, r.out_memory(), r.in_memory(), slots_,
                           &nodes_[to]->bell);
    pika_server_attach_in(server(to), from, r.out_memory(), r.in_memory(), slots_);
  }

  void connect(uint16_t i, Endpoint& endpoint) {
    Ring& there = ring();
    pika_server_attach_out(server(i), endpoint.address, there.out_memory(), there.in_memory(),
                           slots_, &endpoint.bell);
    pika_consumer_init(&endpoint.in[i], there.out_memory(), there.in_memory(), slots_);
    Ring& back = ring();
    pika_producer_init(&endpoint.out[i], back.out_memory(), back.in_memory(), slots_);
    pika_server_attach_in(server(i), endpoint.address, back.out_memory(), back.in_memory(), slots_);
  }

  struct Destroy {
    void operator()(Node* node) const { node->~Node(); }
  };

  uint32_t slots_;
  std::vector<Lines> memory_;
  std::vector<std::unique_ptr<Node, Destroy>> nodes_;
  std::list<Ring> rings_;
  std::list<Packet> packets_;

 public:
  /// What struct pika_trace was told, from watch() on.
  struct Shown {
    pika_way way;
    uint16_t at, from, to;
    uint8_t type;
    bool operator==(const Shown&) const = default;
  };
  void watch() {
    static const pika_trace trace = {
        .message =
            [](pika_server* s, pika_way way, u16 to, const pika_msg* msg) {
              Node* node = node_of(s);
              node->world->shown.push_back({way, node->server.id, msg->from, to, msg->type});
            },
        .drop = [](pika_server* s,
                   const u64* reason) { node_of(s)->world->drops.push_back(reason); }};
    for (auto& node : nodes_) node->server.trace = &trace;
  }
  std::vector<Shown> shown;
  std::vector<const u64*> drops;

  std::vector<u16> ts_of_ = std::vector<u16>(PIKA_GROUPS, 0);
};

}  // namespace pika::test
