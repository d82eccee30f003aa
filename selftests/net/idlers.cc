// SPDX-License-Identifier: GPL-2.0-only
//
// Opens connections from Linux's sockets in the other namespace, in the namespaces of
// namespaces.bash, says something on each, and then holds them all until it is killed.
//
//	idlers [--pika] CONNECTIONS

#include <uapi/linux/pika.h>

#include <string_view>
#include <vector>

#include "calls.hh"

namespace {

using namespace calls;

void open_one(int fd) {
  const int on = 1;
  const int far = stranger();
  char byte = 'x';
  must(connect_to(far, kHere, kPort), "connect");
  const int near = must(accept(fd, nullptr, nullptr), "accept");
  must(setsockopt(near, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)), "SO_KEEPALIVE");
  must(send(far, &byte, 1, 0), "send");
  must(recv(near, &byte, 1, 0), "recv");
  must(send(near, &byte, 1, 0), "send");
  must(recv(far, &byte, 1, 0), "recv");
}

}  // namespace

int main(int argc, char** argv) {
  const bool pika = argc > 1 && std::string_view(argv[1]) == "--pika";
  const int count = argc == (pika ? 3 : 2) ? std::atoi(argv[argc - 1]) : 0;
  if (count < 1) {
    std::fprintf(stderr, "idlers: wrong usage\n");
    return 2;
  }
  protocol = pika ? PIKA_IPPROTO : 0;
  const int fd = listener();
  for (int i = 0; i < count; i++) open_one(fd);
  std::printf("listening\n");
  std::fflush(stdout);
  return pause();
}
