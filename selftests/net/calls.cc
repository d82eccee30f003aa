// SPDX-License-Identifier: GPL-2.0-only
//
// Makes socket calls and prints what each answered. Run once with Linux's sockets and
// once with PIKA's, in the namespaces of namespaces.bash: the two outputs must be the same.
//
//	calls [--pika] options|errors|states|signals|bytes|listeners|descriptors|linger|times
//
// "slowly" and "quickly" print nothing: bytes that come one by one and are not answered, without
// and with TCP_QUICKACK.

#include "calls.hh"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <uapi/linux/pika.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <ctime>
#include <functional>
#include <map>
#include <string_view>
#include <thread>

namespace {

using namespace calls;

struct Option {
  const char* name;
  int level;
  int option;
  int values[3];
};

// The values are set one after the other; each may be refused.
constexpr Option kOptions[] = {
    {"SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR, {1, 0, 5}},
    {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, {1, 0, 1}},
    {"SO_OOBINLINE", SOL_SOCKET, SO_OOBINLINE, {1, 0, 1}},
    {"SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, {2, 0, 1}},
    {"SO_PRIORITY", SOL_SOCKET, SO_PRIORITY, {3, 0, 6}},
    {"TCP_NODELAY", SOL_TCP, TCP_NODELAY, {1, 0, 7}},
    {"TCP_CORK", SOL_TCP, TCP_CORK, {1, 0, 1}},
    {"TCP_KEEPIDLE", SOL_TCP, TCP_KEEPIDLE, {60, 0, 40000}},
    {"TCP_KEEPINTVL", SOL_TCP, TCP_KEEPINTVL, {10, 0, 40000}},
    {"TCP_KEEPCNT", SOL_TCP, TCP_KEEPCNT, {3, 0, 200}},
    {"TCP_USER_TIMEOUT", SOL_TCP, TCP_USER_TIMEOUT, {5000, -1, 0}},
    {"TCP_DEFER_ACCEPT", SOL_TCP, TCP_DEFER_ACCEPT, {1, 5, 0}},
    {"TCP_MAXSEG", SOL_TCP, TCP_MAXSEG, {1000, 10, 40000}},
    {"TCP_MAXSEG again", SOL_TCP, TCP_MAXSEG, {0, 88, 0}},
    {"IP_TOS", SOL_IP, IP_TOS, {16, 0, 8}},
    {"IP_TTL", SOL_IP, IP_TTL, {7, 0, 300}},
    {"unknown", SOL_TCP, 999, {1, 2, 3}},
};

long get_int(int fd, int level, int option) {
  int value = 0;
  socklen_t len = sizeof(value);
  return getsockopt(fd, level, option, &value, &len) < 0 ? -1 : value;
}

void say_option(int fd, const Option& option) {
  const std::string name = option.name;
  for (const int value : option.values) {
    say(name + " set " + std::to_string(value),
        setsockopt(fd, option.level, option.option, &value, sizeof(value)));
    say(name + " get", get_int(fd, option.level, option.option));
  }
  char one = 1;
  say(name + " set, too short", setsockopt(fd, option.level, option.option, &one, 0));
}

void say_lengths(int fd) {
  char bytes[512];
  for (const socklen_t room : {0U, 1U, 4U, 16U, 104U}) {
    socklen_t len = room;
    say("TCP_INFO of " + std::to_string(room), getsockopt(fd, SOL_TCP, TCP_INFO, bytes, &len));
    say("  length", len);
    len = room;
    say("TCP_NODELAY of " + std::to_string(room),
        getsockopt(fd, SOL_TCP, TCP_NODELAY, bytes, &len));
    say("  length", len);
    len = room;
    say("TCP_CONGESTION of " + std::to_string(room),
        getsockopt(fd, SOL_TCP, TCP_CONGESTION, bytes, &len));
    say("  length", len);
  }
}

long state_of(int fd) {
  tcp_info info{};
  socklen_t len = sizeof(info);
  return getsockopt(fd, SOL_TCP, TCP_INFO, &info, &len) < 0 ? -1 : info.tcpi_state;
}

/// What is known of a connection that has sent something.
void say_connection(Pair& pair, const std::string& kind) {
  char bytes[100] = {};
  must(send(pair.near, bytes, sizeof(bytes), 0), "send");
  must(recv(pair.far, bytes, sizeof(bytes), MSG_WAITALL), "recv");
  tcp_info info{};
  socklen_t len = sizeof(info);
  for (int tries = 0; tries < 1000 && !info.tcpi_rtt; tries++) {
    must(getsockopt(pair.near, SOL_TCP, TCP_INFO, &info, &len), "TCP_INFO");
    usleep(1000);
  }
  say(kind + " snd_mss", info.tcpi_snd_mss);
  say(kind + " pmtu", info.tcpi_pmtu);
  say(kind + " options", info.tcpi_options & 7);
  say(kind + " has scales", info.tcpi_snd_wscale > 0);
  say(kind + " rtt in a second", info.tcpi_rtt > 0 && info.tcpi_rtt < 1'000'000);
  say(kind + " rttvar", info.tcpi_rttvar > 0 && info.tcpi_rttvar < 1'000'000);
  say(kind + " rto", info.tcpi_rto >= 200'000 && info.tcpi_rto < 5'000'000);
  say(kind + " snd_cwnd", info.tcpi_snd_cwnd >= 10 && info.tcpi_snd_cwnd < 100);
  say(kind + " backoff", info.tcpi_backoff);
  say(kind + " TCP_MAXSEG", get_int(pair.near, SOL_TCP, TCP_MAXSEG));
  say(kind + " IP_MTU", get_int(pair.near, SOL_IP, IP_MTU));
}

void options() {
  const int fd = subject();
  say("IP_MTU, unconnected", get_int(fd, SOL_IP, IP_MTU));
  for (const Option& option : kOptions) say_option(fd, option);
  for (const int option : {SO_TYPE, SO_DOMAIN, SO_ACCEPTCONN, SO_ERROR, SO_REUSEPORT})
    say("SOL_SOCKET " + std::to_string(option), get_int(fd, SOL_SOCKET, option));
  say_lengths(fd);
  say("no such algorithm", setsockopt(fd, SOL_TCP, TCP_CONGESTION, "nonesuch", 8));
  say("reno", setsockopt(fd, SOL_TCP, TCP_CONGESTION, "reno", 4));
  say("state", state_of(fd));
  close(fd);

  // What a listener has its children have.
  const int server = listener();
  const int five = 5;
  const timeval time{3, 0};
  must(setsockopt(server, SOL_TCP, TCP_NODELAY, &five, sizeof(five)), "TCP_NODELAY");
  must(setsockopt(server, SOL_SOCKET, SO_KEEPALIVE, &five, sizeof(five)), "SO_KEEPALIVE");
  must(setsockopt(server, SOL_TCP, TCP_KEEPCNT, &five, sizeof(five)), "TCP_KEEPCNT");
  must(setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)), "SO_RCVTIMEO");
  say("listener's SO_ACCEPTCONN", get_int(server, SOL_SOCKET, SO_ACCEPTCONN));
  say("listener's state", state_of(server));
  const int far = stranger();
  must(connect_to(far, kHere, kPort), "connect");
  const int child = must(accept(server, nullptr, nullptr), "accept");
  say("child's TCP_NODELAY", get_int(child, SOL_TCP, TCP_NODELAY));
  say("child's SO_KEEPALIVE", get_int(child, SOL_SOCKET, SO_KEEPALIVE));
  say("child's TCP_KEEPCNT", get_int(child, SOL_TCP, TCP_KEEPCNT));
  say("child's SO_RCVTIMEO", get_int(child, SOL_SOCKET, SO_RCVTIMEO));
  say("child's state", state_of(child));
  close(server);
  close(far);
  close(child);

  Pair passive, active;
  accepted(passive);
  say_connection(passive, "accepted");
  connected(active);
  say_connection(active, "connected");
}

void errors() {
  char byte = 0;
  sockaddr_storage name;
  socklen_t len = sizeof(name);
  const int fd = subject();
  say("recv, unconnected", recv(fd, &byte, 1, 0));
  say("send, unconnected", send(fd, &byte, 1, MSG_NOSIGNAL));
  say("getpeername, unconnected", getpeername(fd, reinterpret_cast<sockaddr*>(&name), &len));
  say("shutdown, unconnected", shutdown(fd, SHUT_RDWR));
  say("accept, not listening", accept(fd, nullptr, nullptr));
  say("SIOCINQ, unconnected", ioctl(fd, SIOCINQ, &len));
  say("bind elsewhere", bind_to(fd, "10.1.2.3", kPort));
  say("bind", bind_to(fd, kHere, kPort));
  say("bind again", bind_to(fd, kHere, kPort + 1));
  say("listen", listen(fd, 3));
  say("connect, listening", connect_to(fd, kThere, kPort));
  say("recv, listening", recv(fd, &byte, 1, 0));
  say("send, listening", send(fd, &byte, 1, MSG_NOSIGNAL));
  say("SIOCINQ, listening", ioctl(fd, SIOCINQ, &len));
  say("SIOCOUTQ, listening", ioctl(fd, SIOCOUTQ, &len));
  const int other = subject();
  say("bind, in use", bind_to(other, kHere, kPort));
  const sockaddr_in6 v6{.sin6_family = AF_INET6,
                        .sin6_port = 0,
                        .sin6_flowinfo = 0,
                        .sin6_addr = in6addr_any,
                        .sin6_scope_id = 0};
  say("bind, wrong family", bind(other, reinterpret_cast<const sockaddr*>(&v6), sizeof(v6)));
  say("bind, too short", bind(other, reinterpret_cast<const sockaddr*>(&v6), 4));
  say("connect, too short", connect(other, reinterpret_cast<const sockaddr*>(&v6), 4));
  say("connect, wrong family", connect(other, reinterpret_cast<const sockaddr*>(&v6), sizeof(v6)));
  say("connect, refused", connect_to(other, kThere, 9));
  say("connect, no route", connect_to(other, "192.0.2.1", 9));
  Pair pair;
  connected(pair);
  say("connect again", connect_to(pair.near, kThere, 7000));
  say("listen, connected", listen(pair.near, 3));
  say("accept, connected", accept(pair.near, nullptr, nullptr));
  say("recv nothing", recv(pair.near, &byte, 1, MSG_DONTWAIT));
  say("recv nothing into nothing", recv(pair.near, nullptr, 0, MSG_DONTWAIT));
}

void life(Pair& pair, const std::string& kind) {
  char bytes[16];
  say(kind + " state", state_of(pair.near));
  must(send(pair.far, "abc", 3, 0), "send");
  say_ready(kind + " has bytes", pair.near, POLLIN);
  must(shutdown(pair.far, SHUT_WR), "shutdown");
  say_ready(kind + " has the end", pair.near, POLLRDHUP);
  say(kind + " state after the end", state_of(pair.near));
  say(kind + " reads", recv(pair.near, bytes, sizeof(bytes), 0));
  say(kind + " reads the end", recv(pair.near, bytes, sizeof(bytes), 0));
  say(kind + " still sends", send(pair.near, "xyz", 3, MSG_NOSIGNAL));
  say(kind + " shuts", shutdown(pair.near, SHUT_WR));
  say(kind + " sends no more", send(pair.near, "xyz", 3, MSG_NOSIGNAL));
  say_ready(kind + " is shut", pair.near, POLLHUP);
}

void die(Pair& pair, const std::string& kind) {
  const linger now{1, 0};
  char byte = 0;
  must(setsockopt(pair.far, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), "SO_LINGER");
  close(pair.far);
  pair.far = -1;
  say_ready(kind + " was reset", pair.near, POLLERR);
  say(kind + " reads", recv(pair.near, &byte, 1, 0));
  say(kind + " reads again", recv(pair.near, &byte, 1, 0));
  say(kind + " writes", send(pair.near, &byte, 1, MSG_NOSIGNAL));
}

/// The near end goes without a word but a reset.
void abort_it(Pair& pair, const std::string& kind) {
  const linger now{1, 0};
  char byte = 0;
  must(setsockopt(pair.near, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), "SO_LINGER");
  close(pair.near);
  pair.near = -1;
  say_ready(kind + "'s peer was reset", pair.far, POLLERR);
  say(kind + "'s peer reads", recv(pair.far, &byte, 1, 0));
}

void states() {
  const int fd = subject();
  say_ready("new", fd, POLLHUP);
  close(fd);
  Pair passive, active, reset, reset2, half;
  accepted(passive);
  life(passive, "accepted");
  connected(active);
  life(active, "connected");
  accepted(reset);
  die(reset, "accepted");
  connected(reset2);
  die(reset2, "connected");
  Pair aborted, aborted2;
  accepted(aborted);
  abort_it(aborted, "accepted");
  connected(aborted2);
  abort_it(aborted2, "connected");
  connected(half);
  say("shut for reading", shutdown(half.near, SHUT_RD));
  say_ready("  is", half.near, POLLIN);
  char byte;
  say("  reads", recv(half.near, &byte, 1, 0));
}

/// What the next signal tells of: POLL*.
void say_signal(const std::string& what) {
  constexpr timespec patience{kPatience / 1000, 0};
  sigset_t awaited;
  siginfo_t info{};
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGRTMIN);
  must(sigtimedwait(&awaited, &info, &patience), "no signal");
  say(what, info.si_band);
}

/// A process that asked for signals (O_ASYNC) hears of a connection, of bytes and of the end.
void signals() {
  sigset_t signal;
  sigemptyset(&signal);
  sigaddset(&signal, SIGRTMIN);
  must(sigprocmask(SIG_BLOCK, &signal, nullptr), "sigprocmask");
  const int there = stranger();
  reuse(there);
  must(bind_to(there, kThere, 7000), "bind");
  must(listen(there, 1), "listen");
  Pair pair;
  char byte;
  pair.near = subject(SOCK_NONBLOCK);
  must(fcntl(pair.near, F_SETOWN, getpid()), "F_SETOWN");
  must(fcntl(pair.near, F_SETSIG, SIGRTMIN), "F_SETSIG");
  must(fcntl(pair.near, F_SETFL, O_NONBLOCK | O_ASYNC), "O_ASYNC");
  say("connect", connect_to(pair.near, kThere, 7000));
  say_signal("signal when connected");
  pair.far = must(accept(there, nullptr, nullptr), "accept");
  close(there);
  must(send(pair.far, "x", 1, 0), "send");
  say_signal("signal for a byte");
  say("read", recv(pair.near, &byte, 1, 0));
  must(shutdown(pair.far, SHUT_WR), "shutdown");
  say_signal("signal at the end");
  say("read", recv(pair.near, &byte, 1, 0));
  const timespec none{};
  say("another signal", sigtimedwait(&signal, nullptr, &none));
}

void bytes() {
  char buffer[64] = {};
  int n = 0;
  Pair pair;
  accepted(pair, SOCK_NONBLOCK | SOCK_CLOEXEC);
  say("O_NONBLOCK", fcntl(pair.near, F_GETFL) & O_NONBLOCK);
  say("FD_CLOEXEC", fcntl(pair.near, F_GETFD));
  must(send(pair.far, "0123456789", 10, 0), "send");
  say_ready("ten", pair.near, POLLIN);
  say("SIOCINQ", ioctl(pair.near, SIOCINQ, &n));
  say("  is", n);
  say("peek", recv(pair.near, buffer, 4, MSG_PEEK));
  say("peek more", recv(pair.near, buffer, 64, MSG_PEEK));
  say("wait for all", recv(pair.near, buffer, 6, MSG_WAITALL));
  must(send(pair.far, "ab", 2, 0), "send");
  const int six = 6;
  const int one = 1;
  must(setsockopt(pair.near, SOL_SOCKET, SO_RCVLOWAT, &six, sizeof(six)), "SO_RCVLOWAT");
  say_ready("six", pair.near, POLLIN);
  must(setsockopt(pair.near, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof(one)), "SO_RCVLOWAT");
  say("two segments at once", recv(pair.near, buffer + 16, 6, MSG_WAITALL));
  must(send(pair.far, "6789", 4, 0), "send");
  say_ready("four", pair.near, POLLIN);
  say("cut", recv(pair.near, nullptr, 2, MSG_TRUNC));
  say("  left", buffer[0] == '0' && recv(pair.near, buffer, 64, 0));
  say("  was", std::string_view(buffer, 2) == "89");
  say("none", recv(pair.near, buffer, 64, 0));
  say("part of what was asked for", send(pair.near, "abc", 3, MSG_MORE));
  say("the rest", send(pair.near, "def", 3, 0));
  say("far end", recv(pair.far, buffer, 6, MSG_WAITALL));
  iovec parts[2] = {{buffer, 3}, {buffer + 3, 3}};
  say("writev", writev(pair.near, parts, 2));
  say("far end", recv(pair.far, buffer, 6, MSG_WAITALL));
}

/// A file of which one can tell each byte.
int make_file(size_t len) {
  const int fd = must(memfd_create("file", 0), "memfd_create");
  std::string text(len, '\0');
  for (size_t i = 0; i < len; i++) text[i] = static_cast<char>(i % 251);
  must(write(fd, text.data(), len), "write");
  return fd;
}

void check_file(int from, size_t len) {
  std::string text(len, '\0');
  say("received", recv(from, text.data(), len, MSG_WAITALL));
  size_t wrong = 0;
  for (size_t i = 0; i < len; i++) wrong += text[i] != static_cast<char>(i % 251);
  say("wrong bytes", static_cast<long>(wrong));
}

void descriptors() {
  constexpr size_t kLen = 300'000;
  Pair pair;
  accepted(pair);
  const int file = make_file(kLen);
  off_t offset = 0;
  std::thread reader([&] { check_file(pair.far, kLen); });
  while (static_cast<size_t>(offset) < kLen)
    must(sendfile(pair.near, file, &offset, kLen), "sendfile");
  reader.join();

  int pipes[2];
  must(pipe(pipes), "pipe");
  must(send(pair.far, "through a pipe", 14, 0), "send");
  say("splice from", splice(pair.near, nullptr, pipes[1], nullptr, 14, 0));
  say("splice to", splice(pipes[0], nullptr, pair.near, nullptr, 14, 0));
  char text[14];
  say("far end", recv(pair.far, text, 14, MSG_WAITALL));
  say("same", std::string_view(text, 14) == "through a pipe");

  const int copy = dup(pair.near);
  close(pair.near);
  pair.near = copy;
  say("dup sends", send(copy, "x", 1, 0));
  say("far end", recv(pair.far, text, 1, 0));
  int halves[2];
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, halves), "socketpair");
  const pid_t child = must(fork(), "fork");
  if (child == 0) std::exit(send(copy, "y", 1, 0) == 1 ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  say("child sends", status);
  say("far end", recv(pair.far, text, 1, 0));
}

