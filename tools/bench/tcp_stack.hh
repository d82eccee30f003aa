// SPDX-License-Identifier: GPL-2.0-only
//
// What the TCP benchmark asks of a stack that it measures: a server with one
// listener, whose program answers each request with a short page and closes when
// the client has closed.

#pragma once

#include <cstdint>
#include <memory>

#include "tcp_wire.h"

namespace bench {

constexpr uint32_t server_address = 0x0a000001;
constexpr uint16_t server_port = 80;
/// The whole page.
constexpr char page[] = {'p', 'a', 'g', 'e'};
/// What a request begins with; the program looks no further.
constexpr char request_begins = 'G';
/// Likewise, to a program that can: asks for bulk_bytes of bulk_byte.
constexpr char bulk_request_begins = 'B';
/// Of these a client sends and a program's answer consists.
constexpr char bulk_byte = 'b';
/// How much that is, either way; a client sends it in segments of bulk_segment.
constexpr uint32_t bulk_segment = 1408, bulk_bytes = 32 * bulk_segment;

/// See above. Packets begin with the IP header. Checksums are the stack's to make
/// and to check, TCP's unless set_offload().
class Stack {
 public:
  Stack() = default;
  virtual ~Stack() = default;
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  /// Time for the stack's timers: monotonic, and the only clock that it reads.
  virtual void set_now(uint64_t ns) = 0;
  /// Are TCP's checksums the card's work?
  virtual void set_offload(bool offload) = 0;
  /// @return where the card puts the next packet, in a buffer of the stack's pool
  virtual uint8_t* buffer() = 0;
  /// There is a packet of @p len bytes in buffer(). At most WIRE_RECEIVE of them.
  virtual void deliver(uint32_t len) = 0;
  /// Handles all that was delivered, until there is nothing left to do. What is
  /// measured.
  virtual void work() = 0;
  /// Connections that the program has and that are not closed.
  virtual unsigned open() const = 0;

  /// What was sent; to be emptied by whoever reads it.
  wire& sent() { return *wire_; }

 private:
  std::unique_ptr<wire> wire_ = std::make_unique<wire>();
};

}  // namespace bench
