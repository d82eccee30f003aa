// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/monitor.hh"

#include <linux/genetlink.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <uapi/linux/pika.h>

#include <cerrno>
#include <string>
#include <utility>

#include "libpika/session.hh"

namespace pika {
namespace {

Error netlink_error(const char* what, int code) {
  return {EIO, std::string("netlink: ") + what + ": " + nl_geterror(code)};
}

}  // namespace

void Monitor::Close::operator()(nl_sock* socket) const { nl_socket_free(socket); }

Monitor::Monitor(Socket socket) : socket_(std::move(socket)) {}

Result<Monitor::Socket> Monitor::connect() {
  Socket socket(nl_socket_alloc());
  if (!socket) return Error{ENOMEM, "netlink: out of memory"};
  if (int err = genl_connect(socket.get()); err < 0) return netlink_error("connect", err);
  return socket;
}

Result<Monitor> Monitor::open() {
  auto socket = connect();
  if (!socket) return socket.error();
  const int families = genl_ctrl_resolve_grp(socket->get(), "nlctrl", "notify");
  if (families < 0) return netlink_error("resolve", families);
  // First this, so that no module comes unseen.
  if (int err = nl_socket_add_membership(socket->get(), families); err < 0)
    return netlink_error("listen", err);
  nl_socket_disable_seq_check(socket->get());

  Monitor monitor(std::move(*socket));
  const auto joined = monitor.join();
  if (!joined && joined.error().code != ENOENT) return joined.error();
  monitor.heard_.emplace_back().kind =
      joined ? EventKind::module_loaded : EventKind::module_unloaded;
  return monitor;
}

int Monitor::fd() const { return nl_socket_get_fd(socket_.get()); }

/// Listens to the module's events, if it is there and of our ABI.
Result<Done> Monitor::join() {
  auto session = Session::open();
  if (!session) return session.error();
  const auto module = session->module(PIKA_ABI);
  if (!module) return module.error();
  auto asking = connect();
  if (!asking) return asking.error();
  const int family = genl_ctrl_resolve(asking->get(), PIKA_GENL_NAME);
  const int group = genl_ctrl_resolve_grp(asking->get(), PIKA_GENL_NAME, PIKA_MCGRP_EVENTS);
  if (family < 0 || group < 0) return netlink_error("resolve", family < 0 ? family : group);
  if (int err = nl_socket_add_membership(socket_.get(), group); err < 0)
    return netlink_error("listen", err);
  family_ = family;
  return Done{};
}

void Monitor::hear_of_module(EventKind kind) {
  family_ = 0;
  if (kind == EventKind::module_loaded) {
    const auto joined = join();
    // Perhaps it has gone again, which will be heard.
    if (!joined && joined.error().code != ENOENT) failed_ = joined.error();
    if (!joined) return;
  }
  heard_.emplace_back().kind = kind;
}

void Monitor::hear(nlmsghdr* message) {
  if (message->nlmsg_type == GENL_ID_CTRL) {
    if (const auto kind = parse_family_event(message)) hear_of_module(*kind);
  } else if (message->nlmsg_type == family_) {
    auto event = parse_event(message);
    if (event)
      heard_.push_back(std::move(*event));
    else
      failed_ = event.error();
  }
}

int Monitor::on_message(nl_msg* message, void* monitor) {
  static_cast<Monitor*>(monitor)->hear(nlmsg_hdr(message));
  return NL_OK;
}

Result<std::vector<Event>> Monitor::read() {
  if (heard_.empty()) {
    nl_socket_modify_cb(socket_.get(), NL_CB_VALID, NL_CB_CUSTOM, on_message, this);
    const int err = nl_recvmsgs_default(socket_.get());
    // The kernel's ENOBUFS, once for all that was missed.
    if (err == -NLE_NOMEM)
      heard_.emplace_back().kind = EventKind::missed;
    else if (err < 0)
      return netlink_error("receive", err);
  }
  if (const auto failed = std::exchange(failed_, std::nullopt)) return *failed;
  return std::exchange(heard_, {});
}

}  // namespace pika
