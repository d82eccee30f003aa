// SPDX-License-Identifier: GPL-2.0-only
//
// Executes one server: its memory, its seam to the host, and when it runs.
#ifndef PIKA_SIM_EXECUTOR_HH
#define PIKA_SIM_EXECUTOR_HH

#include <cstdint>

#include "tools/sim/loop.hh"
#include "tools/sim/memory.hh"

namespace pika::sim {

class Host;

/// What a server consists of.
struct ServerPlan {
  bool link = false;
  bool transport = false;
  bool manager = false;
  uint16_t queue = 0;  ///< of the link server
  uint16_t asks = 0;   ///< the CM's server that the LS and the TS ask
  uint16_t sends = 0;  ///< the LS's server that sends for the TS
};

/// See above. The server runs when something wakes it, and when a timer is due; it
/// sleeps only when pika_server_may_sleep() says so.
class Executor : private pika_env {
 public:
  Executor(Host& host, uint16_t id, const ServerPlan& plan);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Runs soon: the bell rang, or the link has something.
  void wake();

  pika_server& server() { return *server_; }
  const pika_server& server() const { return *server_; }
  const pika_bell* bell() const { return bell_.get(); }
  const ServerPlan& plan() const { return plan_; }
  /// Calls of pika_server_run() so far.
  uint64_t runs() const { return runs_; }

 private:
  static const pika_env_ops ops;
  static Host& host_of(pika_env* env) { return static_cast<Executor*>(env)->host_; }

  void set_up(pika_arena& arena);
  void run();
  void run_at(Nanos when);
  void sleep();

  Host& host_;
  uint16_t id_;
  ServerPlan plan_;
  Lines<pika_bell> bell_;
  Lines<pika_server> server_;
  Lines<uint16_t> steering_;
  Lines<uint8_t> memory_;
  Nanos next_run_ = never;
  uint64_t runs_ = 0;

  static constexpr Nanos never = ~Nanos{0};
};

}  // namespace pika::sim

#endif  // PIKA_SIM_EXECUTOR_HH
