// SPDX-License-Identifier: GPL-2.0-only

#include "pikactl/output.hh"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace {

bool wants_colour() {
  const char* no = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && !(no && *no) && terminal && std::string(terminal) != "dumb";
}

std::string emphasized(const std::string& line) {
  const size_t end = line.find(' ');
  if (end == 0 || line.empty()) return line;
  return "\033[1m" + line.substr(0, end) + "\033[0m" +
         (end == std::string::npos ? "" : line.substr(end));
}

}  // namespace

void put(const std::string& lines) {
  static const bool colour = wants_colour();
  if (!colour) {
    std::fputs(lines.c_str(), stdout);
    return;
  }
  std::istringstream stream(lines);
  for (std::string line; std::getline(stream, line);)
    std::fputs((emphasized(line) + "\n").c_str(), stdout);
}
