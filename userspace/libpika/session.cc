// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/session.hh"

#include <linux/netlink.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sys/socket.h>
#include <uapi/linux/pika.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace pika {
namespace {

struct FreeMessage {
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, FreeMessage>;

struct PutCallbacks {
  void operator()(nl_cb* callbacks) const { nl_cb_put(callbacks); }
};

/// What came back for one request; `done` at the kernel's last word on it.
struct Answer {
  bool done = false;
  std::optional<Result<ModuleInfo>> module;
  std::optional<Error> refusal;
};

/// The kernel's own words (NLMSGERR_ATTR_MSG), which follow the request that
/// is quoted in an error message unless it was left out.
std::string refusal_text(const nlmsgerr* refusal, const nlmsghdr* message) {
  size_t offset = sizeof(*refusal);
  if (!(message->nlmsg_flags & NLM_F_CAPPED))
    offset += refusal->msg.nlmsg_len - sizeof(refusal->msg);
  offset = NLMSG_ALIGN(offset);
  if (!(message->nlmsg_flags & NLM_F_ACK_TLVS) || NLMSG_LENGTH(offset) > message->nlmsg_len)
    return strerror(-refusal->error);

  const auto* first = static_cast<const char*>(NLMSG_DATA(message)) + offset;
  auto* attributes = reinterpret_cast<nlattr*>(const_cast<char*>(first));
  const auto length = static_cast<int>(message->nlmsg_len - NLMSG_LENGTH(offset));
  const nlattr* text = nla_find(attributes, length, NLMSGERR_ATTR_MSG);
  if (!text) return strerror(-refusal->error);
  const char* begin = static_cast<const char*>(nla_data(text));
  return {begin, strnlen(begin, static_cast<size_t>(nla_len(text)))};
}

int on_reply(nl_msg* message, void* answer) {
  static_cast<Answer*>(answer)->module = parse_module(nlmsg_hdr(message));
  return NL_OK;
}

int on_ack(nl_msg*, void* answer) {
  static_cast<Answer*>(answer)->done = true;
  return NL_STOP;
}

int on_refusal(sockaddr_nl*, nlmsgerr* refusal, void* answer) {
  const auto* message =
      reinterpret_cast<const nlmsghdr*>(reinterpret_cast<const char*>(refusal) - NLMSG_HDRLEN);
  static_cast<Answer*>(answer)->done = true;
  static_cast<Answer*>(answer)->refusal =
      Error{-refusal->error, "pika.ko: " + refusal_text(refusal, message)};
  return NL_STOP;
}

Error netlink_error(const char* what, int code) {
  return {EIO, std::string("netlink: ") + what + ": " + nl_geterror(code)};
}

}  // namespace

void Session::Close::operator()(nl_sock* socket) const { nl_socket_free(socket); }

Session::Session(std::unique_ptr<nl_sock, Close> socket, int family)
    : socket_(std::move(socket)), family_(family) {}

Result<Session> Session::open() {
  std::unique_ptr<nl_sock, Close> socket(nl_socket_alloc());
  if (!socket) return Error{ENOMEM, "netlink: out of memory"};
  if (int err = genl_connect(socket.get()); err < 0) return netlink_error("connect", err);

  const int on = 1;
  setsockopt(nl_socket_get_fd(socket.get()), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
  const int family = genl_ctrl_resolve(socket.get(), PIKA_GENL_NAME);
  if (family < 0 && family != -NLE_OBJ_NOTFOUND) return netlink_error("resolve", family);
  if (family < 0) return Error{ENOENT, "pika.ko: not loaded; load it with 'insmod pika.ko'"};
  return Session(std::move(socket), family);
}

Result<ModuleInfo> Session::module(std::optional<uint32_t> abi) {
  Message request(nlmsg_alloc());
  std::unique_ptr<nl_cb, PutCallbacks> callbacks(nl_cb_alloc(NL_CB_DEFAULT));
  if (!request || !callbacks ||
      !genlmsg_put(request.get(), NL_AUTO_PORT, NL_AUTO_SEQ, family_, 0, 0, PIKA_CMD_MODULE_GET,
                   PIKA_GENL_VERSION) ||
      (abi && nla_put_u32(request.get(), PIKA_A_MODULE_ABI, *abi) < 0))
    return Error{ENOMEM, "netlink: out of memory"};

  Answer answer;
  nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, on_reply, &answer);
  nl_cb_set(callbacks.get(), NL_CB_ACK, NL_CB_CUSTOM, on_ack, &answer);
  nl_cb_err(callbacks.get(), NL_CB_CUSTOM, on_refusal, &answer);
  if (int err = nl_send_auto(socket_.get(), request.get()); err < 0)
    return netlink_error("send", err);
  // The reply and its acknowledgement come one after the other.
  while (!answer.done)
    if (int err = nl_recvmsgs(socket_.get(), callbacks.get()); err < 0 && !answer.refusal)
      return netlink_error("receive", err);

  if (answer.refusal) return *answer.refusal;
  if (!answer.module) return Error{EBADMSG, "pika.ko: no reply to module-get"};
  return *answer.module;
}

}  // namespace pika
