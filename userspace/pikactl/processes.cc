// SPDX-License-Identifier: GPL-2.0-only

#include "pikactl/processes.hh"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>

namespace {

namespace fs = std::filesystem;

template <class T>
std::optional<T> number(const std::string& text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

/// Of a link as /proc/PID/fd has them; nothing if it is to no socket.
std::optional<uint64_t> inode_of(const fs::path& link) {
  const std::string prefix = "socket:[";
  std::error_code error;
  const std::string target = fs::read_symlink(link, error).string();
  if (error || !target.starts_with(prefix) || !target.ends_with(']')) return {};
  return number<uint64_t>(target.substr(prefix.size(), target.size() - prefix.size() - 1));
}

void add_sockets(const fs::path& process, uint32_t pid, Processes& processes) {
  std::error_code error;
  for (fs::directory_iterator fd(process / "fd", error), end; !error && fd != end;
       fd.increment(error)) {
    const auto inode = inode_of(fd->path());
    if (!inode) continue;
    auto& pids = processes[*inode];
    if (std::find(pids.begin(), pids.end(), pid) == pids.end()) pids.push_back(pid);
  }
}

}  // namespace

Processes find_processes(const fs::path& proc) {
  Processes processes;
  std::error_code error;
  for (fs::directory_iterator entry(proc, error), end; !error && entry != end;
       entry.increment(error))
    if (const auto pid = number<uint32_t>(entry->path().filename().string()))
      add_sockets(entry->path(), *pid, processes);
  for (auto& [inode, pids] : processes) std::sort(pids.begin(), pids.end());
  return processes;
}
