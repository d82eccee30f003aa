// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/system_kernel.hh"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "libpika/netns.hh"
#include "libpika/session.hh"

namespace pika {
namespace {

Result<std::unique_ptr<StackSession>> open_here() {
  auto session = Session::open();
  if (!session) return session.error();
  return std::unique_ptr<StackSession>(std::make_unique<Session>(std::move(*session)));
}

/// By one of its names, which need not be the first.
bool has_device_here(const std::string& name) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  if (!socket || name.size() >= IFNAMSIZ) return false;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return ioctl(socket.get(), SIOCGIFINDEX, &request) == 0 &&
         ioctl(socket.get(), SIOCGIFNAME, &request) == 0 && name == request.ifr_name;
}

}  // namespace

Result<std::unique_ptr<StackSession>> SystemKernel::open(const std::string& netns) {
  if (netns.empty()) return open_here();
  const auto target = Netns::open(netns);
  if (!target) return target.error();
  const auto visit = Visit::begin(*target);
  return visit ? open_here() : visit.error();
}

bool SystemKernel::has_device(const std::string& netns, const std::string& device) {
  if (netns.empty()) return has_device_here(device);
  const auto target = Netns::open(netns);
  if (!target) return false;
  const auto visit = Visit::begin(*target);
  return visit && has_device_here(device);
}

}  // namespace pika
