// SPDX-License-Identifier: GPL-2.0-only
//
// One end of a connection, as nc is: standard input goes out, what comes is standard
// output, both at once, each until its end. The end that connects says on stderr how many
// milliseconds it all took.
//
//	pour [--pika] listen PORT
//	pour [--pika] connect HOST PORT

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <uapi/linux/pika.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kPatience = 60;  // seconds without a byte

int protocol = 0;

int must(long result, const char* what) {
  if (result >= 0) return static_cast<int>(result);
  std::fprintf(stderr, "pour: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

addrinfo* find(const char* host, const char* port) {
  addrinfo hints{};
  addrinfo* found = nullptr;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  errno = EINVAL;
  if (getaddrinfo(host, port, &hints, &found) != 0) must(-1, host);
  return found;
}

int wait_for_one(const char* port) {
  const addrinfo* any = find("::", port);
  const int on = 1;
  const int fd = must(socket(AF_INET6, SOCK_STREAM, protocol), "socket");
  must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "SO_REUSEADDR");
  must(bind(fd, any->ai_addr, any->ai_addrlen), "bind");
  must(listen(fd, 1), "listen");
  std::fprintf(stderr, "listening\n");
  return must(accept(fd, nullptr, nullptr), "accept");
}

int reach(const char* host, const char* port) {
  const addrinfo* there = find(host, port);
  const int fd = must(socket(there->ai_family, SOCK_STREAM, protocol), "socket");
  must(connect(fd, there->ai_addr, there->ai_addrlen), "connect");
  return fd;
}

void copy(int from, int to) {
  std::vector<char> buffer(65536);
  while (const int n = must(read(from, buffer.data(), buffer.size()), "read")) {
    alarm(kPatience);
    for (int done = 0; done < n;)
      done += must(write(to, buffer.data() + done, static_cast<size_t>(n - done)), "write");
  }
}

void pour(int fd) {
  std::thread out([fd] {
    copy(STDIN_FILENO, fd);
    must(shutdown(fd, SHUT_WR), "shutdown");
  });
  copy(fd, STDOUT_FILENO);
  out.join();
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<const char*> words(argv + 1, argv + argc);
  if (!words.empty() && std::string_view(words[0]) == "--pika") {
    protocol = PIKA_IPPROTO;
    words.erase(words.begin());
  }
  const std::string_view what = words.empty() ? "" : words[0];
  std::signal(SIGPIPE, SIG_IGN);
  alarm(kPatience);
  if (what == "listen" && words.size() == 2) {
    pour(wait_for_one(words[1]));
    return 0;
  }
  if (what == "connect" && words.size() == 3) {
    const auto begin = Clock::now();
    pour(reach(words[1], words[2]));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    std::fprintf(stderr, "%ld\n", static_cast<long>(took.count()));
    return 0;
  }
  std::fprintf(stderr, "pour: wrong usage\n");
  return 2;
}
