// SPDX-License-Identifier: GPL-2.0-only
//
// The application side of one CPU's rings: brings messages to sockets and acceptors
// and theirs to the servers. What finds a ring full waits here.
#ifndef PIKA_SIM_ENDPOINT_HH
#define PIKA_SIM_ENDPOINT_HH

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tools/sim/listener.hh"
#include "tools/sim/loop.hh"
#include "tools/sim/machine.hh"
#include "tools/sim/memory.hh"
#include "tools/sim/socket.hh"

namespace pika::sim {

/// See above. It runs, a little later, when its bell rings and after its program
/// called something.
class Endpoint {
 public:
  /// @param bell zeroed memory that only this writes and every server reads
  Endpoint(Machine& host, uint16_t address, pika_bell* bell);
  ~Endpoint();

  /// Begins an active open. @p local may have no port.
  /// @return a socket that says connected() or error() later
  Socket& connect(const Place& remote, Place local);
  /// A listening socket; it says listening() or error() later.
  Listener& listen(const Place& place, uint32_t backlog, bool v6only = false);
  /// An acceptor of @p listener, which may be another endpoint's.
  Acceptor& acceptor(const Listener& listener);

  /// Runs soon: there is something to do.
  void wake();

  /// The endpoint's ends of the rings with server @p peer.
  void attach(uint16_t peer, const pika_producer& out, const pika_consumer& in,
              const pika_bell* bell);

  Machine& host() { return host_; }
  uint16_t address() const { return address_; }
  const pika_bell* bell() const { return bell_; }
  /// Sockets that the program holds or whose flows are not gone.
  size_t sockets() const { return sockets_.size(); }
  /// Messages put into and taken from rings, by type.
  uint64_t sent(uint8_t type) const { return sent_[type]; }
  uint64_t received(uint8_t type) const { return received_[type]; }

 private:
  friend class Socket;
  friend class Listener;
  friend class Acceptor;

  struct Peer {
    pika_producer out{};
    pika_consumer in{};
    const pika_bell* bell = nullptr;
    bool unrung = false;
    std::deque<pika_msg> overflow;  // complete in themselves
    std::deque<uint64_t> waiting;   // sockets
  };

  void run();
  bool drain(Peer& peer);
  void dispatch(const pika_msg& msg);
  void call_back();
  void retry(Peer& peer);
  void ring_bells();
  bool must_not_sleep();
  void reap(uint64_t id);

  bool push(uint16_t to, const pika_msg& msg);
  void post(uint16_t to, const pika_msg& msg);
  void wait_for_room(uint16_t to, Socket& socket);
  Socket& make_socket(uint16_t server);
  Socket* find(uint64_t id);
  void touch(Socket& socket);
  void touch(Acceptor& acceptor);
  void touch(Listener& listener);
  void free_packet(uint16_t server, pika_packet* packet);
  void free_packets(const pika_msg& msg);
  void forget(uint64_t id) { forgotten_.insert(id); }
  void fail(const std::string& what);

  Machine& host_;
  uint16_t address_;
  pika_bell* bell_;
  bool scheduled_ = false;
  std::vector<Peer> peers_;  // by address
  uint64_t last_socket_;
  std::unordered_map<uint64_t, std::unique_ptr<Socket>> sockets_;
  std::unordered_set<uint64_t> forgotten_;  // what crosses their CLOSE is no error
  std::map<uint32_t, std::unique_ptr<Listener>> listeners_;
  std::map<uint32_t, std::unique_ptr<Acceptor>> acceptors_;
  std::vector<uint64_t> touched_sockets_;
  std::vector<Acceptor*> touched_acceptors_;
  std::vector<Listener*> touched_listeners_;
  std::array<uint64_t, PIKA_MSG_TYPES> sent_{};
  std::array<uint64_t, PIKA_MSG_TYPES> received_{};
};

}  // namespace pika::sim

#endif  // PIKA_SIM_ENDPOINT_HH
