// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/keeper.hh"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <list>
#include <optional>
#include <string>

#include "tools/nic82599/card.hh"
#include "tools/nic82599/loop.hh"
#include "tools/vfio_user/letter.hh"
#include "tools/vfio_user/session.hh"

namespace pika::nic82599 {
namespace {

/// What the program says: here is a client's socket, or there is nothing to keep.
constexpr char client = 'c', farewell = 'f';

constexpr int channel_place = STDERR_FILENO + 1;

/// What is left of a card.
class Gone final : public vfio_user::Device {
 public:
  uint64_t region_size(unsigned) const override { return Card::bar0_size; }
  void read_region(unsigned, uint64_t, Bytes to) override {
    std::fill(to.begin(), to.end(), std::byte{0xff});
  }
  void write_region(unsigned, uint64_t, ConstBytes) override {}
  void reset_device() override {}
};

/// A connection: first only held, then answered.
struct Kept {
  Descriptor socket;
  Gone card;
  vfio_user::Memory memory;
  vfio_user::Interrupts interrupts{Card::vectors};
  std::optional<vfio_user::Session> session;
};

/// The process.
class Process {
 public:
  explicit Process(int channel) : channel_(channel) {}

  int run();

 private:
  using Place = std::list<Kept>::iterator;

  void hear();
  void hold(Descriptor socket);
  void take_over();
  bool answer(Place kept);
  void forget(Place kept);

  Descriptor channel_;
  Loop loop_;
  std::list<Kept> kept_;
};

int Process::run() {
  if (!loop_.watch(channel_.get(), EPOLLIN, [this](uint32_t) { hear(); })) return 1;
  return loop_.run() ? 0 : 1;
}

void Process::hear() {
  vfio_user::Letter heard;
  const ssize_t length = recvmsg(channel_.get(), &heard.header, MSG_CMSG_CLOEXEC);
  if (length < 0 && errno == EINTR) return;
  if (length > 0 && heard.word == farewell) return loop_.stop();
  if (length <= 0) return take_over();
  if (const int fd = heard.enclosed(); fd >= 0) hold(Descriptor(fd));
}

/// No event is asked for: it is told when the connection has ended, at both ends.
void Process::hold(Descriptor socket) {
  const int fd = socket.get();
  const auto kept = kept_.emplace(kept_.end());
  kept->socket = std::move(socket);
  if (!loop_.watch(fd, 0, [this, kept](uint32_t) { forget(kept); })) kept_.erase(kept);
}

void Process::forget(Place kept) {
  loop_.forget(kept->session ? kept->session->fd() : kept->socket.get());
  kept_.erase(kept);
  if (kept_.empty() && !channel_) loop_.stop();
}

/// The program is gone without a farewell.
void Process::take_over() {
  loop_.forget(channel_.get());
  channel_ = Descriptor();
  for (const int each : {SIGTERM, SIGINT, SIGHUP}) signal(each, SIG_DFL);
  if (kept_.empty()) return loop_.stop();
  std::fprintf(stderr, "nic82599: killed; reads of its cards give ones until QEMU leaves\n");
  for (auto kept = kept_.begin(); kept != kept_.end();) {
    const auto next = std::next(kept);
    const int fd = kept->socket.get();
    loop_.forget(fd);
    kept->session.emplace(std::move(kept->socket), kept->card, kept->memory, kept->interrupts);
    kept->session->resume();
    if (!loop_.watch(fd, EPOLLIN, [this, kept](uint32_t) {
          if (!answer(kept)) forget(kept);
        }))
      forget(kept);
    kept = next;
  }
}

bool Process::answer(Place kept) {
  const auto more = kept->session->advance();
  if (!more || !*more) return false;
  const uint32_t events = kept->session->wants_to_send() ? EPOLLOUT : EPOLLIN;
  return bool(loop_.change(kept->session->fd(), events));
}

/// Nothing that somebody waits for the end of stays open.
void close_others(const Descriptor& channel) {
  const Descriptor null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int each : {STDIN_FILENO, STDOUT_FILENO}) dup2(null.get(), each);
  dup2(channel.get(), channel_place);
  close_range(channel_place + 1, ~0U, 0);
}

[[noreturn]] void become_keeper(const Descriptor& channel) {
  // What ends the program by its terminal must not end this first.
  for (const int each : {SIGTERM, SIGINT, SIGHUP}) signal(each, SIG_IGN);
  prctl(PR_SET_NAME, "nic82599-keeper");
  close_others(channel);
  _exit(Process(channel_place).run());
}

}  // namespace

Result<Keeper> Keeper::start() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    return Error{errno, std::string("socketpair: ") + strerror(errno)};
  Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  const pid_t process = fork();
  if (process < 0) return Error{errno, std::string("fork: ") + strerror(errno)};
  if (process == 0) become_keeper(theirs);
  return Keeper(std::move(ours), process);
}

Keeper::Keeper(Keeper&& other) noexcept
    : channel_(std::move(other.channel_)), process_(std::exchange(other.process_, -1)) {}

Keeper::~Keeper() {
  if (process_ < 0) return;
  send(channel_.get(), &farewell, 1, MSG_NOSIGNAL);
  channel_ = Descriptor();
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Keeper::keep(int socket) const {
  vfio_user::Letter said(client);
  said.enclose(socket);
  // Whoever killed it has what was asked for.
  [[maybe_unused]] const ssize_t sent = sendmsg(channel_.get(), &said.header, MSG_NOSIGNAL);
}

}  // namespace pika::nic82599
