// SPDX-License-Identifier: GPL-2.0-only
//
// pikad's configuration: what it may say, and reading it. Knows nothing of what runs.
#ifndef PIKA_PIKAD_CONFIG_HH
#define PIKA_PIKAD_CONFIG_HH

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libpika/result.hh"
#include "libpika/stack.hh"

/// What a server has room for if nothing else is said: the kernel's own default, so
/// that a file without the key and a stack without the option are alike.
constexpr uint32_t default_max_conns = 16384;
/// Of a stack: pika.ko has no room for more.
constexpr size_t max_links = 16;

/// A [[stack]] of the file.
struct WantedStack {
  /// Name of the network namespace; empty: pikad's own.
  std::string netns;
  /// Cores are in the kernel's way of writing or empty: any; max_conns is a power of
  /// two; allow is never empty.
  pika::StackConfig config;
  /// It may be stopped, to be another, although programs hold sockets of it.
  bool force = false;
};

/// A whole file.
struct Config {
  /// At most one for each namespace.
  std::vector<WantedStack> stacks;
  /// Where metrics are served on loopback; 0: nowhere.
  uint16_t metrics_port = 0;
};

/// Reads a file's text.
///
/// \param file its name, for errors.
/// \return EINVAL with "FILE:LINE: what, expected what".
pika::Result<Config> parse_config(std::string_view text, const std::string& file);

/// Reads a file.
///
/// \return as parse_config(); or why it cannot be read, in the same form.
pika::Result<Config> read_config(const std::string& file);

#endif  // PIKA_PIKAD_CONFIG_HH
