// SPDX-License-Identifier: GPL-2.0-only
//
// Who tells us that something may have changed: the module, namespaces and their
// devices, and the file. Sources of the event loop, on its thread; none of them looks.
#ifndef PIKA_PIKAD_WATCH_HH
#define PIKA_PIKAD_WATCH_HH

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libpika/announcements.hh"
#include "libpika/monitor.hh"
#include "libpika/netns.hh"
#include "libpika/result.hh"
#include "pikad/plan.hh"
#include "pikad/source.hh"

class Watch {
 public:
  using Call = std::function<void()>;

  /// @param loop outlives it
  /// @param changed called when the kernel may not be as it was
  Watch(sd_event* loop, Call changed) : loop_(loop), changed_(std::move(changed)) {}

  /// Watches for the module.
  pika::Result<pika::Done> watch_module();

  /// Calls @p changed when somebody has written @p file or put another one in its place.
  pika::Result<pika::Done> watch_file(const std::string& file, const Call& changed);

  /// Watches for the namespaces of @p wanted, their devices and stacks, and for no others.
  /// To be called before each look: what changes after the call is told.
  void follow(const Wanted& wanted);

 private:
  /// A socket, what reads from it and says whether that is of interest, and its source.
  struct Listener {
    std::function<bool()> read;
    const Call* changed;
    Source source;
  };
  /// What we listen to in a namespace, and which one that is.
  struct Place {
    std::pair<dev_t, ino_t> where;
    std::unique_ptr<Listener> links;
    std::unique_ptr<Listener> stack;
  };
  /// A file, by the folder and the name under which it is watched.
  struct WatchedFile {
    std::string name;
    Call changed;
    Source source;
  };

  static int on_heard(sd_event_source* source, int fd, uint32_t events, void* listener);
  static int on_file(sd_event_source* source, const inotify_event* event, void* file);
  static int on_folder(sd_event_source* source, const inotify_event* event, void* watch);
  static int on_mount(sd_event_source* source, int fd, uint32_t events, void* watch);

  std::unique_ptr<Listener> listen(int fd, std::function<bool()> read);
  std::unique_ptr<Listener> listen(pika::Result<pika::Announcements> heard);
  std::unique_ptr<Listener> listen(pika::Result<pika::Monitor> monitor);
  pika::Result<pika::Done> watch_name(const std::string& folder, const std::string& name,
                                      const Call& changed);
  void follow_one(const std::string& netns);
  void watch_namespaces();
  void ignore_namespaces();

  sd_event* loop_;
  Call changed_;
  std::unique_ptr<Listener> module_;
  std::map<std::string, Place> places_;
  std::vector<std::unique_ptr<WatchedFile>> files_;
  /// Where names of namespaces come and go, and which folder that is.
  Source folder_;
  std::string folder_name_;
  /// Where it is seen that a namespace is put over its name.
  pika::Descriptor mounts_;
  Source mount_;
};

#endif  // PIKA_PIKAD_WATCH_HH
