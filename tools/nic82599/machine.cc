// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/machine.hh"

#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tools/nic82599/fault.hh"

namespace pika::nic82599 {

using nlohmann::json;

Result<Done> Machine::run() {
  if (auto watched = watch_signals(); !watched) return watched;
  if (auto opened = open_pcap(); !opened) return opened;
  if (auto made = make_ports(); !made) return made;
  if (auto plugged = plug_taps(); !plugged) return plugged;
  if (options_.wire) plug_wire();
  if (auto opened = open_control(); !opened) return opened;
  return loop_.run();
}

Result<Done> Machine::watch_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int each : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, each);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = Descriptor(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  return loop_.watch(signals_.get(), EPOLLIN, [this](uint32_t) { loop_.stop(); });
}

Result<Done> Machine::open_pcap() {
  if (options_.pcap.empty()) return Done{};
  auto pcap = Pcap::create(options_.pcap);
  if (!pcap) return pcap.error();
  pcap_ = std::move(*pcap);
  loop_.on_idle([this] {
    if (auto flushed = pcap_->flush(); !flushed)
      Log("pcap").write(flushed.error().text + "; no more frames are written");
  });
  return Done{};
}

Result<Done> Machine::make_ports() {
  for (const std::string& socket : options_.sockets) {
    const auto number = static_cast<unsigned>(ports_.size());
    Settings settings = options_.settings;
    settings.mac[5] = static_cast<uint8_t>(settings.mac[5] + number);
    auto& port = ports_.emplace_back(std::make_unique<Port>(loop_, number, settings));
    if (auto listening = port->listen(socket); !listening) return listening;
    port->on_welcome([this](int client) { keeper_.keep(client); });
    port->on_leave([this] { on_leave(); });
  }
  return Done{};
}

void Machine::on_leave() {
  const bool any = std::any_of(ports_.begin(), ports_.end(),
                               [](const auto& port) { return port->is_attached(); });
  if (!any && !options_.stay) loop_.stop();
}

/// Each direction has chances of its own.
Sink& Machine::impaired(Sink& to, uint64_t direction) {
  if (!options_.badness.is_any()) return to;
  Badness badness = options_.badness;
  badness.seed = badness.seed * 4 + direction;
  return *lines_.emplace_back(std::make_unique<Impair>(loop_, to, badness));
}

Sink& Machine::recorded(size_t port, Sink& to) {
  if (!pcap_ || port > 0) return to;
  return *tees_.emplace_back(std::make_unique<Tee>(*pcap_, to));
}

Result<Done> Machine::plug_taps() {
  for (size_t i = 0; i < options_.taps.size(); i++) {
    Sink& in = impaired(recorded(i, *ports_[i]), 2 * i);
    auto tap = Tap::open(options_.taps[i], loop_, in);
    if (!tap) return tap.error();
    ports_[i]->plug(recorded(i, impaired(**tap, 2 * i + 1)));
    loop_.add(**tap);
    taps_.push_back(std::move(*tap));
  }
  return Done{};
}

void Machine::plug_wire() {
  for (size_t i = 0; i < 2; i++) {
    Sink& in = recorded(1 - i, *ports_[1 - i]);
    auto& wire = wires_.emplace_back(std::make_unique<Wire>(in));
    loop_.add(*wire);
    ports_[i]->plug(recorded(i, impaired(*wire, i)));
  }
}

Result<Done> Machine::open_control() {
  if (options_.control.empty()) return Done{};
  auto listener = vfio_user::Listener::at(options_.control);
  if (!listener) return listener.error();
  control_.emplace(loop_, std::move(*listener),
                   [this](const std::string& line) { return answer(line); });
  return control_->start();
}

namespace {

json stats_of(const Port& port) {
  const Totals card = port.card();
  const vfio_user::Counts messages = port.messages();
  return {{"attached", port.is_attached()},
          {"received", card.received},
          {"received_bytes", card.received_bytes},
          {"sent", card.sent},
          {"sent_bytes", card.sent_bytes},
          {"missed", card.missed},
          {"filtered", card.filtered},
          {"dropped", card.dropped},
          {"wire_in", port.received().frames},
          {"wire_out", port.sent().frames},
          {"interrupts", port.interrupts()},
          {"register_reads", messages.reads},
          {"register_writes", messages.writes},
          {"other_messages", messages.others}};
}

/// Who asks may write anything, also what is no UTF-8.
std::string refused(const std::string& why) {
  return json{{"error", why}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Returns: "" if it is done, or what was wrong.
std::string obey(Port& port, const std::string& verb, const std::string& word) {
  if (verb == "link" && (word == "up" || word == "down")) {
    port.set_link(word == "up");
  } else if (verb == "remove" && word.empty()) {
    port.set_removed(true);
  } else if (verb == "fault") {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || *end || number >= faults().size())
      return "fault '" + word + "': expected 0 to " + std::to_string(faults().size() - 1);
    port.set_fault(number);
  } else {
    return "'" + verb + " " + word + "': expected link up, link down, fault N, remove or stats";
  }
  return {};
}

}  // namespace

std::string Machine::answer(const std::string& line) {
  std::istringstream words(line);
  std::string which, verb, word;
  words >> which >> verb >> word;
  json ports = json::array();
  for (size_t i = 0; i < ports_.size(); i++) {
    if (which != "all" && which != std::to_string(i)) continue;
    if (verb != "stats")
      if (const std::string wrong = obey(*ports_[i], verb, word); !wrong.empty())
        return refused(wrong);
    json port = stats_of(*ports_[i]);
    port["port"] = i;
    if (i < wires_.size()) port["wire_dropped"] = wires_[i]->dropped();
    if (i < taps_.size()) port["tap_dropped"] = taps_[i]->dropped();
    ports.push_back(port);
  }
  if (ports.empty())
    return refused("port '" + which + "': there are " + std::to_string(ports_.size()));
  return json{{"ports", ports}}.dump();
}

}  // namespace pika::nic82599
