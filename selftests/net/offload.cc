// SPDX-License-Identifier: GPL-2.0-only
//
// Switches checksum and segmentation offload of a network device, both ways, on or off,
// as ethtool -K does.
//
//	offload DEVICE on|off

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstdio>
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

}  // namespace

int main(int argc, char** argv) {
  const std::string_view how = argc == 3 ? argv[2] : "";
  if (how != "on" && how != "off") {
    std::fprintf(stderr, "offload: wrong usage\n");
    return 2;
  }
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  for (const unsigned command : how == "on" ? kOn : kOff) {
    if (set(fd, argv[1], command, how == "on")) continue;
    std::perror("offload");
    return 1;
  }
  return 0;
}
