// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/acceptor.hh"

#include <uapi/linux/pika.h>

#include <utility>

#include "libpika/address.hh"
#include "libpika/message.hh"

namespace pika {
namespace {

constexpr PageFormat format = {.operation = "acceptor-get",
                               .thing = "acceptor",
                               .abi = PIKA_A_ACCEPTORS_ABI,
                               .cursor = PIKA_A_ACCEPTORS_CURSOR,
                               .nest = PIKA_A_ACCEPTORS_ACCEPTOR};

std::optional<AcceptorState> parse_state(nlattr* nest) {
  Policy<PIKA_A_ACCEPTOR_MAX> policy{};
  for (int number = 1; number <= PIKA_A_ACCEPTOR_MAX; number++) policy[number].type = NLA_U32;
  policy[PIKA_A_ACCEPTOR_REGISTERED].type = NLA_U8;
  policy[PIKA_A_ACCEPTOR_ADDR] = {.type = NLA_UNSPEC, .minlen = address_bytes, .maxlen = 0};
  policy[PIKA_A_ACCEPTOR_PORT].type = NLA_U16;

  Attributes<PIKA_A_ACCEPTOR_MAX> attributes{};
  if (nla_parse_nested(attributes.data(), PIKA_A_ACCEPTOR_MAX, nest, policy.data()) < 0) return {};
  for (size_t number = 1; number <= PIKA_A_ACCEPTOR_MAX; number++)
    if (!attributes[number]) return {};
  const auto number = [&attributes](size_t which) { return nla_get_u32(attributes[which]); };
  return AcceptorState{.pid = number(PIKA_A_ACCEPTOR_PID),
                       .server = number(PIKA_A_ACCEPTOR_SERVER),
                       .registered = nla_get_u8(attributes[PIKA_A_ACCEPTOR_REGISTERED]) != 0,
                       .listener = number(PIKA_A_ACCEPTOR_LISTENER),
                       .address = address_text(attributes[PIKA_A_ACCEPTOR_ADDR]),
                       .port = nla_get_u16(attributes[PIKA_A_ACCEPTOR_PORT]),
                       .cpu = number(PIKA_A_ACCEPTOR_CPU),
                       .offers = number(PIKA_A_ACCEPTOR_OFFERS),
                       .open = number(PIKA_A_ACCEPTOR_OPEN),
                       .service_us = number(PIKA_A_ACCEPTOR_SERVICE_US),
                       .claim_us = number(PIKA_A_ACCEPTOR_CLAIM_US),
                       .claimed = number(PIKA_A_ACCEPTOR_CLAIMED),
                       .timeouts = number(PIKA_A_ACCEPTOR_TIMEOUTS)};
}

}  // namespace

bool put_acceptors_request(nl_msg* request, uint64_t cursor) {
  return put_page_request(request, format, cursor);
}

Result<Page<AcceptorState>> parse_acceptors(nlmsghdr* reply) {
  return parse_page<PIKA_A_ACCEPTORS_MAX>(reply, format, parse_state);
}

}  // namespace pika
