// SPDX-License-Identifier: GPL-2.0-only
//
// A listener, processes that share it by fork, and a crowd of Linux clients in the other
// namespace, each with a number. Each must be answered, by one process, once, but for
// those that a process had accepted when it was killed. In the namespaces of
// namespaces.bash; one line on stderr and exit status 1 for what went wrong.
//
//	crowd [--pika] WAY PROCESSES CLIENTS [EVENT]
//
// WAY, how a process accepts: block; threads (two that block); poll, then block; with
// epoll level, edge, oneshot or exclusive; shared (one epoll made before fork); turns
// (only who holds a lock watches the listener, as nginx with "accept_mutex on").
// EVENT: kill: process 0, when half is answered; kill-ready: it is killed between poll
// and accept; stop-ready: stopped there, until all clients are answered; then it must
// serve while the others are stopped. busy: each answer takes 10 ms.

#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <uapi/linux/pika.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <map>
#include <string_view>
#include <thread>
#include <vector>

#include "calls.hh"

namespace {

using namespace calls;

constexpr int kProcesses = 16;
constexpr int kClients = 100'000;
constexpr int kAtOnce = 16;

/// What everybody writes down, in memory that all share.
struct Process {
  std::atomic<int> accepted;  // so often accept() returned a connection
  std::atomic<int> answered;  // of these, answered and closed
  std::atomic<int> taking;    // threads that may be in accept()
};

struct Book {
  std::atomic<int> next;       // client
  std::atomic<int> answers;    // that clients got
  std::atomic<int> cut_off;    // clients that were reset, or got the end and no answer
  std::atomic<int> unserved;   // clients for which anything else went wrong
  std::atomic<bool> stopping;  // process 0 is about to stop
  std::array<Process, kProcesses> processes;
  std::array<std::atomic<uint8_t>, kClients> served;
};

Book* book;
std::string_view event;
int clients;
int me = -1;  // of the processes

Process& mine() { return book->processes[static_cast<size_t>(me)]; }

[[noreturn]] void wrong(const std::string& what) {
  std::fprintf(stderr, "crowd: %s\n", what.c_str());
  std::exit(1);
}

void work_10_ms() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(10);
  while (std::chrono::steady_clock::now() < end) continue;
}

void answer(int fd) {
  int number = -1;
  const ssize_t n = recv(fd, &number, sizeof(number), MSG_WAITALL);
  if (n != sizeof(number) || number < 0 || number > clients) wrong("accepted no client of ours");
  book->served[static_cast<size_t>(number)]++;
  if (event == "busy") work_10_ms();
  must(send(fd, &number, sizeof(number), MSG_NOSIGNAL), "send");
  // The client closes first: no port waits on this side.
  recv(fd, &number, sizeof(number), 0);
  close(fd);
  mine().answered++;
}

/// \return false if there was none, which only who does not block may find.
bool take(int listener) {
  mine().taking++;
  const int fd = accept4(listener, nullptr, nullptr, 0);
  if (fd >= 0) mine().accepted++;
  mine().taking--;
  if (fd < 0 && errno == EAGAIN) return false;
  answer(must(fd, "accept"));
  return true;
}

/// Somebody waits, and was not yet accepted. How many come to a process is the balancer's
/// choice: the second is early enough to come.
void ready() {
  if (me != 0 || mine().accepted < 1) return;
  if (event == "kill-ready") raise(SIGKILL);
  if (event == "stop-ready" && !book->stopping.exchange(true)) raise(SIGSTOP);
}

void watch(int epoll, int listener, uint32_t events, int how = EPOLL_CTL_ADD) {
  epoll_event one{};
  one.events = events;
  must(epoll_ctl(epoll, how, listener, &one), "epoll_ctl");
}

bool wait_for(int epoll, int ms = -1) {
  epoll_event one{};
  const int n = epoll_wait(epoll, &one, 1, ms);
  if (n < 0 && errno != EINTR) fail("epoll_wait");
  return n == 1;
}

[[noreturn]] void block(int listener, int) {
  for (;;) take(listener);
}

[[noreturn]] void threads(int listener, int) {
  std::thread other([&] { block(listener, -1); });
  block(listener, -1);
}

[[noreturn]] void poll_first(int listener, int) {
  for (pollfd one{listener, POLLIN, 0};;) {
    if (poll(&one, 1, -1) != 1) continue;
    ready();
    take(listener);
  }
}

[[noreturn]] void use_epoll(int listener, int epoll) {
  for (;;) {
    if (!wait_for(epoll)) continue;
    ready();
    take(listener);
  }
}

