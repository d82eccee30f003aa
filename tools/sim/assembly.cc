// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/assembly.hh"

#include <cstring>

namespace pika::sim {

/// Once to count, once in earnest.
ServerMemory make_server(Memory& memory, Machine& machine, uint16_t id, pika_env& env) {
  const Rights own{.writer = id};
  const std::string whose = " of server " + std::to_string(id);
  auto* bell = memory.allocate<pika_bell>("the bell" + whose, {.writer = id, .reader = everybody});
  auto* server = memory.allocate<pika_server>("the state" + whose, own);
  auto* steering =
      memory.allocate<uint16_t>("the steering" + whose, own, PIKA_GROUPS * sizeof(uint16_t));
  pika_arena counting{.at = nullptr, .left = SIZE_MAX, .taken = 0};
  pika_server_init(server, &env, id, machine.servers(), bell);
  machine.add_components(*server, steering, counting);
  auto* memory_of_components = memory.allocate<u8>("the arena" + whose, own, counting.taken);
  pika_arena arena{.at = memory_of_components, .left = counting.taken, .taken = 0};
  std::memset(server, 0, sizeof(*server));
  pika_server_init(server, &env, id, machine.servers(), bell);
  if (machine.add_components(*server, steering, arena))
    machine.loop().fail("a server cannot be set up");
  if (arena.left > 0) machine.loop().fail("a server that needs less memory than it counted");
  return {server, bell, memory_of_components};
}

Rings::Ring Rings::make(uint16_t from, uint16_t to) {
  const Party sender = machine_.party(from);
  const Party receiver = machine_.party(to);
  const std::string way = "of the ring from " + to_string(sender) + " to " + to_string(receiver);
  return {
      memory_.allocate<pika_ring_out>("the slots " + way, {.writer = sender, .reader = receiver},
                                      pika_ring_out_size(slots())),
      memory_.allocate<pika_ring_in>("the tail " + way, {.writer = receiver, .reader = sender})};
}

void Rings::join(pika_server& from, pika_server& to) {
  const Ring ring = make(from.id, to.id);
  pika_server_attach_out(&from, to.id, ring.out, ring.in, slots(), to.bell);
  pika_server_attach_in(&to, from.id, ring.out, ring.in, slots());
}

void Rings::join(pika_server& server, Endpoint& endpoint) {
  const Ring down = make(server.id, endpoint.address());
  pika_server_attach_out(&server, endpoint.address(), down.out, down.in, slots(), endpoint.bell());
  pika_consumer in;
  pika_consumer_init(&in, down.out, down.in, slots());
  const Ring up = make(endpoint.address(), server.id);
  pika_server_attach_in(&server, endpoint.address(), up.out, up.in, slots());
  pika_producer out;
  pika_producer_init(&out, up.out, up.in, slots());
  endpoint.attach(server.id, out, in, server.bell);
}

}  // namespace pika::sim
