// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/http.hh"

namespace {

std::string respond(const char* status, const std::string& type, const std::string& body) {
  return std::string("HTTP/1.1 ") + status + "\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
         body;
}

std::string refuse(const char* status, const std::string& why) {
  return respond(status, "text/plain; charset=utf-8", why + "\n");
}

std::string known_paths(const Pages& pages) {
  std::string text;
  for (const auto& [path, page] : pages) text += (text.empty() ? "" : " or ") + path;
  return text;
}

}  // namespace

bool is_complete(std::string_view request) {
  return request.find("\r\n\r\n") != request.npos || request.find("\n\n") != request.npos ||
         request.size() >= request_most;
}

std::string answer(std::string_view request, const Pages& pages) {
  const std::string_view line = request.substr(0, request.find_first_of("\r\n"));
  const size_t first = line.find(' ');
  const size_t second = first == line.npos ? first : line.find(' ', first + 1);
  if (request.size() >= request_most || second == line.npos ||
      !line.substr(second + 1).starts_with("HTTP/1."))
    return refuse("400 Bad Request", "expected GET PATH HTTP/1.1");
  if (line.substr(0, first) != "GET") return refuse("405 Method Not Allowed", "expected GET");
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const auto page = pages.find(std::string(target.substr(0, target.find('?'))));
  if (page == pages.end()) return refuse("404 Not Found", "expected " + known_paths(pages));
  return respond("200 OK", page->second.type, page->second.make());
}
