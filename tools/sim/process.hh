// SPDX-License-Identifier: GPL-2.0-only
//
// A server in a process of its own, which has the server's memory and its ends of the
// rings and nothing else of the host. It runs when it is told to and asks for all
// that it takes from the host, so that a simulation is the same as in one process,
// packet by packet. Of the simulator's heap and of variables it has copies, as fork()
// leaves them: writing there changes nothing for others.
#ifndef PIKA_SIM_PROCESS_HH
#define PIKA_SIM_PROCESS_HH

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "tools/sim/executor.hh"

namespace pika::sim {

/// One message from the server's process.
struct ProcessCall;

/// See above; this is the simulator's end. A server that touches what is not its own
/// fails the simulation, with the name of what it touched.
class ServerProcess {
 public:
  /// Forks. All that the server ever sees was set up before.
  explicit ServerProcess(Executor& executor);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Runs the server once.
  Rest run();

 private:
  void serve(const ProcessCall& call);
  void get_back(const ProcessCall& call);
  void burst(const ProcessCall& call);
  void transmit(const ProcessCall& call);
  void fail(const ProcessCall& call);
  void fail_of_death();
  std::string name() const;

  Executor& executor_;
  int socket_ = -1;
  pid_t pid_ = -1;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_PROCESS_HH
