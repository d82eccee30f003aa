// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/stats.hh"

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <uapi/linux/pika.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

namespace pika {
namespace {

/// Nothing: malformed.
std::optional<Counter> parse_counter(nlattr* nest) {
  std::array<nla_policy, PIKA_A_COUNTER_MAX + 1> policy{};
  policy[PIKA_A_COUNTER_NAME].type = NLA_STRING;
  policy[PIKA_A_COUNTER_VALUE].type = NLA_U64;
  policy[PIKA_A_COUNTER_MEANING].type = NLA_STRING;

  std::array<nlattr*, PIKA_A_COUNTER_MAX + 1> attributes{};
  if (nla_parse_nested(attributes.data(), PIKA_A_COUNTER_MAX, nest, policy.data()) < 0 ||
      !attributes[PIKA_A_COUNTER_NAME] || !attributes[PIKA_A_COUNTER_VALUE])
    return {};
  nlattr* meaning = attributes[PIKA_A_COUNTER_MEANING];
  return Counter{.name = nla_get_string(attributes[PIKA_A_COUNTER_NAME]),
                 .value = nla_get_u64(attributes[PIKA_A_COUNTER_VALUE]),
                 .meaning = meaning ? nla_get_string(meaning) : ""};
}

bool has_name(nlattr* nest) {
  std::array<nla_policy, PIKA_A_COMPONENT_MAX + 1> policy{};
  policy[PIKA_A_COMPONENT_NAME].type = NLA_STRING;
  policy[PIKA_A_COMPONENT_COUNTER].type = NLA_NESTED;

  std::array<nlattr*, PIKA_A_COMPONENT_MAX + 1> attributes{};
  return nla_parse_nested(attributes.data(), PIKA_A_COMPONENT_MAX, nest, policy.data()) == 0 &&
         attributes[PIKA_A_COMPONENT_NAME];
}

/// Attributes that come more than once: nla_parse() keeps the last of them.
std::optional<ComponentStats> parse_component(nlattr* nest) {
  if (!has_name(nest)) return {};
  ComponentStats component;
  nlattr* each = nullptr;
  int left = 0;
  nla_for_each_nested(each, nest, left) {
    if (nla_type(each) == PIKA_A_COMPONENT_NAME) component.name = nla_get_string(each);
    if (nla_type(each) != PIKA_A_COMPONENT_COUNTER) continue;
    auto counter = parse_counter(each);
    if (!counter) return {};
    component.counters.push_back(std::move(*counter));
  }
  return component;
}

bool parse_components(nlmsghdr* reply, Stats& stats) {
  auto* header = static_cast<genlmsghdr*>(nlmsg_data(reply));
  nlattr* each = nullptr;
  int left = 0;
  nla_for_each_attr(each, genlmsg_attrdata(header, 0), genlmsg_attrlen(header, 0), left) {
    if (nla_type(each) != PIKA_A_STATS_COMPONENT) continue;
    auto component = parse_component(each);
    if (!component) return false;
    stats.components.push_back(std::move(*component));
  }
  return true;
}

}  // namespace

bool put_stats_request(nl_msg* request, uint32_t address) {
  return nla_put_u32(request, PIKA_A_STATS_ABI, PIKA_ABI) == 0 &&
         nla_put_u32(request, PIKA_A_STATS_ADDRESS, address) == 0;
}

Result<Stats> parse_stats(nlmsghdr* reply) {
  std::array<nla_policy, PIKA_A_STATS_MAX + 1> policy{};
  for (int number = PIKA_A_STATS_ADDRESS; number <= PIKA_A_STATS_CORE; number++)
    policy[number].type = NLA_U32;
  policy[PIKA_A_STATS_COMPONENT].type = NLA_NESTED;

  std::array<nlattr*, PIKA_A_STATS_MAX + 1> attributes{};
  if (genlmsg_parse(reply, 0, attributes.data(), PIKA_A_STATS_MAX, policy.data()) < 0)
    return Error{EBADMSG, "pika.ko: malformed reply to stats-get"};
  for (int number = PIKA_A_STATS_ADDRESS; number <= PIKA_A_STATS_CORE; number++)
    if (!attributes[number])
      return Error{EBADMSG,
                   "pika.ko: reply to stats-get lacks attribute " + std::to_string(number)};

  Stats stats{.address = nla_get_u32(attributes[PIKA_A_STATS_ADDRESS]),
              .addresses = nla_get_u32(attributes[PIKA_A_STATS_ADDRESSES]),
              .servers = nla_get_u32(attributes[PIKA_A_STATS_SERVERS]),
              .core = nla_get_u32(attributes[PIKA_A_STATS_CORE]),
              .components = {}};
  if (!parse_components(reply, stats))
    return Error{EBADMSG, "pika.ko: malformed component in a reply to stats-get"};
  return stats;
}

}  // namespace pika
