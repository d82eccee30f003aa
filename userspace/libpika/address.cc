// SPDX-License-Identifier: GPL-2.0-only

#include "libpika/address.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netlink/attr.h>

#include <array>
#include <cstring>

namespace pika {

static_assert(sizeof(in6_addr) == address_bytes);

std::string address_text(nlattr* attribute) {
  in6_addr address{};
  std::memcpy(&address, nla_data(attribute), sizeof(address));
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&address))
    inet_ntop(AF_INET, &address.s6_addr[12], text.data(), text.size());
  else
    inet_ntop(AF_INET6, &address, text.data(), text.size());
  return text.data();
}

std::string endpoint_text(const std::string& address, uint16_t port) {
  const bool is_v6 = address.find(':') != std::string::npos;
  return (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

}  // namespace pika
