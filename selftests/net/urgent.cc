// SPDX-License-Identifier: GPL-2.0-only
//
// Urgent data: MSG_OOB, SO_OOBINLINE, SIOCATMARK, POLLPRI, SIGURG. Prints what each call
// answered, as calls.cc does: the same for Linux's sockets and PIKA's.
//
//	urgent [--pika] read|replaced|signals|sent

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <uapi/linux/pika.h>

#include <csignal>
#include <map>
#include <string_view>

#include "calls.hh"

namespace {

using namespace calls;

/// What read() would give, as far as the mark.
int there(int fd) {
  int n = 0;
  must(ioctl(fd, SIOCINQ, &n), "SIOCINQ");
  return n;
}

/// Waits until @p fd has that many bytes.
void await(int fd, int bytes) {
  for (int ms = 0; there(fd) != bytes; ms++, usleep(1000))
    if (ms == kPatience) fail("bytes");
}

void await_urgent(int fd) {
  pollfd one{fd, POLLPRI, 0};
  if (must(poll(&one, 1, kPatience), "poll") == 0) fail("nothing urgent");
}

void put(int fd, const char* bytes, int flags = 0) {
  must(send(fd, bytes, std::strlen(bytes), flags), "send");
}

/// Reads without waiting, and prints that.
void say_read(const std::string& what, int fd, int flags = 0, size_t len = 16) {
  char bytes[16] = {};
  msghdr message{};
  iovec part{bytes, len};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const ssize_t n = recvmsg(fd, &message, flags | MSG_DONTWAIT);
  say(what, n);
  if (n > 0) std::printf("  '%.*s' flags %x\n", static_cast<int>(n), bytes, message.msg_flags);
}

/// Where the reader is, and what could be done now.
void say_state(const std::string& what, int fd) {
  int at_mark = -1;
  pollfd one{fd, POLLIN | POLLPRI | POLLOUT | POLLRDHUP, 0};
  must(ioctl(fd, SIOCATMARK, &at_mark), "SIOCATMARK");
  must(poll(&one, 1, 0), "poll");
  std::printf("%s: at mark %d, bytes %d, ready %x\n", what.c_str(), at_mark, there(fd),
              static_cast<unsigned>(one.revents));
}

void set_inline(int fd) {
  const int on = 1;
  must(setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)), "SO_OOBINLINE");
}

void before_and_after_the_mark() {
  Pair pair;
  accepted(pair);
  say_read("nothing urgent", pair.near, MSG_OOB);
  say_state("at first", pair.near);
  put(pair.far, "abc", MSG_OOB);
  put(pair.far, "de");
  await_urgent(pair.near);
  await(pair.near, 2);
  say_state("before", pair.near);
  say_read("reads nothing", pair.near, 0, 0);
  say_read("looks", pair.near, MSG_PEEK);
  say_read("looks at the urgent one", pair.near, MSG_OOB | MSG_PEEK);
  say_read("reads one", pair.near, 0, 1);
  say_read("reads up to the mark", pair.near, MSG_WAITALL);
  say_state("at the mark", pair.near);
  say_read("reads nothing there", pair.near, 0, 0);
  say_read("reads the urgent one", pair.near, MSG_OOB);
  say_read("again", pair.near, MSG_OOB);
  say_state("when it is read", pair.near);
  say_read("looks past it", pair.near, MSG_PEEK);
  say_read("reads past it", pair.near);
  say_state("behind", pair.near);
  say_read("no more", pair.near);
}

void read_first() {
  Pair pair;
  accepted(pair);
  put(pair.far, "abc", MSG_OOB);
  await_urgent(pair.near);
  say_read("the urgent one first", pair.near, MSG_OOB);
  say_state("then", pair.near);
  say_read("then the rest", pair.near);
  say_state("then, at the mark", pair.near);
  say_read("then nothing", pair.near);
  put(pair.far, "d");
  await(pair.near, 1);
  say_read("then more", pair.near);
}

void unread() {
  Pair pair;
  accepted(pair);
  put(pair.far, "!", MSG_OOB);
  await_urgent(pair.near);
  say_state("alone", pair.near);
  say_read("alone, no bytes", pair.near);
  say_state("alone, passed", pair.near);
  say_read("alone, lost", pair.near, MSG_OOB);
  put(pair.far, "?", MSG_OOB);
  await_urgent(pair.near);
  say_read("into nothing", pair.near, MSG_OOB, 0);
  say_read("has gone", pair.near, MSG_OOB);
  put(pair.far, ".", MSG_OOB);
  await_urgent(pair.near);
  must(shutdown(pair.far, SHUT_WR), "shutdown");
  say_ready("the end", pair.near, POLLRDHUP);
  say_read("truncated", pair.near, MSG_OOB | MSG_TRUNC);
  say_read("the end of the stream", pair.near);
}

