// SPDX-License-Identifier: GPL-2.0-only
//
// A non-blocking stream socket on an endpoint's rings: what the application has of
// a flow. It keeps what could not be sent yet, and checks what the core says.
#ifndef PIKA_SIM_SOCKET_HH
#define PIKA_SIM_SOCKET_HH

#include <deque>
#include <functional>
#include <span>
#include <string>

#include "libpika/result.hh"
#include "tools/sim/segment.hh"

namespace pika::sim {

class Acceptor;
class Endpoint;

/// Made by Endpoint::connect() and Acceptor::accept(); belongs to its endpoint, which
/// frees it when the program has closed it and the core has forgotten its flow.
///
/// Calls never block: where a system call would, they answer EAGAIN, and on_event is
/// called when it is worth another try.
class Socket {
 public:
  Socket(Endpoint& endpoint, uint64_t id, uint16_t server);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// Something changed. May call anything, also close().
  std::function<void()> on_event;

  /// Hands over as much of @p bytes as fits in the send buffer, all or a part.
  /// @param flags PIKA_SEND_*
  /// @return how many, or EAGAIN, EPIPE, or what the flow died of.
  Result<size_t> send(std::span<const uint8_t> bytes, uint8_t flags = 0);
  /// Takes what has arrived, at most @p out.size() bytes.
  /// @return how many, 0 at the end of the stream, or EAGAIN or what the flow died of.
  Result<size_t> recv(std::span<uint8_t> out);
  /// No more send().
  void shutdown();
  /// The program's last call; the pointer is void then. What was sent still is.
  void close();
  /// Likewise, but with RST instead of FIN: SO_LINGER with 0 seconds.
  void abort();
  /// A socket option for the core; takes effect in order with send().
  void set_option(uint32_t option, uint32_t value);

  bool connected() const { return connected_; }
  /// The flow is dead: a positive errno, or 0.
  int error() const { return error_; }
  /// Bytes that recv() would give.
  size_t readable() const { return readable_; }
  /// Bytes that send() would take.
  size_t writable() const;
  /// recv() would answer 0 once all is read.
  bool at_end() const { return eof_; }
  /// Bytes that the peer has acknowledged so far.
  uint64_t acked() const { return acked_; }

  uint64_t id() const { return id_; }
  uint64_t flow() const { return flow_; }
  const Place& local() const { return local_; }
  const Place& remote() const { return remote_; }

 private:
  friend class Endpoint;
  friend class Acceptor;

  struct Piece {
    uint32_t len;
    uint64_t buffer;  // 0: was in the message
  };
  struct Received {
    pika_packet* packet;
    uint32_t offset;
    uint32_t left;
  };

  void on_update(const pika_msg& msg);
  void take_packets(const pika_msg_update& update);
  void take_acked(uint32_t bytes);
  void post_piece(std::span<const uint8_t> bytes, uint8_t flags);
  void post_close(uint32_t linger_ms, uint8_t flags);
  bool flush();
  bool flush_received();
  bool post(const pika_msg& msg);
  bool may_forget() const;
  void free_received();
  void touch();
  void fail(const std::string& what);
  bool done() const { return closed_ && gone_; }

  Endpoint& endpoint_;
  uint64_t id_;
  uint16_t server_;
  Acceptor* acceptor_ = nullptr;  // while claiming
  uint64_t flow_ = PIKA_HANDLE_NONE;
  Place local_;
  Place remote_;
  bool connected_ = false;
  bool eof_ = false;
  bool gone_ = false;
  bool shut_ = false;     // by the program
  bool closed_ = false;   // by the program
  bool waiting_ = false;  // for room in the ring
  bool touched_ = false;
  int error_ = 0;

  std::deque<pika_msg> outgoing_;  // not yet in the ring
  std::deque<Piece> unacked_;      // in order, sent or outgoing
  size_t unacked_bytes_ = 0;
  uint32_t acked_of_first_ = 0;
  uint64_t acked_ = 0;
  std::deque<Received> received_;
  size_t readable_ = 0;
  uint32_t read_ = 0;           // to be reported by RECEIVED
  uint32_t read_truesize_ = 0;  // of what held that
};

}  // namespace pika::sim

#endif  // PIKA_SIM_SOCKET_HH
