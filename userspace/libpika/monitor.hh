// SPDX-License-Identifier: GPL-2.0-only
//
// Listens to what happens in the kernel. A socket of its own: answers to a session's
// questions and events do not meet.
#ifndef PIKA_LIBPIKA_MONITOR_HH
#define PIKA_LIBPIKA_MONITOR_HH

#include <memory>
#include <optional>
#include <vector>

#include "libpika/event.hh"
#include "libpika/result.hh"

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

namespace pika {

/// An open socket that hears of this network namespace's events, and of pika.ko coming and
/// going. Movable; closed with the object.
class Monitor {
 public:
  /// Begins to listen, whether or not the module is loaded. Needs no privilege.
  ///
  /// \return EPROTONOSUPPORT if the loaded module's ABI is another, EIO if netlink fails.
  static Result<Monitor> open();

  /// Readable as soon as read() need not wait, but for the first call.
  int fd() const;

  /// What has happened since the last call, in order; waits if that is nothing yet. May be
  /// empty all the same: other modules come and go, too. The first call tells at once whether
  /// the module is loaded.
  ///
  /// \return what open() does, of a module that was loaded since, or EBADMSG; one may go on.
  Result<std::vector<Event>> read();

 private:
  struct Close {
    void operator()(nl_sock* socket) const;
  };
  using Socket = std::unique_ptr<nl_sock, Close>;

  explicit Monitor(Socket socket);
  static Result<Socket> connect();
  static int on_message(nl_msg* message, void* monitor);

  Result<Done> join();
  void hear(nlmsghdr* message);
  void hear_of_module(EventKind kind);

  Socket socket_;
  /// Of "pika" while it is there.
  int family_ = 0;
  std::vector<Event> heard_;
  std::optional<Error> failed_;
};

}  // namespace pika

#endif  // PIKA_LIBPIKA_MONITOR_HH
