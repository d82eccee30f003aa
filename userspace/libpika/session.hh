// SPDX-License-Identifier: GPL-2.0-only
//
// A conversation with pika.ko over generic netlink. The only code in user
// space that knows how the kernel is asked.
#ifndef PIKA_LIBPIKA_SESSION_HH
#define PIKA_LIBPIKA_SESSION_HH

#include <cstdint>
#include <memory>
#include <optional>

#include "libpika/module.hh"
#include "libpika/result.hh"

struct nl_sock;

namespace pika {

/// An open socket to the family "pika". Movable; closed with the object.
class Session {
 public:
  /// Connects to the module. Needs no privilege.
  ///
  /// \return ENOENT if pika.ko is not loaded, EIO if netlink fails.
  static Result<Session> open();

  /// Asks which module is loaded.
  ///
  /// \param abi the interface that the caller was built for, PIKA_ABI; or nothing, to learn the
  ///     module's whatever it is.
  /// \return EPROTONOSUPPORT if the module's is another.
  Result<ModuleInfo> module(std::optional<uint32_t> abi);

 private:
  struct Close {
    void operator()(nl_sock* socket) const;
  };

  Session(std::unique_ptr<nl_sock, Close> socket, int family);

  std::unique_ptr<nl_sock, Close> socket_;
  int family_;
};

}  // namespace pika

#endif  // PIKA_LIBPIKA_SESSION_HH
