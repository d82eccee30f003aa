// SPDX-License-Identifier: GPL-2.0-only
//
// The loaded module as the kernel describes it: a plain struct and how it is
// read from a reply's attributes. No socket here.
#ifndef PIKA_LIBPIKA_MODULE_HH
#define PIKA_LIBPIKA_MODULE_HH

#include <cstdint>
#include <string>

#include "libpika/result.hh"

struct nlmsghdr;

namespace pika {

/// Answer to PIKA_CMD_MODULE_GET.
struct ModuleInfo {
  /// Version of pika.ko, as modinfo prints it.
  std::string version;
  /// PIKA_ABI of the headers that pika.ko was built with.
  uint32_t abi = 0;
};

/// Reads a reply to PIKA_CMD_MODULE_GET.
///
/// \param reply a whole generic netlink message; not kept.
/// \return EBADMSG if an attribute is missing, short or of another type.
Result<ModuleInfo> parse_module(nlmsghdr* reply);

}  // namespace pika

#endif  // PIKA_LIBPIKA_MODULE_HH
