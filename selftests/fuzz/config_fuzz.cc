// SPDX-License-Identifier: GPL-2.0-only
//
// pikad's configuration: whatever the text is, it is read, or refused in one line that
// names a line of the file; and what is read fits the kernel's limits.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "pikad/config.hh"
#include "pikad/cpu_list.hh"
#include "pikad/plan.hh"

namespace {

void check(bool holds) {
  if (!holds) abort();
}

void check_refusal(const std::string& text) {
  check(text.starts_with("file:") && text.size() < 500);
  size_t end = 0;
  check(std::stoul(text.substr(5), &end) >= 1 && text.substr(5 + end, 2) == ": ");
  check(text.find(" expected ") != text.npos);
  for (const char c : text) check(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
}

void check_stack(const WantedStack& stack) {
  const pika::StackConfig& config = stack.config;
  check(stack.netns.find('/') == stack.netns.npos && stack.netns.size() < 256);
  check(config.composition.size() < 256 && !config.composition.empty());
  check(config.links.size() < 256 && !names_in(config.links).empty());
  check(config.cores.empty() || format_cpus(*parse_cpus(config.cores)) == config.cores);
  check(config.max_conns >= 256 && config.max_conns <= 1048576);
  check(!config.allow.empty() && config.allow.size() < 256);
  check(compare(config, config).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config = parse_config({reinterpret_cast<const char*>(data), size}, "file");
  if (!config) {
    check_refusal(config.error().text);
    return 0;
  }
  for (const WantedStack& stack : config->stacks) check_stack(stack);
  return 0;
}
