// SPDX-License-Identifier: GPL-2.0-only
//
// The stack of a network namespace: what it is asked to be, what the kernel says
// that it is, and how both travel as attributes. No socket here.
#ifndef PIKA_LIBPIKA_STACK_HH
#define PIKA_LIBPIKA_STACK_HH

#include <uapi/linux/pika.h>

#include <cstdint>
#include <string>

#include "libpika/result.hh"

struct nl_msg;
struct nlmsghdr;

namespace pika {

/// What PIKA_CMD_STACK_START asks for.
struct StackConfig {
  /// In the paper's notation: TS1LS1CM1.
  std::string composition;
  /// Device names with commas between them.
  std::string links;
  /// A list of CPUs as the kernel reads them, or nothing: the first ones.
  std::string cores;
  /// How long a server without work goes on polling.
  uint32_t idle_us = 0;
  /// Connections that each server has room for; 0: as many as is usual.
  uint32_t max_conns = 0;
  /// What Linux's netfilter rules see.
  pika_firewall firewall = PIKA_FIREWALL_SYN;
  /// Who may make sockets: root, all, gid:N or cgroup:PATH; nothing: root.
  std::string allow;

  bool operator==(const StackConfig&) const = default;
};

/// Answer to PIKA_CMD_STACK_GET.
struct StackInfo {
  StackConfig config;
  /// How many servers there are.
  uint32_t servers = 0;
  /// Sockets that programs hold.
  uint32_t sockets = 0;
  /// Sockets that are closed and still needed.
  uint32_t lingering = 0;
  /// Flows that the servers know, those in TIME_WAIT included.
  uint32_t flows = 0;
};

/// Adds the attributes of PIKA_CMD_STACK_START.
///
/// \return false if there is no room.
bool put_stack(nl_msg* request, const StackConfig& config);

/// Reads a reply to PIKA_CMD_STACK_GET.
///
/// \param reply a whole generic netlink message; not kept.
/// \return EBADMSG if an attribute is missing, short or of another type.
Result<StackInfo> parse_stack(nlmsghdr* reply);

}  // namespace pika

#endif  // PIKA_LIBPIKA_STACK_HH
