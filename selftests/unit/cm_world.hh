// SPDX-License-Identifier: GPL-2.0-only
//
// A connection manager on server 0, and the transport server and applications that a
// test plays: what they say to it, and what it says to them.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "world.hh"

namespace pika::test {

/// An acceptor: its number and the index of its endpoint.
struct Who {
  uint32_t acceptor = 0;
  uint16_t endpoint = 0;
  auto operator<=>(const Who&) const = default;
};

struct CmWorld : World {
  static constexpr pika_cm_config small = {.max_listeners = 8,
                                           .max_acceptors = 16,
                                           .max_waiting = 64,
                                           .max_half_open = 32,
                                           .max_flows = 0};

  /// The TS is server @ts: 0 combines it with the CM, 1 keeps it apart.
  explicit CmWorld(uint16_t ts = 1, const pika_cm_config& config = small) : World(2, 4), ts(ts) {
    pika_arena memory = arena();
    if (pika_cm_init(server(0), &memory, &config)) throw std::bad_alloc();
    for (auto type : {PIKA_MSG_ADMIT, PIKA_MSG_ASSIGN}) play(ts, type);
    ts_of_.assign(PIKA_GROUPS, ts);
  }

  pika_cm& cm() { return *server(0)->manager; }
  pika_cm_stats& stats() { return cm().stats; }
  pika_listener& listener(uint32_t id = 1) { return *pika_listener_by_id(&cm().listeners, id); }
  pika_acceptor* acceptor(Who who, uint32_t id = 1) {
    return pika_acceptor_find(&cm().acceptors, &listener(id), who.acceptor,
                              endpoint(who.endpoint).address);
  }
  uint64_t flow(uint32_t index) const { return pika_handle(ts, index, 1); }

  /// Everything that comes for the endpoint of @i, of one type.
  std::vector<pika_msg> heard(size_t i, uint8_t type) {
    std::vector<pika_msg> of_type;
    for (const auto& msg : endpoint(i).take())
      if (msg.type == type) of_type.push_back(msg);
    return of_type;
  }

  int listen(uint32_t id, const pika_addr& addr, uint16_t port, uint32_t backlog = 100,
             bool v6only = false, uint8_t type = PIKA_MSG_LISTEN, size_t i = 0) {
    pika_msg msg{};
    msg.type = type;
    msg.listen.addr = addr;
    msg.listen.cookie = uint64_t{id} * 1000;
    msg.listen.listener = id;
    msg.listen.backlog = backlog;
    msg.listen.port = port;
    msg.listen.v6only = v6only;
    endpoint(i).send(0, msg);
    run(0);
    const auto answers = heard(i, PIKA_MSG_LISTENING);
    if (answers.size() != 1 || answers[0].listening.cookie != uint64_t{id} * 1000) return 1;
    return answers[0].listening.error;
  }
  int listen(uint32_t id = 1, uint32_t backlog = 100) {
    return listen(id, v6(0), static_cast<uint16_t>(79 + id), backlog);
  }
  int unlisten(uint32_t id = 1) { return listen(id, {}, 0, 0, false, PIKA_MSG_UNLISTEN); }

  void syn(const pika_addr& to = v4(10, 0, 0, 1), uint16_t port = 80, uint16_t from_port = 5000) {
    pika_msg msg{};
    msg.type = PIKA_MSG_SYN;
    msg.packet.packet = packet(v4(10, 0, 0, 9), from_port, to, port, PIKA_TCP_SYN);
    pika_send(server(0), 0, &msg);
  }

  void tell(pika_msg& msg) {
    pika_send(server(ts), 0, &msg);
    run(ts);
    run(0);
  }
  pika_msg about(uint8_t type, uint32_t index) const {
    pika_msg msg{};
    msg.type = type;
    msg.flow = flow(index);
    return msg;
  }
  void established(uint32_t index, uint32_t id = 1) {
    pika_msg msg = about(PIKA_MSG_ESTABLISHED, index);
    msg.established.listener = id;
    tell(msg);
  }
  /// SYN to established.
  void arrive(uint32_t index, uint32_t id = 1) {
    syn(v4(10, 0, 0, 1), static_cast<uint16_t>(79 + id));
    established(index, id);
  }
  void expire(uint32_t index, Who who, uint32_t id = 1) {
    pika_msg msg = about(PIKA_MSG_ACCEPT_TIMEOUT, index);
    msg.established.listener = id;
    msg.established.acceptor = who.acceptor;
    msg.established.endpoint = endpoint(who.endpoint).address;
    tell(msg);
  }
  void claim(uint32_t index, Who who, uint32_t id = 1) {
    pika_msg msg = about(PIKA_MSG_CLAIMED, index);
    msg.claimed.listener = id;
    msg.claimed.acceptor = who.acceptor;
    msg.claimed.endpoint = endpoint(who.endpoint).address;
    msg.claimed.refused_endpoint = PIKA_NOBODY;
    tell(msg);
  }
  /// The connection has ended; @who had claimed it, if anybody.
  void close(uint32_t index, std::optional<Who> who = {}, uint32_t service_us = 100,
             uint32_t claim_us = 10, uint32_t id = 1) {
    pika_msg msg = about(PIKA_MSG_CONNECTION_CLOSED, index);
    msg.closed.listener = id;
    msg.closed.endpoint = who ? endpoint(who->endpoint).address : PIKA_NOBODY;
    msg.closed.acceptor = who ? who->acceptor : 0;
    msg.closed.service_us = service_us;
    msg.closed.claim_us = claim_us;
    tell(msg);
  }
  void accept(Who who, uint32_t id = 1) {
    pika_msg msg{};
    msg.type = PIKA_MSG_ACCEPT_CONNECTION;
    msg.acceptor.listener = id;
    msg.acceptor.acceptor = who.acceptor;
    endpoint(who.endpoint).send(0, msg);
    run(0);
  }

  /// What the TS was told since the last call, of one type.
  std::vector<pika_msg> told(uint8_t type) {
    run(ts);
    std::vector<pika_msg> of_type;
    for (const auto& msg : take(ts))
      if (msg.type == type) of_type.push_back(msg);
    return of_type;
  }
  /// Whom the TS was told to offer flows to since the last call, by index.
  std::map<uint32_t, Who> assigned() {
    std::map<uint32_t, Who> offers;
    for (const auto& msg : told(PIKA_MSG_ASSIGN))
      if (msg.assign.endpoint != PIKA_NOBODY) offers[pika_handle_index(msg.flow)] = who(msg.assign);
    return offers;
  }
  /// Which flows the TS was told to reset since the last call.
  std::vector<uint64_t> reset() {
    std::vector<uint64_t> flows;
    for (const auto& msg : told(PIKA_MSG_ASSIGN))
      if (msg.assign.endpoint == PIKA_NOBODY) flows.push_back(msg.flow);
    return flows;
  }
  Who who(const pika_msg_assign& assign) const {
    return {assign.acceptor, static_cast<uint16_t>(assign.endpoint - 2)};
  }

  const uint16_t ts;
};

/// A listener is there. Each test with the TS in the CM's server and in another one.
class CmTest : public testing::TestWithParam<uint16_t> {
 protected:
  CmTest() : world(GetParam()) { EXPECT_EQ(world.listen(), 0); }
  CmWorld world;
};

/// To whom connections were offered, by index.
using Offers = std::map<uint32_t, Who>;

constexpr Who alice{1, 0};

}  // namespace pika::test
