// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/connection.hh"

#include <uapi/linux/pika.h>

#include <utility>

#include "libpika/address.hh"
#include "libpika/message.hh"

namespace pika {
namespace {

constexpr PageFormat format = {.operation = "connection-get",
                               .thing = "connection",
                               .abi = PIKA_A_CONNECTIONS_ABI,
                               .cursor = PIKA_A_CONNECTIONS_CURSOR,
                               .nest = PIKA_A_CONNECTIONS_CONNECTION};

using ConnectionAttributes = Attributes<PIKA_A_CONNECTION_MAX>;

/// Those that each connection has; the others tell of its owner.
constexpr int last_of_each = PIKA_A_CONNECTION_RETRIES;

std::optional<ConnectionAttributes> attributes_of(nlattr* nest) {
  Policy<PIKA_A_CONNECTION_MAX> policy{};
  for (int number = 1; number < PIKA_A_CONNECTION_PAD; number++) policy[number].type = NLA_U32;
  policy[PIKA_A_CONNECTION_STATE].type = NLA_U8;
  policy[PIKA_A_CONNECTION_INODE].type = NLA_U64;
  for (const int end : {PIKA_A_CONNECTION_LOCAL, PIKA_A_CONNECTION_REMOTE})
    policy[end] = {.type = NLA_UNSPEC, .minlen = address_bytes, .maxlen = 0};
  for (const int port : {PIKA_A_CONNECTION_LOCAL_PORT, PIKA_A_CONNECTION_REMOTE_PORT})
    policy[port].type = NLA_U16;

  ConnectionAttributes attributes{};
  if (nla_parse_nested(attributes.data(), PIKA_A_CONNECTION_MAX, nest, policy.data()) < 0)
    return {};
  for (int number = 1; number <= last_of_each; number++)
    if (!attributes[static_cast<size_t>(number)]) return {};
  return attributes;
}

std::optional<ConnectionOwner> owner_of(const ConnectionAttributes& attributes) {
  nlattr* cpu = attributes[PIKA_A_CONNECTION_CPU];
  nlattr* uid = attributes[PIKA_A_CONNECTION_UID];
  nlattr* inode = attributes[PIKA_A_CONNECTION_INODE];
  if (!cpu || !uid) return {};
  return ConnectionOwner{
      .cpu = nla_get_u32(cpu), .uid = nla_get_u32(uid), .inode = inode ? nla_get_u64(inode) : 0};
}

ConnectionEnd end_of(nlattr* address, nlattr* port) {
  return {.address = address_text(address), .port = nla_get_u16(port)};
}

std::optional<Connection> parse_connection(nlattr* nest) {
  const auto parsed = attributes_of(nest);
  if (!parsed) return {};
  const auto& attributes = *parsed;
  const auto number = [&attributes](size_t which) { return nla_get_u32(attributes[which]); };
  return Connection{.server = number(PIKA_A_CONNECTION_SERVER),
                    .state = nla_get_u8(attributes[PIKA_A_CONNECTION_STATE]),
                    .local = end_of(attributes[PIKA_A_CONNECTION_LOCAL],
                                    attributes[PIKA_A_CONNECTION_LOCAL_PORT]),
                    .remote = end_of(attributes[PIKA_A_CONNECTION_REMOTE],
                                     attributes[PIKA_A_CONNECTION_REMOTE_PORT]),
                    .recv_queue = number(PIKA_A_CONNECTION_RECV_QUEUE),
                    .send_queue = number(PIKA_A_CONNECTION_SEND_QUEUE),
                    .unacked = number(PIKA_A_CONNECTION_UNACKED),
                    .mss = number(PIKA_A_CONNECTION_MSS),
                    .rtt_us = number(PIKA_A_CONNECTION_RTT_US),
                    .rttvar_us = number(PIKA_A_CONNECTION_RTTVAR_US),
                    .rto_ms = number(PIKA_A_CONNECTION_RTO_MS),
                    .cwnd = number(PIKA_A_CONNECTION_CWND),
                    .ssthresh = number(PIKA_A_CONNECTION_SSTHRESH),
                    .send_window = number(PIKA_A_CONNECTION_SEND_WINDOW),
                    .receive_window = number(PIKA_A_CONNECTION_RECEIVE_WINDOW),
                    .retries = number(PIKA_A_CONNECTION_RETRIES),
                    .owner = owner_of(attributes)};
}

}  // namespace

bool put_connections_request(nl_msg* request, uint64_t cursor) {
  return put_page_request(request, format, cursor);
}

Result<Page<Connection>> parse_connections(nlmsghdr* reply) {
  return parse_page<PIKA_A_CONNECTIONS_MAX>(reply, format, parse_connection);
}

}  // namespace pika
