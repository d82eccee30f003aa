// SPDX-License-Identifier: GPL-2.0-only
//
// What pikactl and pikad have in common as programs: how they read their command line,
// how they fail, and that output which nobody could take is a failure.
#ifndef PIKA_PROGRAM_HH
#define PIKA_PROGRAM_HH

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <string>

#include "libpika/result.hh"

namespace pika {

enum ExitStatus { exit_ok = 0, exit_failed = 1, exit_usage = 2 };

inline int report(const std::string& program, const Error& error) {
  std::fprintf(stderr, "%s: %s\n", program.c_str(), error.text.c_str());
  return exit_failed;
}

inline int usage_error(const std::string& program, const std::string& reason) {
  std::fprintf(stderr, "%s: %s; see %s --help\n", program.c_str(), reason.c_str(), program.c_str());
  return exit_usage;
}

/// @return the status to end with, if help was asked for or the command line is wrong.
inline std::optional<int> parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return usage_error(app.get_name(), error.what());
  }
  if (const auto extras = app.remaining(true); !extras.empty())
    return usage_error(app.get_name(), extras.front() + ": no such command or option");
  return {};
}

/// Calls @p run; a line and status 1 if it throws, or its output could not be written.
inline int main_of(const char* program, int (*run)(int, char**), int argc, char** argv) {
  try {
    const int status = run(argc, argv);
    if (std::fflush(stdout) == 0 && !std::ferror(stdout)) return status;
    std::fprintf(stderr, "%s: standard output: %s\n", program, std::strerror(errno));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
  }
  return exit_failed;
}

}  // namespace pika

#endif  // PIKA_PROGRAM_HH
