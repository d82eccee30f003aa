// SPDX-License-Identifier: GPL-2.0-only
//
// Where each server has a process of its own, one that touches what is not its own is
// stopped and named. A client's SYN goes from the link server, 1, to the connection
// manager, 2, to the transport server, 0; one of them misbehaves when it has come.

#include <gtest/gtest.h>

#include "tools/sim/host.hh"

namespace pika::sim {
namespace {

constexpr uint16_t ts = 0;
constexpr uint16_t cm = 2;

/// What the servers have and what one of them does, for handlers, which are functions.
pika_server* servers[3];
const pika_ts* ts_memory;
const pika_ring_out* ring_of_others;
pika_handler handler;
void (*deed)(pika_server& s, pika_packet& packet);

void misbehave(pika_server* s, const pika_msg* msg) {
  pika_packet* packet = msg->packet.packet;
  handler(s, msg);
  deed(*s, *packet);
}

/// A value that somebody looks at.
template <typename T>
void look_at(const T& value) {
  [[maybe_unused]] const volatile T seen = value;
}

template <typename T>
void change(const T& value) {
  auto* there = const_cast<volatile T*>(&value);
  *there = *there + 1;
}

/// One host that a SYN comes to.
class Isolation : public testing::Test {
 protected:
  void make(uint16_t who, uint8_t type) {
    HostOptions options;
    options.composition = "TS1+LS1+CM1";
    options.processes = true;
    options.prepare = [who, type](pika_server& s) { prepare(s, who, type); };
    auto made = Host::make(loop_, Random(1), options);
    ASSERT_TRUE(made) << made.error().text;
    host_ = std::move(*made);
    host_->nic().on_transmit = [this](const Bytes&) { transmitted_++; };
  }

  static void prepare(pika_server& s, uint16_t who, uint8_t type) {
    servers[s.id] = &s;
    if (s.ts) ts_memory = s.ts;
    if (s.id == ts) ring_of_others = s.peers[1].out.out;
    if (s.id == who) handler = std::exchange(s.handlers[type], misbehave);
  }

  /// @return why the simulation failed, or nothing
  std::string run() {
    const Place here{host_->options().v4, 80};
    host_->endpoint(0).listen({{}, here.port}, 8);
    loop_.run_until(loop_.now() + 1_ms);
    const Place client{address_v4(192, 0, 2, 2), 1'024};
    host_->nic().receive(encode({.from = client, .to = here, .flags = PIKA_TCP_SYN}));
    loop_.run_until(loop_.now() + 1_ms);
    return loop_.failure();
  }

  /// Server @p who does @p what when it has handled a message of @p type.
  /// @return what the simulation says of it
  std::string run(uint16_t who, uint8_t type, void (*what)(pika_server& s, pika_packet& packet)) {
    deed = what;
    make(who, type);
    return host_ ? run() : std::string();
  }

  Loop loop_{1_s};
  std::unique_ptr<Host> host_;
  size_t transmitted_ = 0;
};

void expect_caught(const std::string& said, const std::string& who, const std::string& what) {
  EXPECT_NE(said.find("host server " + who), std::string::npos) << said;
  EXPECT_NE(said.find(what), std::string::npos) << said;
}

TEST_F(Isolation, one_that_keeps_to_its_own_is_left_alone) {
  const auto said = run(cm, PIKA_MSG_SYN, [](pika_server& s, pika_packet&) {
    change(s.stats.held);
    change(s.bell->armed);
    look_at(s.peers[ts].bell->armed);
    look_at(s.peers[ts].out.in->tail);
    look_at(s.peers[1].in.out->want_room);
  });
  EXPECT_EQ(said, "");
  EXPECT_EQ(transmitted_, 1u);
}

TEST_F(Isolation, state_of_another_server) {
  const auto said =
      run(cm, PIKA_MSG_SYN, [](pika_server&, pika_packet&) { look_at(servers[ts]->now_ms); });
  expect_caught(said, "2 touched", "the state of server 0");
}

TEST_F(Isolation, component_of_another_server) {
  const auto said =
      run(cm, PIKA_MSG_SYN, [](pika_server&, pika_packet&) { look_at(ts_memory->config.mtu); });
  expect_caught(said, "2 touched", "the arena of server 0");
}

TEST_F(Isolation, tail_that_the_consumer_publishes) {
  const auto said =
      run(cm, PIKA_MSG_SYN, [](pika_server& s, pika_packet&) { change(s.peers[ts].out.in->tail); });
  expect_caught(said, "2 touched", "the tail of the ring from server 2 to server 0");
}

TEST_F(Isolation, slots_that_the_producer_fills) {
  const auto said = run(cm, PIKA_MSG_SYN,
                        [](pika_server& s, pika_packet&) { change(s.peers[1].in.out->want_room); });
  expect_caught(said, "2 touched", "the slots of the ring from server 1 to server 2");
}

TEST_F(Isolation, ring_between_two_others) {
  const auto said =
      run(cm, PIKA_MSG_SYN, [](pika_server&, pika_packet&) { look_at(ring_of_others->want_room); });
  expect_caught(said, "2 touched", "the slots of the ring from server 0 to server 1");
}

TEST_F(Isolation, bell_of_another_server) {
  const auto said =
      run(cm, PIKA_MSG_SYN, [](pika_server& s, pika_packet&) { change(s.peers[ts].bell->armed); });
  expect_caught(said, "2 touched", "the bell of server 0");
}

TEST_F(Isolation, packet_that_was_sent_on) {
  const auto said =
      run(cm, PIKA_MSG_SYN, [](pika_server&, pika_packet& packet) { change(packet.offset); });
  expect_caught(said, "2 touched", ": packet 0, which is server 0's");
}

TEST_F(Isolation, bytes_of_a_packet_that_was_freed) {
  const auto said =
      run(ts, PIKA_MSG_ADMIT, [](pika_server&, pika_packet& packet) { look_at(packet.len); });
  expect_caught(said, "0 touched", ": packet 0, which is nobody's");
}

TEST_F(Isolation, packet_that_is_freed_although_it_was_sent_on) {
  const auto said = run(cm, PIKA_MSG_SYN, [](pika_server& s, pika_packet& packet) {
    s.env->ops->free_packet(s.env, &packet);
  });
  expect_caught(said, "2 gave back packet", "which is server 0's");
}

TEST_F(Isolation, memory_of_another_host) {
  HostOptions options;
  options.processes = true;
  const pika_server* other = nullptr;
  options.prepare = [&other](pika_server& s) { other = &s; };
  const auto second = Host::make(loop_, Random(2), options);
  ASSERT_TRUE(second);
  static const pika_server* seen;
  seen = other;
  const auto said =
      run(cm, PIKA_MSG_SYN, [](pika_server&, pika_packet&) { look_at(seen->now_ms); });
  expect_caught(said, "2 touched", "no memory of this host");
}

TEST_F(Isolation, server_that_dies) {
  const auto said = run(cm, PIKA_MSG_SYN, [](pika_server&, pika_packet&) { _exit(3); });
  expect_caught(said, "2 died", "with status 3");
}

/// The simulator has the endpoints and the card, but not the servers.
TEST_F(Isolation, server_seen_from_outside) {
  make(cm, PIKA_MSG_NONE);
  EXPECT_EXIT(
      look_at(servers[ts]->now_ms), [](int status) { return status != 0; }, "SEGV");
  EXPECT_EXIT(
      look_at(ts_memory->config.mtu), [](int status) { return status != 0; }, "SEGV");
}

}  // namespace
}  // namespace pika::sim
