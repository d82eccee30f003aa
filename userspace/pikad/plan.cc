// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/plan.hh"

#include <algorithm>
#include <iterator>
#include <sstream>

namespace {

using pika::StackConfig;

constexpr char key_links[] = "links";

const char* text_of(pika_firewall firewall) {
  return firewall == PIKA_FIREWALL_NONE ? "none" : "syn";
}

/// Any cores are good enough if none are named.
bool same_cores(const StackConfig& have, const StackConfig& want) {
  return want.cores.empty() || have.cores == want.cores;
}

/// Why nothing can be started there; nothing: it can.
std::string obstacle(const Seen& seen) {
  switch (seen.place) {
    case Seen::Place::no_namespace:
      return "no such network namespace";
    case Seen::Place::no_module:
      return "pika.ko is not loaded";
    case Seen::Place::unknown:
      return seen.why;
    case Seen::Place::ready:
      break;
  }
  if (seen.missing.empty()) return "";
  std::string text = "no device";
  for (const std::string& name : seen.missing) text += " " + name;
  return text;
}

Step stop_of(const std::string& netns, const StackConfig& config, bool force) {
  return {.kind = Step::Kind::stop, .netns = netns, .config = config, .force = force};
}

Step link_step(Step::Kind kind, const WantedStack& stack, const Seen& seen,
               const std::string& link) {
  return {.kind = kind, .netns = stack.netns, .config = *seen.stack, .link = link};
}

/// Those of @p some that are not in @p others.
std::vector<std::string> without(const std::set<std::string>& some,
                                 const std::set<std::string>& others) {
  std::vector<std::string> left;
  std::set_difference(some.begin(), some.end(), others.begin(), others.end(),
                      std::back_inserter(left));
  return left;
}

/// Links can be changed while a stack runs, if there is room for new beside old.
bool only_links(const WantedStack& stack, const Seen& seen,
                const std::vector<Difference>& differences) {
  std::set<std::string> all = names_in(seen.stack->links);
  all.merge(names_in(stack.config.links));
  return differences.size() == 1 && differences[0].key == key_links && all.size() <= max_links;
}

void plan_links(const WantedStack& stack, const Seen& seen, std::vector<Difference> differences,
                Plan& plan) {
  const auto have = names_in(seen.stack->links), want = names_in(stack.config.links);
  const std::set<std::string> missing(seen.missing.begin(), seen.missing.end());
  const size_t before = plan.steps.size();
  for (const std::string& link : without(want, have))
    if (!missing.contains(link))
      plan.steps.push_back(link_step(Step::Kind::add_link, stack, seen, link));
  // What a stack has is removed for what it is to have, and not before that is there.
  if (missing.empty())
    for (const std::string& link : without(have, want))
      plan.steps.push_back(link_step(Step::Kind::remove_link, stack, seen, link));
  if (plan.steps.size() > before) plan.differences.emplace(stack.netns, std::move(differences));
  if (!missing.empty()) plan.waiting.push_back({stack.netns, obstacle(seen)});
}

void plan_wanted(const WantedStack& stack, const Seen& seen, Plan& plan) {
  std::vector<Difference> differences;
  if (seen.stack) differences = compare(*seen.stack, stack.config);
  if (seen.stack && differences.empty()) return;
  if (seen.stack && only_links(stack, seen, differences)) {
    plan_links(stack, seen, std::move(differences), plan);
    return;
  }
  if (std::string why = obstacle(seen); !why.empty()) {
    plan.waiting.push_back({stack.netns, std::move(why)});
    return;
  }
  if (seen.stack) {
    plan.steps.push_back(stop_of(stack.netns, *seen.stack, stack.force));
    plan.differences.emplace(stack.netns, std::move(differences));
  }
  plan.steps.push_back({.kind = Step::Kind::start, .netns = stack.netns, .config = stack.config});
}

/// Stops first; a stack that takes any cores comes after those that name theirs.
void sort_steps(std::vector<Step>& steps) {
  const auto rank = [](const Step& step) {
    if (step.kind == Step::Kind::stop) return 0;
    return step.kind == Step::Kind::start && step.config.cores.empty() ? 2 : 1;
  };
  std::stable_sort(steps.begin(), steps.end(),
                   [&rank](const Step& one, const Step& other) { return rank(one) < rank(other); });
}

}  // namespace

std::set<std::string> names_in(const std::string& list) {
  std::set<std::string> names;
  std::istringstream stream(list);
  for (std::string name; std::getline(stream, name, ',');) names.insert(name);
  return names;
}

std::vector<Difference> compare(const StackConfig& have, const StackConfig& want) {
  std::vector<Difference> all;
  const auto add = [&all](bool same, const char* key, std::string from, std::string to) {
    if (!same) all.push_back({key, std::move(from), std::move(to)});
  };
  const auto text = [](uint32_t number) { return std::to_string(number); };
  add(have.composition == want.composition, "composition", have.composition, want.composition);
  add(names_in(have.links) == names_in(want.links), key_links, have.links, want.links);
  add(same_cores(have, want), "cores", have.cores, want.cores);
  add(have.idle_us == want.idle_us, "idle-us", text(have.idle_us), text(want.idle_us));
  add(have.max_conns == want.max_conns, "max-conns", text(have.max_conns), text(want.max_conns));
  add(have.firewall == want.firewall, "firewall", text_of(have.firewall), text_of(want.firewall));
  add(have.allow == want.allow, "allow", have.allow, want.allow);
  return all;
}

Plan make_plan(const Wanted& wanted, const Owned& owned, const SeenByNetns& seen) {
  Plan plan;
  const auto seen_in = [&seen](const std::string& netns) {
    const auto found = seen.find(netns);
    return found == seen.end() ? Seen() : found->second;
  };
  for (const auto& [netns, force] : owned)
    if (const Seen there = seen_in(netns); !wanted.contains(netns) && there.stack)
      plan.steps.push_back(stop_of(netns, *there.stack, force));
  for (const auto& [netns, stack] : wanted) plan_wanted(stack, seen_in(netns), plan);
  sort_steps(plan.steps);
  return plan;
}

std::string name_of(const std::string& netns) {
  return netns.empty() ? "own namespace" : "namespace " + netns;
}

std::string describe(const Step& step) {
  const StackConfig& config = step.config;
  if (step.kind == Step::Kind::stop)
    return name_of(step.netns) + ": stop " + config.composition + (step.force ? " by force" : "");
  if (step.kind == Step::Kind::add_link || step.kind == Step::Kind::remove_link)
    return name_of(step.netns) + ": link " + (step.kind == Step::Kind::add_link ? "add " : "del ") +
           step.link;
  return name_of(step.netns) + ": start " + config.composition + " link " + config.links +
         " cores " + (config.cores.empty() ? "any" : config.cores) + " idle-us " +
         std::to_string(config.idle_us) + " max-conns " + std::to_string(config.max_conns) +
         " firewall " + text_of(config.firewall) + " allow " + config.allow;
}

std::string describe(const std::vector<Difference>& differences) {
  std::string text;
  for (const Difference& each : differences)
    text += (text.empty() ? "" : ", ") + each.key + " '" + each.have + "' -> '" + each.want + "'";
  return text;
}
