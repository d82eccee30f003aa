// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/watch.hh"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

namespace {

using pika::Announcements;
using pika::Done;
using pika::Error;
using pika::Netns;
using pika::Result;

Error error_of(const char* what, int negative) {
  return {-negative, std::string(what) + ": " + strerror(-negative)};
}

/// What programs do with a stack that runs is not.
bool is_of_interest(const Result<std::vector<pika::Event>>& events) {
  using pika::EventKind;
  if (!events) return true;
  return std::any_of(events->begin(), events->end(), [](const pika::Event& event) {
    return event.kind == EventKind::stack_started || event.kind == EventKind::stack_stopped ||
           event.kind == EventKind::link_gone || event.kind == EventKind::link_added ||
           event.kind == EventKind::link_removed || event.kind == EventKind::missed;
  });
}

Result<pika::Monitor> monitor_in(const std::string& name, const Netns& netns) {
  if (name.empty()) return pika::Monitor::open();
  const auto visit = pika::Visit::begin(netns);
  return visit ? pika::Monitor::open() : visit.error();
}

}  // namespace

int Watch::on_heard(sd_event_source*, int, uint32_t, void* pointer) {
  auto* listener = static_cast<Listener*>(pointer);
  if (listener->read()) (*listener->changed)();
  return 0;
}

/// @return nothing if the loop has no memory for it
std::unique_ptr<Watch::Listener> Watch::listen(int fd, std::function<bool()> read) {
  auto listener = std::make_unique<Listener>(Listener{std::move(read), &changed_, {}});
  sd_event_source* source = nullptr;
  if (sd_event_add_io(loop_, &source, fd, EPOLLIN, on_heard, listener.get()) < 0) return nullptr;
  listener->source.reset(source);
  return listener;
}

std::unique_ptr<Watch::Listener> Watch::listen(Result<Announcements> heard) {
  if (!heard) return nullptr;
  const auto socket = std::make_shared<Announcements>(std::move(*heard));
  return listen(socket->fd(), [socket] { return socket->read(); });
}

std::unique_ptr<Watch::Listener> Watch::listen(Result<pika::Monitor> monitor) {
  if (!monitor) return nullptr;
  const auto socket = std::make_shared<pika::Monitor>(std::move(*monitor));
  return listen(socket->fd(), [socket] { return is_of_interest(socket->read()); });
}

Result<Done> Watch::watch_module() {
  auto heard = Announcements::of_module();
  if (!heard) return heard.error();
  module_ = listen(std::move(heard));
  if (!module_) return Error{ENOMEM, "event loop: out of memory"};
  return Done{};
}

int Watch::on_file(sd_event_source*, const inotify_event* event, void* pointer) {
  auto* file = static_cast<WatchedFile*>(pointer);
  if (event->len && file->name == event->name) file->changed();
  return 0;
}

/// The folder is watched, not the file: editors put a new file in its place.
Result<Done> Watch::watch_name(const std::string& folder, const std::string& name,
                               const Call& changed) {
  auto file = std::make_unique<WatchedFile>(WatchedFile{name, changed, {}});
  sd_event_source* source = nullptr;
  const int err = sd_event_add_inotify(loop_, &source, folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO,
                                       on_file, file.get());
  if (err < 0) return error_of(folder.c_str(), err);
  file->source.reset(source);
  files_.push_back(std::move(file));
  return Done{};
}

Result<Done> Watch::watch_file(const std::string& file, const Call& changed) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(file, error);
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  auto watched = watch_name(path.parent_path(), path.filename(), changed);
  if (!watched || error || target == path) return watched;
  return watch_name(target.parent_path(), target.filename(), changed);
}

void Watch::follow_one(const std::string& name) {
  const auto netns = Netns::open(name);
  const auto old = places_.find(name);
  // Sockets are closed: an open one keeps a namespace that was deleted.
  if (old != places_.end() && (!netns || old->second.where != netns->identity()))
    places_.erase(old);
  if (!netns) return;
  Place& place = places_[name];
  place.where = netns->identity();
  if (!place.links) place.links = listen(Announcements::of_links(name.empty() ? nullptr : &*netns));
  if (!place.stack) place.stack = listen(monitor_in(name, *netns));
}

int Watch::on_folder(sd_event_source*, const inotify_event* event, void* pointer) {
  auto* watch = static_cast<Watch*>(pointer);
  if (event->mask & IN_IGNORED) watch->folder_name_.clear();
  // In /run only the folder itself is of interest.
  if (watch->folder_name_ == "/run" && event->len && strcmp(event->name, "netns") != 0) return 0;
  watch->changed_();
  return 0;
}

int Watch::on_mount(sd_event_source*, int, uint32_t, void* pointer) {
  static_cast<Watch*>(pointer)->changed_();
  return 0;
}

/// ip(8) makes a file and mounts the namespace over it, which only the list of mounts
/// tells; others put symbolic links there, which only the folder tells.
void Watch::watch_namespaces() {
  const std::string name = access(pika::netns_folder, F_OK) == 0 ? pika::netns_folder : "/run";
  sd_event_source* source = nullptr;
  if (name != folder_name_ &&
      sd_event_add_inotify(loop_, &source, name.c_str(),
                           IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR,
                           on_folder, this) >= 0) {
    folder_.reset(source);
    folder_name_ = name;
  }
  if (mount_) return;
  mounts_ = pika::Descriptor(open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
  if (mounts_ && sd_event_add_io(loop_, &source, mounts_.get(), EPOLLPRI, on_mount, this) >= 0)
    mount_.reset(source);
}

void Watch::ignore_namespaces() {
  folder_.reset();
  folder_name_.clear();
  mount_.reset();
}

void Watch::follow(const Wanted& wanted) {
  std::erase_if(places_, [&wanted](const auto& each) { return !wanted.contains(each.first); });
  if (wanted.empty() || (wanted.size() == 1 && wanted.contains("")))
    ignore_namespaces();
  else
    watch_namespaces();
  for (const auto& [netns, stack] : wanted) follow_one(netns);
}
