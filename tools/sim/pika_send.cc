// SPDX-License-Identifier: GPL-2.0-only
//
// What a server sends is no longer its own, from that moment on: stands between the
// core's files and the functions that put messages into rings. Needs the linker's
// --wrap for both.

#include "tools/sim/host.hh"

namespace {

void give(const pika_server& s, u16 to, const pika_msg& msg) {
  pika::sim::Host& host = pika::sim::Executor::of(s).host();
  host.pool().give(msg, host.party(to));
}

}  // namespace

// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names.
extern "C" bool __real_pika_send_apart(pika_server* s, u16 to, pika_msg* msg);
extern "C" [[gnu::weak]] void __real_pika_end_send(pika_server* s, u16 to, const pika_msg* msg);

extern "C" bool __wrap_pika_send_apart(pika_server* s, u16 to, pika_msg* msg) {
  if (!__real_pika_send_apart(s, to, msg)) return false;
  if (to != s->id) give(*s, to, *msg);
  return true;
}

extern "C" void __wrap_pika_end_send(pika_server* s, u16 to, const pika_msg* msg) {
  __real_pika_end_send(s, to, msg);
  give(*s, to, *msg);
}
// NOLINTEND(bugprone-reserved-identifier)
