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
#include "tools/sim/machine.hh"
#include "tools/sim/mapped_pool.hh"
#include "tools/sim/nic.hh"

namespace pika::sim {

/// See above. With HostOptions::processes each server has a process of its own, which
/// can use its own memory, its ends of the rings and the packets that are its at the
/// time; all else is in the simulator's process. What happens is the same.
class Host : public Machine {
 public:
  /// @return a host at rest, whose servers run as soon as @p loop does, or EINVAL if
  /// the composition is none.
  static Result<std::unique_ptr<Host>> make(Loop& loop, Random random, const HostOptions& options);

  Endpoint& endpoint(size_t i) { return *endpoints_[i]; }
  size_t endpoints() const { return endpoints_.size(); }
  Nic& nic() { return *nic_; }

  /// Called with each server after each run of it, in its process.
  std::function<void(const pika_server&)> on_run;

  /// What must hold when all programs have closed all and all timers have fired: no
  /// packet, buffer, socket or flow is left.
  /// @return what does not hold, or nothing
  std::string leftovers();

  /// Calls @p see with each server, whose memory can be read so long.
  void for_each_server(const std::function<void(const pika_server&)>& see) const;

  /// For executors and endpoints.
  void ring_bell(uint16_t to) override;
  PacketPool& pool() override { return *pool_; }
  SendBuffers& buffers() override { return buffers_; }
  void take_back(pika_packet* packet);
  void check(const pika_server& server);
  Memory& memory() { return memory_; }
  /// This process is @p self from now on.
  void enter(Party self);
  /// What @p address is in, whoever may use it.
  std::string describe(const void* address) const;
  /// Packets that were not the core's.
  uint64_t passed() const { return passed_; }

 private:
  Host(Loop& loop, Random random, const HostOptions& options);
  void make_nic();
  void make_endpoint(uint16_t address);
  void make_rings();
  void start();

  Memory memory_;
  std::unique_ptr<PacketPool> pool_;
  MappedPool* mapped_pool_ = nullptr;  // the same, if it is one
  SendBuffers buffers_;
  uint64_t passed_ = 0;
  std::unique_ptr<Nic> nic_;
  std::vector<std::unique_ptr<Executor>> executors_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_HOST_HH
