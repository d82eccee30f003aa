// SPDX-License-Identifier: GPL-2.0-only
//
// Programs whose stack is stopped by force while they use it. They must hear of it,
// whatever they wait for, and go on.
//
//	outlive calls HOST PORT    a thread in each call that waits, and sockets that nobody
//	                           uses; says "ready", then what each call returned, and
//	                           what may still be done with the descriptors
//	outlive workers PORT N     N forked processes with an epoll each echo what comes to one
//	                           listener; each says what became of that, then waits
//	outlive knock HOST PORT    connect by Linux and ask again and again, whatever comes
//
// HOST, of the first, echoes at PORT and listens at the next one; 10.9.0.4 does not answer.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <uapi/linux/pika.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "outlive: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

int must(long result, const char* what) {
  if (result < 0) fail(what);
  return static_cast<int>(result);
}

std::string outcome(long result) {
  return result < 0 ? strerrorname_np(errno) : std::to_string(result);
}

int pika_socket(int flags = 0) {
  return must(socket(AF_INET, SOCK_STREAM | flags, PIKA_IPPROTO), "socket");
}

sockaddr_in name_of(const char* host, int port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, host, &name.sin_addr);
  return name;
}

int bind_to(int fd, int port) {
  const int on = 1;
  must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "setsockopt");
  const sockaddr_in name = name_of("0.0.0.0", port);
  must(bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)), "bind");
  return fd;
}

int listen_on(int port, int flags = 0) {
  const int fd = bind_to(pika_socket(flags), port);
  must(listen(fd, 128), "listen");
  return fd;
}

long connect_to(int fd, const char* host, int port) {
  const sockaddr_in name = name_of(host, port);
  return connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name));
}

int connected(const char* host, int port) {
  const int fd = pika_socket();
  must(connect_to(fd, host, port), "connect");
  return fd;
}

std::string events_of(uint32_t events) {
  std::string text;
  for (const auto& [bit, name] : {std::pair{EPOLLIN, "IN "},
                                  {EPOLLOUT, "OUT "},
                                  {EPOLLERR, "ERR "},
                                  {EPOLLHUP, "HUP "},
                                  {EPOLLRDHUP, "RDHUP "}})
    if (events & bit) text += name;
  return text;
}

int epoll_of(int fd, uint32_t events) {
  const int epoll = must(epoll_create1(0), "epoll_create1");
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  return epoll;
}

/// Of the first event; others may follow at once.
std::string hang_up(uint32_t events) { return events & EPOLLHUP ? "HUP" : events_of(events); }

std::string wait_for_event(int epoll) {
  epoll_event event{};
  if (must(epoll_wait(epoll, &event, 1, -1), "epoll_wait") != 1) fail("no event");
  return hang_up(event.events);
}

std::string poll_to_the_end(int fd) {
  pollfd one{fd, POLLIN, 0};
  must(poll(&one, 1, -1), "poll");
  return hang_up(static_cast<uint32_t>(one.revents));
}

std::string poll_now(int fd) {
  pollfd one{fd, POLLIN, 0};
  must(poll(&one, 1, 0), "poll");
  return events_of(static_cast<uint32_t>(one.revents));
}

std::string select_for_reading(int fd) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(fd, &set);
  return outcome(select(fd + 1, &set, nullptr, nullptr, nullptr));
}

