// SPDX-License-Identifier: GPL-2.0-only
//
// The least that an application's side of PIKA's rings can be: one endpoint, one
// acceptor, sockets in an array.

#pragma once

#include <cstdint>
#include <vector>

#include "tcp_core.hh"

namespace bench {

/// Gives received packets back.
class PacketHome {
 public:
  virtual void put(pika_packet* packet) = 0;

 protected:
  ~PacketHome() = default;
};

/// See above. Its calls are the endpoint's share of what PIKA costs.
class App {
 public:
  /// @param address the endpoint's
  /// @param server that it has rings with
  /// @param sockets that there are at most
  App(uint16_t address, uint16_t server, unsigned sockets, PacketHome& home);

  void attach(const pika_producer& out, const pika_consumer& in, const pika_bell* bell);
  /// Asks the server to listen, and to offer connections.
  void listen(uint16_t port);
  /// Handles what has come.
  /// @return true if it sent something
  bool poll();

  bool listening() const { return listening_; }
  unsigned open() const { return open_; }

 private:
  struct Socket {
    uint64_t flow;
    uint32_t read;  // and the server was not told
    uint32_t read_truesize;
    uint32_t next;  // while it is free
  };

  void dispatch(const pika_msg& msg);
  void on_available(const pika_msg& msg);
  void on_update(const pika_msg& msg);
  void read(Socket& socket, pika_packet* packet);
  void answer(const Socket& socket);
  void close(Socket& socket);
  void free(uint32_t id);
  pika_msg* begin(pika_msg_type type, uint64_t flow);
  void end();

  uint16_t address_;
  uint16_t server_;
  PacketHome& home_;
  pika_producer out_{};
  pika_consumer in_{};
  const pika_bell* bell_ = nullptr;
  std::vector<Socket> sockets_;
  uint32_t free_ = 0;
  unsigned open_ = 0;
  bool listening_ = false;
  bool sent_ = false;
};

}  // namespace bench
