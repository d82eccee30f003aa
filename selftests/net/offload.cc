// SPDX-License-Identifier: GPL-2.0-only
//
// Switches checksum and segmentation offload of a network device, both ways, on or off,
// as ethtool -K does; or gives it so many queues each way, as ethtool -L does.
//
//	offload DEVICE on|off|QUEUES

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

// Segmentation needs checksums: it goes first and comes last.
constexpr unsigned kOff[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM,
                             ETHTOOL_SRXCSUM};
constexpr unsigned kOn[] = {ETHTOOL_SRXCSUM, ETHTOOL_STXCSUM, ETHTOOL_SGRO, ETHTOOL_SGSO,
                            ETHTOOL_STSO};

bool set(int fd, const char* device, unsigned command, bool on) {
  ethtool_value value{command, on ? 1U : 0U};
  ifreq request{};
  std::strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&value);
  return ioctl(fd, SIOCETHTOOL, &request) == 0;
}

bool set_queues(int fd, const char* device, int count) {
  ethtool_channels channels{};
  ifreq request{};
  std::strncpy(request.ifr_name, device, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&channels);
  channels.cmd = ETHTOOL_GCHANNELS;
  if (ioctl(fd, SIOCETHTOOL, &request) != 0) return false;
  channels.cmd = ETHTOOL_SCHANNELS;
  channels.rx_count = channels.tx_count = static_cast<unsigned>(count);
  return ioctl(fd, SIOCETHTOOL, &request) == 0;
}

bool switch_all(int fd, const char* device, bool on) {
  for (const unsigned command : on ? kOn : kOff)
    if (!set(fd, device, command, on)) return false;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view how = argc == 3 ? argv[2] : "";
  const int queues = std::atoi(how.data());
  if (how != "on" && how != "off" && queues < 1) {
    std::fprintf(stderr, "offload: wrong usage\n");
    return 2;
  }
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (queues ? set_queues(fd, argv[1], queues) : switch_all(fd, argv[1], how == "on")) return 0;
  std::perror("offload");
  return 1;
}
