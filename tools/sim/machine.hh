// SPDX-License-Identifier: GPL-2.0-only
//
// A machine that runs PIKA, as far as it is the same whoever executes it: of what it is
// made, who is there and who works with whom.
#ifndef PIKA_SIM_MACHINE_HH
#define PIKA_SIM_MACHINE_HH

#include <functional>
#include <string>
#include <vector>

#include "tools/sim/loop.hh"
#include "tools/sim/nic.hh"
#include "tools/sim/random.hh"
#include "tools/sim/send_buffers.hh"

namespace pika::sim {

/// What a server consists of.
struct ServerPlan {
  bool link = false;
  bool transport = false;
  bool manager = false;
  uint16_t queue = 0;  ///< of the link server
  uint16_t asks = 0;   ///< the CM's server that the LS and the TS ask
  uint16_t sends = 0;  ///< the LS's server that sends for the TS
};

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
  bool processes = false;         ///< each server has a process of its own
  /// Called with each server before it runs for the first time.
  std::function<void(pika_server&)> prepare{};
  pika_ts_config ts = {
      .max_flows = 64,
      .max_chunks = 4096,
      .max_time_wait = 0,
      .receive_buffer = 64 * 1024,
      .send_buffer = 64 * 1024,
      .mtu = 1500,
      .max_segments = 1,
  };
  pika_cm_config cm = {.max_listeners = 16,
                       .max_acceptors = 32,
                       .max_waiting = 64,
                       .max_half_open = 0,
                       .max_flows = 0};
  NicOptions nic;  ///< queues is set from the composition
};

/// See above: what an endpoint and its sockets need to know.
class Machine {
 public:
  Machine(Loop& loop, Random random, HostOptions options)
      : loop_(loop), random_(random), options_(std::move(options)) {}
  virtual ~Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Makes the owner of address @p to look at its rings.
  virtual void ring_bell(uint16_t to) = 0;
  virtual PacketPool& pool() = 0;
  virtual SendBuffers& buffers() = 0;

  const HostOptions& options() const { return options_; }
  const std::string& name() const { return options_.name; }
  Loop& loop() { return loop_; }
  Random& random() { return random_; }
  Nanos run_delay() { return random_.between(options_.run_delay_min, options_.run_delay_max); }

  /// Addresses of servers.
  uint16_t servers() const { return static_cast<uint16_t>(plans_.size()); }
  const ServerPlan& plan(uint16_t server) const { return plans_[server]; }
  const std::vector<uint16_t>& cms_and_links() const { return cms_and_links_; }
  uint16_t cm_of(uint16_t endpoint) const { return cms_[(endpoint - servers()) % cms_.size()]; }
  uint16_t ts_of(uint16_t group) const { return groups_[group]; }
  uint16_t ts_of_connect(const Place& remote, const Place&) {
    return ts_of(remote.port % PIKA_GROUPS);
  }
  /// Who owns what belongs to @p address.
  Party party(uint16_t address) const { return address < servers() ? address : outside; }
  /// Link servers, each with a queue of the card.
  uint16_t queues() const { return queues_; }

  /// Gives @p s, all zero but for pika_server_init(), its components.
  /// @return 0 or a negative errno
  int add_components(pika_server& s, uint16_t* steering, pika_arena& arena) const;

  uint32_t next_listener() { return ++last_listener_; }
  uint32_t next_acceptor() { return ++last_acceptor_; }
  /// A local port that no other connect() was given.
  uint16_t next_port() { return ++last_port_; }

 protected:
  /// Reads the composition. @return false if it is none.
  bool read_composition();
  /// Each endpoint's machine, where there are several, numbers from elsewhere.
  void number_from(uint32_t listener, uint16_t port) {
    last_listener_ = last_acceptor_ = listener;
    last_port_ = port;
  }
  Loop& loop_;
  Random random_;
  HostOptions options_;

 private:
  std::vector<ServerPlan> plans_;
  std::vector<uint16_t> cms_;
  std::vector<uint16_t> cms_and_links_;
  std::vector<uint16_t> groups_;
  uint16_t queues_ = 0;
  uint32_t last_listener_ = 0;
  uint32_t last_acceptor_ = 0;
  uint16_t last_port_ = 32'767;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_MACHINE_HH
