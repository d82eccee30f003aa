// SPDX-License-Identifier: GPL-2.0-only
//
// Messages of endpoints that say anything: any type, payload, handle and sender, in any
// order, while time passes and clients come and go. The server must stay in its memory, come
// to rest, and when all is closed hold nothing any more.
//
// Servers trust the pointers that they send each other. An endpoint has one message with a
// pointer that the server follows, FREE, and says it of what it was given: that it may do so
// once only is between the shell and its pool. So the packet of a FREE is always such a one.
//
// Input: a program. Each step begins with a byte that says what is done (enum Step) and reads
// as many bytes as that takes; the end of the input reads as zeroes.

#include <algorithm>

#include "shell.hh"

namespace {

using namespace pika::fuzz;

enum Step : uint8_t { kRun, kTime, kSegment, kMessage, kListen, kConnect, kDrain, kFree, kCard };
constexpr uint8_t kSteps = kCard + 1;

constexpr std::array<uint32_t, 8> kWaits_ms = {1, 2, 40, 200, 1000, 5000, 61'000, 7'300'000};

/// Reads the program.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(data, size) {}

  bool done() const { return left_.empty(); }
  uint8_t byte() {
    if (left_.empty()) return 0;
    const uint8_t first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }
  uint16_t word() {
    const uint16_t high = byte();
    return static_cast<uint16_t>(high << 8 | byte());
  }
  void copy(void* to, size_t len) {
    len = std::min(len, left_.size());
    std::memcpy(to, left_.data(), len);
    left_ = left_.subspan(len);
  }

 private:
  std::span<const uint8_t> left_;
};

/// One of the clients: what it would send next, and what it has seen.
struct Client {
  uint32_t seq = 1000;
  uint32_t ack = 0;
};

class Run {
 public:
  explicit Run(Shell& shell) : shell_(shell) {
    shell_.start();
    shell_.on_frame = [this](const pika_frame& frame) { seen(frame); };
  }

  void play(Input& in) {
    while (!in.done()) step(in);
    finish();
  }

 private:
  static constexpr uint16_t clients = 4, first_port = 5000;

  void step(Input& in) {
    switch (in.byte() % kSteps) {
      case kRun:
        shell_.run();
        break;
      case kTime:
        shell_.pass_ms(kWaits_ms[in.byte() % kWaits_ms.size()]);
        break;
      case kSegment:
        segment(in);
        break;
      case kMessage:
        message(in);
        break;
      case kListen:
        listen(in);
        break;
      case kConnect:
        connect(in);
        break;
      case kDrain:
        drain(in.byte() % Shell::endpoints);
        break;
      case kFree:
        free_one(in.byte() % Shell::endpoints);
        break;
      case kCard:
        shell_.full = in.byte() & 1;
        break;
    }
  }

