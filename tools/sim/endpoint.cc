// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/endpoint.hh"

namespace pika::sim {

Endpoint::Endpoint(Machine& host, uint16_t address, pika_bell* bell)
    : host_(host),
      address_(address),
      bell_(bell),
      peers_(host.servers()),
      last_socket_(static_cast<uint64_t>(address) << 32) {
  pika_bell_arm(bell_);
}

Endpoint::~Endpoint() = default;

void Endpoint::attach(uint16_t peer, const pika_producer& out, const pika_consumer& in,
                      const pika_bell* bell) {
  peers_[peer].out = out;
  peers_[peer].in = in;
  peers_[peer].bell = bell;
}

Socket& Endpoint::connect(const Place& remote, Place local) {
  if (!local.port) local.port = host_.next_port();
  Socket& socket = make_socket(host_.ts_of_connect(remote, local));
  socket.remote_ = remote;
  socket.local_ = local;
  pika_msg msg{};
  msg.type = PIKA_MSG_CONNECT;
  msg.connect.remote = remote.addr;
  msg.connect.local = local.addr;
  msg.connect.socket = socket.id();
  msg.connect.remote_port = remote.port;
  msg.connect.local_port = local.port;
  post(socket.server_, msg);
  return socket;
}

Listener& Endpoint::listen(const Place& place, uint32_t backlog, bool v6only) {
  const uint32_t id = host_.next_listener();
  auto& listener = listeners_[id] = std::make_unique<Listener>(*this, id, place, v6only);
  listener->listen(backlog);
  return *listener;
}

Acceptor& Endpoint::acceptor(const Listener& listener) {
  const uint32_t id = host_.next_acceptor();
  return *(acceptors_[id] = std::make_unique<Acceptor>(*this, listener.id(), id));
}

void Endpoint::wake() {
  if (scheduled_) return;
  scheduled_ = true;
  pika_bell_disarm(bell_);
  host_.loop().after(host_.run_delay(), [this] { run(); });
}

void Endpoint::run() {
  scheduled_ = false;
  for (Peer& peer : peers_) drain(peer);
  call_back();
  for (Peer& peer : peers_) retry(peer);
  ring_bells();
  if (scheduled_) return;
  pika_bell_arm(bell_);
  if (must_not_sleep()) wake();
}

/// Takes a share of what is there.
bool Endpoint::drain(Peer& peer) {
  for (uint32_t left = host_.options().budget; left > 0; left--) {
    const pika_msg* msg = pika_ring_peek(&peer.in);
    if (!msg) return false;
    received_[msg->type]++;
    host_.pool().take(*msg);
    dispatch(*msg);
    pika_ring_pop(&peer.in);
  }
  return true;
}

void Endpoint::dispatch(const pika_msg& msg) {
  const auto acceptor = [this](uint32_t id) -> Acceptor* {
    const auto found = acceptors_.find(id);
    return found == acceptors_.end() ? nullptr : found->second.get();
  };
  switch (msg.type) {
    case PIKA_MSG_LISTENING: {
      const auto found = listeners_.find(msg.listening.listener);
      if (found == listeners_.end()) return fail("LISTENING for no listener of ours");
      return found->second->on_answer(msg);
    }
    case PIKA_MSG_CONNECTION_AVAILABLE: {
      Acceptor* to = acceptor(msg.available.acceptor);
      return to ? to->on_available(msg) : fail("CONNECTION_AVAILABLE for no acceptor of ours");
    }
    case PIKA_MSG_WAKE:
      for (auto& [id, each] : acceptors_)
        if (each->listener_ == msg.acceptor.listener) {
          each->on_wake();
          touch(*each);
        }
      return;
    case PIKA_MSG_CLAIM_RESULT:
    case PIKA_MSG_UPDATE: {
      Socket* socket = find(msg.update.socket);
      if (forgotten_.contains(msg.update.socket)) return free_packets(msg);
      return socket ? socket->on_update(msg) : fail("UPDATE for no socket of ours");
    }
    default:
      fail(std::string("a message that is not for applications: ") + pika_msg_name(msg.type));
  }
}

/// Programs may call anything, so each list is taken before it is walked.
void Endpoint::call_back() {
  for (Listener* listener : std::exchange(touched_listeners_, {}))
    if (listener->on_event) listener->on_event();
  for (Acceptor* acceptor : std::exchange(touched_acceptors_, {})) {
    acceptor->touched_ = false;
    if (acceptor->on_event) acceptor->on_event();
  }
  for (const uint64_t id : std::exchange(touched_sockets_, {})) {
    Socket* socket = find(id);
    if (!socket) continue;
    socket->touched_ = false;
    if (socket->on_event && !socket->closed_) socket->on_event();
    reap(id);
  }
}

void Endpoint::reap(uint64_t id) {
  const Socket* socket = find(id);
  if (socket && socket->done() && !socket->waiting_) sockets_.erase(id);
}

void Endpoint::retry(Peer& peer) {
  const auto server = static_cast<uint16_t>(&peer - peers_.data());
  while (!peer.overflow.empty()) {
    if (!push(server, peer.overflow.front())) return;
    peer.overflow.pop_front();
  }
  for (size_t left = peer.waiting.size(); left > 0; left--) {
    const uint64_t id = peer.waiting.front();
    peer.waiting.pop_front();
    Socket* socket = find(id);
    socket->waiting_ = false;
    if (!socket->flush()) return;
    reap(id);
  }
}

void Endpoint::ring_bells() {
  for (Peer& peer : peers_) {
    const auto server = static_cast<uint16_t>(&peer - peers_.data());
    bool ring = false;
    if (peer.in.published != peer.in.tail) {
      pika_consumer_publish(&peer.in);
      ring = pika_consumer_owes_bell(&peer.in);
    }
    if (peer.unrung) ring |= pika_bell_armed_after_publish(peer.bell);
    peer.unrung = false;
    if (ring) host_.ring_bell(server);
  }
}

bool Endpoint::must_not_sleep() {
  for (Peer& peer : peers_) {
    if (pika_ring_peek(&peer.in)) return true;
    if ((!peer.overflow.empty() || !peer.waiting.empty()) &&
        (peer.out.head != peer.out.limit || pika_producer_renew(&peer.out)))
      return true;
  }
  return false;
}

bool Endpoint::push(uint16_t to, const pika_msg& msg) {
  Peer& peer = peers_[to];
  pika_msg stamped = msg;
  stamped.from = address_;
  if (!pika_ring_push(&peer.out, &stamped)) return false;
  host_.pool().give(stamped, to);
  sent_[msg.type]++;
  peer.unrung = true;
  wake();
  return true;
}

void Endpoint::post(uint16_t to, const pika_msg& msg) {
  Peer& peer = peers_[to];
  if (!peer.overflow.empty() || !push(to, msg)) peer.overflow.push_back(msg);
}

void Endpoint::wait_for_room(uint16_t to, Socket& socket) {
  if (socket.waiting_) return;
  socket.waiting_ = true;
  peers_[to].waiting.push_back(socket.id());
}

Socket& Endpoint::make_socket(uint16_t server) {
  const uint64_t id = ++last_socket_;
  return *(sockets_[id] = std::make_unique<Socket>(*this, id, server));
}

Socket* Endpoint::find(uint64_t id) {
  const auto found = sockets_.find(id);
  return found == sockets_.end() ? nullptr : found->second.get();
}

void Endpoint::touch(Socket& socket) {
  if (socket.touched_) return;
  socket.touched_ = true;
  touched_sockets_.push_back(socket.id());
}

void Endpoint::touch(Acceptor& acceptor) {
  if (acceptor.touched_) return;
  acceptor.touched_ = true;
  touched_acceptors_.push_back(&acceptor);
}

void Endpoint::touch(Listener& listener) { touched_listeners_.push_back(&listener); }

/// Of an UPDATE that has crossed the CLOSE of its socket.
void Endpoint::free_packets(const pika_msg& msg) {
  for (pika_packet *next, *packet = msg.update.packet; packet; packet = next) {
    next = packet->next;
    free_packet(msg.from, packet);
  }
}

void Endpoint::free_packet(uint16_t server, pika_packet* packet) {
  if (!host_.options().frees_by_message) return host_.pool().put(packet);
  pika_msg msg{};
  msg.type = PIKA_MSG_FREE;
  packet->next = nullptr;
  msg.packet.packet = packet;
  post(server, msg);
}

void Endpoint::fail(const std::string& what) {
  host_.loop().fail(host_.name() + " endpoint " + std::to_string(address_) + ": " + what);
}

}  // namespace pika::sim
