// SPDX-License-Identifier: GPL-2.0-only

#include "pikactl/events.hh"

#include <nlohmann/json.hpp>

#include "libpika/address.hh"

namespace {

using nlohmann::json;
using pika::Event;
using pika::EventKind;
using pika::EventListener;

/// An event's names in JSON and in words, where something may stand before and after.
struct Name {
  const char* json;
  const char* subject;
  const char* what;
};

Name name_of(EventKind kind) {
  switch (kind) {
    case EventKind::stack_started:
      return {"stack-started", "stack", "started"};
    case EventKind::stack_stopped:
      return {"stack-stopped", "stack", "stopped"};
    case EventKind::link_down:
      return {"link-down", "link", "down"};
    case EventKind::link_up:
      return {"link-up", "link", "up"};
    case EventKind::link_gone:
      return {"link-gone", "link", "gone"};
    case EventKind::link_added:
      return {"link-added", "link", "added"};
    case EventKind::link_removed:
      return {"link-removed", "link", "removed"};
    case EventKind::listener_added:
      return {"listener-added", "listener", "added"};
    case EventKind::listener_removed:
      return {"listener-removed", "listener", "removed"};
    case EventKind::core_kept:
      return {"core-kept", "core", "kept online"};
    case EventKind::module_loaded:
      return {"module-loaded", "module", "loaded"};
    case EventKind::module_unloaded:
      return {"module-unloaded", "module", "not loaded"};
    case EventKind::missed:
      break;
  }
  return {"missed", "events", "missed"};
}

/// Which stack, link, listener or core.
std::string object_of(const Event& event) {
  if (event.listener)
    return " " + pika::endpoint_text(event.listener->address, event.listener->port) +
           (event.listener->v6only ? " v6only" : "");
  if (event.core) return " " + std::to_string(*event.core);
  const std::string& name = event.link.empty() ? event.composition : event.link;
  return name.empty() ? "" : " " + name;
}

void add(json& described, const EventListener& listener) {
  described["address"] = listener.address;
  described["port"] = listener.port;
  described["v6only"] = listener.v6only;
}

}  // namespace

std::string describe(const Event& event) {
  const Name name = name_of(event.kind);
  return name.subject + object_of(event) + " " + name.what + (event.forced ? " by force" : "") +
         "\n";
}

nlohmann::json to_json(const Event& event) {
  json described = {{"event", name_of(event.kind).json}};
  if (!event.composition.empty()) described["composition"] = event.composition;
  if (event.kind == EventKind::stack_stopped) described["forced"] = event.forced;
  if (!event.link.empty()) described["link"] = event.link;
  if (event.core) described["core"] = *event.core;
  if (event.listener) add(described, *event.listener);
  return described;
}
