// SPDX-License-Identifier: GPL-2.0-only
//
// Stands between pika-run's library and libc, in place of a kernel with PIKA: writes
// each socket() that arrives to the file $SPY_LOG, and answers those for PIKA with the
// error $SPY_REFUSAL, or with an ordinary socket if that is not set.

#include <sys/socket.h>
#include <sys/syscall.h>
#include <uapi/linux/pika.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

extern "C" int socket(int domain, int type, int protocol) noexcept {
  if (const char* log = std::getenv("SPY_LOG")) {
    if (FILE* file = std::fopen(log, "a")) {
      std::fprintf(file, "%d %#x %d\n", domain, type, protocol);
      std::fclose(file);
    }
  }
  if (protocol != PIKA_IPPROTO)
    return static_cast<int>(syscall(SYS_socket, domain, type, protocol));
  const char* refusal = std::getenv("SPY_REFUSAL");
  if (!refusal) return static_cast<int>(syscall(SYS_socket, domain, type, 0));
  errno = std::atoi(refusal);
  return -1;
}