void inlined() {
  Pair pair;
  accepted(pair);
  set_inline(pair.near);
  put(pair.far, "abc", MSG_OOB);
  put(pair.far, "de");
  await_urgent(pair.near);
  await(pair.near, 5);
  say_state("inline", pair.near);
  say_read("inline, not apart", pair.near, MSG_OOB);
  say_read("inline, looks", pair.near, MSG_PEEK);
  say_read("inline, up to the mark", pair.near);
  say_state("inline, at the mark", pair.near);
  say_read("inline, the urgent one and more", pair.near);
  say_state("inline, behind", pair.near);
}

void read() {
  before_and_after_the_mark();
  read_first();
  unread();
  inlined();
}

/// A newer urgent byte takes the place of one that nobody has read.
void replaced_before() {
  Pair pair;
  accepted(pair);
  put(pair.far, "a1", MSG_OOB);
  await_urgent(pair.near);
  put(pair.far, "b2", MSG_OOB);
  await(pair.near, 3);
  say_state("two", pair.near);
  say_read("the first is data", pair.near);
  say_read("the second is not", pair.near, MSG_OOB);
}

/// So it does while the reader stands at the older one, which is lost.
void replaced_at_the_mark(bool is_inline) {
  Pair pair;
  accepted(pair);
  if (is_inline) set_inline(pair.near);
  put(pair.far, "a1", MSG_OOB);
  await_urgent(pair.near);
  say_read("up to the first", pair.near);
  put(pair.far, "b2", MSG_OOB);
  await(pair.near, is_inline ? 3 : 1);
  say_state("at the mark of before", pair.near);
  say_read("up to the second", pair.near);
  say_state("at the second", pair.near);
  say_read("the second", pair.near, MSG_OOB);
}

void replaced() {
  replaced_before();
  replaced_at_the_mark(false);
  replaced_at_the_mark(true);
}

volatile std::sig_atomic_t urgent_signals = 0;

void signals() {
  Pair pair;
  char byte;
  struct sigaction action {};
  action.sa_handler = [](int) { urgent_signals = urgent_signals + 1; };
  must(sigaction(SIGURG, &action, nullptr), "sigaction");
  accepted(pair);
  must(fcntl(pair.near, F_SETOWN, getpid()), "F_SETOWN");
  put(pair.far, "a");
  say("a byte", recv(pair.near, &byte, 1, 0));
  say("signals", urgent_signals);
  put(pair.far, "b", MSG_OOB);
  for (int ms = 0; urgent_signals == 0 && ms < kPatience; ms++) usleep(1000);
  say("signals after an urgent one", urgent_signals);

  const int epoll = must(epoll_create1(0), "epoll_create1");
  epoll_event one{};
  one.events = EPOLLPRI | EPOLLET;
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, pair.near, &one), "epoll_ctl");
  say("epoll", epoll_wait(epoll, &one, 1, kPatience));
  say("epoll, once", epoll_wait(epoll, &one, 1, 0));
  put(pair.far, "c", MSG_OOB);
  say("epoll, another one", epoll_wait(epoll, &one, 1, kPatience));
  say("events", one.events);
  close(epoll);

  const int fd = listener();
  set_inline(fd);
  const int far = stranger();
  must(connect_to(far, kHere, kPort), "connect");
  const int child = must(accept(fd, nullptr, nullptr), "accept");
  int on = -1;
  socklen_t len = sizeof(on);
  must(getsockopt(child, SOL_SOCKET, SO_OOBINLINE, &on, &len), "SO_OOBINLINE");
  say("a listener's child is inline", on);
  say_read("listening", fd, MSG_OOB);
  for (const int each : {fd, far, child}) close(each);
}

/// What the far end, which is Linux's, has of it.
void sent() {
  Pair pair;
  connected(pair);
  put(pair.near, "ab", 0);
  put(pair.near, "cd!", MSG_OOB);
  put(pair.near, "ef", 0);
  await_urgent(pair.far);
  await(pair.far, 4);
  say_read("before", pair.far);
  say_state("at the mark", pair.far);
  say_read("the urgent one", pair.far, MSG_OOB);
  say_ready("more", pair.far, POLLIN);
  say_read("behind", pair.far);

  const std::string many(20'000, 'm');
  set_inline(pair.far);
  must(send(pair.near, many.data(), many.size(), MSG_OOB), "send");
  await_urgent(pair.far);
  int got = 0;
  int at_mark = 0;
  for (char bytes[4096]; !at_mark; must(ioctl(pair.far, SIOCATMARK, &at_mark), "SIOCATMARK"))
    got += must(recv(pair.far, bytes, sizeof(bytes), 0), "recv");
  say("many, up to the mark", got);
  must(shutdown(pair.near, SHUT_WR), "shutdown");
  say("sends no more", send(pair.near, "x", 1, MSG_OOB | MSG_NOSIGNAL));
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string_view, void (*)()> groups{
      {"read", read}, {"replaced", replaced}, {"signals", signals}, {"sent", sent}};
  const bool pika = argc > 1 && std::string_view(argv[1]) == "--pika";
  const auto group = groups.find(argc == (pika ? 3 : 2) ? argv[argc - 1] : "");
  if (group == groups.end()) {
    std::fprintf(stderr, "urgent: wrong usage\n");
    return 2;
  }
  protocol = pika ? PIKA_IPPROTO : 0;
  alarm(60);
  group->second();
  return 0;
}
