// SPDX-License-Identifier: GPL-2.0-only
//
// A machine that runs PIKA: servers of one composition, the endpoints of its
// application CPUs, all rings between them, a card, and what is left to Linux.
#ifndef PIKA_SIM_HOST_HH
#define PIKA_SIM_HOST_HH

#include <memory>
#include <string>
#include <vector>

#include "libpika/result.hh"
#include "tools/sim/endpoint.hh"
#include "tools/sim/executor.hh"
#include "tools/sim/nic.hh"
#include "tools/sim/packet_pool.hh"
#include "tools/sim/random.hh"
#include "tools/sim/send_buffers.hh"

namespace pika::sim {

/// What a host is made of and how it behaves.
struct HostOptions {
  std::string name = "host";
  std::string composition = "TS1LS1CM1";
  pika_addr v4 = address_v4(192, 0, 2, 1);
  pika_addr v6 = address_v6(1);
  size_t endpoints = 1;
  uint32_t ring_slots = PIKA_RING_SLOTS;
  uint32_t budget = 64;       ///< of one run of a server
  Nanos run_delay_min = 500;  ///< from a bell to the run, or from run to run
  Nanos run_delay_max = 1_us;
  bool frees_by_message = false;  ///< received packets go home by FREE
  pika_ts_config ts = {
      .max_flows = 64,
      .max_chunks = 4096,
      .max_time_wait = 0,
      .receive_buffer = 64 * 1024,
      .send_buffer = 64 * 1024,
      .mtu = 1500,
      .max_segments = 1,
  };
  pika_cm_config cm = {
      .max_listeners = 16, .max_acceptors = 32, .max_waiting = 64, .max_half_open = 0};
  NicOptions nic;  ///< queues is set from the composition
};

/// See above.
class Host {
 public:
  /// @return a host at rest, whose servers run as soon as @p loop does, or EINVAL if
  /// the composition is none.
  static Result<std::unique_ptr<Host>> make(Loop& loop, Random random, const HostOptions& options);

  Endpoint& endpoint(size_t i) { return *endpoints_[i]; }
  size_t endpoints() const { return endpoints_.size(); }
  Nic& nic() { return *nic_; }
  const HostOptions& options() const { return options_; }
  const std::string& name() const { return options_.name; }
  Loop& loop() { return loop_; }
  Random& random() { return random_; }
  PacketPool& pool() { return pool_; }
  SendBuffers& buffers() { return buffers_; }

  /// Called with each server after each run of it.
  std::function<void(const pika_server&)> on_run;

  /// What must hold when all programs have closed all and all timers have fired: no
  /// packet, buffer, socket or flow is left.
  /// @return what does not hold, or nothing
  std::string leftovers();

  /// Addresses of servers.
  uint16_t servers() const { return static_cast<uint16_t>(plans_.size()); }
  const std::vector<uint16_t>& cms() const { return cms_; }
  const std::vector<uint16_t>& cms_and_links() const { return cms_and_links_; }
  uint16_t cm_of(const Endpoint& endpoint) const;
  uint16_t ts_of(uint16_t group) const { return groups_[group]; }
  uint16_t ts_of_connect(const Place& remote, const Place& local);
  const pika_server& server(uint16_t address) const { return executors_[address]->server(); }

  /// For executors and endpoints.
  void ring_bell(uint16_t to);
  void take_back(pika_packet* packet);
  void check(const Executor& executor);
  Nanos run_delay();
  uint32_t budget() const { return options_.budget; }
  size_t send_buffer() const { return options_.ts.send_buffer; }
  bool frees_by_message() const { return options_.frees_by_message; }
  uint32_t next_listener() { return ++last_listener_; }
  uint32_t next_acceptor() { return ++last_acceptor_; }
  /// A local port that no other connect() was given.
  uint16_t next_port() { return ++last_port_; }
  /// Packets that were not the core's.
  uint64_t passed() const { return passed_; }

 private:
  struct Ring {
    Lines<pika_ring_out> out;  // the producer's memory
    Lines<pika_ring_in> in;    // the consumer's
  };

  Host(Loop& loop, Random random, const HostOptions& options);
  bool plan();
  void make_nic();
  void make_rings();
  Ring& new_ring();
  void join(Executor& from, Executor& to);
  void join(Executor& server, Endpoint& endpoint);

  Loop& loop_;
  Random random_;
  HostOptions options_;
  std::vector<ServerPlan> plans_;
  std::vector<uint16_t> cms_;
  std::vector<uint16_t> cms_and_links_;
  std::vector<uint16_t> groups_;
  uint32_t last_listener_ = 0;
  uint32_t last_acceptor_ = 0;
  uint16_t last_port_ = 32'767;
  uint64_t passed_ = 0;
  PacketPool pool_;
  SendBuffers buffers_;
  std::unique_ptr<Nic> nic_;
  std::vector<Ring> rings_;
  std::vector<std::unique_ptr<Executor>> executors_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_HOST_HH
