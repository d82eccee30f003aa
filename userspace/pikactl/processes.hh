// SPDX-License-Identifier: GPL-2.0-only
//
// Which processes hold which sockets, as /proc tells whoever asks: of other users'
// processes only root is told.
#ifndef PIKA_PIKACTL_PROCESSES_HH
#define PIKA_PIKACTL_PROCESSES_HH

#include <cstdint>
#include <filesystem>
#include <unordered_map>
#include <vector>

/// Process numbers, in order, by socket inode.
using Processes = std::unordered_map<uint64_t, std::vector<uint32_t>>;

/// Looks through all processes; one that ends meanwhile may be missed.
Processes find_processes(const std::filesystem::path& proc = "/proc");

#endif  // PIKA_PIKACTL_PROCESSES_HH
