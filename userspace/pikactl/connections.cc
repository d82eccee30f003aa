// SPDX-License-Identifier: GPL-2.0-only

#include "pikactl/connections.hh"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>

#include "libpika/address.hh"

namespace {

using nlohmann::json;
using pika::Connection;
using pika::ConnectionEnd;

/// By the numbers of linux/tcp.h, from 1.
constexpr std::array<const char*, 11> state_names = {
    "established", "syn-sent",   "syn-recv", "fin-wait-1", "fin-wait-2", "time-wait",
    "closed",      "close-wait", "last-ack", "listening",  "closing"};

std::string state_of(const Connection& connection) {
  const size_t i = connection.state - size_t{1};
  return i < state_names.size() ? state_names[i] : std::to_string(connection.state);
}

bool passes(const Connection& connection, const ConnectionFilter& filter) {
  return (filter.state.empty() || state_of(connection) == filter.state) &&
         (!filter.port || connection.local.port == *filter.port ||
          connection.remote.port == *filter.port);
}

std::string text(const ConnectionEnd& end) { return pika::endpoint_text(end.address, end.port); }

std::vector<uint32_t> pids_of(const Connection& connection, const Processes& processes) {
  if (!connection.owner) return {};
  const auto found = processes.find(connection.owner->inode);
  return found == processes.end() ? std::vector<uint32_t>() : found->second;
}

std::string owner_text(const Connection& connection, const Processes& processes) {
  if (!connection.owner) return "";
  std::string pids;
  for (const uint32_t pid : pids_of(connection, processes))
    pids += (pids.empty() ? " pid " : ",") + std::to_string(pid);
  return " cpu " + std::to_string(connection.owner->cpu) + " uid " +
         std::to_string(connection.owner->uid) + pids;
}

std::string milliseconds(uint32_t us) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%u.%03u", us / 1000, us % 1000);
  return text.data();
}

std::string details_text(const Connection& c) {
  const std::string rtt =
      c.rtt_us ? milliseconds(c.rtt_us) + "/" + milliseconds(c.rttvar_us) + " ms" : "unknown";
  return "  rtt " + rtt + " rto " + std::to_string(c.rto_ms) + " ms mss " + std::to_string(c.mss) +
         " cwnd " + std::to_string(c.cwnd) + " ssthresh " + std::to_string(c.ssthresh) +
         " window " + std::to_string(c.send_window) + " offered " +
         std::to_string(c.receive_window) + " unacked " + std::to_string(c.unacked) + " retries " +
         std::to_string(c.retries) + "\n";
}

std::string describe(const Connection& connection, const Processes& processes) {
  return state_of(connection) + " " + text(connection.local) + " " + text(connection.remote) +
         " recv-q " + std::to_string(connection.recv_queue) + " send-q " +
         std::to_string(connection.send_queue) + " server " + std::to_string(connection.server) +
         owner_text(connection, processes) + "\n";
}

json to_json(const ConnectionEnd& end) { return {{"address", end.address}, {"port", end.port}}; }

json owner_json(const Connection& connection, const Processes& processes) {
  if (!connection.owner) return {};
  return {{"cpu", connection.owner->cpu},
          {"uid", connection.owner->uid},
          {"inode", connection.owner->inode},
          {"pids", pids_of(connection, processes)}};
}

json to_json(const Connection& c, const Processes& processes) {
  return {{"state", state_of(c)},
          {"server", c.server},
          {"local", to_json(c.local)},
          {"remote", to_json(c.remote)},
          {"recv_queue", c.recv_queue},
          {"send_queue", c.send_queue},
          {"unacked", c.unacked},
          {"mss", c.mss},
          {"rtt_us", c.rtt_us},
          {"rttvar_us", c.rttvar_us},
          {"rto_ms", c.rto_ms},
          {"cwnd", c.cwnd},
          {"ssthresh", c.ssthresh},
          {"send_window", c.send_window},
          {"receive_window", c.receive_window},
          {"retries", c.retries},
          {"owner", owner_json(c, processes)}};
}

}  // namespace

std::vector<std::string> connection_states() { return {state_names.begin(), state_names.end()}; }

std::vector<Connection> chosen(const std::vector<Connection>& all, const ConnectionFilter& filter) {
  std::vector<Connection> some;
  std::copy_if(all.begin(), all.end(), std::back_inserter(some),
               [&filter](const Connection& each) { return passes(each, filter); });
  return some;
}

std::string describe(const std::vector<Connection>& all, const Processes& processes, bool details) {
  std::string lines;
  for (const Connection& connection : all) {
    lines += describe(connection, processes);
    if (details) lines += details_text(connection);
  }
  return lines;
}

nlohmann::json to_json(const std::vector<Connection>& all, const Processes& processes) {
  json connections = json::array();
  for (const Connection& connection : all) connections.push_back(to_json(connection, processes));
  return {{"connections", connections}};
}
