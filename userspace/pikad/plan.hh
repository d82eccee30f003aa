// SPDX-License-Identifier: GPL-2.0-only
//
// What has to be done so that what runs is what is wanted. Pure: it looks at nothing
// and does nothing.
#ifndef PIKA_PIKAD_PLAN_HH
#define PIKA_PIKAD_PLAN_HH

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libpika/stack.hh"
#include "pikad/config.hh"

/// What was seen in a network namespace.
struct Seen {
  enum class Place { no_namespace, no_module, ready, unknown } place = Place::no_namespace;
  /// Devices that are wanted and not there.
  std::vector<std::string> missing = {};
  /// The stack that runs.
  std::optional<pika::StackConfig> stack = {};
  /// If the place is unknown: why.
  std::string why = {};

  bool operator==(const Seen&) const = default;
};

/// Wanted stacks, and what was seen, by name of the network namespace.
using Wanted = std::map<std::string, WantedStack>;
using SeenByNetns = std::map<std::string, Seen>;
/// Namespaces whose stacks are ours to stop, and whether by force.
using Owned = std::map<std::string, bool>;

/// A difference between what runs and what is wanted, in the file's words.
struct Difference {
  std::string key;
  std::string have;
  std::string want;
};

/// Something to be done, and enough to undo it.
struct Step {
  enum class Kind { stop, start, add_link, remove_link } kind = Kind::start;
  std::string netns;
  /// To start: what is to run. To do anything else: what runs.
  pika::StackConfig config;
  /// To be added or removed.
  std::string link = {};
  /// To stop: also if programs hold sockets.
  bool force = false;
};

/// A wanted stack that cannot be as it should now, and why.
struct Waiting {
  std::string netns;
  std::string why;
};

struct Plan {
  /// In order: stops come first, as they free cores; of one stack's links, those to be
  /// added, as the last one of a stack cannot be removed.
  std::vector<Step> steps;
  std::vector<Waiting> waiting;
  /// Of each stack that changes, for the log.
  std::map<std::string, std::vector<Difference>> differences;
};

/// The names in a list with commas.
std::set<std::string> names_in(const std::string& list);

/// How a stack differs from what it should be; nothing: not at all.
std::vector<Difference> compare(const pika::StackConfig& have, const pika::StackConfig& want);

/// @param wanted the file
/// @param owned stacks that may be stopped if they are not wanted any more
/// @param seen of each namespace of these two; one that is not in it has nothing
Plan make_plan(const Wanted& wanted, const Owned& owned, const SeenByNetns& seen);

/// A namespace in the words of log and status.
std::string name_of(const std::string& netns);

/// A step in words.
std::string describe(const Step& step);

/// All differences of a stack, in one line.
std::string describe(const std::vector<Difference>& differences);

#endif  // PIKA_PIKAD_PLAN_HH
