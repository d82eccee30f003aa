// SPDX-License-Identifier: GPL-2.0-only
//
// Addresses as attributes and in words.
#ifndef PIKA_LIBPIKA_ADDRESS_HH
#define PIKA_LIBPIKA_ADDRESS_HH

#include <cstdint>
#include <string>

struct nlattr;

namespace pika {

/// Of an address as an attribute: IPv6, or IPv4 mapped to it.
constexpr uint16_t address_bytes = 16;

/// Without brackets.
///
/// \param attribute at least address_bytes long.
std::string address_text(nlattr* attribute);

/// With brackets around IPv6.
std::string endpoint_text(const std::string& address, uint16_t port);

}  // namespace pika

#endif  // PIKA_LIBPIKA_ADDRESS_HH
