// SPDX-License-Identifier: GPL-2.0-only
//
// Network namespaces by name, as ip-netns(8) has them, and working inside one for a
// moment. A thread that is inside comes back when the visit ends.
#ifndef PIKA_LIBPIKA_NETNS_HH
#define PIKA_LIBPIKA_NETNS_HH

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "libpika/descriptor.hh"
#include "libpika/result.hh"

namespace pika {

/// Where ip(8) keeps them.
constexpr char netns_folder[] = "/run/netns";

/// An open network namespace; as long as it is open it does not go.
class Netns {
 public:
  /// \param name of a file in netns_folder; empty: the caller's own.
  /// \return ENONET if there is none, or not one yet.
  static Result<Netns> open(const std::string& name);

  /// Which one it is: two that are open are the same if these are equal.
  std::pair<dev_t, ino_t> identity() const { return identity_; }

  int get() const { return fd_.get(); }

 private:
  Netns(Descriptor fd, std::pair<dev_t, ino_t> identity)
      : fd_(std::move(fd)), identity_(identity) {}

  Descriptor fd_;
  std::pair<dev_t, ino_t> identity_;
};

/// While it lives the calling thread is inside a namespace. Sockets that are made
/// meanwhile stay there. Needs CAP_SYS_ADMIN.
class Visit {
 public:
  /// \return EPERM and others as setns(2).
  static Result<std::unique_ptr<Visit>> begin(const Netns& netns);
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  explicit Visit(Descriptor home) : home_(std::move(home)) {}

  Descriptor home_;
};

}  // namespace pika

#endif  // PIKA_LIBPIKA_NETNS_HH
