// SPDX-License-Identifier: GPL-2.0-only

#include <cerrno>
#include <nlohmann/json.hpp>

#include "pikad/pages.hh"

namespace {

using nlohmann::json;

json to_json(const StackSnapshot& snapshot) {
  json links = json::array();
  for (const auto& [name, attached] : snapshot.links)
    links.push_back({{"name", name}, {"attached", attached}});
  json described = {{"namespace", snapshot.netns},
                    {"state", word_for(snapshot.standing.state)},
                    {"why", snapshot.standing.why},
                    {"links", links},
                    {"running", nullptr}};
  if (!snapshot.stack) return described;
  described["running"] = {{"composition", snapshot.stack->config.composition},
                          {"cores", snapshot.stack->config.cores},
                          {"sockets", snapshot.stack->sockets},
                          {"flows", snapshot.stack->flows},
                          {"listeners", snapshot.listeners.size()}};
  return described;
}

std::string describe(const json& stack) {
  const std::string netns = stack.at("namespace").get<std::string>();
  std::string text = name_of(netns) + ": " + stack.at("state").get<std::string>();
  const std::string why = stack.at("why").get<std::string>();
  const json& running = stack.at("running");
  if (!why.empty()) text += ": " + why;
  if (running.is_object())
    text += "\n  " + running.at("composition").get<std::string>() + " cores " +
            running.at("cores").get<std::string>() + " sockets " + running.at("sockets").dump() +
            " flows " + running.at("flows").dump() + " listeners " + running.at("listeners").dump();
  return text + "\n";
}

std::string describe_all(const json& page) {
  std::string text = "file " + page.at("file").get<std::string>();
  const std::string refusal = page.at("refusal").get<std::string>();
  text += refusal.empty() ? ": holds\n" : ": refused: " + refusal + "\n";
  for (const json& stack : page.at("stacks")) text += describe(stack);
  return text;
}

}  // namespace

std::string status_page(const Snapshot& snapshot) {
  json stacks = json::array();
  for (const StackSnapshot& stack : snapshot.stacks) stacks.push_back(to_json(stack));
  const json page = {{"file", snapshot.file}, {"refusal", snapshot.refusal}, {"stacks", stacks}};
  // A file's name or a kernel's word may be no UTF-8.
  return page.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

pika::Result<std::string> status_text(const std::string& page, bool as_json) {
  try {
    const json parsed = json::parse(page);
    std::string text = describe_all(parsed);
    return as_json ? page : text;
  } catch (const json::exception&) {
    return pika::Error{EBADMSG, "the daemon's answer is not a status; is it another version?"};
  }
}