std::string send_for_ever(int fd) {
  const std::vector<char> bytes(65536);
  for (;;)
    if (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return outcome(-1);
}

std::string receive(int fd) {
  char byte;
  return outcome(recv(fd, &byte, 1, 0));
}

/// What threads wait for, by name.
class Waiting {
 public:
  void add(const char* name, std::function<std::string()> call) {
    auto* result = &results_.emplace_back(name, std::make_unique<std::string>()).second;
    threads_.emplace_back([call = std::move(call), result = result->get()] { *result = call(); });
  }
  void say() {
    for (auto& thread : threads_) thread.join();
    for (const auto& [name, result] : results_) std::printf("%s: %s\n", name, result->c_str());
  }

 private:
  std::vector<std::pair<const char*, std::unique_ptr<std::string>>> results_;
  std::vector<std::thread> threads_;
};

/// A socket that was not used is as good as new, and one that listened or was connected is
/// over.
void say_what_is_left(const char* host, int port, int fresh, int bound, int listener, int flow) {
  std::printf("fresh connects: %s\n", outcome(connect_to(fresh, host, port + 1)).c_str());
  std::printf("fresh sends: %s\n", outcome(send(fresh, "x", 1, MSG_NOSIGNAL)).c_str());
  std::printf("bound listens: %s\n", outcome(listen(bound, 1)).c_str());
  std::printf("listener accepts: %s\n", outcome(accept(listener, nullptr, nullptr)).c_str());
  std::printf("listener listens: %s\n", poll_now(listener).c_str());
  std::printf("flow receives: %s\n", receive(flow).c_str());
  std::printf("flow receives: %s\n", receive(flow).c_str());
  std::printf("flow sends: %s\n", outcome(send(flow, "x", 1, MSG_NOSIGNAL)).c_str());
  std::printf("no new ones: %s\n", outcome(socket(AF_INET, SOCK_STREAM, PIKA_IPPROTO)).c_str());
}

int calls(const char* host, int port) {
  const int fresh = pika_socket();
  const int bound = bind_to(pika_socket(), 81);
  const int listener = listen_on(82);
  const int flow = connected(host, port);
  const int full = connected(host, port);
  const int late = pika_socket();
  const int epoll = epoll_of(listener, EPOLLIN);
  const int flow_epoll = epoll_of(flow, EPOLLIN | EPOLLET);
  Waiting waiting;
  waiting.add("accept", [=] { return outcome(accept(listener, nullptr, nullptr)); });
  waiting.add("poll of a listener", [=] { return poll_to_the_end(listener); });
  waiting.add("select of a listener", [=] { return select_for_reading(listener); });
  waiting.add("epoll of a listener", [=] { return wait_for_event(epoll); });
  waiting.add("connect", [=] { return outcome(connect_to(late, "10.9.0.4", port)); });
  waiting.add("recv", [=] { return receive(flow); });
  waiting.add("poll", [=] { return poll_to_the_end(flow); });
  waiting.add("epoll", [=] { return wait_for_event(flow_epoll); });
  waiting.add("send", [=] { return send_for_ever(full); });
  sleep(1);
  std::printf("ready\n");
  std::fflush(stdout);
  waiting.say();
  say_what_is_left(host, port, fresh, bound, listener, flow);
  return 0;
}

/// \return false when the connection is over.
bool echo(int fd) {
  char bytes[4096];
  const ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
  if (n < 0 && errno == EAGAIN) return true;
  return n > 0 && send(fd, bytes, static_cast<size_t>(n), MSG_NOSIGNAL) == n;
}

/// Until the listener fails; connections only end.
void work(int listener) {
  const int epoll = epoll_of(listener, EPOLLIN);
  for (;;) {
    epoll_event event{};
    must(epoll_wait(epoll, &event, 1, -1), "epoll_wait");
    if (event.data.fd != listener) {
      if (!echo(event.data.fd)) close(event.data.fd);
      continue;
    }
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0 && errno == EAGAIN) continue;
    if (fd < 0) break;
    event.events = EPOLLIN;
    event.data.fd = fd;
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }
  std::printf("%s\n", ("accept: " + outcome(-1)).c_str());
  std::fflush(stdout);
}

int workers(int port, int n) {
  const int listener = listen_on(port, SOCK_NONBLOCK);
  std::printf("listening\n");
  std::fflush(stdout);
  for (int i = 1; i < n; i++)
    if (must(fork(), "fork") == 0) break;
  work(listener);
  // Its descriptors stay until it is killed.
  for (;;) pause();
}

int knock(const char* host, int port) {
  char byte = 'x';
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  for (;;) {
    const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
    must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), "setsockopt");
    if (connect_to(fd, host, port) == 0 && send(fd, &byte, 1, MSG_NOSIGNAL) == 1)
      (void)recv(fd, &byte, 1, 0);
    close(fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc == 4 ? argv[1] : "";
  if (what == "calls") return calls(argv[2], std::atoi(argv[3]));
  if (what == "workers") return workers(std::atoi(argv[2]), std::atoi(argv[3]));
  if (what == "knock") return knock(argv[2], std::atoi(argv[3]));
  std::fprintf(stderr, "outlive: wrong usage\n");
  return 2;
}
