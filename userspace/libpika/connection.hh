// SPDX-License-Identifier: GPL-2.0-only
//
// TCP connections as the kernel tells of them, and how that is read from a reply's
// attributes. No socket here.
#ifndef PIKA_LIBPIKA_CONNECTION_HH
#define PIKA_LIBPIKA_CONNECTION_HH

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libpika/page.hh"
#include "libpika/result.hh"

struct nl_msg;
struct nlmsghdr;

namespace pika {

/// One end of a connection.
struct ConnectionEnd {
  /// Without brackets.
  std::string address;
  uint16_t port = 0;
};

/// The socket that has a connection.
struct ConnectionOwner {
  /// Where the socket was made.
  uint32_t cpu = 0;
  uint32_t uid = 0;
  /// As in /proc/PID/fd; 0 until it is accepted.
  uint64_t inode = 0;
};

/// A connection; two of its numbers need not be of the same moment.
struct Connection {
  /// Whose it is.
  uint32_t server = 0;
  /// As in linux/tcp.h: 1 is ESTABLISHED.
  uint8_t state = 0;
  ConnectionEnd local;
  ConnectionEnd remote;
  /// Bytes that have come and were not read.
  uint32_t recv_queue = 0;
  /// Bytes that the peer has not acknowledged, sent or not.
  uint32_t send_queue = 0;
  /// Those of them that were sent.
  uint32_t unacked = 0;
  /// Payload of a full segment.
  uint32_t mss = 0;
  /// Smoothed round trip time; 0: none is known yet.
  uint32_t rtt_us = 0;
  uint32_t rttvar_us = 0;
  /// Time until a retransmission.
  uint32_t rto_ms = 0;
  /// Windows and threshold are in bytes.
  uint32_t cwnd = 0;
  uint32_t ssthresh = 0;
  uint32_t send_window = 0;
  uint32_t receive_window = 0;
  /// Retransmissions or probes in a row without an answer.
  uint32_t retries = 0;
  std::optional<ConnectionOwner> owner;
};

/// Adds the attributes of PIKA_CMD_CONNECTION_GET.
///
/// \param cursor of the answer before; 0: from the beginning.
/// \return false if there is no room.
bool put_connections_request(nl_msg* request, uint64_t cursor);

/// Reads a reply to PIKA_CMD_CONNECTION_GET.
///
/// \param reply a whole generic netlink message; not kept.
/// \return EBADMSG if an attribute is missing, short or of another type.
Result<Page<Connection>> parse_connections(nlmsghdr* reply);

}  // namespace pika

#endif  // PIKA_LIBPIKA_CONNECTION_HH