/// The far end has room for little and reads from when close() is called: that waits
/// until all is acknowledged, so all but one read is here when it returns.
void linger_for_a_time() {
  constexpr long kSent = 60'000;
  constexpr long kChunk = 1024;
  const int fd = listener();
  Pair pair;
  pair.far = stranger();
  const int little = 4096;
  const int much = 200'000;
  const linger time{1, 30};
  must(setsockopt(pair.far, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little)), "SO_RCVBUF");
  must(connect_to(pair.far, kHere, kPort), "connect");
  pair.near = must(accept(fd, nullptr, nullptr), "accept");
  close(fd);
  must(setsockopt(pair.near, SOL_SOCKET, SO_SNDBUF, &much, sizeof(much)), "SO_SNDBUF");
  must(setsockopt(pair.near, SOL_SOCKET, SO_LINGER, &time, sizeof(time)), "SO_LINGER");
  say("sent", send(pair.near, std::string(kSent, 'x').data(), kSent, 0));
  std::atomic<bool> closing = false;
  std::atomic<long> got = 0;
  std::thread reader([&] {
    char buffer[kChunk];
    closing.wait(false);
    while (const int n = must(recv(pair.far, buffer, sizeof(buffer), 0), "recv")) got += n;
  });
  closing = true;
  closing.notify_one();
  close(pair.near);
  int waiting = 0;
  must(ioctl(pair.far, SIOCINQ, &waiting), "SIOCINQ");
  say("arrived when close() returned", got + waiting >= kSent - kChunk);
  reader.join();
  say("arrived", got);
  pair.near = -1;
}

