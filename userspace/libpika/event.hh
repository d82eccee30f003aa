// SPDX-License-Identifier: GPL-2.0-only
//
// What happens in the kernel, and how it is read from a message's attributes. No socket
// here.
#ifndef PIKA_LIBPIKA_EVENT_HH
#define PIKA_LIBPIKA_EVENT_HH

#include <uapi/linux/pika.h>

#include <cstdint>
#include <optional>
#include <string>

#include "libpika/result.hh"

struct nlmsghdr;

namespace pika {

enum class EventKind {
  stack_started = PIKA_EVENT_STACK_STARTED,
  stack_stopped = PIKA_EVENT_STACK_STOPPED,
  link_down = PIKA_EVENT_LINK_DOWN,
  link_up = PIKA_EVENT_LINK_UP,
  link_gone = PIKA_EVENT_LINK_GONE,
  listener_added = PIKA_EVENT_LISTENER_ADDED,
  listener_removed = PIKA_EVENT_LISTENER_REMOVED,
  core_kept = PIKA_EVENT_CORE_KEPT,
  link_added = PIKA_EVENT_LINK_ADDED,
  link_removed = PIKA_EVENT_LINK_REMOVED,
  // Those that libpika finds out by itself:
  module_loaded,
  module_unloaded,
  /// Some were not read in time, or the kernel had no memory for them.
  missed,
};

/// A listening socket, as events name it.
struct EventListener {
  uint32_t number = 0;
  /// Without brackets.
  std::string address;
  uint16_t port = 0;
  bool v6only = false;
};

/// Something that has happened. What its kind says nothing of is empty.
struct Event {
  EventKind kind = EventKind::missed;
  /// Of the stack that was started or stopped.
  std::string composition;
  /// The stack was stopped although programs held sockets.
  bool forced = false;
  /// Name of the device.
  std::string link;
  /// The CPU that was to go offline and did not, as a server runs there.
  std::optional<uint32_t> core;
  std::optional<EventListener> listener;
};

/// Reads PIKA_CMD_EVENT.
///
/// \param message a whole generic netlink message; not kept.
/// \return EBADMSG if an attribute is missing, short or of another type, or the kind unknown.
Result<Event> parse_event(nlmsghdr* message);

/// Reads what the kernel says when families of generic netlink come and go.
///
/// \param message a whole message of the family "nlctrl"; not kept.
/// \return module_loaded, module_unloaded or, if it is about something else, nothing.
std::optional<EventKind> parse_family_event(nlmsghdr* message);

}  // namespace pika

#endif  // PIKA_LIBPIKA_EVENT_HH
