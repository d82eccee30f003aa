// SPDX-License-Identifier: GPL-2.0-only
//
// Traffic for the scripts of this folder and for tools/bench/nic82599. One line on
// stderr and exit status 1 for what went wrong.
//
//	traffic receive PORT                      one TCP connection to stdout
//	traffic send HOST PORT                    stdin to a TCP connection, to its end
//	traffic push HOST PORT BYTES              so many zeroes, from memory
//	traffic flows HOST PORT COUNT             a UDP datagram from each of COUNT ports
//	traffic count PORT SECONDS                UDP datagrams that come until none does
//	                                          for SECONDS: "datagrams bytes seconds"
//	traffic blast HOST PORT SIZE RATE COUNT   COUNT UDP datagrams of SIZE bytes, RATE a
//	                                          second; 0: as fast as it goes
//
// HOST may be an address of IPv4 or IPv6; servers listen on both. Who makes no progress
// for a minute is ended.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned patience = 60;  // seconds

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "traffic: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

long must(long result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

/// An address of either kind; IPv4's mapped into IPv6.
sockaddr_in6 address_of(const char* host, const char* port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<uint16_t>(std::atoi(port)));
  const std::string mapped = std::strchr(host, ':') ? host : std::string("::ffff:") + host;
  if (inet_pton(AF_INET6, mapped.c_str(), &address.sin6_addr) != 1) {
    std::fprintf(stderr, "traffic: %s: expected an address\n", host);
    std::exit(2);
  }
  return address;
}

int open_socket(int type) {
  const int one = 1, buffer = 4 << 20;
  const auto fd = static_cast<int>(must(socket(AF_INET6, type, 0), "socket"));
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  if (type == SOCK_DGRAM) setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
  return fd;
}

int serve(int type, const char* port) {
  const int fd = open_socket(type);
  const sockaddr_in6 address = address_of("::", port);
  must(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), "bind");
  return fd;
}

int reach(int type, const char* host, const char* port) {
  const int fd = open_socket(type);
  const sockaddr_in6 address = address_of(host, port);
  must(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), "connect");
  return fd;
}

void copy(int from, int to) {
  std::vector<char> part(1 << 18);
  for (;;) {
    alarm(patience);
    const ssize_t length = must(read(from, part.data(), part.size()), "read");
    if (length == 0) return;
    for (ssize_t done = 0; done < length;)
      done += must(write(to, part.data() + done, static_cast<size_t>(length - done)), "write");
  }
}

int receive(char** words) {
  const int listening = serve(SOCK_STREAM, words[0]);
  must(listen(listening, 1), "listen");
  alarm(patience);
  copy(static_cast<int>(must(accept(listening, nullptr, nullptr), "accept")), 1);
  return 0;
}

/// Until the other end has read all of it.
int finish(int fd) {
  must(shutdown(fd, SHUT_WR), "shutdown");
  char byte = 0;
  return must(read(fd, &byte, 1), "end") == 0 ? 0 : 1;
}

int send_all(char** words) {
  const int fd = reach(SOCK_STREAM, words[0], words[1]);
  copy(0, fd);
  return finish(fd);
}

int push(char** words) {
  const int fd = reach(SOCK_STREAM, words[0], words[1]);
  const std::vector<char> part(1 << 17);
  for (long left = std::atol(words[2]); left > 0;) {
    alarm(patience);
    const long length = std::min(left, static_cast<long>(part.size()));
    left -= must(write(fd, part.data(), static_cast<size_t>(length)), "write");
  }
  return finish(fd);
}

int flows(char** words) {
  for (int i = std::atoi(words[2]); i > 0; i--) {
    const int fd = reach(SOCK_DGRAM, words[0], words[1]);
    must(send(fd, "flow", 4, 0), "send");
    close(fd);
  }
  return 0;
}

int count(char** words) {
  const int fd = serve(SOCK_DGRAM, words[0]);
  const int quiet_ms = std::atoi(words[1]) * 1000;
  std::vector<char> part(1 << 16);
  unsigned long datagrams = 0, bytes = 0;
  Clock::time_point first, last;
  for (pollfd wait{.fd = fd, .events = POLLIN, .revents = 0}; poll(&wait, 1, quiet_ms) > 0;) {
    last = Clock::now();
    if (datagrams == 0) first = last;
    for (ssize_t length = 0; (length = recv(fd, part.data(), part.size(), MSG_DONTWAIT)) >= 0;
         datagrams++)
      bytes += static_cast<unsigned long>(length);
  }
  const std::chrono::duration<double> took = last - first;
  std::printf("%lu %lu %.3f\n", datagrams, bytes, took.count());
  return 0;
}

int blast(char** words) {
  const int fd = reach(SOCK_DGRAM, words[0], words[1]);
  const std::string data(static_cast<size_t>(std::atoi(words[2])), 'x');
  const long rate = std::atol(words[3]), all = std::atol(words[4]);
  const auto start = Clock::now();
  for (long sent = 0; sent < all;) {
    const std::chrono::duration<double> since = Clock::now() - start;
    const long due =
        rate ? std::min(all, static_cast<long>(since.count() * static_cast<double>(rate)) + 1)
             : all;
    for (; sent < due; sent++)
      if (send(fd, data.data(), data.size(), 0) < 0 && errno != ENOBUFS && errno != ECONNREFUSED)
        fail("send");
    if (sent < all) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return 0;
}

struct Verb {
  std::string_view name;
  int words;
  int (*run)(char** words);
};

constexpr Verb verbs[] = {{"receive", 1, receive}, {"send", 2, send_all}, {"push", 3, push},
                          {"flows", 3, flows},     {"count", 2, count},   {"blast", 5, blast}};

}  // namespace

int main(int argc, char** argv) {
  for (const Verb& verb : verbs)
    if (argc == verb.words + 2 && argv[1] == verb.name) return verb.run(argv + 2);
  std::fprintf(stderr, "traffic: wrong usage; see its source\n");
  return 2;
}
