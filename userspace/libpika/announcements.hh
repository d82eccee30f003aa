// SPDX-License-Identifier: GPL-2.0-only
//
// What the kernel announces by multicast: that its module has come or gone, that a
// device has. Says that something changed, not what: whoever is told looks.
#ifndef PIKA_LIBPIKA_ANNOUNCEMENTS_HH
#define PIKA_LIBPIKA_ANNOUNCEMENTS_HH

#include "libpika/netns.hh"
#include "libpika/result.hh"

struct nlmsghdr;

namespace pika {

/// A socket that hears one kind of them. Movable.
class Announcements {
 public:
  /// That pika.ko is loaded or unloaded.
  static Result<Announcements> of_module();

  /// That devices of a namespace come, go or get other names. While the socket is
  /// open, the namespace does not go.
  ///
  /// \param netns nullptr: the caller's own.
  static Result<Announcements> of_links(const Netns* netns);

  /// To be polled for input; does not block.
  int fd() const { return socket_.get(); }

  /// Takes what has come.
  ///
  /// \return true if something of it is of our kind, or if some was lost.
  bool read();

 private:
  using IsOurs = bool (*)(nlmsghdr* message);

  Announcements(Descriptor socket, IsOurs is_ours)
      : socket_(std::move(socket)), is_ours_(is_ours) {}

  static Result<Announcements> listen(int protocol, unsigned int groups, IsOurs is_ours);

  Descriptor socket_;
  IsOurs is_ours_;
};

/// Is it the generic netlink controller's word that the family "pika" has come or gone?
///
/// \param message whole.
bool is_about_module(nlmsghdr* message);

/// Is it rtnetlink's word about a device?
bool is_about_link(nlmsghdr* message);

}  // namespace pika

#endif  // PIKA_LIBPIKA_ANNOUNCEMENTS_HH
