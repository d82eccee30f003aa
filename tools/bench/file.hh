// SPDX-License-Identifier: GPL-2.0-only
//
// A file descriptor that closes itself, and what to do when a call fails.

#pragma once

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace bench {

/// @return @p result, unless it says that @p what has failed
inline int check(long result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return static_cast<int>(result);
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&&) = delete;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace bench
