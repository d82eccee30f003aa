// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/cpu_list.hh"

#include <charconv>

namespace {

std::optional<uint32_t> parse_cpu(std::string_view text) {
  uint32_t cpu = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc() || end != text.data() + text.size() || cpu >= cpu_limit) return {};
  return cpu;
}

bool add_range(std::string_view text, CpuSet& cpus) {
  const size_t dash = text.find('-');
  const auto first = parse_cpu(text.substr(0, dash));
  const auto last = dash == text.npos ? first : parse_cpu(text.substr(dash + 1));
  if (!first || !last || *first > *last) return false;
  for (uint32_t cpu = *first; cpu <= *last; cpu++) cpus.insert(cpu);
  return true;
}

std::string format_range(uint32_t first, uint32_t last) {
  return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
}

}  // namespace

std::optional<CpuSet> parse_cpus(std::string_view text) {
  CpuSet cpus;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t comma = std::min(text.find(',', begin), text.size());
    if (!add_range(text.substr(begin, comma - begin), cpus)) return {};
    begin = comma + 1;
  }
  return cpus;
}

std::string format_cpus(const CpuSet& cpus) {
  std::string text;
  for (auto first = cpus.begin(); first != cpus.end();) {
    uint32_t last = *first;
    const uint32_t begin = *first;
    while (++first != cpus.end() && *first == last + 1) last++;
    text += (text.empty() ? "" : ",") + format_range(begin, last);
  }
  return text;
}
