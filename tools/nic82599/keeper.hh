// SPDX-License-Identifier: GPL-2.0-only
//
// A second process that holds on to the clients' connections. If the program is killed, it
// answers in its place: all reads give ones, as from a card that was pulled out. A guest
// knows what to do then; QEMU's client does not survive every broken connection.
#ifndef PIKA_NIC82599_KEEPER_HH
#define PIKA_NIC82599_KEEPER_HH

#include <sys/types.h>

#include "libpika/descriptor.hh"
#include "libpika/result.hh"

namespace pika::nic82599 {

/// As seen from the program. When this ends, so does the process, and nothing is kept.
class Keeper {
 public:
  /// Makes the process, which has nothing of the program's but standard error; to be
  /// called while there is one thread. It ends with its last client.
  static Result<Keeper> start();
  Keeper(Keeper&&) noexcept;
  Keeper& operator=(Keeper&&) = delete;
  ~Keeper();

  /// A client has come. Who leaves it again has to shut @p socket down.
  void keep(int socket) const;

 private:
  Keeper(Descriptor channel, pid_t process) : channel_(std::move(channel)), process_(process) {}

  Descriptor channel_;
  pid_t process_;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_KEEPER_HH
