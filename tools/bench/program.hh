// SPDX-License-Identifier: GPL-2.0-only
//
// What the benchmark programs have in common: how they fail and write their results.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace bench {

/// Exit status 2: wrong arguments.
inline int parsed_run(int (*run)(CLI::App&, int, char**), int argc, char** argv) {
  CLI::App app;
  try {
    return run(app, argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
}

/// Calls @p run with its command line's parser; exit status 1 and a line if it throws.
inline int main_of(const char* name, int (*run)(CLI::App&, int, char**), int argc, char** argv) {
  try {
    return parsed_run(run, argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", name, e.what());
    return 1;
  }
}

inline void write_json(const std::string& file, const nlohmann::json& results) {
  if (!(std::ofstream(file) << results.dump(2) << '\n'))
    throw std::runtime_error(file + ": cannot be written");
}

}  // namespace bench
