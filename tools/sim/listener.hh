// SPDX-License-Identifier: GPL-2.0-only
//
// Listening sockets and their acceptors: the application's half of the speculative
// three-way handshake (paper 3.2).
#ifndef PIKA_SIM_LISTENER_HH
#define PIKA_SIM_LISTENER_HH

#include <deque>
#include <functional>
#include <vector>

#include "libpika/result.hh"
#include "tools/sim/segment.hh"

namespace pika::sim {

class Endpoint;
class Socket;

/// A listening port of a host, told to all its CMs and LSs through one endpoint.
class Listener {
 public:
  Listener(Endpoint& endpoint, uint32_t id, const Place& place, bool v6only);

  /// Tells everybody. on_event comes when the last one has answered.
  void listen(uint32_t backlog);
  /// Tells everybody that it is over.
  void unlisten();

  /// listening() or error() has changed.
  std::function<void()> on_event;

  /// All have answered, and nobody refused.
  bool listening() const { return listening_; }
  /// A positive errno of one who refused.
  int error() const { return error_; }
  uint32_t id() const { return id_; }

 private:
  friend class Endpoint;

  void tell(uint8_t type, uint32_t backlog);
  void on_answer(const pika_msg& msg);

  Endpoint& endpoint_;
  uint32_t id_;
  Place place_;
  bool v6only_;
  bool listening_ = false;
  size_t awaited_ = 0;
  int error_ = 0;
};

/// Who accepts a listener's connections on an endpoint: a process, so to say.
class Acceptor {
 public:
  Acceptor(Endpoint& endpoint, uint32_t listener, uint32_t id);

  /// accept() may do better now.
  std::function<void()> on_event;

  /// A connection that is this acceptor's. Registers it, claims what is available.
  /// @return a socket of the endpoint's, or EAGAIN.
  Result<Socket*> accept();

  uint32_t id() const { return id_; }
  /// Connections offered and not claimed.
  size_t available() const { return available_.size(); }
  uint64_t timed_out() const { return timed_out_; }

 private:
  friend class Endpoint;
  friend class Socket;

  void on_available(const pika_msg& msg);
  void on_claim_result(const pika_msg& msg, Socket* socket);
  void on_wake() { registered_ = false; }
  void register_self();
  void claim(const pika_msg& available);

  Endpoint& endpoint_;
  uint32_t listener_;
  uint32_t id_;
  uint32_t generation_ = 0;
  bool registered_ = false;
  bool claiming_ = false;
  bool touched_ = false;
  uint64_t timed_out_ = 0;
  std::deque<pika_msg> available_;
  std::deque<Socket*> claimed_;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_LISTENER_HH
