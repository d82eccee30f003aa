// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/stack.hh"

#include <uapi/linux/pika.h>

#include "libpika/message.hh"

namespace pika {

bool put_stack(nl_msg* request, const StackConfig& config) {
  return nla_put_string(request, PIKA_A_STACK_COMPOSITION, config.composition.c_str()) == 0 &&
         nla_put_string(request, PIKA_A_STACK_LINKS, config.links.c_str()) == 0 &&
         (config.cores.empty() ||
          nla_put_string(request, PIKA_A_STACK_CORES, config.cores.c_str()) == 0) &&
         nla_put_u32(request, PIKA_A_STACK_IDLE_US, config.idle_us) == 0 &&
         nla_put_u32(request, PIKA_A_STACK_MAX_CONNS, config.max_conns) == 0 &&
         nla_put_u32(request, PIKA_A_STACK_FIREWALL, config.firewall) == 0 &&
         (config.allow.empty() ||
          nla_put_string(request, PIKA_A_STACK_ALLOW, config.allow.c_str()) == 0);
}

Result<StackInfo> parse_stack(nlmsghdr* reply) {
  Policy<PIKA_A_STACK_MAX> policy{};
  for (const int text :
       {PIKA_A_STACK_COMPOSITION, PIKA_A_STACK_LINKS, PIKA_A_STACK_CORES, PIKA_A_STACK_ALLOW})
    policy[text].type = NLA_STRING;
  for (int number = PIKA_A_STACK_IDLE_US; number <= PIKA_A_STACK_FLOWS; number++)
    policy[number].type = NLA_U32;
  policy[PIKA_A_STACK_FIREWALL].type = NLA_U32;

  const auto parsed = parse_attributes<PIKA_A_STACK_MAX>(
      reply, "stack-get", policy, PIKA_A_STACK_COMPOSITION, PIKA_A_STACK_FLOWS);
  if (!parsed) return parsed.error();
  const auto& attributes = *parsed;
  for (const int late : {PIKA_A_STACK_FIREWALL, PIKA_A_STACK_ALLOW})
    if (!attributes[static_cast<size_t>(late)])
      return Error{EBADMSG, "pika.ko: reply to stack-get lacks attribute " + std::to_string(late)};
  return StackInfo{
      .config = {.composition = nla_get_string(attributes[PIKA_A_STACK_COMPOSITION]),
                 .links = nla_get_string(attributes[PIKA_A_STACK_LINKS]),
                 .cores = nla_get_string(attributes[PIKA_A_STACK_CORES]),
                 .idle_us = nla_get_u32(attributes[PIKA_A_STACK_IDLE_US]),
                 .max_conns = nla_get_u32(attributes[PIKA_A_STACK_MAX_CONNS]),
                 .firewall =
                     static_cast<pika_firewall>(nla_get_u32(attributes[PIKA_A_STACK_FIREWALL])),
                 .allow = nla_get_string(attributes[PIKA_A_STACK_ALLOW])},
      .servers = nla_get_u32(attributes[PIKA_A_STACK_SERVERS]),
      .sockets = nla_get_u32(attributes[PIKA_A_STACK_SOCKETS]),
      .lingering = nla_get_u32(attributes[PIKA_A_STACK_LINGERING]),
      .flows = nla_get_u32(attributes[PIKA_A_STACK_FLOWS]),
  };
}

}  // namespace pika