template <uint32_t kEvents>
[[noreturn]] void own_epoll(int listener, int) {
  const int epoll = must(epoll_create1(0), "epoll_create1");
  watch(epoll, listener, kEvents);
  use_epoll(listener, epoll);
}

[[noreturn]] void edge(int listener, int) {
  const int epoll = must(epoll_create1(0), "epoll_create1");
  watch(epoll, listener, EPOLLIN | EPOLLET);
  for (;;) {
    if (!wait_for(epoll)) continue;
    ready();
    while (take(listener)) continue;
  }
}

[[noreturn]] void oneshot(int listener, int) {
  const int epoll = must(epoll_create1(0), "epoll_create1");
  watch(epoll, listener, EPOLLIN | EPOLLONESHOT);
  for (;;) {
    if (!wait_for(epoll)) continue;
    ready();
    take(listener);
    watch(epoll, listener, EPOLLIN | EPOLLONESHOT, EPOLL_CTL_MOD);
  }
}

/// The lock is a file's: that of a process which is killed is free.
[[noreturn]] void turns(int listener, int) {
  const int lock = must(open("/proc/self/exe", O_RDONLY), "open");
  const int epoll = must(epoll_create1(0), "epoll_create1");
  for (;;) {
    must(flock(lock, LOCK_EX), "flock");
    watch(epoll, listener, EPOLLIN);
    const bool is_ready = wait_for(epoll, 500);
    if (is_ready) ready();
    watch(epoll, listener, 0, EPOLL_CTL_DEL);
    mine().taking++;
    const int fd = is_ready ? accept(listener, nullptr, nullptr) : -1;
    if (fd >= 0) mine().accepted++;
    mine().taking--;
    must(flock(lock, LOCK_UN), "flock");
    if (fd >= 0) answer(fd);
  }
}

struct Way {
  void (*run)(int listener, int epoll);
  int flags;  // of the listener
};

const std::map<std::string_view, Way> kWays{
    {"block", {block, 0}},
    {"threads", {threads, 0}},
    {"poll", {poll_first, 0}},
    {"level", {own_epoll<EPOLLIN>, SOCK_NONBLOCK}},
    {"exclusive", {own_epoll<EPOLLIN | EPOLLEXCLUSIVE>, SOCK_NONBLOCK}},
    {"edge", {edge, SOCK_NONBLOCK}},
    {"oneshot", {oneshot, SOCK_NONBLOCK}},
    {"shared", {use_epoll, SOCK_NONBLOCK}},
    {"turns", {turns, SOCK_NONBLOCK}},
};

void one_client(int number) {
  const timeval patience{30, 0};
  const int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  int said = -1;
  must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), "SO_RCVTIMEO");
  errno = 0;
  const bool asked = connect_to(fd, kHere, kPort) == 0 &&
                     send(fd, &number, sizeof(number), MSG_NOSIGNAL) == sizeof(number);
  const ssize_t n = asked ? recv(fd, &said, sizeof(said), MSG_WAITALL) : -1;
  if (n == sizeof(said) && said == number) {
    book->answers++;
  } else if (n == 0 || (n < 0 && (errno == ECONNRESET || errno == EPIPE))) {
    book->cut_off++;
  } else {
    std::fprintf(stderr, "crowd: client %d: %s\n", number, std::strerror(errno));
    book->unserved++;
  }
  close(fd);
}

/// Of the other namespace, some at a time, until number @p last - 1.
void send_clients(int last) {
  std::vector<std::thread> threads;
  must(setns(must(open("/run/netns/cli", O_RDONLY), "cli"), CLONE_NEWNET), "setns");
  for (int i = 0; i < kAtOnce; i++)
    threads.emplace_back([last] {
      for (int number; (number = book->next++) < last;) one_client(number);
    });
  for (std::thread& each : threads) each.join();
}

pid_t start(auto&& what) {
  const pid_t child = must(fork(), "fork");
  if (child) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  what();
  std::exit(0);
}

