// SPDX-License-Identifier: GPL-2.0-only
//
// The clients of the TCP benchmark, the same for each stack: they make their packets
// before the stack's time counts, and judge the answers after. Written without the
// help of any of the stacks.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <unordered_map>
#include <vector>

#include "tcp_stack.hh"
#include "tcp_watch.hh"

namespace bench {

/// One client's end of a connection.
struct Peer {
  uint32_t address = 0;
  uint16_t port = 0;
  uint32_t next = 0;      ///< SND.NXT
  uint32_t expected = 0;  ///< RCV.NXT
  uint32_t timestamp = 0;
  uint32_t pages = 0;       ///< that came, all in all
  uint64_t bytes = 0;       ///< of an answer in bulk that came
  uint32_t acked = 0;       ///< SND.UNA
  bool sends_bulk = false;  ///< an ACK may be of less than all
  bool open = false;        ///< a SYN-ACK came
  bool closed = false;      ///< a FIN came
};

enum class Segment { syn, ack, request, ask_bulk, bulk, fin };

/// What a client's SYN offers.
enum class Options {
  linux,  ///< MSS, SACK, timestamps and window scaling, as Linux does
  mss,
};

/// Throws std::runtime_error if a stack does not do what it should: then there is
/// nothing to measure.
class Client {
 public:
  explicit Client(Stack& stack) : stack_(stack) {}

  /// @param offload TCP's checksums are the card's work and not looked at
  void set(Options options, bool offload);

  /// Opens @p n connections. @p watch counts the stack's work.
  std::vector<Peer> open(unsigned n, Watch& watch);
  /// Sends a request on each, takes the page, acknowledges it.
  void request(std::vector<Peer>& peers, Watch& watch);
  /// Sends bulk_bytes on each, in full segments, until they are acknowledged.
  void upload(std::vector<Peer>& peers, Watch& watch);
  /// Asks for bulk_bytes on each, takes them, acknowledges every burst of them.
  void download(std::vector<Peer>& peers, Watch& watch);
  /// Closes them, the clients first.
  void close(std::vector<Peer>& peers, Watch& watch);
  /// All of that @p n times at once; the request follows the last ACK of the
  /// handshake, and the FIN acknowledges the page.
  void short_connections(unsigned n, Watch& watch);

 private:
  std::vector<Peer> new_peers(unsigned n);
  void step(std::vector<Peer>& peers, std::initializer_list<Segment> segments, Watch& watch);
  void deliver(Peer& peer, Segment segment);
  void take_payload(Peer& peer, const uint8_t* payload, uint32_t len);
  void take_frames();
  void take(const wire_frame& frame);

  Stack& stack_;
  Options options_ = Options::linux;
  bool offload_ = false;
  uint64_t peers_ = 0;  // so far
  uint64_t now_ns_ = 1'000'000'000;
  std::unordered_map<uint64_t, Peer*> by_place_;
};

}  // namespace bench
