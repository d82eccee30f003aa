// SPDX-License-Identifier: GPL-2.0-only

#include "kernel_stack.hh"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

namespace {

constexpr int most_events = 64;
constexpr int calibrations = 256;
/// What vhost-net takes at once, and a driver in one poll of its card.
constexpr int burst_len = 64;

File open_tap(const char* name) {
  File tap(check(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun"));
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  std::strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
  check(ioctl(tap.get(), TUNSETIFF, &request), name);
  return tap;
}

/// The address that a packet must have to be taken.
std::array<uint8_t, ETH_ALEN> address_of(const File& tap) {
  ifreq request{};
  std::array<uint8_t, ETH_ALEN> address{};
  check(ioctl(tap.get(), SIOCGIFHWADDR, &request), "SIOCGIFHWADDR");
  std::memcpy(address.data(), request.ifr_hwaddr.sa_data, address.size());
  return address;
}

File listen_on(uint16_t port, int protocol) {
  File fd(check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), "socket"));
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  check(bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)), "bind");
  check(listen(fd.get(), 4096), "listen");
  return fd;
}

void watch(const File& epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.fd = fd;
  check(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void write_ethernet(uint8_t* at, const std::array<uint8_t, ETH_ALEN>& to) {
  std::memset(at, 0, ETH_HLEN);
  std::memcpy(at, to.data(), to.size());
  at[6] = 2;  // locally administered, and not the tap's
  at[12] = ETH_P_IP >> 8;
}

std::string_view answer_to(char request) {
  static const std::string bulk(bulk_bytes, bulk_byte);
  switch (request) {
    case request_begins:
      return {page, sizeof(page)};
    case bulk_request_begins:
      return bulk;
    case bulk_byte:
      return {};
    default:
      throw std::runtime_error("a request that is none");
  }
}

int64_t median(std::vector<int64_t> values) {
  const auto middle = values.begin() + static_cast<long>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Ticks that @p f takes.
template <class F>
int64_t ticks_of(F f) {
  std::vector<int64_t> ticks;
  for (int i = 0; i < calibrations; ++i) {
    const uint64_t begin = Ledger::now();
    f();
    ticks.push_back(static_cast<int64_t>(Ledger::now() - begin));
  }
  return median(ticks);
}

}  // namespace

uint64_t Ledger::now() { return __rdtsc(); }

KernelStack::KernelStack(const char* tap, int protocol)
    : tap_(open_tap(tap)),
      vhost_(tap_.get()),
      listener_(listen_on(server_port, protocol)),
      epoll_(check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
  watch(epoll_, listener_.get());
  packets_.reserve(WIRE_RECEIVE);
  calibrate();
}

/// What of a call is not the server's side: the tap's driver, which a card would not
/// need, and calls that a program would not make that has somebody else to wait.
void KernelStack::calibrate() {
  buffer();
  Packet stray = packets_.back();
  packets_.clear();
  stray.len = ETH_HLEN + 60;
  stray.bytes[0] ^= 4;  // somebody else's
  write_ticks_ = ticks_of([&] { put(stray); });
  const std::vector<Packet> strays(burst_len, stray);
  burst_ticks_[0] = ticks_of([&] { put_burst(strays.data(), 1); });
  burst_ticks_[1] =
      (ticks_of([&] { put_burst(strays.data(), burst_len); }) - burst_ticks_[0]) / (burst_len - 1);
  burst_ticks_[0] -= burst_ticks_[1];
  yield_ticks_ = ticks_of([] { sched_yield(); });
  epoll_event event;
  epoll_ticks_ = ticks_of([&] { epoll_wait(epoll_.get(), &event, 1, 0); });
  read_frames();
  take_frames();
  sent().sent = 0;
}

uint8_t* KernelStack::buffer() {
  static const auto address = address_of(tap_);
  Packet& packet = packets_.emplace_back();
  write_ethernet(packet.bytes.data(), address);
  return packet.bytes.data() + ETH_HLEN;
}

void KernelStack::deliver(uint32_t len) { packets_.back().len = ETH_HLEN + len; }

void KernelStack::put(const Packet& packet) {
  check(write(tap_.get(), packet.bytes.data(), packet.len), "write to the tap");
}

void KernelStack::put_burst(const Packet* first, unsigned n) {
  for (const Packet* packet = first; packet < first + n; ++packet)
    vhost_.put({packet->bytes.data(), packet->len});
  vhost_.send();
}

void KernelStack::put_all() {
  if (bursts_) {
    for (unsigned i = 0; i < packets_.size(); i += burst_len) {
      const unsigned n = std::min<unsigned>(burst_len, packets_.size() - i);
      ledger_.timed(Part::input, [&] { return put_burst(&packets_[i], n), 0; });
      ledger_.add(Part::input, -burst_ticks_[0] - n * burst_ticks_[1]);
    }
  } else {
    for (const Packet& packet : packets_) {
      ledger_.timed(Part::input, [&] { return put(packet), 0; });
      ledger_.add(Part::input, -write_ticks_);
    }
  }
  packets_.clear();
}

void KernelStack::work() {
  put_all();
  bool busy = true;
  while (busy) {
    busy = serve();
    busy |= read_frames();
    if (!busy) busy = yield();
  }
}

/// Frames of ARP and the like are nobody's here.
bool KernelStack::read_frames() {
  std::array<uint8_t, 2048> bytes;
  bool any = false;
  for (;;) {
    const ssize_t len = read(tap_.get(), bytes.data(), bytes.size());
    if (len < 0 && errno == EAGAIN) return any;
    check(len, "read from the tap");
    if (len < ETH_HLEN || bytes[12] != ETH_P_IP >> 8 || bytes[13] != 0) continue;
    wire& out = sent();
    if (out.sent == WIRE_FRAMES) throw std::runtime_error("too many frames at once");
    wire_frame& frame = out.frames[out.sent++];
    frame.len = static_cast<uint32_t>(len) - ETH_HLEN;
    if (frame.len > sizeof(frame.bytes)) throw std::runtime_error("a frame that is too long");
    std::memcpy(frame.bytes, bytes.data() + ETH_HLEN, frame.len);
    any = true;
    ++frames_;
  }
}

unsigned KernelStack::take_frames() { return std::exchange(frames_, 0); }

bool KernelStack::serve() {
  std::array<epoll_event, most_events> events;
  const int n = ledger_.timed(Part::epoll_wait, [&] {
    return check(epoll_wait(epoll_.get(), events.data(), most_events, 0), "epoll_wait");
  });
  if (n == 0) ledger_.add(Part::epoll_wait, -epoll_ticks_);
  for (int i = 0; i < n; ++i) {
    const int fd = events[static_cast<size_t>(i)].data.fd;
    if (fd == listener_.get())
      accept_one();
    else
      answer(fd);
  }
  return n > 0;
}

void KernelStack::accept_one() {
  const int fd = ledger_.timed(Part::accept, [&] {
    return accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  });
  if (fd < 0 && errno == EAGAIN) return;
  check(fd, "accept4");
  ledger_.timed(Part::epoll_ctl, [&] { return watch(epoll_, fd), 0; });
  ++open_;
}

void KernelStack::answer(int fd) {
  static std::array<char, 65536> request;
  const ssize_t n =
      ledger_.timed(Part::recv, [&] { return recv(fd, request.data(), request.size(), 0); });
  if (n < 0 && errno == EAGAIN) return;
  check(n, "recv");
  if (n > 0) {
    const std::string_view answer = answer_to(request[0]);
    if (answer.empty()) return;
    const int sent = ledger_.timed(Part::send, [&] {
      return check(send(fd, answer.data(), answer.size(), MSG_NOSIGNAL), "send");
    });
    if (static_cast<size_t>(sent) != answer.size())
      throw std::runtime_error("an answer for which there is no room");
    return;
  }
  ledger_.timed(Part::close, [&] { return ::close(fd); });
  --open_;
}

/// Lets a thread of the stack's run, should there be one that wants to.
/// @return whether it has sent anything
bool KernelStack::yield() {
  ledger_.timed(Part::thread, [] { return sched_yield(); });
  ledger_.add(Part::thread, -yield_ticks_);
  return read_frames();
}

namespace {

File unix_socket() {
  return File(check(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
}

/// @return ticks of the server's calls, or less than 0: they are not counted
int64_t one_by_unix(const File& listener, const File& epoll, const sockaddr_un& name) {
  const auto* to = reinterpret_cast<const sockaddr*>(&name);
  char text[] = "GET /";
  epoll_event event{};
  std::optional<File> client(unix_socket());
  check(connect(client->get(), to, sizeof(name)), "connect");
  check(write(client->get(), text, sizeof(text)), "write");
  uint64_t begin = Ledger::now();
  check(epoll_wait(epoll.get(), &event, 1, 0), "epoll_wait");
  const int fd = check(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK), "accept4");
  watch(epoll, fd);
  check(epoll_wait(epoll.get(), &event, 1, 0), "epoll_wait");
  check(recv(fd, text, sizeof(text), 0), "recv");
  check(send(fd, page, sizeof(page), MSG_NOSIGNAL), "send");
  uint64_t ticks = Ledger::now() - begin;
  check(read(client->get(), text, sizeof(text)), "read");
  client.reset();
  begin = Ledger::now();
  check(epoll_wait(epoll.get(), &event, 1, 0), "epoll_wait");
  check(recv(fd, text, sizeof(text), 0), "recv");
  ::close(fd);
  return static_cast<int64_t>(ticks + Ledger::now() - begin);
}

}  // namespace

double floor_of_calls() {
  const File listener(unix_socket());
  const File epoll(check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1"));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path + 1, "pika-bench", sizeof(name.sun_path) - 2);
  check(bind(listener.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)), "bind");
  check(listen(listener.get(), 16), "listen");
  watch(epoll, listener.get());
  std::vector<int64_t> ticks(calibrations);
  for (int64_t& one : ticks) one = one_by_unix(listener, epoll, name);
  return static_cast<double>(median(ticks));
}

}  // namespace bench