/// Prints also whether it took about as long as a time-out of 0.3 s.
void say_timed(const std::string& what, const std::function<long()>& call) {
  timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  say(what, call());
  clock_gettime(CLOCK_MONOTONIC, &end);
  const long ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1'000'000;
  say("  in time", ms >= 290 && ms < 10'000);
}

/// Calls that wait no longer than SO_RCVTIMEO and SO_SNDTIMEO say.
void times() {
  const timeval time{0, 300'000};
  const std::string much(1'000'000, 'x');
  char byte;
  const int fd = listener();
  must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)), "SO_RCVTIMEO");
  say_timed("accept", [&] { return accept(fd, nullptr, nullptr); });
  close(fd);
  Pair pair;
  accepted(pair);
  must(setsockopt(pair.near, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time)), "SO_RCVTIMEO");
  say_timed("recv", [&] { return recv(pair.near, &byte, 1, 0); });
  must(send(pair.far, "x", 1, 0), "send");
  say_ready("a byte", pair.near, POLLIN);
  say_timed("recv of all", [&] { return recv(pair.near, &byte, 2, MSG_WAITALL); });
  must(setsockopt(pair.near, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)), "SO_SNDTIMEO");
  while (send(pair.near, much.data(), much.size(), 0) > 0) {
  }
  say_timed("send", [&] { return send(pair.near, much.data(), much.size(), 0); });
}

