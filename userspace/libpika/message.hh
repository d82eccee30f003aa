// SPDX-License-Identifier: GPL-2.0-only
//
// Netlink messages: who frees one, and reading the attributes of a reply.
#ifndef PIKA_LIBPIKA_MESSAGE_HH
#define PIKA_LIBPIKA_MESSAGE_HH

#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <uapi/linux/pika.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "libpika/page.hh"
#include "libpika/result.hh"

namespace pika {

struct FreeMessage {
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, FreeMessage>;

/// What is known of attributes, or the attributes themselves, by number.
template <int max>
using Policy = std::array<nla_policy, max + 1>;
template <int max>
using Attributes = std::array<nlattr*, max + 1>;

/// The attributes of a reply to @p operation; those from @p first to @p last must be there.
template <int max>
Result<Attributes<max>> parse_attributes(nlmsghdr* reply, const char* operation,
                                         const Policy<max>& policy, int first, int last) {
  Attributes<max> attributes{};
  Policy<max> known = policy;  // libnl wants it writable
  if (genlmsg_parse(reply, 0, attributes.data(), max, known.data()) < 0)
    return Error{EBADMSG, std::string("pika.ko: malformed reply to ") + operation};
  for (int number = first; number <= last; number++)
    if (!attributes[static_cast<size_t>(number)])
      return Error{EBADMSG, std::string("pika.ko: reply to ") + operation + " lacks attribute " +
                                std::to_string(number)};
  return attributes;
}

/// Calls @p f for each attribute of @p type: there may be many, of which parsing keeps one.
/// @return false as soon as @p f does
template <class F>
bool each_attribute(nlmsghdr* reply, int type, F f) {
  auto* header = static_cast<genlmsghdr*>(nlmsg_data(reply));
  nlattr* each = nullptr;
  int left = 0;
  nla_for_each_attr(each, genlmsg_attrdata(header, 0), genlmsg_attrlen(header, 0),
                    left) if (nla_type(each) == type && !f(each)) return false;
  return true;
}

/// The attributes that ask for a page and that bring it, and words for what is wrong.
struct PageFormat {
  const char* operation;
  const char* thing;
  /// In the request.
  int abi;
  /// In both.
  int cursor;
  /// One of the things.
  int nest;
};

/// Asks for a page.
///
/// \param cursor of the page before; 0: from the beginning.
/// \return false if there is no room.
inline bool put_page_request(nl_msg* request, const PageFormat& format, uint64_t cursor) {
  return nla_put_u32(request, format.abi, PIKA_ABI) == 0 &&
         nla_put_u64(request, format.cursor, cursor) == 0;
}

/// Reads a page, whose things @p parse reads.
///
/// \return EBADMSG if that returns nothing for one, or an attribute is short or of another type.
template <int max, class T>
Result<Page<T>> parse_page(nlmsghdr* reply, const PageFormat& format,
                           std::optional<T> (*parse)(nlattr* nest)) {
  Policy<max> policy{};
  policy[static_cast<size_t>(format.cursor)].type = NLA_U64;
  policy[static_cast<size_t>(format.nest)].type = NLA_NESTED;
  const auto parsed = parse_attributes<max>(reply, format.operation, policy, 1, 0);
  if (!parsed) return parsed.error();
  Page<T> page;
  if (nlattr* cursor = (*parsed)[static_cast<size_t>(format.cursor)])
    page.cursor = nla_get_u64(cursor);
  const auto add = [&page, parse](nlattr* nest) {
    auto thing = parse(nest);
    if (thing) page.all.push_back(std::move(*thing));
    return thing.has_value();
  };
  if (each_attribute(reply, format.nest, add)) return page;
  return Error{EBADMSG, std::string("pika.ko: malformed ") + format.thing + " in a reply to " +
                            format.operation};
}

}  // namespace pika

#endif  // PIKA_LIBPIKA_MESSAGE_HH
