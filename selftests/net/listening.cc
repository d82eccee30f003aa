// SPDX-License-Identifier: GPL-2.0-only
//
// What programs do with a listening descriptor, and with the thread that writes. Prints
// what each call answered, as calls.cc does: the same for Linux's sockets and PIKA's.
//
//	listening [--pika] ready|travel|threads|migrate|gone

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <uapi/linux/pika.h>

#include <atomic>
#include <csignal>
#include <map>
#include <new>
#include <string_view>
#include <thread>
#include <vector>

#include "calls.hh"
#include "tools/vfio_user/letter.hh"

namespace {

using namespace calls;
using pika::vfio_user::Letter;

/// A Linux client of the listener, which has said something.
int client() {
  const int fd = stranger();
  must(connect_to(fd, kHere, kPort), "connect");
  must(send(fd, "x", 1, 0), "send");
  return fd;
}

/// Accepts one and reads what its client has said.
long take(int fd) {
  char byte;
  const int one = accept(fd, nullptr, nullptr);
  if (one < 0) return one;
  const ssize_t n = recv(one, &byte, 1, 0);
  close(one);
  return n;
}

/// Likewise, one that must come, but may still be on its way.
long take_next(int fd) {
  pollfd one{fd, POLLIN, 0};
  must(poll(&one, 1, kPatience), "poll");
  return take(fd);
}

int epoll_of(int fd, uint32_t events) {
  const int epoll = must(epoll_create1(0), "epoll_create1");
  epoll_event one{};
  one.events = events;
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &one), "epoll_ctl");
  return epoll;
}

/// Waits for an event that must come, or looks whether there is one.
long event(int epoll, int ms = kPatience) {
  epoll_event one{};
  return epoll_wait(epoll, &one, 1, ms);
}

/// A client that resets before accept() leaves something to accept.
void accept_after_reset() {
  const int fd = listener();
  const linger now{1, 0};
  const int far = stranger();
  char byte;
  must(connect_to(far, kHere, kPort), "connect");
  say_ready("before the reset", fd, POLLIN);
  must(setsockopt(far, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), "SO_LINGER");
  close(far);
  say_ready("after it", fd, POLLIN);
  const int near = accept(fd, nullptr, nullptr);
  say("accept does not wait", near >= 0);
  say("its client has reset", recv(near, &byte, 1, 0));
  close(near);
  close(fd);
}

void level() {
  const int fd = listener(SOCK_NONBLOCK);
  const int epoll = epoll_of(fd, EPOLLIN);
  const int one = client();
  const int two = client();
  say("level", event(epoll));
  say("level, again", event(epoll));
  say("level, takes one", take_next(fd));
  say("level, one is left", event(epoll));
  say("level, takes it", take_next(fd));
  say("level, none", event(epoll, 0));
  say("level, takes none", take(fd));
  for (const int each : {one, two, epoll, fd}) close(each);
}

void edge() {
  const int fd = listener(SOCK_NONBLOCK);
  const int epoll = epoll_of(fd, EPOLLIN | EPOLLET);
  for (int i = 0; i < 20; i++) {
    const int far = client();
    say("edge", event(epoll));
    say("edge, takes it", take_next(fd));
    say("edge, takes none", take(fd));
    close(far);
  }
  // One that is left behind does not keep the next one from being told.
  const int one = client();
  say("edge, one", event(epoll));
  const int two = client();
  say("edge, two", event(epoll));
  say("edge, takes one", take_next(fd));
  say("edge, takes the other", take_next(fd));
  for (const int each : {one, two, epoll, fd}) close(each);
}

void once() {
  const int fd = listener(SOCK_NONBLOCK);
  const int epoll = epoll_of(fd, EPOLLIN | EPOLLONESHOT);
  epoll_event again{};
  again.events = EPOLLIN | EPOLLONESHOT;
  const int one = client();
  say("once", event(epoll));
  const int two = client();
  say("once, no more", event(epoll, 100));
  say("once, again", epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &again));
  say("once, is there still", event(epoll));
  say("once, takes one", take_next(fd));
  say("once, takes the other", take_next(fd));
  say("once, again", epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &again));
  say("once, none", event(epoll, 0));
  for (const int each : {one, two, epoll, fd}) close(each);
}

/// What two processes that wait for connections share.
struct Waiters {
  std::atomic<int> heard;  // so often one of them was told of a connection
  std::atomic<int> taken;
};

/// Takes what it hears of, but leaves the other one time to hear of it as well: less than
/// PIKA's lease, which ends with both being told.
[[noreturn]] void wait_and_take(int fd, Waiters* waiters) {
  const int epoll = epoll_of(fd, EPOLLIN | EPOLLEXCLUSIVE);
  for (prctl(PR_SET_PDEATHSIG, SIGKILL);;) {
    if (event(epoll, -1) != 1) continue;
    waiters->heard++;
    usleep(3000);
    if (take(fd) == 1) waiters->taken++;
  }
}

