// SPDX-License-Identifier: GPL-2.0-only
//
// What pikad has in /run/pika: the lock of the one daemon that there may be, and a note
// of the namespaces whose stacks it keeps, for the one that comes after it.
#ifndef PIKA_PIKAD_RUN_DIR_HH
#define PIKA_PIKAD_RUN_DIR_HH

#include <string>

#include "libpika/netns.hh"
#include "libpika/result.hh"
#include "pikad/plan.hh"

class RunDir {
 public:
  /// Finds it: /run/pika, or what systemd gave (RUNTIME_DIRECTORY).
  RunDir();

  /// Makes it, and makes this process the one that there is, until it ends.
  ///
  /// @return EBUSY: there is one already.
  pika::Result<pika::Done> lock();

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  /// What a former daemon kept; nothing if there was none since the machine started.
  Owned owned() const;

  /// Notes it for a later one; does nothing if that is what is noted.
  pika::Result<pika::Done> note(const Owned& owned);

 private:
  std::string folder_;
  pika::Descriptor lock_;
  std::string noted_;
};

#endif  // PIKA_PIKAD_RUN_DIR_HH
