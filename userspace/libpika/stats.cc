// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/stats.hh"

#include <uapi/linux/pika.h>

#include <optional>
#include <utility>

#include "libpika/message.hh"

namespace pika {
namespace {

/// Nothing: malformed.
std::optional<Counter> parse_counter(nlattr* nest) {
  Policy<PIKA_A_COUNTER_MAX> policy{};
  policy[PIKA_A_COUNTER_NAME].type = NLA_STRING;
  policy[PIKA_A_COUNTER_VALUE].type = NLA_U64;
  policy[PIKA_A_COUNTER_MEANING].type = NLA_STRING;

  Attributes<PIKA_A_COUNTER_MAX> attributes{};
  if (nla_parse_nested(attributes.data(), PIKA_A_COUNTER_MAX, nest, policy.data()) < 0 ||
      !attributes[PIKA_A_COUNTER_NAME] || !attributes[PIKA_A_COUNTER_VALUE])
    return {};
  nlattr* meaning = attributes[PIKA_A_COUNTER_MEANING];
  return Counter{.name = nla_get_string(attributes[PIKA_A_COUNTER_NAME]),
                 .value = nla_get_u64(attributes[PIKA_A_COUNTER_VALUE]),
                 .meaning = meaning ? nla_get_string(meaning) : ""};
}

bool has_name(nlattr* nest) {
  Policy<PIKA_A_COMPONENT_MAX> policy{};
  policy[PIKA_A_COMPONENT_NAME].type = NLA_STRING;
  policy[PIKA_A_COMPONENT_COUNTER].type = NLA_NESTED;

  Attributes<PIKA_A_COMPONENT_MAX> attributes{};
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
  return each_attribute(reply, PIKA_A_STATS_COMPONENT, [&stats](nlattr* nest) {
    auto component = parse_component(nest);
    if (component) stats.components.push_back(std::move(*component));
    return component.has_value();
  });
}

}  // namespace

bool put_stats_request(nl_msg* request, uint32_t address) {
  return nla_put_u32(request, PIKA_A_STATS_ABI, PIKA_ABI) == 0 &&
         nla_put_u32(request, PIKA_A_STATS_ADDRESS, address) == 0;
}

Result<Stats> parse_stats(nlmsghdr* reply) {
  Policy<PIKA_A_STATS_MAX> policy{};
  for (int number = PIKA_A_STATS_ADDRESS; number <= PIKA_A_STATS_CORE; number++)
    policy[number].type = NLA_U32;
  policy[PIKA_A_STATS_COMPONENT].type = NLA_NESTED;

  const auto parsed = parse_attributes<PIKA_A_STATS_MAX>(reply, "stats-get", policy,
                                                         PIKA_A_STATS_ADDRESS, PIKA_A_STATS_CORE);
  if (!parsed) return parsed.error();
  const auto& attributes = *parsed;
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
