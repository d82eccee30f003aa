// SPDX-License-Identifier: GPL-2.0-only
//
// What pika-run loads into a program: a socket() that asks for PIKA where the program
// asks for TCP. Needs nothing but libc, as it runs in programs of any language, on any
// of their threads. Whatever else happens to the socket, it does not see.

#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <uapi/linux/pika.h>

#include <atomic>
#include <cerrno>

namespace {

using SocketCall = int (*)(int, int, int);

/// libc's own, or that of another library which was loaded into the program like this one.
SocketCall next_socket() {
  static std::atomic<SocketCall> found;
  SocketCall next = found.load(std::memory_order_relaxed);
  if (!next) {
    next = reinterpret_cast<SocketCall>(dlsym(RTLD_NEXT, "socket"));
    found.store(next, std::memory_order_relaxed);
  }
  return next;
}

bool is_tcp(int domain, int type, int protocol) {
  constexpr int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  return (domain == AF_INET || domain == AF_INET6) && (type & ~flags) == SOCK_STREAM &&
         (protocol == 0 || protocol == IPPROTO_TCP);
}

/// No module, no stack here, not for this user, or not for this family.
bool is_not_offered(int error) { return error == EPROTONOSUPPORT || error == EAFNOSUPPORT; }

}  // namespace

extern "C" [[gnu::visibility("default")]] int socket(int domain, int type, int protocol) noexcept {
  const SocketCall next = next_socket();
  if (!is_tcp(domain, type, protocol)) return next(domain, type, protocol);

  const int error_before = errno;
  const int fd = next(domain, type, PIKA_IPPROTO);
  if (fd >= 0 || !is_not_offered(errno)) return fd;
  errno = error_before;
  return next(domain, type, protocol);
}
