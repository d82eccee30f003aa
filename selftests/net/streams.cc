// SPDX-License-Identifier: GPL-2.0-only
//
// Both ends of connections, for the scripts of this folder: a server or a client, on
// a PIKA socket or on Linux's, that checks every byte it gets. One line on stderr and
// exit status 1 for what went wrong.
//
//	streams [--pika] serve PORT COUNT      echo COUNT connections, blocking
//	streams [--pika] epoll PORT COUNT      likewise, with epoll and without blocking
//	streams [--pika] workers PORT N COUNT  likewise, N forked processes that block
//	streams [--pika] hold PORT             listen until killed
//	streams [--pika] ask HOST PORT COUNT BYTES   COUNT at once, BYTES each
//	streams [--pika] again HOST PORT COUNT BYTES likewise, one after the other
//	streams [--pika] slam PORT             accept one, close it with unread bytes
//	streams [--pika] refused HOST PORT     connect() says ECONNREFUSED
//	streams [--pika] reset HOST PORT       a peer's close with unread data is a reset
//	streams [--pika] aborted HOST PORT     connect, say so, be reset
//	streams [--pika] ended HOST PORT       connect, say so, read to the end of the stream
//	streams [--pika] leave HOST PORT       send more than the peer takes, and close
//	streams [--pika] tails HOST PORT       send to the end of a page, then on
//	streams [--pika] early HOST PORT       connect() without blocking, then epoll,
//	                                       which has the socket since before
//
// --pika: PIKA's protocol. --v6: servers listen on IPv6 as well, --v6only: on nothing
// else. HOST may be an address of either. Who makes no progress for a minute is ended.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <uapi/linux/pika.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr unsigned kPatience = 60;  // seconds

int protocol = 0;
bool v6 = false;
bool v6only = false;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "streams: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

int expect(long result, const char* what) {
  if (result < 0) fail(what);
  return static_cast<int>(result);
}

/// An address of either family, as socket calls want it.
struct Name {
  sockaddr_storage storage{};
  socklen_t len = 0;

  Name(const char* host, const char* port) {
    const auto number = htons(static_cast<uint16_t>(std::atoi(port)));
    auto& in = reinterpret_cast<sockaddr_in&>(storage);
    auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
    if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
      in.sin_family = AF_INET;
      in.sin_port = number;
      len = sizeof(in);
    } else if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1) {
      in6.sin6_family = AF_INET6;
      in6.sin6_port = number;
      len = sizeof(in6);
    } else {
      fail(host);
    }
  }

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

int make_socket(int family, int flags = 0) {
  return expect(socket(family, SOCK_STREAM | flags, protocol), "socket");
}

void switch_on(int fd, int level, int option, int on = 1) {
  expect(setsockopt(fd, level, option, &on, sizeof(on)), "setsockopt");
}

int listen_on(const char* port, int flags = 0) {
  const int fd = make_socket(v6 ? AF_INET6 : AF_INET, flags);
  switch_on(fd, SOL_SOCKET, SO_REUSEADDR);
  if (v6) switch_on(fd, SOL_IPV6, IPV6_V6ONLY, v6only ? 1 : 0);
  const Name name(v6 ? "::" : "0.0.0.0", port);
  expect(bind(fd, name.get(), name.len), "bind");
  expect(listen(fd, 128), "listen");
  std::printf("listening\n");
  std::fflush(stdout);
  return fd;
}

int connect_to(const char* host, const char* port) {
  const Name name(host, port);
  const int fd = make_socket(name.storage.ss_family);
  expect(connect(fd, name.get(), name.len), "connect");
  return fd;
}

void write_all(int fd, std::span<const char> bytes) {
  while (!bytes.empty())
    bytes = bytes.subspan(expect(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), "send"));
}

/// The peer that accept() names is the one that the connection has.
void check_peer(int fd, const sockaddr_storage& said, socklen_t len) {
  sockaddr_storage peer{};
  socklen_t room = sizeof(peer);
  expect(getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &room), "getpeername");
  errno = EINVAL;
  if (len != room || std::memcmp(&said, &peer, len) != 0) fail("accept: another address");
  if (len != (v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in))) fail("accept: no address");
}

