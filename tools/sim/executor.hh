// SPDX-License-Identifier: GPL-2.0-only
//
// Executes one server: its memory, its seam to the host, and when it runs.
#ifndef PIKA_SIM_EXECUTOR_HH
#define PIKA_SIM_EXECUTOR_HH

#include <cstdint>
#include <memory>

#include "tools/sim/assembly.hh"
#include "tools/sim/loop.hh"
#include "tools/sim/memory.hh"

namespace pika::sim {

class Host;
class ServerProcess;

/// What a server does after a run.
struct Rest {
  bool sleeps = false;  ///< until its bell rings; else it runs again
  bool timed = false;   ///< or until expires_ms
  uint32_t expires_ms = 0;
};

/// See above. The server runs when something wakes it, and when a timer is due; it
/// sleeps only when pika_server_may_sleep() says so.
class Executor : private pika_env {
 public:
  Executor(Host& host, uint16_t id);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Runs soon: the bell rang, or the link has something.
  void wake();
  /// From now on the server is executed by a process of its own.
  void start_process();

  uint16_t id() const { return id_; }
  /// In processes, only in its own may it be used.
  pika_server& server() { return *memory_.server; }
  const pika_server& server() const { return *memory_.server; }
  Host& host() { return host_; }
  /// Calls of pika_server_run() so far.
  uint64_t runs() const { return runs_; }
  /// Reading rights to all memory of the server, for a while.
  struct Sight {
    Memory::Look state, arena;
  };
  Sight look() const;
  /// What executes @p server.
  static Executor& of(const pika_server& server) { return *static_cast<Executor*>(server.env); }

  /// Runs the server once, in this process.
  Rest run_here();
  pika_env& env() { return *this; }
  /// For the server's own process: what is asked of the host goes to @p seam, and
  /// what of the card's queue, to @p received.
  void use(const pika_env_ops& seam, const bool& received) {
    ops = &seam;
    received_ = &received;
  }

 private:
  static const pika_env_ops local_ops;
  static Host& host_of(pika_env* env) { return static_cast<Executor*>(env)->host_; }

  bool has_received() const;
  void run();
  void run_at(Nanos when);

  Host& host_;
  uint16_t id_;
  bool has_link_;
  uint16_t queue_;
  const bool* received_ = nullptr;
  ServerMemory memory_;
  Nanos next_run_ = never;
  bool woken_ = false;
  uint64_t runs_ = 0;
  std::unique_ptr<ServerProcess> process_;

  static constexpr Nanos never = ~Nanos{0};
};

}  // namespace pika::sim

#endif  // PIKA_SIM_EXECUTOR_HH