/// Of two that wait, not both are told of each connection, as a rule.
void exclusive() {
  constexpr int kTimes = 20;
  const int fd = listener(SOCK_NONBLOCK);
  void* page =
      mmap(nullptr, sizeof(Waiters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) fail("mmap");
  auto* waiters = new (page) Waiters{};
  pid_t children[2];
  for (pid_t& each : children)
    if ((each = must(fork(), "fork")) == 0) wait_and_take(fd, waiters);
  int both = 0;
  for (int i = 0; i < kTimes; i++) {
    usleep(20'000);
    const int before = waiters->heard;
    const int far = client();
    for (int ms = 0; waiters->taken <= i; ms++, usleep(1000))
      if (ms == kPatience) fail("nobody takes it");
    both += waiters->heard - before > 1;
    close(far);
  }
  say("exclusive, taken", waiters->taken);
  say("exclusive, mostly both are told", both > kTimes / 2);
  for (const pid_t each : children) {
    must(kill(each, SIGKILL), "kill");
    must(waitpid(each, nullptr, 0), "waitpid");
  }
  close(fd);
}

void ready() {
  accept_after_reset();
  level();
  edge();
  once();
  exclusive();
}

void wait_for(pid_t child, const char* what) {
  int status = -1;
  must(waitpid(child, &status, 0), "waitpid");
  say(what, status);
}

void by_dup() {
  const int fd = listener();
  const int copy = must(dup(fd), "dup");
  close(fd);
  const int far = client();
  say("dup takes", take(copy));
  close(copy);
  say("after the last one", connect_to(stranger(), kHere, kPort));
  close(far);
}

void give(int to, int fd) {
  Letter letter;
  letter.enclose(fd);
  must(sendmsg(to, &letter.header, 0), "sendmsg");
}

int get(int from) {
  Letter letter;
  must(recvmsg(from, &letter.header, 0), "recvmsg");
  return letter.enclosed();
}

/// The process that made the listener, and has polled it, keeps no copy.
void by_message() {
  int halves[2];
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, halves), "socketpair");
  const pid_t child = must(fork(), "fork");
  if (child == 0) {
    const int fd = get(halves[1]);
    std::exit(take(fd) == 1 && take(fd) == 1 ? 0 : 1);
  }
  const int fd = listener();
  const int early = client();
  say_ready("before it is handed over", fd, POLLIN);
  give(halves[0], fd);
  close(fd);
  const int late = client();
  wait_for(child, "who got it takes both");
  for (const int each : {early, late, halves[0], halves[1]}) close(each);
}

/// The listener is the new program's standard input, and this process's no more.
void by_exec() {
  const int fd = listener();
  const pid_t child = must(fork(), "fork");
  if (child == 0) {
    must(dup2(fd, STDIN_FILENO), "dup2");
    close(fd);
    execl("/proc/self/exe", "listening", "take", nullptr);
    fail("execl");
  }
  close(fd);
  const int far = client();
  wait_for(child, "the program takes");
  close(far);
}

/// A child that has polled it ends; the parent goes on.
void by_fork() {
  const int fd = listener();
  const int early = client();
  const pid_t child = must(fork(), "fork");
  if (child == 0) {
    pollfd one{fd, POLLIN, 0};
    std::exit(poll(&one, 1, kPatience) == 1 ? 0 : 1);
  }
  wait_for(child, "the child sees it");
  say("the parent takes", take(fd));
  const int late = client();
  say("the parent takes another", take(fd));
  for (const int each : {early, late, fd}) close(each);
}

void travel() {
  by_dup();
  by_message();
  by_exec();
  by_fork();
}

/// All wait at once; each takes some.
void threads() {
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  const int fd = listener(0, 128);
  long taken[kThreads] = {};
  std::vector<std::thread> all;
  for (long& mine : taken)
    all.emplace_back([&mine, fd] {
      for (int i = 0; i < kEach; i++) mine += take(fd);
    });
  std::vector<int> clients;
  for (int i = 0; i < kThreads * kEach; i++) clients.push_back(client());
  for (std::thread& each : all) each.join();
  for (const long each : taken) say("one thread took", each);
  for (const int each : clients) close(each);
  close(fd);
}

void move_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  must(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
}

char pattern(long at) { return static_cast<char>(at * 7 % 251); }

/// Writes pieces of many lengths, each on the other CPU.
void migrate() {
  constexpr int kWrites = 400;
  Pair pair;
  accepted(pair);
  std::thread reader([&] {
    std::vector<char> buffer(65536);
    long at = 0, wrong = 0;
    while (const int n = must(recv(pair.far, buffer.data(), buffer.size(), 0), "recv"))
      for (int i = 0; i < n; i++, at++) wrong += buffer[static_cast<size_t>(i)] != pattern(at);
    say("arrived", at);
    say("wrong", wrong);
  });
  long at = 0;
  for (int i = 0; i < kWrites; i++) {
    std::string bytes(static_cast<size_t>(1 + i * 37 % 2000), '\0');
    for (char& each : bytes) each = pattern(at++);
    move_to(i % 2);
    for (size_t done = 0; done < bytes.size();)
      done += static_cast<size_t>(
          must(send(pair.near, bytes.data() + done, bytes.size() - done, 0), "send"));
  }
  must(shutdown(pair.near, SHUT_WR), "shutdown");
  reader.join();
}

/// How often who connects just after close() is refused; Linux always does.
void gone() {
  constexpr int kTimes = 200;
  int refused = 0;
  for (int i = 0; i < kTimes; i++) {
    move_to(i % 2);
    const int far = stranger();
    close(listener());
    refused += connect_to(far, kHere, kPort) < 0 && errno == ECONNREFUSED;
    close(far);
  }
  say("refused", refused);
}

void take_standard_input() { std::exit(take(STDIN_FILENO) == 1 ? 0 : 1); }

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string_view, void (*)()> groups{
      {"ready", ready},     {"travel", travel}, {"threads", threads},
      {"migrate", migrate}, {"gone", gone},     {"take", take_standard_input}};
  const bool pika = argc > 1 && std::string_view(argv[1]) == "--pika";
  const auto group = groups.find(argc == (pika ? 3 : 2) ? argv[argc - 1] : "");
  if (group == groups.end()) {
    std::fprintf(stderr, "listening: wrong usage\n");
    return 2;
  }
  protocol = pika ? PIKA_IPPROTO : 0;
  std::signal(SIGPIPE, SIG_IGN);
  // What forked children have not printed is not theirs to print.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  alarm(60);
  group->second();
  return 0;
}
