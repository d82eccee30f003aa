// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/listener.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <uapi/linux/pika.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace pika {
namespace {

using Attributes = std::array<nlattr*, PIKA_A_LISTENER_MAX + 1>;

std::string address_text(nlattr* attribute) {
  in6_addr address{};
  std::memcpy(&address, nla_data(attribute), sizeof(address));
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&address))
    inet_ntop(AF_INET, &address.s6_addr[12], text.data(), text.size());
  else
    inet_ntop(AF_INET6, &address, text.data(), text.size());
  return text.data();
}

std::optional<Acceptor> parse_acceptor(nlattr* nest) {
  std::array<nla_policy, PIKA_A_ACCEPTOR_MAX + 1> policy{};
  policy[PIKA_A_ACCEPTOR_PID].type = NLA_U32;
  policy[PIKA_A_ACCEPTOR_REGISTERED].type = NLA_U8;
  policy[PIKA_A_ACCEPTOR_SERVER].type = NLA_U32;

  std::array<nlattr*, PIKA_A_ACCEPTOR_MAX + 1> attributes{};
  if (nla_parse_nested(attributes.data(), PIKA_A_ACCEPTOR_MAX, nest, policy.data()) < 0 ||
      !attributes[PIKA_A_ACCEPTOR_PID] || !attributes[PIKA_A_ACCEPTOR_REGISTERED] ||
      !attributes[PIKA_A_ACCEPTOR_SERVER])
    return {};
  return Acceptor{.pid = nla_get_u32(attributes[PIKA_A_ACCEPTOR_PID]),
                  .server = nla_get_u32(attributes[PIKA_A_ACCEPTOR_SERVER]),
                  .registered = nla_get_u8(attributes[PIKA_A_ACCEPTOR_REGISTERED]) != 0};
}

bool parse_acceptors(nlmsghdr* reply, Listener& listener) {
  auto* header = static_cast<genlmsghdr*>(nlmsg_data(reply));
  nlattr* each = nullptr;
  int left = 0;
  nla_for_each_attr(each, genlmsg_attrdata(header, 0), genlmsg_attrlen(header, 0), left) {
    if (nla_type(each) != PIKA_A_LISTENER_ACCEPTOR) continue;
    const auto acceptor = parse_acceptor(each);
    if (!acceptor) return false;
    listener.acceptors.push_back(*acceptor);
  }
  return true;
}

/// \return false if the message is malformed.
bool parse(nlmsghdr* reply, Attributes& attributes) {
  std::array<nla_policy, PIKA_A_LISTENER_MAX + 1> policy{};
  policy[PIKA_A_LISTENER_NUMBER].type = NLA_U32;
  policy[PIKA_A_LISTENER_ADDR].minlen = sizeof(in6_addr);
  policy[PIKA_A_LISTENER_PORT].type = NLA_U16;
  policy[PIKA_A_LISTENER_V6ONLY].type = NLA_U8;
  for (int number = PIKA_A_LISTENER_BACKLOG; number <= PIKA_A_LISTENER_ACCEPTORS; number++)
    policy[number].type = NLA_U32;
  policy[PIKA_A_LISTENER_ACCEPTOR].type = NLA_NESTED;
  return genlmsg_parse(reply, 0, attributes.data(), PIKA_A_LISTENER_MAX, policy.data()) == 0;
}

}  // namespace

bool put_listener_request(nl_msg* request, uint32_t after) {
  return nla_put_u32(request, PIKA_A_LISTENER_ABI, PIKA_ABI) == 0 &&
         nla_put_u32(request, PIKA_A_LISTENER_AFTER, after) == 0;
}

Result<Listener> parse_listener(nlmsghdr* reply) {
  Attributes attributes{};
  if (!parse(reply, attributes)) return Error{EBADMSG, "pika.ko: malformed reply to listener-get"};
  for (int number = PIKA_A_LISTENER_NUMBER; number <= PIKA_A_LISTENER_ACCEPTORS; number++)
    if (!attributes[number])
      return Error{EBADMSG,
                   "pika.ko: reply to listener-get lacks attribute " + std::to_string(number)};

  Listener listener{.number = nla_get_u32(attributes[PIKA_A_LISTENER_NUMBER]),
                    .address = address_text(attributes[PIKA_A_LISTENER_ADDR]),
                    .port = nla_get_u16(attributes[PIKA_A_LISTENER_PORT]),
                    .v6only = nla_get_u8(attributes[PIKA_A_LISTENER_V6ONLY]) != 0,
                    .backlog = nla_get_u32(attributes[PIKA_A_LISTENER_BACKLOG]),
                    .offered = nla_get_u32(attributes[PIKA_A_LISTENER_OFFERED]),
                    .claimed = nla_get_u32(attributes[PIKA_A_LISTENER_CLAIMED]),
                    .acceptors_len = nla_get_u32(attributes[PIKA_A_LISTENER_ACCEPTORS]),
                    .acceptors = {}};
  if (!parse_acceptors(reply, listener))
    return Error{EBADMSG, "pika.ko: malformed acceptor in a reply to listener-get"};
  return listener;
}

}  // namespace pika
