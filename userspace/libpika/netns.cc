// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/netns.hh"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace pika {
namespace {

constexpr char own[] = "/proc/thread-self/ns/net";

/// ip(8) makes the file first and puts the namespace over it a moment later.
bool is_network_namespace(int fd) {
  struct statfs system {};
  return fstatfs(fd, &system) == 0 && system.f_type == NSFS_MAGIC &&
         ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

}  // namespace

Result<Netns> Netns::open(const std::string& name) {
  const std::string path = name.empty() ? own : std::string(netns_folder) + "/" + name;
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd && errno != ENOENT) return Error{errno, path + ": " + strerror(errno)};
  if (!fd || !is_network_namespace(fd.get()) || fstat(fd.get(), &status) < 0)
    return Error{ENONET, "no network namespace " + name};
  return Netns(std::move(fd), {status.st_dev, status.st_ino});
}

Result<std::unique_ptr<Visit>> Visit::begin(const Netns& netns) {
  Descriptor home(::open(own, O_RDONLY | O_CLOEXEC));
  if (!home) return Error{errno, std::string(own) + ": " + strerror(errno)};
  if (setns(netns.get(), CLONE_NEWNET) < 0)
    return Error{errno, std::string("entering a network namespace: ") + strerror(errno)};
  return std::unique_ptr<Visit>(new Visit(std::move(home)));
}

/// To go on in the wrong namespace would be worse than not to go on.
Visit::~Visit() {
  if (setns(home_.get(), CLONE_NEWNET) < 0) std::abort();
}

}  // namespace pika
