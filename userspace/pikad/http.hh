// SPDX-License-Identifier: GPL-2.0-only
//
// The little of HTTP/1 that a collector of metrics and curl(1) need: GET, one request
// for each connection. Pure.
#ifndef PIKA_PIKAD_HTTP_HH
#define PIKA_PIKAD_HTTP_HH

#include <functional>
#include <map>
#include <string>
#include <string_view>

/// Something that may be asked for.
struct Page {
  std::string type;
  std::function<std::string()> make;
};
/// By path.
using Pages = std::map<std::string, Page>;

/// A request may not be longer.
constexpr size_t request_most = 4096;

/// Is the request, as far as it has come, complete, or too long ever to be?
bool is_complete(std::string_view request);

/// The whole answer, with its header.
std::string answer(std::string_view request, const Pages& pages);

#endif  // PIKA_PIKAD_HTTP_HH