/// Waits until @p is_over, as long as clients are answered.
void wait_until(auto&& is_over, const std::string& what) {
  int last = -1;
  for (int idle = 0; !is_over(); idle++, usleep(10'000)) {
    if (const int now = book->answers + book->cut_off; now != last) {
      last = now;
      idle = 0;
    }
    if (idle == 6000) wrong("waited a minute: " + what);
  }
}

/// Lets clients come, up to number @p last - 1.
void let_come(int last) {
  book->next = book->answers + book->cut_off + book->unserved;
  const pid_t child = start([last] { send_clients(last); });
  if (event == "kill") {
    wait_until([] { return book->answers >= clients / 2; }, "half is answered");
    return;
  }
  int status = 0;
  wait_until([&] { return waitpid(child, &status, WNOHANG) == child; }, "all clients end");
  if (status) wrong("the clients' process failed");
}

void send_signal(const std::vector<pid_t>& to, int signal) {
  for (const pid_t pid : to) must(kill(pid, signal), "kill");
}

/// Process 0 stood still and now is alone.
void serve_alone(const std::vector<pid_t>& processes) {
  int status = 0;
  if (!book->stopping) wrong("process 0 never had to stop");
  must(waitpid(processes[0], &status, WUNTRACED), "waitpid");
  if (!WIFSTOPPED(status)) wrong("process 0 has not stopped");
  const int before = book->processes[0].accepted;
  send_signal({processes.begin() + 1, processes.end()}, SIGSTOP);
  must(kill(processes[0], SIGCONT), "kill");
  let_come(clients + 1);
  if (book->processes[0].accepted != before + 1) wrong("process 0 did not serve the last client");
}

void kill_first(const std::vector<pid_t>& processes) {
  if (event == "kill") must(kill(processes[0], SIGKILL), "kill");
  if (waitpid(processes[0], nullptr, event == "kill" ? 0 : WNOHANG) != processes[0])
    wrong("process 0 was never ready");
  wait_until([] { return book->answers + book->cut_off + book->unserved >= clients; },
             "all clients end");
}

/// That no process but those that were killed has ended.
void check_alive(const std::vector<pid_t>& processes, size_t first) {
  for (size_t i = first; i < processes.size(); i++)
    if (waitpid(processes[i], nullptr, WNOHANG) != 0)
      wrong("process " + std::to_string(i) + " ended by itself");
}

void check_book(int expected, int processes) {
  const Process& first = book->processes[0];
  const bool was_killed = event.starts_with("kill");
  const int held = was_killed ? first.accepted - first.answered + first.taking : 0;
  int accepted = 0;
  std::printf("# %d clients: %d answered, %d cut off; accepted:", expected, book->answers.load(),
              book->cut_off.load());
  for (int i = 0; i < processes; i++) {
    const int his = book->processes[static_cast<size_t>(i)].accepted;
    std::printf(" %d", his);
    accepted += his;
  }
  std::printf("\n");
  if (book->unserved) wrong(std::to_string(book->unserved) + " clients were lost");
  if (book->cut_off > held)
    wrong("clients cut off that no killed process had accepted; expected at most " +
          std::to_string(held));
  if (accepted > expected || accepted < expected - (was_killed ? first.taking.load() : 0))
    wrong(std::to_string(accepted) + " were accepted");
  for (int i = 0; i < expected; i++)
    if (book->served[static_cast<size_t>(i)] > 1)
      wrong("client " + std::to_string(i) + " was accepted twice");
  if (book->answers + book->cut_off != expected) wrong("the sum is wrong");
}

int crowd(const Way& way, int n) {
  void* memory =
      mmap(nullptr, sizeof(Book), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  book = new (memory) Book{};
  const int fd = listener(way.flags, 128);
  const int epoll = must(epoll_create1(0), "epoll_create1");
  if (way.run == use_epoll) watch(epoll, fd, EPOLLIN);
  std::vector<pid_t> processes;
  for (int i = 0; i < n; i++)
    processes.push_back(start([&] {
      me = i;
      way.run(fd, epoll);
    }));
  let_come(clients);
  const bool kills = event.starts_with("kill");
  if (event == "stop-ready") serve_alone(processes);
  if (kills) kill_first(processes);
  check_alive(processes, kills ? 1 : 0);
  send_signal({processes.begin() + kills, processes.end()}, SIGKILL);
  for (size_t i = kills; i < processes.size(); i++) waitpid(processes[i], nullptr, 0);
  check_book(clients + (event == "stop-ready"), n);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string_view> words(argv + 1, argv + argc);
  if (!words.empty() && words[0] == "--pika") {
    protocol = PIKA_IPPROTO;
    words.erase(words.begin());
  }
  const auto way = kWays.find(words.empty() ? "" : words[0]);
  const int n = words.size() >= 3 ? std::atoi(words[1].data()) : 0;
  clients = words.size() >= 3 ? std::atoi(words[2].data()) : 0;
  if (words.size() == 4) event = words[3];
  if (way == kWays.end() || words.size() > 4 || n < 1 || n > kProcesses || clients < 1 ||
      clients >= kClients) {
    std::fprintf(stderr, "crowd: wrong usage\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  return crowd(way->second, n);
}
