// SPDX-License-Identifier: GPL-2.0-only
//
// Carries out the steps of a plan, all or none.
#ifndef PIKA_PIKAD_TRANSACTION_HH
#define PIKA_PIKAD_TRANSACTION_HH

#include <optional>
#include <string>
#include <vector>

#include "libpika/kernel.hh"
#include "pikad/log.hh"
#include "pikad/plan.hh"

/// The step that failed, by its namespace, and why.
struct Failure {
  std::string netns;
  pika::Error error;
  /// The stack that ran there was stopped for it, and started again, or lost a link.
  bool disturbed = false;
};

/// Carries out @p steps in order. If one fails, those before it are undone, the last
/// one first: what was stopped is started as it was, what was started is stopped
/// by force, and links come and go. Connections that a forced stop has reset do not come back.
///
/// @return nothing if all was done
std::optional<Failure> carry_out(pika::Kernel& kernel, const std::vector<Step>& steps, Log& log);

#endif  // PIKA_PIKAD_TRANSACTION_HH