int serve(const char* port, int count) {
  const int listener = listen_on(port);
  std::vector<char> buffer(65536);
  for (; count > 0; count--) {
    sockaddr_storage peer{};
    socklen_t len = sizeof(peer);
    const int fd = expect(accept(listener, reinterpret_cast<sockaddr*>(&peer), &len), "accept");
    alarm(kPatience);
    check_peer(fd, peer, len);
    while (const int n = expect(recv(fd, buffer.data(), buffer.size(), 0), "recv"))
      write_all(fd, {buffer.data(), static_cast<size_t>(n)});
    close(fd);
  }
  return 0;
}

void echo_one(int listener) {
  std::vector<char> buffer(65536);
  const int fd = expect(accept(listener, nullptr, nullptr), "accept");
  alarm(kPatience);
  while (const int n = expect(recv(fd, buffer.data(), buffer.size(), 0), "recv"))
    write_all(fd, {buffer.data(), static_cast<size_t>(n)});
  close(fd);
}

/// Forks @p n processes that accept from one socket, and kills them when they are done.
int workers(const char* port, int n, int count) {
  const int listener = listen_on(port);
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) fail("mmap");
  auto* done = new (page) std::atomic<int>(0);
  std::vector<pid_t> children;
  for (int i = 0; i < n; i++) {
    children.push_back(expect(fork(), "fork"));
    for (; children.back() == 0; (*done)++) echo_one(listener);
  }
  for (int last = 0; *done < count; usleep(10'000))
    if (const int now = *done; now > last) {
      last = now;
      alarm(kPatience);
    }
  for (const pid_t child : children) {
    int status = 0;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) fail("a worker ended by itself");
  }
  return 0;
}

/// A connection of the epoll server: what was read and not yet written.
struct Echo {
  std::string pending;
  bool ended = false;

  /// \return false when it is over.
  bool go_on(int fd) {
    std::vector<char> buffer(16384);
    for (;;) {
      const ssize_t n = ended ? 0 : recv(fd, buffer.data(), buffer.size(), 0);
      if (n > 0) pending.append(buffer.data(), static_cast<size_t>(n));
      if (n == 0) ended = true;
      if (n < 0 && errno != EAGAIN) fail("recv");
      const ssize_t sent =
          pending.empty() ? 0 : send(fd, pending.data(), pending.size(), MSG_NOSIGNAL);
      if (sent > 0) pending.erase(0, static_cast<size_t>(sent));
      if (sent < 0 && errno != EAGAIN) fail("send");
      if (ended && pending.empty()) return false;
      if (n <= 0 && sent <= 0) return true;
    }
  }
};

