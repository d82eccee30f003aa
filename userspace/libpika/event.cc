// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/event.hh"

#include <linux/genetlink.h>

#include <initializer_list>

#include "libpika/address.hh"
#include "libpika/message.hh"

namespace pika {
namespace {

using EventAttributes = Attributes<PIKA_A_EVENT_MAX>;

Result<EventAttributes> attributes_of(nlmsghdr* message) {
  Policy<PIKA_A_EVENT_MAX> policy{};
  policy[PIKA_A_EVENT_KIND].type = NLA_U32;
  policy[PIKA_A_EVENT_COMPOSITION].type = NLA_STRING;
  policy[PIKA_A_EVENT_FORCED].type = NLA_FLAG;
  policy[PIKA_A_EVENT_LINK].type = NLA_STRING;
  policy[PIKA_A_EVENT_CORE].type = NLA_U32;
  policy[PIKA_A_EVENT_NUMBER].type = NLA_U32;
  policy[PIKA_A_EVENT_ADDR].minlen = address_bytes;
  policy[PIKA_A_EVENT_PORT].type = NLA_U16;
  policy[PIKA_A_EVENT_V6ONLY].type = NLA_U8;
  return parse_attributes<PIKA_A_EVENT_MAX>(message, "event", policy, PIKA_A_EVENT_KIND,
                                            PIKA_A_EVENT_KIND);
}

bool has(const EventAttributes& attributes, std::initializer_list<size_t> wanted) {
  for (const size_t number : wanted)
    if (!attributes[number]) return false;
  return true;
}

bool read_stack(const EventAttributes& attributes, Event& event) {
  if (!has(attributes, {PIKA_A_EVENT_COMPOSITION})) return false;
  event.composition = nla_get_string(attributes[PIKA_A_EVENT_COMPOSITION]);
  event.forced = attributes[PIKA_A_EVENT_FORCED] != nullptr;
  return true;
}

bool read_link(const EventAttributes& attributes, Event& event) {
  if (!has(attributes, {PIKA_A_EVENT_LINK})) return false;
  event.link = nla_get_string(attributes[PIKA_A_EVENT_LINK]);
  return true;
}

bool read_listener(const EventAttributes& attributes, Event& event) {
  if (!has(attributes,
           {PIKA_A_EVENT_NUMBER, PIKA_A_EVENT_ADDR, PIKA_A_EVENT_PORT, PIKA_A_EVENT_V6ONLY}))
    return false;
  event.listener = EventListener{.number = nla_get_u32(attributes[PIKA_A_EVENT_NUMBER]),
                                 .address = address_text(attributes[PIKA_A_EVENT_ADDR]),
                                 .port = nla_get_u16(attributes[PIKA_A_EVENT_PORT]),
                                 .v6only = nla_get_u8(attributes[PIKA_A_EVENT_V6ONLY]) != 0};
  return true;
}

bool read_core(const EventAttributes& attributes, Event& event) {
  if (!has(attributes, {PIKA_A_EVENT_CORE})) return false;
  event.core = nla_get_u32(attributes[PIKA_A_EVENT_CORE]);
  return true;
}

/// What belongs to its kind; false: it is not there.
bool read_details(const EventAttributes& attributes, uint32_t kind, Event& event) {
  switch (kind) {
    case PIKA_EVENT_STACK_STARTED:
    case PIKA_EVENT_STACK_STOPPED:
      return read_stack(attributes, event);
    case PIKA_EVENT_LINK_DOWN:
    case PIKA_EVENT_LINK_UP:
    case PIKA_EVENT_LINK_GONE:
    case PIKA_EVENT_LINK_ADDED:
    case PIKA_EVENT_LINK_REMOVED:
      return read_link(attributes, event);
    case PIKA_EVENT_LISTENER_ADDED:
    case PIKA_EVENT_LISTENER_REMOVED:
      return read_listener(attributes, event);
    case PIKA_EVENT_CORE_KEPT:
      return read_core(attributes, event);
    default:
      return false;
  }
}

}  // namespace

Result<Event> parse_event(nlmsghdr* message) {
  const auto attributes = attributes_of(message);
  if (!attributes) return attributes.error();
  const uint32_t kind = nla_get_u32((*attributes)[PIKA_A_EVENT_KIND]);
  Event event;
  if (!read_details(*attributes, kind, event))
    return Error{EBADMSG, "pika.ko: malformed event of kind " + std::to_string(kind)};
  event.kind = static_cast<EventKind>(kind);
  return event;
}

std::optional<EventKind> parse_family_event(nlmsghdr* message) {
  Policy<CTRL_ATTR_FAMILY_NAME> policy{};
  policy[CTRL_ATTR_FAMILY_NAME].type = NLA_NUL_STRING;
  Attributes<CTRL_ATTR_FAMILY_NAME> attributes{};
  if (genlmsg_parse(message, 0, attributes.data(), CTRL_ATTR_FAMILY_NAME, policy.data()) < 0 ||
      !attributes[CTRL_ATTR_FAMILY_NAME] ||
      std::string(nla_get_string(attributes[CTRL_ATTR_FAMILY_NAME])) != PIKA_GENL_NAME)
    return {};
  switch (static_cast<genlmsghdr*>(nlmsg_data(message))->cmd) {
    case CTRL_CMD_NEWFAMILY:
      return EventKind::module_loaded;
    case CTRL_CMD_DELFAMILY:
      return EventKind::module_unloaded;
    default:
      return {};
  }
}

}  // namespace pika
