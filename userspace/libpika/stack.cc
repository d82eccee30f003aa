// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/stack.hh"

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <uapi/linux/pika.h>

#include <array>
#include <cerrno>

namespace pika {

bool put_stack(nl_msg* request, const StackConfig& config) {
  return nla_put_string(request, PIKA_A_STACK_COMPOSITION, config.composition.c_str()) == 0 &&
         nla_put_string(request, PIKA_A_STACK_LINKS, config.links.c_str()) == 0 &&
         (config.cores.empty() ||
          nla_put_string(request, PIKA_A_STACK_CORES, config.cores.c_str()) == 0) &&
         nla_put_u32(request, PIKA_A_STACK_IDLE_US, config.idle_us) == 0 &&
         nla_put_u32(request, PIKA_A_STACK_MAX_CONNS, config.max_conns) == 0;
}

Result<StackInfo> parse_stack(nlmsghdr* reply) {
  std::array<nla_policy, PIKA_A_STACK_MAX + 1> policy{};
  for (const int text : {PIKA_A_STACK_COMPOSITION, PIKA_A_STACK_LINKS, PIKA_A_STACK_CORES})
    policy[text].type = NLA_STRING;
  for (int number = PIKA_A_STACK_IDLE_US; number <= PIKA_A_STACK_MAX; number++)
    policy[number].type = NLA_U32;

  std::array<nlattr*, PIKA_A_STACK_MAX + 1> attributes{};
  if (genlmsg_parse(reply, 0, attributes.data(), PIKA_A_STACK_MAX, policy.data()) < 0)
    return Error{EBADMSG, "pika.ko: malformed reply to stack-get"};
  for (int each = PIKA_A_STACK_COMPOSITION; each <= PIKA_A_STACK_MAX; each++)
    if (!attributes[each])
      return Error{EBADMSG, "pika.ko: reply to stack-get lacks attribute " + std::to_string(each)};

  return StackInfo{
      .config = {.composition = nla_get_string(attributes[PIKA_A_STACK_COMPOSITION]),
                 .links = nla_get_string(attributes[PIKA_A_STACK_LINKS]),
                 .cores = nla_get_string(attributes[PIKA_A_STACK_CORES]),
                 .idle_us = nla_get_u32(attributes[PIKA_A_STACK_IDLE_US]),
                 .max_conns = nla_get_u32(attributes[PIKA_A_STACK_MAX_CONNS])},
      .servers = nla_get_u32(attributes[PIKA_A_STACK_SERVERS]),
      .sockets = nla_get_u32(attributes[PIKA_A_STACK_SOCKETS]),
      .lingering = nla_get_u32(attributes[PIKA_A_STACK_LINGERING]),
      .flows = nla_get_u32(attributes[PIKA_A_STACK_FLOWS]),
  };
}

}  // namespace pika
