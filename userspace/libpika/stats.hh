// SPDX-License-Identifier: GPL-2.0-only
//
// What servers and endpoints have counted, as the kernel tells it, and how that is
// read from a reply's attributes. Names are the kernel's: none is known here. No
// socket here.
#ifndef PIKA_LIBPIKA_STATS_HH
#define PIKA_LIBPIKA_STATS_HH

#include <cstdint>
#include <string>
#include <vector>

#include "libpika/result.hh"

struct nl_msg;
struct nlmsghdr;

namespace pika {

/// An event, and how often it was seen since the stack was started.
struct Counter {
  std::string name;
  uint64_t value = 0;
  /// The event in a few words; may be empty.
  std::string meaning;
};

/// A part of a server or of an endpoint.
struct ComponentStats {
  std::string name;
  std::vector<Counter> counters;
};

/// Answer to PIKA_CMD_STATS_GET.
struct Stats {
  /// Whose; those of endpoints follow those of servers.
  uint32_t address = 0;
  uint32_t addresses = 0;
  uint32_t servers = 0;
  /// The CPU that it belongs to.
  uint32_t core = 0;
  std::vector<ComponentStats> components;

  bool of_server() const { return address < servers; }
};

/// Adds the attributes of PIKA_CMD_STATS_GET.
///
/// \return false if there is no room.
bool put_stats_request(nl_msg* request, uint32_t address);

/// Reads a reply to PIKA_CMD_STATS_GET.
///
/// \param reply a whole generic netlink message; not kept.
/// \return EBADMSG if an attribute is missing, short or of another type.
Result<Stats> parse_stats(nlmsghdr* reply);

}  // namespace pika

#endif  // PIKA_LIBPIKA_STATS_HH
