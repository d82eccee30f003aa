// SPDX-License-Identifier: GPL-2.0-only
//
// Acceptors as connection managers know them, and how that is read from a reply's
// attributes. No socket here.
#ifndef PIKA_LIBPIKA_ACCEPTOR_HH
#define PIKA_LIBPIKA_ACCEPTOR_HH

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libpika/page.hh"
#include "libpika/result.hh"

struct nl_msg;
struct nlmsghdr;

namespace pika {

/// A process that accepts from a listening socket, and how it has done so far.
struct AcceptorState {
  /// 0: in a pid namespace that is not seen from here, or it has ended.
  uint32_t pid = 0;
  /// Whose connection manager knows it.
  uint32_t server = 0;
  /// A connection may be offered to it now.
  bool registered = false;
  /// Number, address without brackets and port of the listener.
  uint32_t listener = 0;
  std::string address;
  uint16_t port = 0;
  /// Where connections are offered to it.
  uint32_t cpu = 0;
  /// Connections offered and neither claimed nor withdrawn.
  uint32_t offers = 0;
  /// Connections claimed and not closed.
  uint32_t open = 0;
  /// Moving average from offer to close; 0: none was closed yet.
  uint32_t service_us = 0;
  /// Moving median from offer to claim.
  uint32_t claim_us = 0;
  /// Connections that it has claimed.
  uint32_t claimed = 0;
  /// Offers that it did not claim in time.
  uint32_t timeouts = 0;
};

/// Adds the attributes of PIKA_CMD_ACCEPTOR_GET.
///
/// \param cursor of the answer before; 0: from the beginning.
/// \return false if there is no room.
bool put_acceptors_request(nl_msg* request, uint64_t cursor);

/// Reads a reply to PIKA_CMD_ACCEPTOR_GET.
///
/// \param reply a whole generic netlink message; not kept.
/// \return EBADMSG if an attribute is missing, short or of another type.
Result<Page<AcceptorState>> parse_acceptors(nlmsghdr* reply);

}  // namespace pika

#endif  // PIKA_LIBPIKA_ACCEPTOR_HH
