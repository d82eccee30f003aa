// SPDX-License-Identifier: GPL-2.0-only
//
// The daemon: one event loop, which sleeps until something has changed, and then has
// the keeper look. Everything is on its one thread.
#ifndef PIKA_PIKAD_DAEMON_HH
#define PIKA_PIKAD_DAEMON_HH

#include <string>

#include "libpika/kernel.hh"
#include "libpika/result.hh"
#include "pikad/config.hh"
#include "pikad/keeper.hh"
#include "pikad/log.hh"
#include "pikad/run_dir.hh"
#include "pikad/server.hh"
#include "pikad/snapshot.hh"
#include "pikad/source.hh"
#include "pikad/watch.hh"

/// The daemon's Unix socket in its RunDir.
constexpr char socket_name[] = "pikad.sock";

class Daemon {
 public:
  /// @param file the configuration's; the others outlive it
  Daemon(std::string file, pika::Kernel& kernel, Log& log, RunDir& run_dir);

  /// Works until it is told to end (SIGTERM, SIGINT); stacks stay as they are.
  ///
  /// @param config what the file says now
  pika::Result<pika::Done> run(const Config& config);

 private:
  static int on_hangup(sd_event_source* source, const signalfd_siginfo* info, void* daemon);
  static int on_changed(sd_event_source* source, uint64_t now, void* daemon);
  static int on_retry(sd_event_source* source, uint64_t now, void* daemon);
  static int on_file(sd_event_source* source, uint64_t now, void* daemon);

  pika::Result<pika::Done> set_up();
  pika::Result<pika::Done> add_signals();
  pika::Result<pika::Done> add_timer(Source& timer, sd_event_time_handler_t handler);
  void serve(const Config& config);
  void reload();
  pika::Result<pika::Done> adopt_file();
  void look();
  void retry_later();
  void tell(const std::string& states);
  std::string status() const;
  Snapshot snapshot() const;
  Pages make_pages();

  std::string file_;
  pika::Kernel& kernel_;
  Log& log_;
  RunDir& run_dir_;
  Keeper keeper_;
  Loop loop_;
  Watch watch_;
  Server server_;
  Source hangup_;
  /// One shot each: to look, to look again after a failure, to read the file.
  Source changed_, retry_, reread_;
  uint64_t retry_after_us_ = 0;
  /// Why the file is not what holds; empty: it is.
  std::string refusal_;
};

#endif  // PIKA_PIKAD_DAEMON_HH
