// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/module.hh"

#include <uapi/linux/pika.h>

#include "libpika/message.hh"

namespace pika {

Result<ModuleInfo> parse_module(nlmsghdr* reply) {
  Policy<PIKA_A_MODULE_MAX> policy{};
  policy[PIKA_A_MODULE_VERSION].type = NLA_STRING;
  policy[PIKA_A_MODULE_ABI].type = NLA_U32;

  Attributes<PIKA_A_MODULE_MAX> attributes{};
  if (genlmsg_parse(reply, 0, attributes.data(), PIKA_A_MODULE_MAX, policy.data()) < 0)
    return Error{EBADMSG, "pika.ko: malformed reply to module-get"};
  if (!attributes[PIKA_A_MODULE_VERSION] || !attributes[PIKA_A_MODULE_ABI])
    return Error{EBADMSG, "pika.ko: reply to module-get lacks version or abi"};

  return ModuleInfo{
      .version = nla_get_string(attributes[PIKA_A_MODULE_VERSION]),
      .abi = nla_get_u32(attributes[PIKA_A_MODULE_ABI]),
  };
}

}  // namespace pika