/// Each byte is acknowledged before the next one goes.
void one_by_one(bool quick) {
  constexpr int kBytes = 10;
  const int on = 1;
  char byte = 0;
  Pair pair;
  accepted(pair);
  if (quick) must(setsockopt(pair.near, SOL_TCP, TCP_QUICKACK, &on, sizeof(on)), "TCP_QUICKACK");
  for (int i = 0; i < kBytes; i++) {
    must(send(pair.far, &byte, 1, 0), "send");
    must(recv(pair.near, &byte, 1, 0), "recv");
    for (int unacknowledged = 1; unacknowledged; usleep(1000))
      must(ioctl(pair.far, SIOCOUTQ, &unacknowledged), "SIOCOUTQ");
  }
}

void slowly() { one_by_one(false); }
void quickly() { one_by_one(true); }

/// It hears one device alone.
void hear(const char* device) {
  const int fd = subject();
  const std::string name = device;
  say("to " + name,
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, static_cast<socklen_t>(name.size())));
  say("  bind", bind_to(fd, "0.0.0.0", kPort + 1));
  say("  listen", listen(fd, 5));
  say("  connect", connect_to(stranger(), kHere, kPort + 1));
  close(fd);
}

void listeners() {
  hear("lo");
  hear("veth0");
  const int fd = listener(0, 1);
  say("another backlog", listen(fd, 100));
  const int far = stranger();
  must(connect_to(far, kHere, kPort), "connect");
  say_ready("ready", fd, POLLIN);
  std::thread waiter([&] {
    close(must(accept(fd, nullptr, nullptr), "accept"));
    say("accept, and then shutdown()", accept(fd, nullptr, nullptr));
  });
  // The first accept() has returned when the far end has the end.
  char byte;
  must(recv(far, &byte, 1, 0), "recv");
  const int shut = shutdown(fd, SHUT_RDWR);
  // The waiter says something, too.
  waiter.join();
  say("shutdown", shut);
  say_ready("after it", fd, POLLHUP);
  say("connect", connect_to(stranger(), kHere, kPort));
  say("listen again", listen(fd, 5));
  say("connect", connect_to(stranger(), kHere, kPort));
  say("accept", accept(fd, nullptr, nullptr) >= 0);
  close(fd);

  int group[2];
  for (int& one : group) {
    one = subject(SOCK_NONBLOCK);
    reuse(one);
    reuse(one, SO_REUSEPORT);
    say("bind in a group", bind_to(one, kHere, kPort));
    say("listen in a group", listen(one, 50));
  }
  const int loner = subject();
  reuse(loner);
  say("bind, not of the group", bind_to(loner, kHere, kPort));
  for (int i = 0; i < 20; i++) must(connect_to(stranger(), kHere, kPort), "connect");
  int taken = 0;
  for (pollfd both[2] = {{group[0], POLLIN, 0}, {group[1], POLLIN, 0}}; taken < 20;) {
    if (must(poll(both, 2, kPatience), "poll") == 0) break;
    for (const int one : group) taken += accept(one, nullptr, nullptr) >= 0;
  }
  say("accepted by the group", taken);
  close(group[0]);
  say("connect, one is left", connect_to(stranger(), kHere, kPort));
  pollfd left{group[1], POLLIN, 0};
  say("ready", poll(&left, 1, kPatience));
  say("accept", accept(group[1], nullptr, nullptr) >= 0);
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string_view, void (*)()> groups{{"options", options},
                                                      {"errors", errors},
                                                      {"states", states},
                                                      {"signals", signals},
                                                      {"bytes", bytes},
                                                      {"descriptors", descriptors},
                                                      {"linger", linger_for_a_time},
                                                      {"listeners", listeners},
                                                      {"times", times},
                                                      {"slowly", slowly},
                                                      {"quickly", quickly}};
  const bool pika = argc > 1 && std::string_view(argv[1]) == "--pika";
  const auto group = groups.find(argc == (pika ? 3 : 2) ? argv[argc - 1] : "");
  if (group == groups.end()) {
    std::fprintf(stderr, "calls: wrong usage\n");
    return 2;
  }
  protocol = pika ? PIKA_IPPROTO : 0;
  std::signal(SIGPIPE, SIG_IGN);
  alarm(60);
  group->second();
  return 0;
}
