// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/announcements.hh"

#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <sys/socket.h>
#include <uapi/linux/pika.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

namespace pika {
namespace {

/// The controller's only group has its family's number.
constexpr unsigned int controller_group = 1U << (GENL_ID_CTRL - 1);

/// Room for a message of rtnetlink's about a device, or several.
using Buffer = std::array<char, 32768>;

bool any(const Buffer& buffer, size_t length, bool (*is_ours)(nlmsghdr*)) {
  auto* message = reinterpret_cast<nlmsghdr*>(const_cast<char*>(buffer.data()));
  int left = static_cast<int>(length);
  if (!nlmsg_ok(message, left)) return true;  // cut off: it may have been ours
  for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left))
    if (is_ours(message)) return true;
  return false;
}

}  // namespace

bool is_about_module(nlmsghdr* message) {
  if (message->nlmsg_type != GENL_ID_CTRL || !genlmsg_valid_hdr(message, 0)) return false;
  auto* header = static_cast<genlmsghdr*>(nlmsg_data(message));
  if (header->cmd != CTRL_CMD_NEWFAMILY && header->cmd != CTRL_CMD_DELFAMILY) return false;
  nlattr* name =
      nla_find(genlmsg_attrdata(header, 0), genlmsg_attrlen(header, 0), CTRL_ATTR_FAMILY_NAME);
  return name && nla_strcmp(name, PIKA_GENL_NAME) == 0;
}

bool is_about_link(nlmsghdr* message) {
  return message->nlmsg_type == RTM_NEWLINK || message->nlmsg_type == RTM_DELLINK;
}

Result<Announcements> Announcements::listen(int protocol, unsigned int groups, IsOurs is_ours) {
  Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (!socket || bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) < 0)
    return Error{errno, std::string("netlink: listening: ") + strerror(errno)};
  return Announcements(std::move(socket), is_ours);
}

Result<Announcements> Announcements::of_module() {
  return listen(NETLINK_GENERIC, controller_group, is_about_module);
}

Result<Announcements> Announcements::of_links(const Netns* netns) {
  if (!netns) return listen(NETLINK_ROUTE, RTMGRP_LINK, is_about_link);
  const auto visit = Visit::begin(*netns);
  if (!visit) return visit.error();
  return listen(NETLINK_ROUTE, RTMGRP_LINK, is_about_link);
}

bool Announcements::read() {
  bool ours = false;
  const auto buffer = std::make_unique<Buffer>();
  for (;;) {
    const ssize_t length = recv(socket_.get(), buffer->data(), buffer->size(), 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return ours || errno == ENOBUFS;
    ours = any(*buffer, static_cast<size_t>(length), is_ours_) || ours;
  }
}

}  // namespace pika
