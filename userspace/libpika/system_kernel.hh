// SPDX-License-Identifier: GPL-2.0-only
//
// The kernel of this machine.
#ifndef PIKA_LIBPIKA_SYSTEM_KERNEL_HH
#define PIKA_LIBPIKA_SYSTEM_KERNEL_HH

#include <memory>
#include <string>

#include "libpika/kernel.hh"

namespace pika {

/// Keeps nothing open: a session is a new socket, so a module that is loaded again
/// and a namespace that is made again are found.
class SystemKernel : public Kernel {
 public:
  Result<std::unique_ptr<StackSession>> open(const std::string& netns) override;
  bool has_device(const std::string& netns, const std::string& device) override;
};

}  // namespace pika

#endif  // PIKA_LIBPIKA_SYSTEM_KERNEL_HH
