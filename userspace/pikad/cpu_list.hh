// SPDX-License-Identifier: GPL-2.0-only
//
// Lists of CPUs as the kernel writes them: 0-3,8. Pure.
#ifndef PIKA_PIKAD_CPU_LIST_HH
#define PIKA_PIKAD_CPU_LIST_HH

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

using CpuSet = std::set<uint32_t>;

/// More than any kernel of Debian's has.
constexpr uint32_t cpu_limit = 8192;

/// \return nothing if it is not a list of CPUs below cpu_limit, or an empty one.
std::optional<CpuSet> parse_cpus(std::string_view text);

/// In the way in which the kernel would write it.
std::string format_cpus(const CpuSet& cpus);

#endif  // PIKA_PIKAD_CPU_LIST_HH
