// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/process.hh"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "tools/sim/host.hh"

namespace pika::sim {

struct ProcessCall {
  enum class What : uint8_t {
    ran,     // answers an order: what the server does next
    random,  // waits for an answer, as do burst and transmit
    burst,
    transmit,
    ring_bell,
    free_packet,
    pass,
    touched,  // what is not its own: the last word
    failed,   // a check said so, in text
  };
  What what;
  uint16_t number = 0;  // of a queue, an address
  uint32_t count = 0;
  const void* pointer = nullptr;
  Rest rest{};
  char text[160] = {};
};

namespace {

using What = ProcessCall::What;

/// What the simulator says: an order, or the answer to a call.
struct Word {
  Nanos now = 0;
  bool more = false;  // has come on the queue
  uint32_t number = 0;
  pika_packet* packets[64] = {};
};

template <typename T>
void say(int socket, const T& what) {
  // If the other end is gone, the next hear() says so.
  [[maybe_unused]] const ssize_t n = send(socket, &what, sizeof(what), MSG_NOSIGNAL);
}

/// @return false if there is nobody on the other side any more.
template <typename T>
bool hear(int socket, T& what) {
  ssize_t n = 0;
  do n = recv(socket, &what, sizeof(what), 0);
  while (n < 0 && errno == EINTR);
  return n == sizeof(what);
}

/// The server's side: what the process is for. There is one in a process.
struct Child {
  Executor& executor;
  int socket;
  Nanos now = 0;
  bool received = false;  // and not yet taken
  pika_handler handlers[PIKA_MSG_TYPES] = {};

  [[noreturn]] void live();
  void take_before_handling();
  void run();
  Word ask(const ProcessCall& call);
  void tell(const ProcessCall& call) { say(socket, call); }
  void give_back(What what, pika_packet* packet);
};

Child* child = nullptr;

Word Child::ask(const ProcessCall& call) {
  Word answer;
  say(socket, call);
  if (!hear(socket, answer)) _exit(0);
  return answer;
}

void Child::give_back(What what, pika_packet* packet) {
  executor.host().pool().give(packet, outside);
  tell({.what = what, .pointer = packet});
}

u32 receive(u16 queue, pika_packet** packets, u32 n) {
  const Word got = child->ask({.what = What::burst, .number = queue, .count = n});
  child->received = got.more;
  for (u32 i = 0; i < got.number; i++) {
    packets[i] = got.packets[i];
    child->executor.host().pool().take(packets[i]);
  }
  return got.number;
}

bool transmit(u16 queue, const pika_frame* frame) {
  return child->ask({.what = What::transmit, .number = queue, .pointer = frame}).number;
}

constexpr pika_env_ops remote_ops = {
    .now_ns = [](pika_env*) -> u64 { return child->now; },
    .random = [](pika_env*) -> u32 { return child->ask({.what = What::random}).number; },
    .ring_bell = [](pika_env*, u16 to) { child->tell({.what = What::ring_bell, .number = to}); },
    .rx_burst = [](pika_env*, u16 queue, pika_packet** packets,
                   u32 n) { return receive(queue, packets, n); },
    .transmit = [](pika_env*, u16 queue,
                   const pika_frame* frame) { return transmit(queue, frame); },
    .flush = [](pika_env*, u16) {},
    .append =
        [](pika_env*, pika_packet* to, const pika_packet* from) {
          return child->executor.host().pool().append(to, from);
        },
    .free_packet = [](pika_env*,
                      pika_packet* packet) { child->give_back(What::free_packet, packet); },
    .pass = [](pika_env*, pika_packet* packet) { child->give_back(What::pass, packet); },
};

void on_violation(int, siginfo_t* info, void*) {
  child->tell({.what = What::touched, .pointer = info->si_addr});
  _exit(1);
}

void Child::run() {
  ProcessCall answer{.what = What::ran};
  answer.rest = executor.run_here();
  const Loop& loop = executor.host().loop();
  if (loop.failed()) {
    answer.what = What::failed;
    std::snprintf(answer.text, sizeof(answer.text), "%s", loop.failure().c_str());
  }
  tell(answer);
}

/// What comes with a message is the server's when it sees the message.
void Child::take_before_handling() {
  pika_server& server = executor.server();
  std::copy_n(server.handlers, PIKA_MSG_TYPES, handlers);
  std::fill_n(server.handlers, PIKA_MSG_TYPES, [](pika_server* s, const pika_msg* msg) {
    if (msg->from != s->id) child->executor.host().pool().take(*msg);
    child->handlers[msg->type](s, msg);
  });
}

void Child::live() {
  struct sigaction action = {};
  action.sa_sigaction = on_violation;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
  executor.use(remote_ops, received);
  executor.host().enter(executor.id());
  take_before_handling();
  for (Word order; hear(socket, order);) {
    now = order.now;
    run();
  }
  _exit(0);
}

}  // namespace

ServerProcess::ServerProcess(Executor& executor) : executor_(executor) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  close(ends[pid_ ? 1 : 0]);
  socket_ = ends[pid_ ? 0 : 1];
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Child self{.executor = executor, .socket = socket_};
  child = &self;
  self.live();
}

