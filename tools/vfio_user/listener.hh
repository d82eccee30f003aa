// SPDX-License-Identifier: GPL-2.0-only
//
// A Unix socket at a path, for as long as it is wanted.
#ifndef PIKA_VFIO_USER_LISTENER_HH
#define PIKA_VFIO_USER_LISTENER_HH

#include <string>

#include "libpika/descriptor.hh"
#include "libpika/result.hh"

namespace pika::vfio_user {

/// Its file goes when it goes.
class Listener {
 public:
  /// Only the caller's user may connect. A socket where nobody listens is replaced.
  ///
  /// Returns: EADDRINUSE if somebody does, EEXIST for a file that is no socket, and others.
  static Result<Listener> at(const std::string& path);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  int fd() const { return socket_.get(); }
  const std::string& path() const { return path_; }

  /// Whoever waits, if somebody does; not blocking.
  Descriptor accept();

 private:
  Listener(Descriptor socket, std::string path);

  Descriptor socket_;
  std::string path_;  ///< empty: moved from
};

}  // namespace pika::vfio_user

#endif  // PIKA_VFIO_USER_LISTENER_HH
