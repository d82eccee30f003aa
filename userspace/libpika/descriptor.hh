// SPDX-License-Identifier: GPL-2.0-only
//
// The owner of a file descriptor.
#ifndef PIKA_LIBPIKA_DESCRIPTOR_HH
#define PIKA_LIBPIKA_DESCRIPTOR_HH

#include <unistd.h>

#include <utility>

namespace pika {

/// Closes a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

}  // namespace pika

#endif  // PIKA_LIBPIKA_DESCRIPTOR_HH