void watch(int epoll, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  expect(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

/// A host that is suspended interrupts epoll_wait(). It ends before the alarm, which says less.
int wait_for_event(int epoll, epoll_event* event) {
  for (;;) {
    const int n = epoll_wait(epoll, event, 1, (kPatience - 1) * 1000);
    if (n >= 0 || errno != EINTR) return expect(n, "epoll_wait");
  }
}

int serve_epoll(const char* port, int count) {
  const int listener = listen_on(port, SOCK_NONBLOCK);
  const int epoll = expect(epoll_create1(0), "epoll_create1");
  std::map<int, Echo> echoes;
  watch(epoll, listener, EPOLLIN);
  while (count > 0) {
    epoll_event event{};
    if (wait_for_event(epoll, &event) == 0) {
      errno = ETIMEDOUT;
      fail("epoll_wait");
    }
    alarm(kPatience);
    int fd = event.data.fd;
    if (fd == listener) {
      fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0 && errno == EAGAIN) continue;
      watch(epoll, expect(fd, "accept4"), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
      echoes[fd];
    }
    if (echoes[fd].go_on(fd)) continue;
    echoes.erase(fd);
    close(fd);
    count--;
  }
  return 0;
}

char pattern(int connection, size_t at) {
  return static_cast<char>(connection * 31 + static_cast<int>(at % 251));
}

/// One connection of ask(): what it has sent and got so far.
struct Question {
  int fd;
  size_t sent = 0;
  size_t got = 0;
};

void send_more(Question& q, int number, size_t bytes) {
  std::vector<char> buffer(std::min<size_t>(bytes - q.sent, 40'000));
  for (size_t i = 0; i < buffer.size(); i++) buffer[i] = pattern(number, q.sent + i);
  const ssize_t n = send(q.fd, buffer.data(), buffer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n < 0 && errno != EAGAIN) fail("send");
  if (n > 0) q.sent += static_cast<size_t>(n);
  if (q.sent == bytes) expect(shutdown(q.fd, SHUT_WR), "shutdown");
}

/// \return false at the end.
bool take_more(Question& q, int number) {
  std::vector<char> buffer(65536);
  const int n = expect(recv(q.fd, buffer.data(), buffer.size(), 0), "recv");
  for (int i = 0; i < n; i++)
    if (buffer[static_cast<size_t>(i)] != pattern(number, q.got + static_cast<size_t>(i))) {
      errno = EBADMSG;
      fail("a byte that was not sent");
    }
  q.got += static_cast<size_t>(n);
  return n > 0;
}

int ask(const char* host, const char* port, int count, size_t bytes) {
  std::vector<Question> questions;
  std::vector<pollfd> polls;
  for (int i = 0; i < count; i++) {
    questions.push_back({connect_to(host, port)});
    polls.push_back({questions.back().fd, POLLIN | POLLOUT, 0});
  }
  for (int open = count; open > 0;) {
    if (expect(poll(polls.data(), polls.size(), 20'000), "poll") == 0) {
      errno = ETIMEDOUT;
      fail("poll");
    }
    alarm(kPatience);
    for (size_t i = 0; i < polls.size(); i++) {
      Question& q = questions[i];
      const int number = static_cast<int>(i);
      if (polls[i].revents & POLLOUT && q.sent < bytes) send_more(q, number, bytes);
      if (q.sent == bytes) polls[i].events = POLLIN;
      if (!(polls[i].revents & (POLLIN | POLLERR | POLLHUP)) || take_more(q, number)) continue;
      if (q.got != bytes) fail("the end came too early");
      close(q.fd);
      polls[i].fd = -1;
      open--;
    }
  }
  return 0;
}

/// What a process sends is copied to a new run of pages, 32 KiB long.
constexpr size_t kPages = 32768;

/// All but @p left bytes of the pages, then more: must arrive as they were sent.
void send_around_tail(const char* host, const char* port, size_t left) {
  std::vector<char> bytes(kPages + 100);
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = pattern(0, i);
  Question q{connect_to(host, port)};
  const std::span<const char> all(bytes);
  write_all(q.fd, all.first(kPages - left));
  write_all(q.fd, all.subspan(kPages - left));
  expect(shutdown(q.fd, SHUT_WR), "shutdown");
  while (take_more(q, 0)) continue;
  if (q.got != bytes.size()) fail("the end came too early");
}

/// What is left may be as much as fits in a message, or a bit more or less.
int tails(const char* host, const char* port) {
  for (size_t left = 1; left <= 64; left++) {
    const pid_t child = expect(fork(), "fork");
    if (child == 0) {
      send_around_tail(host, port, left);
      std::exit(0);
    }
    int status = 0;
    expect(waitpid(child, &status, 0), "waitpid");
    if (status != 0) return 1;
  }
  return 0;
}

int ask_again(const char* host, const char* port, int count, size_t bytes) {
  for (int i = 0; i < count; i++) {
    alarm(kPatience);
    ask(host, port, 1, bytes);
  }
  return 0;
}

int refused(const char* host, const char* port) {
  const Name name(host, port);
  const int fd = make_socket(name.storage.ss_family);
  if (connect(fd, name.get(), name.len) == 0) fail("connected");
  if (errno != ECONNREFUSED) fail("connect");
  return 0;
}

/// The peer closes while it has not read what we sent: what we do next ends in ECONNRESET.
int reset(const char* host, const char* port) {
  const int fd = connect_to(host, port);
  write_all(fd, std::string_view("unread"));
  char byte;
  if (recv(fd, &byte, 1, 0) >= 0) fail("no reset");
  if (errno != ECONNRESET) fail("recv");
  return 0;
}

int aborted(const char* host, const char* port) {
  const int fd = connect_to(host, port);
  std::printf("connected\n");
  std::fflush(stdout);
  char byte;
  if (recv(fd, &byte, 1, 0) >= 0) fail("no reset");
  if (errno != ECONNRESET) fail("recv");
  return 0;
}

int ended(const char* host, const char* port) {
  const int fd = connect_to(host, port);
  std::printf("connected\n");
  std::fflush(stdout);
  char byte;
  if (expect(recv(fd, &byte, 1, 0), "recv") != 0) fail("not the end");
  return 0;
}

int leave(const char* host, const char* port) {
  const int fd = connect_to(host, port);
  const std::vector<char> bytes(65536);
  while (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) continue;
  if (errno != EAGAIN) fail("send");
  close(fd);
  return 0;
}

/// Accepts one, waits for bytes, closes with them unread.
int slam(const char* port) {
  const int listener = listen_on(port);
  const int fd = expect(accept(listener, nullptr, nullptr), "accept");
  pollfd poll_fd{fd, POLLIN, 0};
  expect(poll(&poll_fd, 1, 20'000), "poll");
  close(fd);
  return 0;
}

int early(const char* host, const char* port) {
  const Name name(host, port);
  const int fd = make_socket(name.storage.ss_family, SOCK_NONBLOCK);
  const int epoll = expect(epoll_create1(0), "epoll_create1");
  epoll_event event{};
  watch(epoll, fd, EPOLLOUT | EPOLLET);
  // A server on this CPU may have done it all by now.
  if (connect(fd, name.get(), name.len) < 0 && errno != EINPROGRESS) fail("connect");
  int error = -1;
  for (sockaddr_storage peer; error != 0;) {
    socklen_t len = sizeof(error);
    if (expect(epoll_wait(epoll, &event, 1, 20'000), "epoll_wait") != 1) fail("no event");
    expect(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), "SO_ERROR");
    errno = error;
    if (error) fail("SO_ERROR");
    len = sizeof(peer);
    // The first event may be of the socket before it connected.
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &len) < 0) error = -1;
  }
  write_all(fd, std::string_view("hello"));
  expect(shutdown(fd, SHUT_WR), "shutdown");
  char bytes[16];
  pollfd poll_fd{fd, POLLIN, 0};
  expect(poll(&poll_fd, 1, 20'000), "poll");
  if (expect(recv(fd, bytes, sizeof(bytes), 0), "recv") != 5) fail("short");
  return 0;
}

void take_flag(std::string_view flag) {
  if (flag == "--pika") protocol = PIKA_IPPROTO;
  if (flag == "--v6" || flag == "--v6only") v6 = true;
  if (flag == "--v6only") v6only = true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<const char*> words(argv + 1, argv + argc);
  for (; !words.empty() && std::string_view(words[0]).starts_with("--"); words.erase(words.begin()))
    take_flag(words[0]);
  const std::string_view what = words.empty() ? "" : words[0];
  const size_t n = words.size();
  std::signal(SIGPIPE, SIG_IGN);
  alarm(kPatience);
  if (what == "serve" && n == 3) return serve(words[1], std::atoi(words[2]));
  if (what == "epoll" && n == 3) return serve_epoll(words[1], std::atoi(words[2]));
  if (what == "workers" && n == 4)
    return workers(words[1], std::atoi(words[2]), std::atoi(words[3]));
  if (what == "slam" && n == 2) return slam(words[1]);
  if (what == "hold" && n == 2) {
    listen_on(words[1]);
    return pause();
  }
  if (what == "ask" && n == 5)
    return ask(words[1], words[2], std::atoi(words[3]), std::strtoul(words[4], nullptr, 10));
  if (what == "again" && n == 5)
    return ask_again(words[1], words[2], std::atoi(words[3]), std::strtoul(words[4], nullptr, 10));
  if (what == "refused" && n == 3) return refused(words[1], words[2]);
  if (what == "reset" && n == 3) return reset(words[1], words[2]);
  if (what == "aborted" && n == 3) return aborted(words[1], words[2]);
  if (what == "ended" && n == 3) return ended(words[1], words[2]);
  if (what == "leave" && n == 3) return leave(words[1], words[2]);
  if (what == "tails" && n == 3) return tails(words[1], words[2]);
  if (what == "early" && n == 3) return early(words[1], words[2]);
  std::fprintf(stderr, "streams: wrong usage\n");
  return 2;
}
