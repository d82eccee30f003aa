// SPDX-License-Identifier: GPL-2.0-only
//
// A host whose servers and endpoints run each on a thread of its own, and the wire
// between two of them. Only the wire is the test's: locked queues, one for each pair of
// link servers, so that its locks order as little as possible.
#ifndef PIKA_SELFTESTS_THREADED_HOST_HH
#define PIKA_SELFTESTS_THREADED_HOST_HH

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "selftests/tsan/crew.hh"
#include "tools/sim/assembly.hh"

namespace pika {

/// Payload in heap blocks whose names are their addresses: nothing is shared to find them.
class HeapBuffers : public sim::SendBuffers {
 public:
  uint64_t put(std::span<const uint8_t> bytes) override;
  void free(uint64_t name) override;
  bool read(uint64_t name, uint32_t offset, std::span<uint8_t> out) const override;
  size_t left() const { return left_.load(std::memory_order_relaxed); }

 private:
  std::atomic<size_t> left_{0};
};

/// Packets on their way from one link server to another.
class Lane {
 public:
  void push(sim::Bytes bytes);
  std::optional<sim::Bytes> pop();

 private:
  std::mutex lock_;
  std::deque<sim::Bytes> bytes_;
};

class ThreadedHost;

/// A server and its thread. The memory is the host's.
class ServerThread : private pika_env {
 public:
  ServerThread(ThreadedHost& host, Crew& crew, uint16_t id, uint64_t seed);

  /// The thread: until all is over.
  void run();
  pika_server& server() { return *memory_.server; }
  Member& member() { return member_; }

 private:
  friend class ThreadedHost;
  static const pika_env_ops seam;
  static ServerThread& self(pika_env* env) { return *static_cast<ServerThread*>(env); }

  uint32_t burst(pika_packet** packets, uint32_t n);
  void transmit(const pika_frame& frame);
  uint64_t next_timer() const;

  ThreadedHost& host_;
  Crew& crew_;
  Member& member_;
  sim::Random random_;
  std::vector<std::unique_ptr<Lane>> lanes_;  // to it, by queue of the sender
  sim::ServerMemory memory_;
  std::atomic<size_t> waiting_{0};  // packets in the lanes
};

/// An endpoint and its thread: the programs are events of the loop.
class EndpointThread : public sim::Machine {
 public:
  EndpointThread(ThreadedHost& host, Crew& crew, size_t number);

  void run();
  sim::Endpoint& endpoint() { return *endpoint_; }
  Member& member() { return member_; }

  void ring_bell(uint16_t to) override;
  sim::PacketPool& pool() override;
  sim::SendBuffers& buffers() override;

 private:
  ThreadedHost& host_;
  Crew& crew_;
  Member& member_;
  sim::Loop own_loop_;
  std::unique_ptr<sim::Endpoint> endpoint_;
};

/// See above.
class ThreadedHost : public sim::Machine {
 public:
  /// @param options processes, delays and the card do not count here
  /// @param loss part of the packets that it sends and that do not arrive
  ThreadedHost(Crew& crew, const sim::HostOptions& options, double loss);

  /// Two hosts that send to each other.
  static void connect(ThreadedHost& a, ThreadedHost& b);
  void add_threads(std::vector<std::function<void()>>& bodies);

  EndpointThread& endpoint(size_t i) { return *endpoints_[i]; }
  ServerThread& server(size_t i) { return *servers_[i]; }
  /// A link server: the one of @p queue.
  ServerThread& link(uint16_t queue);
  ThreadedHost& peer() { return *peer_; }
  sim::Memory& memory() { return memory_; }
  double loss() const { return loss_; }

  void ring_bell(uint16_t to) override;
  sim::PacketPool& pool() override { return pool_; }
  HeapBuffers& buffers() override { return buffers_; }

  /// What went wrong, or is left when all is over. @return nothing if all is well
  std::string complaint();

 private:
  sim::Loop set_up_loop_;
  sim::Memory memory_{false};
  sim::PacketPool pool_;
  HeapBuffers buffers_;
  double loss_;
  ThreadedHost* peer_ = nullptr;
  std::vector<std::unique_ptr<ServerThread>> servers_;
  std::vector<std::unique_ptr<EndpointThread>> endpoints_;
};

}  // namespace pika

#endif  // PIKA_SELFTESTS_THREADED_HOST_HH