  static pika_addr local(bool v6) { return v6 ? pika_addr{{0x20, 1}} : v4(1); }
  static pika_addr remote(bool v6) { return v6 ? pika_addr{{0x20, 2}} : v4(9); }
  static pika_addr v4(uint8_t last) {
    return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, last}};
  }

  /// From a client: in step with what it has seen, but for two small differences.
  void segment(Input& in) {
    const uint8_t who = in.byte();
    const uint8_t index = who % clients;
    const bool v6 = who & 0x80;
    const auto port = static_cast<uint16_t>(first_port + index);
    Client& client = clients_[index];
    const pika_flow_key key{remote(v6), local(v6), port,
                            static_cast<uint16_t>(80 + (who >> 6 & 1))};
    pika_tcp_header header{};
    header.flags = in.byte();
    header.seq = client.seq + static_cast<int8_t>(in.byte());
    header.ack = client.ack + static_cast<int8_t>(in.byte());
    header.window = in.word();
    const uint16_t bytes = in.byte() * 2;
    header.ttl = 64;
    pika_frame frame{};
    pika_frame_begin(&frame, &key, &header);
    frame.bytes = bytes;
    pika_frame_finish(&frame);
    std::vector<uint8_t> packet(frame.header, frame.header + frame.header_len);
    packet.resize(packet.size() + bytes);
    client.seq = header.seq + bytes + (header.flags & PIKA_TCP_SYN ? 1 : 0) +
                 (header.flags & PIKA_TCP_FIN ? 1 : 0);
    shell_.receive(packet);
  }

  /// What the server has sent: a client acknowledges it from now on.
  void seen(const pika_frame& frame) {
    const uint8_t* tcp = frame.header + frame.tcp_offset;
    const uint32_t port = tcp[2] << 8 | tcp[3];
    if (port < first_port || port >= first_port + clients) return;
    uint32_t seq;
    std::memcpy(&seq, tcp + 4, sizeof(seq));
    const uint8_t flags = tcp[13];
    clients_[port - first_port].ack = be32_to_cpu(seq) + frame.bytes +
                                      (flags & PIKA_TCP_SYN ? 1 : 0) +
                                      (flags & PIKA_TCP_FIN ? 1 : 0);
  }

  void post(uint16_t endpoint, pika_msg& msg, uint16_t from) {
    msg.from = from;
    pika_ring_push(&shell_.endpoint(endpoint).out, &msg);
  }
  static uint16_t address_of(uint16_t endpoint) {
    return static_cast<uint16_t>(Shell::address + 1 + endpoint);
  }

  /// Anything. Of the flow: one that was heard of, or any handle.
  void message(Input& in) {
    const uint8_t how = in.byte();
    const uint16_t endpoint = how % Shell::endpoints;
    pika_msg msg{};
    msg.type = in.byte() % (PIKA_MSG_TYPES + 1);
    const uint8_t flow = in.byte();
    if (how & 0x40)
      in.copy(&msg.flow, sizeof(msg.flow));
    else if (!flows_.empty())
      msg.flow = flows_[flow % flows_.size()];
    constexpr size_t payload = offsetof(pika_msg, packet);
    in.copy(reinterpret_cast<uint8_t*>(&msg) + payload,
            std::min<size_t>(in.byte(), sizeof(msg) - payload));
    if (msg.type == PIKA_MSG_FREE) return free_one(endpoint);
    post(endpoint, msg, how & 0x80 ? in.word() : address_of(endpoint));
  }

  void listen(Input& in) {
    const uint8_t how = in.byte();
    const uint16_t endpoint = how % Shell::endpoints;
    pika_msg msg{};
    msg.type = how & 2 ? PIKA_MSG_UNLISTEN : PIKA_MSG_LISTEN;
    msg.listen.listener = how >> 2 & 3;
    msg.listen.backlog = how >> 4 & 3;
    msg.listen.port = static_cast<uint16_t>(80 + (how >> 6 & 1));
    msg.listen.v6only = how & 0x80;
    post(endpoint, msg, address_of(endpoint));
  }

  /// To a client, whose SYN or SYN-ACK may then come.
  void connect(Input& in) {
    const uint8_t how = in.byte();
    const uint16_t endpoint = how % Shell::endpoints;
    pika_msg msg{};
    msg.type = PIKA_MSG_CONNECT;
    msg.connect.remote = remote(how & 0x80);
    msg.connect.local = local(how & 0x80);
    msg.connect.socket = how;
    msg.connect.remote_port = static_cast<uint16_t>(first_port + (how >> 1) % clients);
    msg.connect.local_port = static_cast<uint16_t>(80 + (how >> 6 & 1));
    post(endpoint, msg, address_of(endpoint));
  }

  size_t drain(uint16_t endpoint) {
    pika_consumer& in = shell_.endpoint(endpoint).in;
    size_t taken = 0;
    for (; const pika_msg* msg = pika_ring_peek(&in); taken++) {
      hear(endpoint, *msg);
      pika_ring_pop(&in);
    }
    pika_consumer_publish(&in);
    return taken;
  }

  void hear(uint16_t endpoint, const pika_msg& msg) {
    const bool known = std::find(flows_.begin(), flows_.end(), msg.flow) != flows_.end();
    if (msg.flow != PIKA_HANDLE_NONE && !known) flows_.push_back(msg.flow);
    if (msg.type != PIKA_MSG_UPDATE && msg.type != PIKA_MSG_CLAIM_RESULT) return;
    uint32_t bytes = 0;
    for (pika_packet *next, *packet = msg.update.packet; packet; packet = next) {
      next = packet->next;
      bytes += packet->bytes;
      require(packet->offset + packet->bytes <= packet->len);
      packet->next = nullptr;
      mine_[endpoint].push_back(packet);
    }
    require(bytes == msg.update.bytes);
  }

  /// A received packet goes home, by message if there is room.
  void free_one(uint16_t endpoint) {
    if (mine_[endpoint].empty()) return;
    pika_msg msg{};
    msg.type = PIKA_MSG_FREE;
    msg.from = address_of(endpoint);
    msg.packet.packet = mine_[endpoint].back();
    mine_[endpoint].pop_back();
    if (!pika_ring_push(&shell_.endpoint(endpoint).out, &msg)) shell_.free(msg.packet.packet);
  }

  /// Until nobody has anything to say; which must come.
  void settle() {
    for (int left = 1000; drain_all() + shell_.run() > 0; left--) require(left > 0);
  }

  size_t drain_all() {
    size_t work = 0;
    for (uint16_t i = 0; i < Shell::endpoints; i++) {
      work += drain(i) + mine_[i].size();
      while (!mine_[i].empty()) free_one(i);
    }
    return work;
  }

  /// The program's sockets are closed as when it is killed.
  void close_all() {
    const pika_pool& tcbs = shell_.server()->ts->tcbs;
    for (uint32_t i = 0; i < tcbs.count; i++) {
      const auto* tcb = static_cast<const pika_tcb*>(pika_pool_at(&tcbs, i));
      if (tcbs.slots[i].next != PIKA_POOL_TAKEN || !(tcb->flags & PIKA_TCB_OWNED)) continue;
      pika_msg msg{};
      msg.type = PIKA_MSG_CLOSE;
      msg.flow = tcb->handle;
      msg.close.flags = PIKA_CLOSE_RESET | (i % 2 ? PIKA_CLOSE_FORGET : 0);
      post(tcb->endpoint - address_of(0), msg, tcb->endpoint);
      settle();
    }
  }

  void unlisten_all() {
    const pika_pool& listeners = shell_.server()->manager->listeners.pool;
    for (uint32_t i = 0; i < listeners.count; i++) {
      const auto* listener = static_cast<const pika_listener*>(pika_pool_at(&listeners, i));
      if (listeners.slots[i].next != PIKA_POOL_TAKEN) continue;
      pika_msg msg{};
      msg.type = PIKA_MSG_UNLISTEN;
      msg.listen.listener = listener->id;
      msg.listen.port = listener->port;
      post(0, msg, address_of(0));
      settle();
    }
  }

  void finish() {
    shell_.full = false;
    settle();
    unlisten_all();
    close_all();
    // An orphan's last retries take a quarter of an hour, and its keep-alive, of a second,
    // fires all the while.
    for (uint32_t at, left = 5000; pika_server_next_timer(shell_.server(), &at); left--) {
      require(left > 0);
      const auto wait = static_cast<int32_t>(at - shell_.server()->now_ms);
      shell_.pass_ms(std::max(wait, 1));
      settle();
    }
    check_empty();
  }

  void check_empty() {
    const pika_server* s = shell_.server();
    require(!s->ts->tcbs.used);
    require(!s->ts->chunks.used);
    require(!s->ts->frames.used && !s->link->frames.used);
    require(!s->ts->waiting_len);
    require(!s->manager->half_open);
    require(!s->manager->pendings.pool.used);
    require(!s->manager->listeners.pool.used);
    require(!s->manager->acceptors.pool.used);
    require(!s->blocked.len);
    require(shell_.packets() == 0);
  }

  Shell& shell_;
  std::array<Client, clients> clients_;
  std::vector<uint64_t> flows_;
  std::array<std::vector<pika_packet*>, Shell::endpoints> mine_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Shell shell;
  Input in(data, size);
  Run(shell).play(in);
  return 0;
}
