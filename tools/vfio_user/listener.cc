// SPDX-License-Identifier: GPL-2.0-only

#include "tools/vfio_user/listener.hh"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace pika::vfio_user {
namespace {

constexpr int backlog = 8;

Error error_of(const std::string& path) { return {errno, path + ": " + strerror(errno)}; }

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// Removes a socket that was left by who listened there.
Result<Done> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (lstat(path.c_str(), &status) < 0) {
    if (errno == ENOENT) return Done{};
    return error_of(path);
  }
  if (!S_ISSOCK(status.st_mode)) return Error{EEXIST, path + ": exists and is not a socket"};
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (connect(probe.get(), generic(address), sizeof(address)) == 0 || errno != ECONNREFUSED)
    return Error{EADDRINUSE, path + ": somebody listens there"};
  if (unlink(path.c_str()) < 0) return error_of(path);
  return Done{};
}

}  // namespace

Listener::Listener(Descriptor socket, std::string path)
    : socket_(std::move(socket)), path_(std::move(path)) {}

Listener::Listener(Listener&& other) noexcept
    : socket_(std::move(other.socket_)), path_(std::exchange(other.path_, {})) {}

Listener::~Listener() {
  if (!path_.empty()) unlink(path_.c_str());
}

Result<Listener> Listener::at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path))
    return Error{ENAMETOOLONG, "'" + path + "': expected a path of 1 to " +
                                   std::to_string(sizeof(address.sun_path) - 1) + " bytes"};
  path.copy(address.sun_path, path.size());
  if (auto removed = remove_stale(path, address); !removed) return removed.error();
  Descriptor listening(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const mode_t before = umask(0177);
  const int bound = bind(listening.get(), generic(address), sizeof(address));
  umask(before);
  if (bound < 0) return error_of(path);
  Listener listener(std::move(listening), path);
  if (listen(listener.fd(), backlog) < 0) return error_of(path);
  return listener;
}

Descriptor Listener::accept() {
  return Descriptor(accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

}  // namespace pika::vfio_user
