// SPDX-License-Identifier: GPL-2.0-only

#include <array>
#include <cstdio>

#include "pikad/drops.hh"
#include "pikad/open_metrics.hh"
#include "pikad/pages.hh"

namespace {

using Kind = OpenMetrics::Kind;

std::string seconds(uint32_t us) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%u.%06u", us / 1000000, us % 1000000);
  return text.data();
}

Labels with(Labels labels, const std::string& name, const std::string& value) {
  labels.emplace_back(name, value);
  return labels;
}

void add_stats(const pika::Stats& stats, const Labels& of_stack, OpenMetrics& metrics) {
  const std::string core = std::to_string(stats.core);
  const Labels labels =
      stats.of_server()
          ? with(with(of_stack, "server", std::to_string(stats.address)), "core", core)
          : with(of_stack, "cpu", core);
  for (const pika::ComponentStats& component : stats.components)
    for (const pika::Counter& counter : component.counters) {
      const std::string value = std::to_string(counter.value);
      metrics.add(Kind::counter, "pika_" + component.name + "_" + counter.name, counter.meaning,
                  labels, value);
      if (is_drop(component.name, counter.name))
        metrics.add(Kind::counter, "pika_drops", "what was dropped, where and why",
                    with(with(labels, "where", component.name), "reason", counter.name), value);
    }
}

/// Adds gauges that are whole numbers.
auto gauges(OpenMetrics& metrics, const Labels& labels) {
  return [&](const char* name, const char* help, uint32_t value) {
    metrics.add(Kind::gauge, name, help, labels, std::to_string(value));
  };
}

void add_listener(const pika::Listener& listener, const Labels& of_stack, OpenMetrics& metrics) {
  const Labels labels = with(with(with(of_stack, "listener", std::to_string(listener.number)),
                                  "address", listener.address),
                             "port", std::to_string(listener.port));
  const auto gauge = gauges(metrics, labels);
  gauge("pika_listener_backlog", "what each connection manager lets wait", listener.backlog);
  gauge("pika_listener_offered", "connections that no process has claimed yet", listener.offered);
  gauge("pika_listener_claimed", "connections that wait for accept()", listener.claimed);
  gauge("pika_listener_acceptors", "processes that accept", listener.acceptors_len);
}

void add_acceptor(const pika::AcceptorState& acceptor, const Labels& of_stack,
                  OpenMetrics& metrics) {
  Labels labels = with(of_stack, "server", std::to_string(acceptor.server));
  labels = with(with(labels, "listener", std::to_string(acceptor.listener)), "port",
                std::to_string(acceptor.port));
  labels =
      with(with(labels, "pid", std::to_string(acceptor.pid)), "cpu", std::to_string(acceptor.cpu));
  const auto add = [&](Kind kind, const char* name, const char* help, const std::string& value) {
    metrics.add(kind, name, help, labels, value);
  };
  add(Kind::gauge, "pika_acceptor_ready", "1 if a connection may be offered to it",
      acceptor.registered ? "1" : "0");
  add(Kind::gauge, "pika_acceptor_offers", "connections offered and not answered",
      std::to_string(acceptor.offers));
  add(Kind::gauge, "pika_acceptor_open", "connections claimed and not closed",
      std::to_string(acceptor.open));
  add(Kind::counter, "pika_acceptor_claimed", "connections that it has claimed",
      std::to_string(acceptor.claimed));
  add(Kind::counter, "pika_acceptor_timeouts", "offers that it did not claim in time",
      std::to_string(acceptor.timeouts));
  add(Kind::gauge, "pika_acceptor_service_seconds", "moving average from offer to close",
      seconds(acceptor.service_us));
  add(Kind::gauge, "pika_acceptor_claim_seconds", "moving median from offer to claim",
      seconds(acceptor.claim_us));
}

void add_running(const pika::StackInfo& stack, const Labels& labels, OpenMetrics& metrics) {
  const auto gauge = gauges(metrics, labels);
  gauge("pika_stack_servers", "servers that it has", stack.servers);
  gauge("pika_stack_sockets", "sockets that programs hold", stack.sockets);
  gauge("pika_stack_lingering", "closed sockets that are still needed", stack.lingering);
  gauge("pika_stack_flows", "flows that its servers know", stack.flows);
  metrics.add(
      Kind::info, "pika_stack", "what it consists of",
      with(with(labels, "composition", stack.config.composition), "cores", stack.config.cores),
      "1");
}

void add_stack(const StackSnapshot& stack, OpenMetrics& metrics) {
  const Labels labels = {{"namespace", stack.netns}};
  metrics.add(Kind::gauge, "pika_stack_as_wanted", "1 if it is what the file says", labels,
              stack.standing.state == Standing::State::running ? "1" : "0");
  for (const auto& [link, attached] : stack.links)
    metrics.add(Kind::gauge, "pika_link_attached", "1 if the stack has the device",
                with(labels, "link", link), attached ? "1" : "0");
  if (stack.stack) add_running(*stack.stack, labels, metrics);
  for (const pika::Stats& stats : stack.stats) add_stats(stats, labels, metrics);
  for (const pika::Listener& each : stack.listeners) add_listener(each, labels, metrics);
  for (const pika::AcceptorState& each : stack.acceptors) add_acceptor(each, labels, metrics);
}

}  // namespace

std::string metrics_page(const Snapshot& snapshot) {
  OpenMetrics metrics;
  metrics.add(Kind::gauge, "pika_config_holds", "1 if the file as it is now was adopted", {},
              snapshot.refusal.empty() ? "1" : "0");
  for (const StackSnapshot& stack : snapshot.stacks) add_stack(stack, metrics);
  return metrics.text();
}
