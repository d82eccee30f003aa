// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/tap.hh"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace pika::nic82599 {
namespace {

Error error_of(const std::string& what) { return {errno, what + ": " + strerror(errno)}; }

}  // namespace

Tap::Tap(Descriptor device, Loop& loop, Sink& to)
    : device_(std::move(device)), loop_(loop), to_(to), frame_(longest) {}

Tap::~Tap() { loop_.forget(device_.get()); }

Result<std::unique_ptr<Tap>> Tap::open(const std::string& name, Loop& loop, Sink& to) {
  ifreq request{};
  if (name.empty() || name.size() >= sizeof(request.ifr_name))
    return Error{EINVAL, "tap '" + name + "': expected a device's name"};
  Descriptor device(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!device) return error_of("/dev/net/tun");
  name.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(device.get(), TUNSETIFF, &request) < 0) return error_of("tap " + name);
  auto tap = std::unique_ptr<Tap>(new Tap(std::move(device), loop, to));
  // On edges, as it stays readable while the card has no room.
  auto watched = loop.watch(tap->device_.get(), EPOLLIN | EPOLLET,
                            [raw = tap.get()](uint32_t) { raw->readable_ = true; });
  if (!watched) return watched.error();
  return tap;
}

void Tap::take(ConstBytes frame) {
  if (write(device_.get(), frame.data(), frame.size()) < 0) dropped_++;
}

bool Tap::pump() {
  for (size_t i = 0; readable_ && i < burst; i++) {
    if (!to_.has_room()) return false;
    const ssize_t length = read(device_.get(), frame_.data(), frame_.size());
    if (length <= 0)
      readable_ = false;
    else
      to_.take(ConstBytes(frame_).first(static_cast<size_t>(length)));
  }
  return readable_;
}

}  // namespace pika::nic82599
