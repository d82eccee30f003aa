// SPDX-License-Identifier: GPL-2.0-only
//
// Does one thing after the other, each often and each time in the same way, and has
// callgrind write down after each what it took. Time stands still, so that no timer
// and no cooling ring comes in between. "run" picks the core's share out of that.

#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "flows.hh"
#include "packets.hh"
#include "servers.hh"
#include "tcp_client.hh"
#include "tcp_pika.hh"

extern "C" {
#include "core/timer.h"
}

namespace {

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "instructions: %s\n", what);
  std::exit(1);
}

/// The first time takes ways that later ones do not, and does not count.
template <class F>
void scenario(const char* name, unsigned times, F once) {
  const std::string label = std::string(name) + "/" + std::to_string(times);
  once();
  CALLGRIND_ZERO_STATS;
  for (unsigned i = 0; i < times; ++i) once();
  CALLGRIND_DUMP_STATS_AT(label.c_str());
}

u64 stopped_clock() { return 1'000'000'000; }

pika_msg message(pika_msg_type type) {
  pika_msg msg{};
  msg.type = type;
  return msg;
}

void ring() {
  constexpr u32 slots = PIKA_RING_SLOTS;
  const auto out = bench::zeroed<pika_ring_out>(pika_ring_out_size(slots));
  const auto in = bench::zeroed<pika_ring_in>();
  pika_producer producer;
  pika_consumer consumer;
  pika_producer_init(&producer, out.get(), in.get(), slots);
  pika_consumer_init(&consumer, out.get(), in.get(), slots);
  const pika_msg msg = message(PIKA_MSG_SEND);
  scenario("ring_push_pop", 10 * slots, [&] {
    expect(pika_ring_push(&producer, &msg), "a full ring");
    expect(pika_ring_peek(&consumer), "an empty ring");
    pika_ring_pop(&consumer);
  });
}

void on_request(pika_server* s, const pika_msg* msg) {
  pika_msg reply = message(PIKA_MSG_UPDATE);
  expect(pika_send(s, msg->from, &reply), "no room for a reply");
}

unsigned replies;

void on_reply(pika_server*, const pika_msg*) { ++replies; }

/// A request and its reply, between two servers and within one.
void dispatch() {
  bench::TwoServers servers(stopped_clock);
  for (auto* server : {&servers.near, &servers.far}) {
    (*server)->handlers[PIKA_MSG_SEND] = on_request;
    (*server)->handlers[PIKA_MSG_UPDATE] = on_reply;
  }
  pika_msg request = message(PIKA_MSG_SEND);
  const auto ask = [&](uint16_t to) {
    replies = 0;
    pika_send(servers.near.get(), to, &request);
    if (to != servers.near->id) {
      servers.far.run();
      servers.near.run();
    }
    expect(replies == 1, "not one reply");
  };
  scenario("dispatch", 100, [&] { ask(servers.far->id); });
  scenario("dispatch_direct", 100, [&] { ask(servers.near->id); });
  scenario("server_run_idle", 100, [&] { servers.far.run(); });
}

u64 token;

void finish(pika_server*, pika_microthread*, const pika_msg*) { token = 0; }

void wait(pika_server* s, pika_microthread* thread, const pika_msg*) {
  token = pika_microthread_wait(s, thread, finish);
}

void microthread() {
  bench::TwoServers servers(stopped_clock);
  servers.near.add_microthreads(64);
  pika_server* s = servers.near.get();
  const pika_msg reply = message(PIKA_MSG_UPDATE);
  scenario("microthread_run", 100,
           [&] { expect(pika_microthread_start(s, finish, nullptr), "no microthread"); });
  scenario("microthread_wait", 100, [&] {
    pika_microthread_start(s, wait, nullptr);
    expect(pika_microthread_resume(s, token, &reply) && !token, "nobody waits");
  });
}

void timer() {
  pika_wheel wheel;
  pika_timer timer;
  u32 after = 0;
  pika_wheel_init(&wheel, 0);
  pika_timer_init(&timer);
  scenario("timer_rearm", 100, [&] { pika_timer_arm(&wheel, &timer, 200 + after++); });
}

void packet() {
  for (const bool is_v6 : {false, true}) {
    auto bytes = bench::segment(is_v6, 100);
    const pika_packet packet = bench::packet_of(bytes, false);
    pika_segment seg;
    scenario(is_v6 ? "packet_parse_v6" : "packet_parse_v4", 100,
             [&] { expect(pika_packet_parse(&packet, &seg) == PIKA_PARSE_OK, "a bad packet"); });
  }
}

void flow() {
  const bench::Flows flows(1000, false);
  u32 i = 0;
  scenario("flow_find", 100, [&] {
    expect(flows.find(bench::flow_key(i)) == i, "another flow");
    ++i;
  });
}

/// The whole core: link, transport server and connection manager in one server, and
/// what the endpoint does at its ends of the rings. Packets come one at a time.
void tcp() {
  bench::Watch unused;
  bench::PikaStack stack(1024);
  bench::Client client(stack);
  client.set(bench::Options::linux, true);
  scenario("short_connection", 100, [&] { client.short_connections(1, unused); });
  auto peers = client.open(1, unused);
  scenario("keep_alive_request", 100, [&] { client.request(peers, unused); });
}

}  // namespace

int main() {
  try {
    ring();
    dispatch();
    microthread();
    timer();
    packet();
    flow();
    tcp();
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "instructions: %s\n", e.what());
    return 1;
  }
}