/// Later processes have inherited the descriptor, so that closing it says nothing.
ServerProcess::~ServerProcess() {
  shutdown(socket_, SHUT_RDWR);
  close(socket_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

std::string ServerProcess::name() const {
  return executor_.host().name() + " server " + std::to_string(executor_.id());
}

Rest ServerProcess::run() {
  say(socket_, Word{.now = executor_.host().loop().now()});
  while (true) {
    ProcessCall call{};
    if (!hear(socket_, call)) {
      fail_of_death();
      return {};
    }
    if (call.what == What::touched || call.what == What::failed) {
      fail(call);
      return {};
    }
    if (call.what == What::ran) return call.rest;
    serve(call);
  }
}

void ServerProcess::serve(const ProcessCall& call) {
  pika_env& env = executor_.env();
  switch (call.what) {
    case What::random:
      return say(socket_, Word{.number = env.ops->random(&env)});
    case What::burst:
      return burst(call);
    case What::transmit:
      return transmit(call);
    case What::ring_bell:
      return env.ops->ring_bell(&env, call.number);
    default:
      return get_back(call);
  }
}

/// A packet that the server is done with.
void ServerProcess::get_back(const ProcessCall& call) {
  Host& host = executor_.host();
  auto* packet = static_cast<pika_packet*>(const_cast<void*>(call.pointer));
  if (!host.pool().take(packet))
    return host.loop().fail(name() + " gave back " + host.describe(packet));
  pika_env& env = executor_.env();
  if (call.what == What::pass)
    env.ops->pass(&env, packet);
  else
    env.ops->free_packet(&env, packet);
}

void ServerProcess::burst(const ProcessCall& call) {
  pika_env& env = executor_.env();
  Word answer;
  const u32 most = std::min<u32>(call.count, std::size(answer.packets));
  answer.number = env.ops->rx_burst(&env, call.number, answer.packets, most);
  for (u32 i = 0; i < answer.number; i++)
    executor_.host().pool().give(answer.packets[i], executor_.id());
  answer.more = executor_.host().nic().has_received(call.number);
  say(socket_, answer);
}

/// The card reads a frame where the transport server has written it.
void ServerProcess::transmit(const ProcessCall& call) {
  pika_env& env = executor_.env();
  const Memory::Look dma(executor_.host().memory(), call.pointer);
  const auto* frame = static_cast<const pika_frame*>(call.pointer);
  say(socket_, Word{.number = env.ops->transmit(&env, call.number, frame)});
}

void ServerProcess::fail(const ProcessCall& call) {
  Host& host = executor_.host();
  if (call.what == What::failed) return host.loop().fail(call.text);
  char address[32];
  std::snprintf(address, sizeof(address), "%p", call.pointer);
  host.loop().fail(name() + " touched " + address + ": " + host.describe(call.pointer));
}

void ServerProcess::fail_of_death() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  const std::string how = WIFSIGNALED(status)
                              ? "by signal " + std::to_string(WTERMSIG(status))
                              : "with status " + std::to_string(WEXITSTATUS(status));
  executor_.host().loop().fail(name() + " died " + how);
}

}  // namespace pika::sim
