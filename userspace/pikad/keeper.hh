// SPDX-License-Identifier: GPL-2.0-only
//
// Keeps the kernel at what the file says. Told when something may have changed, it
// looks and does what is needed; it waits for nothing and watches nothing itself.
#ifndef PIKA_PIKAD_KEEPER_HH
#define PIKA_PIKAD_KEEPER_HH

#include <map>
#include <string>
#include <utility>

#include "libpika/kernel.hh"
#include "pikad/config.hh"
#include "pikad/log.hh"
#include "pikad/plan.hh"
#include "pikad/transaction.hh"

/// How a stack stands that should be there, or should not.
struct Standing {
  enum class State { running, waiting, failed } state = State::running;
  /// For what it waits, or why it failed.
  std::string why;

  bool operator==(const Standing&) const = default;
};

class Keeper {
 public:
  /// @param kernel, log outlive it
  Keeper(pika::Kernel& kernel, Log& log) : kernel_(kernel), log_(log) {}

  /// Takes what a daemon starts with; keep() comes next.
  ///
  /// @param owned stacks that a former daemon has kept
  void begin(const Config& config, const Owned& owned);

  /// Changes to another file, all or nothing: each stack that can be changed now is, or
  /// none is and the former file goes on to hold. Stacks that wait for something do
  /// not hold up the others.
  pika::Result<pika::Done> adopt(const Config& config);

  /// Repairs what is not as it should be. Here one stack's failure does not undo
  /// another's repair. What failed after something had been stopped for it is not tried
  /// again until something is different there, or the file: each try costs connections.
  ///
  /// @return false if something failed that may be gone later: try again then
  bool keep();

  /// What adopt() would do.
  Plan preview(const Config& config);

  const Wanted& wanted() const { return wanted_; }
  const Owned& owned() const { return owned_; }
  /// By namespace, as of the last keep() or adopt().
  const std::map<std::string, Standing>& standings() const { return standings_; }

 private:
  /// Why, by namespace.
  using Failures = std::map<std::string, std::string>;

  Seen look_at(const std::string& netns, const WantedStack* wanted);
  SeenByNetns look(const Wanted& wanted, const Owned& owned);
  void log_differences(const Plan& plan);
  void settle(const Wanted& wanted, const SeenByNetns& before);
  void forget_stopped(const Wanted& wanted, const Owned& owned, const SeenByNetns& seen);
  Failures still_given_up(const SeenByNetns& seen);
  void note(const Plan& plan, const Failures& failures);
  void note_one(const std::string& netns, Standing standing);

  pika::Kernel& kernel_;
  Log& log_;
  Wanted wanted_;
  Owned owned_;
  std::map<std::string, Standing> standings_;
  /// What was seen where keep() failed and is not to try again, and why it failed.
  std::map<std::string, std::pair<Seen, std::string>> given_up_;
};

#endif  // PIKA_PIKAD_KEEPER_HH
