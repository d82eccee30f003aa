// SPDX-License-Identifier: GPL-2.0-only
//
// What a control program asks of the kernel, namespace by namespace. An interface,
// so that tests have a kernel of their own behind it.
#ifndef PIKA_LIBPIKA_KERNEL_HH
#define PIKA_LIBPIKA_KERNEL_HH

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libpika/acceptor.hh"
#include "libpika/listener.hh"
#include "libpika/result.hh"
#include "libpika/stack.hh"
#include "libpika/stats.hh"

namespace pika {

/// A conversation with pika.ko about the stack of one network namespace. What each
/// function returns is said at Session, which is the real one.
class StackSession {
 public:
  virtual ~StackSession() = default;
  virtual Result<Done> start_stack(const StackConfig& config) = 0;
  virtual Result<Done> stop_stack(bool force) = 0;
  virtual Result<Done> add_link(const std::string& device) = 0;
  virtual Result<Done> remove_link(const std::string& device) = 0;
  virtual Result<std::optional<StackInfo>> stack() = 0;
  virtual Result<std::vector<Stats>> stats() = 0;
  virtual Result<std::vector<Listener>> listeners() = 0;
  virtual Result<std::vector<AcceptorState>> acceptors() = 0;
};

/// A kernel with its network namespaces. The empty name is the caller's own.
class Kernel {
 public:
  virtual ~Kernel() = default;

  /// Begins to talk in a namespace.
  ///
  /// \return ENONET: there is no such namespace; ENOENT: pika.ko is not loaded.
  virtual Result<std::unique_ptr<StackSession>> open(const std::string& netns) = 0;

  /// Is there a device of just that name, no other name of it? No if there is no
  /// such namespace.
  virtual bool has_device(const std::string& netns, const std::string& device) = 0;
};

}  // namespace pika

#endif  // PIKA_LIBPIKA_KERNEL_HH
