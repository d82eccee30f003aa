// SPDX-License-Identifier: GPL-2.0-only
//
// Puts servers together in a host's memory and joins them, and endpoints, by rings.
#ifndef PIKA_SIM_ASSEMBLY_HH
#define PIKA_SIM_ASSEMBLY_HH

#include "tools/sim/endpoint.hh"
#include "tools/sim/machine.hh"
#include "tools/sim/memory.hh"

namespace pika::sim {

/// All that a server has.
struct ServerMemory {
  pika_server* server;
  pika_bell* bell;
  const u8* arena;
};

/// Server @p id of @p machine, which has no rings yet, with @p env as its seam.
/// Fails the machine's loop if it cannot be set up.
ServerMemory make_server(Memory& memory, Machine& machine, uint16_t id, pika_env& env);

/// All rings of a host.
class Rings {
 public:
  Rings(Memory& memory, const Machine& machine) : memory_(memory), machine_(machine) {}

  /// The ring from @p from to @p to.
  void join(pika_server& from, pika_server& to);
  /// Both rings between @p server and @p endpoint.
  void join(pika_server& server, Endpoint& endpoint);

 private:
  struct Ring {
    pika_ring_out* out;  // the producer's memory
    pika_ring_in* in;    // the consumer's
  };

  Ring make(uint16_t from, uint16_t to);
  u32 slots() const { return machine_.options().ring_slots; }

  Memory& memory_;
  const Machine& machine_;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_ASSEMBLY_HH
