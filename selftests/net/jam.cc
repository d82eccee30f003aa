// SPDX-License-Identifier: GPL-2.0-only
//
// Connections on which both ends write until they would have to wait, and nobody reads;
// beside them one on which all goes well. In the namespaces of namespaces.bash. Ends when
// the one has echoed all, with the others' bytes unread; one line for what went wrong.
//
//	jam [--pika] CONNECTIONS BYTES

#include <sys/resource.h>
#include <uapi/linux/pika.h>

#include <csignal>
#include <string_view>
#include <thread>
#include <vector>

#include "calls.hh"

namespace {

using namespace calls;

void raise_limit() {
  rlimit limit{};
  must(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

/// Writes until there is no room. \return how much went.
long fill(int fd) {
  static const std::vector<char> bytes(65536, 'j');
  long sent = 0;
  for (;;) {
    const ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) return sent;
    sent += must(n, "send");
  }
}

void join(int listener, Pair& pair) {
  pair.far = stranger();
  must(connect_to(pair.far, kHere, kPort), "connect");
  pair.near = must(accept(listener, nullptr, nullptr), "accept");
}

void echo(int fd) {
  std::vector<char> bytes(65536);
  while (const int n = must(recv(fd, bytes.data(), bytes.size(), 0), "recv"))
    for (int done = 0; done < n;)
      done += must(send(fd, bytes.data() + done, static_cast<size_t>(n - done), 0), "send");
  must(shutdown(fd, SHUT_WR), "shutdown");
}

/// What comes back must be what went.
void check_echo(int fd, long bytes) {
  std::vector<char> buffer(65536);
  long got = 0;
  while (const int n = must(recv(fd, buffer.data(), buffer.size(), 0), "recv")) {
    for (int i = 0; i < n; i++, got++)
      if (buffer[static_cast<size_t>(i)] != static_cast<char>(got % 251)) {
        errno = EBADMSG;
        fail("a byte that was not sent");
      }
  }
  errno = ENODATA;
  if (got != bytes) fail("the end came too early");
}

void talk(Pair& pair, long bytes) {
  std::thread server([&] { echo(pair.near); });
  std::thread reader([&] { check_echo(pair.far, bytes); });
  std::string part(10'000, '\0');
  for (long at = 0; at < bytes;) {
    for (size_t i = 0; i < part.size(); i++)
      part[i] = static_cast<char>((at + static_cast<long>(i)) % 251);
    const auto len = std::min<size_t>(part.size(), static_cast<size_t>(bytes - at));
    at += must(send(pair.far, part.data(), len, 0), "send");
  }
  must(shutdown(pair.far, SHUT_WR), "shutdown");
  server.join();
  reader.join();
}

int jam(int count, long bytes) {
  long stuck = 0;
  raise_limit();
  const int fd = listener(0, 128);
  std::vector<Pair> pairs(static_cast<size_t>(count));
  for (Pair& each : pairs) join(fd, each);
  // What the other end has room for goes on by itself meanwhile.
  for (int round = 0; round < 2; round++)
    for (Pair& each : pairs) stuck += fill(each.near) + fill(each.far);
  Pair healthy;
  join(fd, healthy);
  talk(healthy, bytes);
  std::printf("# %d connections with %ld bytes that nobody reads\n", count, stuck);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool pika = argc > 1 && std::string_view(argv[1]) == "--pika";
  const int count = argc == (pika ? 4 : 3) ? std::atoi(argv[argc - 2]) : 0;
  if (count < 1) {
    std::fprintf(stderr, "jam: wrong usage\n");
    return 2;
  }
  protocol = pika ? PIKA_IPPROTO : 0;
  std::signal(SIGPIPE, SIG_IGN);
  alarm(120);
  return jam(count, std::atol(argv[argc - 1]));
}
