// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/listener.hh"

#include <uapi/linux/pika.h>

#include <optional>

#include "libpika/address.hh"
#include "libpika/message.hh"

namespace pika {
namespace {

std::optional<Acceptor> parse_acceptor(nlattr* nest) {
  Policy<PIKA_A_ACCEPTOR_MAX> policy{};
  policy[PIKA_A_ACCEPTOR_PID].type = NLA_U32;
  policy[PIKA_A_ACCEPTOR_REGISTERED].type = NLA_U8;
  policy[PIKA_A_ACCEPTOR_SERVER].type = NLA_U32;

  Attributes<PIKA_A_ACCEPTOR_MAX> attributes{};
  if (nla_parse_nested(attributes.data(), PIKA_A_ACCEPTOR_MAX, nest, policy.data()) < 0 ||
      !attributes[PIKA_A_ACCEPTOR_PID] || !attributes[PIKA_A_ACCEPTOR_REGISTERED] ||
      !attributes[PIKA_A_ACCEPTOR_SERVER])
    return {};
  return Acceptor{.pid = nla_get_u32(attributes[PIKA_A_ACCEPTOR_PID]),
                  .server = nla_get_u32(attributes[PIKA_A_ACCEPTOR_SERVER]),
                  .registered = nla_get_u8(attributes[PIKA_A_ACCEPTOR_REGISTERED]) != 0};
}

bool parse_acceptors(nlmsghdr* reply, Listener& listener) {
  return each_attribute(reply, PIKA_A_LISTENER_ACCEPTOR, [&listener](nlattr* nest) {
    const auto acceptor = parse_acceptor(nest);
    if (acceptor) listener.acceptors.push_back(*acceptor);
    return acceptor.has_value();
  });
}

}  // namespace

bool put_listener_request(nl_msg* request, uint32_t after) {
  return nla_put_u32(request, PIKA_A_LISTENER_ABI, PIKA_ABI) == 0 &&
         nla_put_u32(request, PIKA_A_LISTENER_AFTER, after) == 0;
}

Result<Listener> parse_listener(nlmsghdr* reply) {
  Policy<PIKA_A_LISTENER_MAX> policy{};
  policy[PIKA_A_LISTENER_NUMBER].type = NLA_U32;
  policy[PIKA_A_LISTENER_ADDR].minlen = address_bytes;
  policy[PIKA_A_LISTENER_PORT].type = NLA_U16;
  policy[PIKA_A_LISTENER_V6ONLY].type = NLA_U8;
  for (int number = PIKA_A_LISTENER_BACKLOG; number <= PIKA_A_LISTENER_ACCEPTORS; number++)
    policy[number].type = NLA_U32;
  policy[PIKA_A_LISTENER_ACCEPTOR].type = NLA_NESTED;

  const auto parsed = parse_attributes<PIKA_A_LISTENER_MAX>(
      reply, "listener-get", policy, PIKA_A_LISTENER_NUMBER, PIKA_A_LISTENER_ACCEPTORS);
  if (!parsed) return parsed.error();
  const auto& attributes = *parsed;
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
