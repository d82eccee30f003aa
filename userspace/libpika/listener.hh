// SPDX-License-Identifier: GPL-2.0-only
//
// Listening sockets as the kernel tells of them, and how that is read from a reply's
// attributes. No socket here.
#ifndef PIKA_LIBPIKA_LISTENER_HH
#define PIKA_LIBPIKA_LISTENER_HH

#include <cstdint>
#include <string>
#include <vector>

#include "libpika/result.hh"

struct nl_msg;
struct nlmsghdr;

namespace pika {

/// A process that accepts from a listening socket.
struct Acceptor {
  /// 0: in a pid namespace that is not seen from here.
  uint32_t pid = 0;
  /// Whose connection manager it registers with.
  uint32_t server = 0;
  /// A connection may be offered to it now.
  bool registered = false;
};

/// Answer to PIKA_CMD_LISTENER_GET.
struct Listener {
  uint32_t number = 0;
  /// Without brackets.
  std::string address;
  uint16_t port = 0;
  bool v6only = false;
  /// What each connection manager lets wait.
  uint32_t backlog = 0;
  /// Connections that no process has claimed yet.
  uint32_t offered = 0;
  /// Connections that wait for accept().
  uint32_t claimed = 0;
  /// How many processes accept.
  uint32_t acceptors_len = 0;
  /// The first of them.
  std::vector<Acceptor> acceptors;
};

/// Adds the attributes of PIKA_CMD_LISTENER_GET.
///
/// \param after number of the listener before the one that is asked for; 0: of none.
/// \return false if there is no room.
bool put_listener_request(nl_msg* request, uint32_t after);

/// Reads a reply to PIKA_CMD_LISTENER_GET.
///
/// \param reply a whole generic netlink message; not kept.
/// \return EBADMSG if an attribute is missing, short or of another type.
Result<Listener> parse_listener(nlmsghdr* reply);

}  // namespace pika

#endif  // PIKA_LIBPIKA_LISTENER_HH
