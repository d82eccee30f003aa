// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/keeper.hh"

#include <cerrno>
#include <utility>

#include "pikad/transaction.hh"

namespace {

using pika::Done;
using pika::Result;

Wanted wanted_of(const Config& config) {
  Wanted wanted;
  for (const WantedStack& stack : config.stacks) wanted.emplace(stack.netns, stack);
  return wanted;
}

std::vector<std::string> missing_links(pika::Kernel& kernel, const WantedStack& stack) {
  std::vector<std::string> missing;
  for (const std::string& link : names_in(stack.config.links))
    if (!kernel.has_device(stack.netns, link)) missing.push_back(link);
  return missing;
}

Seen not_ready(const pika::Error& error) {
  if (error.code == ENONET) return {.place = Seen::Place::no_namespace};
  if (error.code == ENOENT) return {.place = Seen::Place::no_module};
  return {.place = Seen::Place::unknown, .why = error.text};
}

bool is_unknown(const Seen& seen) { return seen.place == Seen::Place::unknown; }

bool is_unknown(const SeenByNetns& seen, const std::string& netns) {
  const auto found = seen.find(netns);
  return found != seen.end() && is_unknown(found->second);
}

}  // namespace

Seen Keeper::look_at(const std::string& netns, const WantedStack* wanted) {
  const auto session = kernel_.open(netns);
  if (!session) return not_ready(session.error());
  const auto stack = (*session)->stack();
  if (!stack) return not_ready(stack.error());
  Seen seen{.place = Seen::Place::ready};
  if (*stack) seen.stack = (*stack)->config;
  if (wanted) seen.missing = missing_links(kernel_, *wanted);
  return seen;
}

SeenByNetns Keeper::look(const Wanted& wanted, const Owned& owned) {
  SeenByNetns seen;
  for (const auto& [netns, stack] : wanted) seen.emplace(netns, look_at(netns, &stack));
  for (const auto& [netns, force] : owned)
    if (!seen.contains(netns)) seen.emplace(netns, look_at(netns, nullptr));
  return seen;
}

void Keeper::log_differences(const Plan& plan) {
  for (const auto& [netns, differences] : plan.differences)
    log_.write(Level::notice, name_of(netns) + ": differs: " + describe(differences),
               {{"PIKA_NAMESPACE", netns}, {"PIKA_DIFFERENCE", describe(differences)}});
}

void Keeper::note_one(const std::string& netns, Standing standing) {
  const auto found = standings_.find(netns);
  if (found != standings_.end() && found->second == standing) return;
  const Fields fields = {{"PIKA_NAMESPACE", netns}};
  if (standing.state == Standing::State::waiting)
    log_.write(Level::notice, name_of(netns) + ": waits: " + standing.why, fields);
  if (standing.state == Standing::State::failed) log_.write(Level::error, standing.why, fields);
  if (standing.state == Standing::State::running)
    log_.write(Level::info, name_of(netns) + ": is as it should be", fields);
  standings_[netns] = std::move(standing);
}

/// How the stacks stand after @p plan.
void Keeper::note(const Plan& plan, const Failures& failures) {
  std::map<std::string, Standing> now;
  for (const auto& [netns, stack] : wanted_) now[netns] = {};
  for (const Waiting& each : plan.waiting) now[each.netns] = {Standing::State::waiting, each.why};
  for (const auto& [netns, why] : failures) now[netns] = {Standing::State::failed, why};
  std::erase_if(standings_, [&now](const auto& old) { return !now.contains(old.first); });
  for (auto& [netns, standing] : now) note_one(netns, std::move(standing));
}

/// Ours is from now on what the file has, and what could not be seen to be gone.
void Keeper::settle(const Wanted& wanted, const SeenByNetns& before) {
  std::erase_if(owned_, [&before](const auto& each) { return !is_unknown(before, each.first); });
  for (const auto& [netns, stack] : wanted) owned_[netns] = stack.force;
  wanted_ = wanted;
  given_up_.clear();
}

void Keeper::begin(const Config& config, const Owned& owned) {
  wanted_ = wanted_of(config);
  owned_ = owned;
  for (const auto& [netns, stack] : wanted_) owned_[netns] = stack.force;
}

Plan Keeper::preview(const Config& config) {
  const Wanted wanted = wanted_of(config);
  return make_plan(wanted, owned_, look(wanted, owned_));
}

Result<Done> Keeper::adopt(const Config& config) {
  const Wanted wanted = wanted_of(config);
  const SeenByNetns seen = look(wanted, owned_);
  const Plan plan = make_plan(wanted, owned_, seen);
  log_differences(plan);
  if (const auto failure = carry_out(kernel_, plan.steps, log_)) return failure->error;
  settle(wanted, seen);
  note(plan, {});
  return Done{};
}

/// Those that failed before, where nothing is different since; the others may try again.
Keeper::Failures Keeper::still_given_up(const SeenByNetns& seen) {
  std::erase_if(given_up_, [&seen](const auto& each) {
    const auto now = seen.find(each.first);
    return now == seen.end() || now->second != each.second.first;
  });
  Failures failures;
  for (const auto& [netns, old] : given_up_) failures[netns] = old.second;
  return failures;
}

/// What is not wanted and does not run is not ours any more.
void Keeper::forget_stopped(const Wanted& wanted, const Owned& owned, const SeenByNetns& seen) {
  for (const auto& [netns, force] : owned)
    if (!wanted.contains(netns) && !is_unknown(seen, netns)) owned_.erase(netns);
}

bool Keeper::keep() {
  Wanted wanted = wanted_;
  Owned owned = owned_;
  SeenByNetns seen = look(wanted, owned);
  Failures failures = still_given_up(seen);
  bool again = false;
  for (;;) {
    for (const auto& [netns, why] : failures) {
      wanted.erase(netns);
      owned.erase(netns);
    }
    const Plan plan = make_plan(wanted, owned, seen);
    log_differences(plan);
    const auto failure = carry_out(kernel_, plan.steps, log_);
    if (!failure) {
      note(plan, failures);
      break;
    }
    failures[failure->netns] = failure->error.text;
    if (failure->disturbed)
      given_up_[failure->netns] = {seen[failure->netns], failure->error.text};
    else
      again = true;
    seen = look(wanted, owned);
  }
  forget_stopped(wanted, owned, seen);
  for (const auto& [netns, there] : seen) again = again || is_unknown(there);
  return !again;
}
