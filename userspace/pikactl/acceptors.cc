// SPDX-License-Identifier: GPL-2.0-only

#include "pikactl/acceptors.hh"

#include <nlohmann/json.hpp>

#include "libpika/address.hh"

namespace {

using nlohmann::json;
using pika::AcceptorState;

std::string describe(const AcceptorState& a) {
  return "acceptor " + std::to_string(a.pid) + " listener " +
         pika::endpoint_text(a.address, a.port) + " server " + std::to_string(a.server) + " cpu " +
         std::to_string(a.cpu) + (a.registered ? " ready" : " absent") + " offers " +
         std::to_string(a.offers) + " open " + std::to_string(a.open) + " claimed " +
         std::to_string(a.claimed) + " timeouts " + std::to_string(a.timeouts) + " service-us " +
         std::to_string(a.service_us) + " claim-us " + std::to_string(a.claim_us) + "\n";
}

json to_json(const AcceptorState& a) {
  return {{"pid", a.pid},
          {"listener", {{"number", a.listener}, {"address", a.address}, {"port", a.port}}},
          {"server", a.server},
          {"cpu", a.cpu},
          {"registered", a.registered},
          {"offers", a.offers},
          {"open", a.open},
          {"claimed", a.claimed},
          {"timeouts", a.timeouts},
          {"service_us", a.service_us},
          {"claim_us", a.claim_us}};
}

}  // namespace

std::string describe(const std::vector<AcceptorState>& all) {
  std::string lines;
  for (const AcceptorState& acceptor : all) lines += describe(acceptor);
  return lines;
}

nlohmann::json to_json(const std::vector<AcceptorState>& all) {
  json acceptors = json::array();
  for (const AcceptorState& acceptor : all) acceptors.push_back(to_json(acceptor));
  return {{"acceptors", acceptors}};
}
