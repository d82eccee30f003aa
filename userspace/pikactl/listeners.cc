// SPDX-License-Identifier: GPL-2.0-only

#include "pikactl/listeners.hh"

#include <nlohmann/json.hpp>

#include "libpika/address.hh"

namespace {

using nlohmann::json;
using pika::Acceptor;
using pika::Listener;

std::string pids_of(const Listener& listener) {
  std::string pids;
  for (const Acceptor& acceptor : listener.acceptors)
    pids += (pids.empty() ? "" : ",") + std::to_string(acceptor.pid);
  if (listener.acceptors.size() < listener.acceptors_len) pids += ",...";
  return pids.empty() ? "none" : pids;
}

std::string describe(const Listener& listener) {
  return "listener " + pika::endpoint_text(listener.address, listener.port) +
         (listener.v6only ? " v6only" : "") + " backlog " + std::to_string(listener.backlog) +
         " waiting " + std::to_string(listener.offered + listener.claimed) + " acceptors " +
         pids_of(listener) + "\n";
}

json to_json(const Acceptor& acceptor) {
  return {{"pid", acceptor.pid}, {"server", acceptor.server}, {"registered", acceptor.registered}};
}

json to_json(const Listener& listener) {
  json acceptors = json::array();
  for (const Acceptor& acceptor : listener.acceptors) acceptors.push_back(to_json(acceptor));
  return {{"address", listener.address},         {"port", listener.port},
          {"v6only", listener.v6only},           {"backlog", listener.backlog},
          {"offered", listener.offered},         {"claimed", listener.claimed},
          {"processes", listener.acceptors_len}, {"acceptors", acceptors}};
}

}  // namespace

std::string describe(const std::vector<Listener>& all) {
  std::string lines;
  for (const Listener& listener : all) lines += describe(listener);
  return lines;
}

nlohmann::json to_json(const std::vector<Listener>& all) {
  json listeners = json::array();
  for (const Listener& listener : all) listeners.push_back(to_json(listener));
  return {{"listeners", listeners}};
}
