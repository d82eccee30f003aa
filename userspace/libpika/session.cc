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
#include <iterator>
#include <optional>
#include <utility>

#include "libpika/message.hh"

namespace pika {
namespace {

struct PutCallbacks {
  void operator()(nl_cb* callbacks) const { nl_cb_put(callbacks); }
};

/// What came back for one request; `done` at the kernel's last word on it.
struct Answer {
  bool done = false;
  std::function<void(nlmsghdr*)> read;
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
  static_cast<Answer*>(answer)->read(nlmsg_hdr(message));
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

bool put_stack_abi(nl_msg* request) {
  return nla_put_u32(request, PIKA_A_STACK_ABI, PIKA_ABI) == 0;
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

/// Sends one request and hands its reply, if there is one, to `read`.
Result<Done> Session::ask(uint8_t command, const Fill& fill, const Read& read) {
  Message request(nlmsg_alloc());
  std::unique_ptr<nl_cb, PutCallbacks> callbacks(nl_cb_alloc(NL_CB_DEFAULT));
  if (!request || !callbacks ||
      !genlmsg_put(request.get(), NL_AUTO_PORT, NL_AUTO_SEQ, family_, 0, 0, command,
                   PIKA_GENL_VERSION) ||
      !fill(request.get()))
    return Error{ENOMEM, "netlink: out of memory"};

  Answer answer{.read = read, .refusal = {}};
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
  return Done{};
}

Result<ModuleInfo> Session::module(std::optional<uint32_t> abi) {
  Result<ModuleInfo> module = Error{EBADMSG, "pika.ko: no reply to module-get"};
  const auto asked = ask(
      PIKA_CMD_MODULE_GET,
      [&abi](nl_msg* request) {
        return !abi || nla_put_u32(request, PIKA_A_MODULE_ABI, *abi) == 0;
      },
      [&module](nlmsghdr* reply) { module = parse_module(reply); });
  return asked ? module : asked.error();
}

Result<Done> Session::start_stack(const StackConfig& config) {
  const auto fill = [&config](nl_msg* request) {
    return put_stack_abi(request) && put_stack(request, config);
  };
  return ask(PIKA_CMD_STACK_START, fill, [](nlmsghdr*) {});
}

Result<Done> Session::stop_stack(bool force) {
  const auto fill = [force](nl_msg* request) {
    return put_stack_abi(request) && (!force || nla_put_flag(request, PIKA_A_STACK_FORCE) == 0);
  };
  return ask(PIKA_CMD_STACK_STOP, fill, [](nlmsghdr*) {});
}

Result<Done> Session::change_link(uint8_t command, const std::string& device) {
  const auto fill = [&device](nl_msg* request) {
    return put_stack_abi(request) &&
           nla_put_string(request, PIKA_A_STACK_LINK, device.c_str()) == 0;
  };
  return ask(command, fill, [](nlmsghdr*) {});
}

Result<Done> Session::add_link(const std::string& device) {
  return change_link(PIKA_CMD_LINK_ADD, device);
}

Result<Done> Session::remove_link(const std::string& device) {
  return change_link(PIKA_CMD_LINK_REMOVE, device);
}

Result<std::optional<StackInfo>> Session::stack() {
  Result<StackInfo> stack = Error{EBADMSG, "pika.ko: no reply to stack-get"};
  const auto asked = ask(PIKA_CMD_STACK_GET, put_stack_abi,
                         [&stack](nlmsghdr* reply) { stack = parse_stack(reply); });
  if (!asked && asked.error().code == ESRCH) return std::optional<StackInfo>();
  if (!asked) return asked.error();
  if (!stack) return stack.error();
  return std::optional(*stack);
}

Result<Stats> Session::stats_of(uint32_t address) {
  Result<Stats> stats = Error{EBADMSG, "pika.ko: no reply to stats-get"};
  const auto asked = ask(
      PIKA_CMD_STATS_GET,
      [address](nl_msg* request) { return put_stats_request(request, address); },
      [&stats](nlmsghdr* reply) { stats = parse_stats(reply); });
  return asked ? stats : asked.error();
}

Result<std::vector<Stats>> Session::stats() {
  std::vector<Stats> all;
  uint32_t addresses = 1;
  for (uint32_t address = 0; address < addresses; address++) {
    auto stats = stats_of(address);
    if (!stats) return stats.error();
    addresses = stats->addresses;
    all.push_back(std::move(*stats));
  }
  return all;
}

Result<Listener> Session::listener_after(uint32_t number) {
  Result<Listener> listener = Error{EBADMSG, "pika.ko: no reply to listener-get"};
  const auto asked = ask(
      PIKA_CMD_LISTENER_GET,
      [number](nl_msg* request) { return put_listener_request(request, number); },
      [&listener](nlmsghdr* reply) { listener = parse_listener(reply); });
  return asked ? listener : asked.error();
}

Result<std::vector<Listener>> Session::listeners() {
  std::vector<Listener> all;
  for (;;) {
    auto listener = listener_after(all.empty() ? 0 : all.back().number);
    if (!listener && listener.error().code == ENOENT) return all;
    if (!listener) return listener.error();
    all.push_back(std::move(*listener));
  }
}

template <class T>
Result<Page<T>> Session::page(const Pages<T>& pages, uint64_t cursor) {
  Result<Page<T>> page = Error{EBADMSG, std::string("pika.ko: no reply to ") + pages.operation};
  const auto asked = ask(
      pages.command, [&](nl_msg* request) { return pages.put(request, cursor); },
      [&](nlmsghdr* reply) { page = pages.parse(reply); });
  return asked ? page : asked.error();
}

template <class T>
Result<std::vector<T>> Session::all_of(const Pages<T>& pages) {
  std::vector<T> all;
  for (std::optional<uint64_t> cursor = 0; cursor;) {
    auto some = page(pages, *cursor);
    if (!some) return some.error();
    cursor = some->cursor;
    all.insert(all.end(), std::make_move_iterator(some->all.begin()),
               std::make_move_iterator(some->all.end()));
  }
  return all;
}

Result<std::vector<Connection>> Session::connections() {
  return all_of(Pages<Connection>{PIKA_CMD_CONNECTION_GET, "connection-get",
                                  put_connections_request, parse_connections});
}

Result<std::vector<AcceptorState>> Session::acceptors() {
  return all_of(Pages<AcceptorState>{PIKA_CMD_ACCEPTOR_GET, "acceptor-get", put_acceptors_request,
                                     parse_acceptors});
}

}  // namespace pika
