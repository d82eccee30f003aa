// SPDX-License-Identifier: GPL-2.0-only
//
// For calls.cc and crowd.cc: what a call answered, in a line that is the same for two sockets that
// behave alike; and connections whose far end is Linux's, in another namespace.
#ifndef PIKA_SELFTESTS_NET_CALLS_HH
#define PIKA_SELFTESTS_NET_CALLS_HH

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace calls {

constexpr int kPatience = 20'000;  // milliseconds
constexpr uint16_t kPort = 80;
constexpr const char* kHere = "10.9.0.1";
constexpr const char* kThere = "10.9.0.2";

/// Of the sockets under test.
inline int protocol = 0;

[[noreturn]] inline void fail(const char* what) {
  std::fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, std::strerror(errno));
  std::exit(1);
}

inline int must(long result, const char* what) {
  if (result < 0) fail(what);
  return static_cast<int>(result);
}

/// Prints what a call answered: a number, or the error's name.
inline long say(const std::string& what, long result) {
  if (result < 0)
    std::printf("%s: %s\n", what.c_str(), strerrorname_np(errno));
  else
    std::printf("%s: %ld\n", what.c_str(), result);
  return result;
}

inline sockaddr_in name_of(const char* host, uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  inet_pton(AF_INET, host, &name.sin_addr);
  return name;
}

inline long bind_to(int fd, const char* host, uint16_t port) {
  const sockaddr_in name = name_of(host, port);
  return bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name));
}

inline long connect_to(int fd, const char* host, uint16_t port) {
  const sockaddr_in name = name_of(host, port);
  return connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name));
}

/// A socket under test.
inline int subject(int flags = 0) {
  return must(socket(AF_INET, SOCK_STREAM | flags, protocol), "socket");
}

/// A socket of Linux's in the other namespace.
inline int stranger() {
  const int here = must(open("/proc/self/ns/net", O_RDONLY), "own namespace");
  const int there = must(open("/run/netns/cli", O_RDONLY), "cli");
  must(setns(there, CLONE_NEWNET), "setns");
  const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  must(setns(here, CLONE_NEWNET), "setns");
  close(here);
  close(there);
  return fd;
}

inline void reuse(int fd, int option = SO_REUSEADDR) {
  const int on = 1;
  must(setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on)), "setsockopt");
}

inline int listener(int flags = 0, int backlog = 8) {
  const int fd = subject(flags);
  reuse(fd);
  must(bind_to(fd, "0.0.0.0", kPort), "bind");
  must(listen(fd, backlog), "listen");
  return fd;
}

/// Waits until one of @p events is there. What else is there is printed with it.
inline void say_ready(const std::string& what, int fd, short events) {
  pollfd one{fd, events, 0};
  if (must(poll(&one, 1, kPatience), "poll") == 0) fail(("nothing: " + what).c_str());
  one.events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP;
  must(poll(&one, 1, 0), "poll");
  say(what, one.revents);
}

/// A connection: @p near is under test, @p far Linux's.
struct Pair {
  int near = -1;
  int far = -1;

  ~Pair() {
    close(near);
    close(far);
  }
};

inline void accepted(Pair& pair, int flags = 0) {
  const int fd = listener();
  pair.far = stranger();
  must(connect_to(pair.far, kHere, kPort), "connect");
  pair.near = must(accept4(fd, nullptr, nullptr, flags), "accept4");
  close(fd);
}

inline void connected(Pair& pair) {
  const int fd = stranger();
  reuse(fd);
  must(bind_to(fd, kThere, 7000), "bind");
  must(listen(fd, 1), "listen");
  pair.near = subject();
  must(connect_to(pair.near, kThere, 7000), "connect");
  pair.far = must(accept(fd, nullptr, nullptr), "accept");
  close(fd);
}

}  // namespace calls

#endif  // PIKA_SELFTESTS_NET_CALLS_HH
