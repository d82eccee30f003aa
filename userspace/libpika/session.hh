// SPDX-License-Identifier: GPL-2.0-only
//
// A conversation with pika.ko over generic netlink. The only code in user
// space that knows how the kernel is asked.
#ifndef PIKA_LIBPIKA_SESSION_HH
#define PIKA_LIBPIKA_SESSION_HH

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libpika/acceptor.hh"
#include "libpika/connection.hh"
#include "libpika/kernel.hh"
#include "libpika/listener.hh"
#include "libpika/module.hh"
#include "libpika/result.hh"
#include "libpika/stack.hh"
#include "libpika/stats.hh"

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

namespace pika {

/// An open socket to the family "pika". Movable; closed with the object.
class Session : public StackSession {
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

  /// Starts the stack of this network namespace. Needs CAP_NET_ADMIN in the initial
  /// user namespace.
  ///
  /// \return the kernel's refusal, in one line; then nothing has changed.
  Result<Done> start_stack(const StackConfig& config) override;

  /// Stops it.
  ///
  /// \param force although programs hold sockets of it: those are aborted.
  /// \return ESRCH if there is none, EBUSY while programs hold sockets of it.
  Result<Done> stop_stack(bool force) override;

  /// Gives it one more device.
  ///
  /// \return ESRCH if there is no stack, ENODEV if there is no such device, EEXIST or EBUSY if
  ///     this stack or something else has it.
  Result<Done> add_link(const std::string& device) override;

  /// Takes a device from it. Connections over it go on.
  ///
  /// \return ESRCH if there is no stack, ENODEV or ENOENT if it has no such link, EBUSY if it
  ///     has no other.
  Result<Done> remove_link(const std::string& device) override;

  /// What it is.
  ///
  /// \return nothing if none is started.
  Result<std::optional<StackInfo>> stack() override;

  /// What it has counted: first its servers, then the endpoints of all CPUs.
  ///
  /// \return ESRCH if there is none.
  Result<std::vector<Stats>> stats() override;

  /// Its listening sockets, oldest first; one that comes or goes meanwhile may be missed.
  ///
  /// \return ESRCH if there is no stack.
  Result<std::vector<Listener>> listeners() override;

  /// Its connections, server by server; one that begins or ends meanwhile may be missed.
  ///
  /// \return ESRCH if there is no stack.
  Result<std::vector<Connection>> connections();

  /// The acceptors that its connection managers know, server by server.
  ///
  /// \return ESRCH if there is no stack.
  Result<std::vector<AcceptorState>> acceptors() override;

 private:
  struct Close {
    void operator()(nl_sock* socket) const;
  };
  using Fill = std::function<bool(nl_msg* request)>;
  using Read = std::function<void(nlmsghdr* reply)>;
  /// What is told page by page: how it is asked for and read.
  template <class T>
  struct Pages {
    uint8_t command;
    const char* operation;
    bool (*put)(nl_msg* request, uint64_t cursor);
    Result<Page<T>> (*parse)(nlmsghdr* reply);
  };

  Result<Done> ask(uint8_t command, const Fill& fill, const Read& read);
  Result<Done> change_link(uint8_t command, const std::string& device);
  Result<Stats> stats_of(uint32_t address);
  Result<Listener> listener_after(uint32_t number);
  template <class T>
  Result<Page<T>> page(const Pages<T>& pages, uint64_t cursor);
  template <class T>
  Result<std::vector<T>> all_of(const Pages<T>& pages);

  Session(std::unique_ptr<nl_sock, Close> socket, int family);

  std::unique_ptr<nl_sock, Close> socket_;
  int family_;
};

}  // namespace pika

#endif  // PIKA_LIBPIKA_SESSION_HH
