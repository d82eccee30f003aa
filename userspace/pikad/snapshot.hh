// SPDX-License-Identifier: GPL-2.0-only
//
// Everything about the stacks at one moment, as it is told to others.
#ifndef PIKA_PIKAD_SNAPSHOT_HH
#define PIKA_PIKAD_SNAPSHOT_HH

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libpika/kernel.hh"
#include "pikad/keeper.hh"
#include "pikad/plan.hh"

/// A stack that the file names.
struct StackSnapshot {
  std::string netns;
  Standing standing;
  /// Wanted devices, and whether the stack has each.
  std::vector<std::pair<std::string, bool>> links;
  /// What runs, and what it knows; nothing if nothing runs.
  std::optional<pika::StackInfo> stack;
  std::vector<pika::Stats> stats;
  std::vector<pika::Listener> listeners;
  std::vector<pika::AcceptorState> acceptors;
};

struct Snapshot {
  /// Of the configuration.
  std::string file;
  /// Why the file as it is now does not hold; empty: it does.
  std::string refusal;
  std::vector<StackSnapshot> stacks;
};

/// Asks the kernel. A stack that goes meanwhile is one that does not run.
Snapshot take_snapshot(pika::Kernel& kernel, const Wanted& wanted,
                       const std::map<std::string, Standing>& standings);

/// In one word: running, waiting or failed.
const char* word_for(Standing::State state);

#endif  // PIKA_PIKAD_SNAPSHOT_HH
