// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/listener.hh"

#include <cstdlib>

#include "tools/sim/endpoint.hh"

namespace pika::sim {

Listener::Listener(Endpoint& endpoint, uint32_t id, const Place& place, bool v6only)
    : endpoint_(endpoint), id_(id), place_(place), v6only_(v6only) {}

void Listener::listen(uint32_t backlog) { tell(PIKA_MSG_LISTEN, backlog); }

void Listener::unlisten() { tell(PIKA_MSG_UNLISTEN, 0); }

void Listener::tell(uint8_t type, uint32_t backlog) {
  pika_msg msg{};
  msg.type = type;
  msg.listen.addr = place_.addr;
  msg.listen.cookie = id_;
  msg.listen.listener = id_;
  msg.listen.backlog = backlog;
  msg.listen.port = place_.port;
  msg.listen.v6only = v6only_;
  for (const uint16_t server : endpoint_.host().cms_and_links()) {
    awaited_++;
    endpoint_.post(server, msg);
  }
}

void Listener::on_answer(const pika_msg& msg) {
  if (awaited_ == 0) return endpoint_.fail("one LISTENING more than there are servers");
  if (msg.listening.cookie != id_) return endpoint_.fail("LISTENING with another's cookie");
  if (msg.listening.error) error_ = std::abs(msg.listening.error);
  if (--awaited_ > 0) return;
  listening_ = !listening_ && !error_;
  endpoint_.touch(*this);
}

Acceptor::Acceptor(Endpoint& endpoint, uint32_t listener, uint32_t id)
    : endpoint_(endpoint), listener_(listener), id_(id) {}

Result<Socket*> Acceptor::accept() {
  if (!claimed_.empty()) {
    Socket* socket = claimed_.front();
    claimed_.pop_front();
    return socket;
  }
  if (!registered_) register_self();
  if (!claiming_ && !available_.empty()) {
    claim(available_.front());
    available_.pop_front();
  }
  return Error{EAGAIN, "no connection yet"};
}

void Acceptor::register_self() {
  registered_ = true;
  pika_msg msg{};
  msg.type = PIKA_MSG_ACCEPT_CONNECTION;
  msg.acceptor.listener = listener_;
  msg.acceptor.acceptor = id_;
  msg.acceptor.generation = ++generation_;
  endpoint_.post(endpoint_.host().cm_of(endpoint_.address()), msg);
}

void Acceptor::claim(const pika_msg& available) {
  claiming_ = true;
  Socket& socket = endpoint_.make_socket(available.from);
  socket.flow_ = available.flow;
  socket.local_ = {available.available.local, available.available.local_port};
  socket.remote_ = {available.available.remote, available.available.remote_port};
  socket.acceptor_ = this;
  pika_msg msg{};
  msg.type = PIKA_MSG_CLAIM_CONNECTION;
  msg.flow = available.flow;
  msg.claim.socket = socket.id();
  msg.claim.acceptor = id_;
  endpoint_.post(available.from, msg);
}

void Acceptor::on_available(const pika_msg& msg) {
  if (msg.available.listener != listener_)
    return endpoint_.fail("CONNECTION_AVAILABLE for another listener's acceptor");
  available_.push_back(msg);
  endpoint_.touch(*this);
}

/// @p socket is confirmed, or too late: then the CM has dropped us from its list.
void Acceptor::on_claim_result(const pika_msg& msg, Socket* socket) {
  claiming_ = false;
  if (msg.update.flags & PIKA_UPDATE_TIMED_OUT) {
    timed_out_++;
    registered_ = false;
    socket->gone_ = socket->closed_ = true;
    endpoint_.touch(*socket);
  } else {
    socket->connected_ = true;
    claimed_.push_back(socket);
  }
  endpoint_.touch(*this);
}

}  // namespace pika::sim
