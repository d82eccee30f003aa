// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/snapshot.hh"

#include <algorithm>

namespace {

using pika::StackSession;

template <class T>
std::vector<T> value_or_none(pika::Result<std::vector<T>> result) {
  return result ? std::move(*result) : std::vector<T>();
}

void ask(StackSession& session, StackSnapshot& snapshot) {
  const auto stack = session.stack();
  if (!stack || !*stack) return;
  snapshot.stack = *stack;
  snapshot.stats = value_or_none(session.stats());
  snapshot.listeners = value_or_none(session.listeners());
  snapshot.acceptors = value_or_none(session.acceptors());
}

std::vector<std::pair<std::string, bool>> links_of(const WantedStack& wanted,
                                                   const std::optional<pika::StackInfo>& stack) {
  const auto have = names_in(stack ? stack->config.links : "");
  std::vector<std::pair<std::string, bool>> links;
  for (const std::string& link : names_in(wanted.config.links))
    links.emplace_back(link, have.contains(link));
  return links;
}

}  // namespace

Snapshot take_snapshot(pika::Kernel& kernel, const Wanted& wanted,
                       const std::map<std::string, Standing>& standings) {
  Snapshot all;
  for (const auto& [netns, stack] : wanted) {
    StackSnapshot& snapshot = all.stacks.emplace_back();
    snapshot.netns = netns;
    if (const auto found = standings.find(netns); found != standings.end())
      snapshot.standing = found->second;
    if (const auto session = kernel.open(netns)) ask(**session, snapshot);
    snapshot.links = links_of(stack, snapshot.stack);
  }
  return all;
}

const char* word_for(Standing::State state) {
  switch (state) {
    case Standing::State::waiting:
      return "waiting";
    case Standing::State::failed:
      return "failed";
    case Standing::State::running:
      break;
  }
  return "running";
}
