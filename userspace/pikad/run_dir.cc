// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/run_dir.hh"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

namespace {

using pika::Descriptor;
using pika::Done;
using pika::Error;
using pika::Result;

constexpr char owned_name[] = "owned";

Error error_of(const std::string& path) { return {errno, path + ": " + strerror(errno)}; }

/// A line for each: 1 if by force, or 0, and the name, which may be empty.
std::string text_of(const Owned& owned) {
  std::string text;
  for (const auto& [netns, force] : owned) text += (force ? "1 " : "0 ") + netns + "\n";
  return text;
}

/// The process that has the lock, in words.
std::string holder(int lock) {
  char pid[16] = "";
  const ssize_t length = pread(lock, pid, sizeof(pid) - 1, 0);
  return length > 0 ? " (process " + std::to_string(std::atoi(pid)) + ")" : "";
}

}  // namespace

RunDir::RunDir() : folder_("/run/pika") {
  const char* given = std::getenv("RUNTIME_DIRECTORY");
  if (given && *given) folder_ = std::string(given, strcspn(given, ":"));
}

Result<Done> RunDir::lock() {
  if (mkdir(folder_.c_str(), 0755) < 0 && errno != EEXIST) return error_of(folder_);
  const std::string name = path("pikad.lock");
  Descriptor lock(open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return error_of(name);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) < 0) {
    if (errno != EWOULDBLOCK) return error_of(name);
    return Error{EBUSY, "a pikad runs already" + holder(lock.get()) +
                            ", expected one on a machine; " + name + " is its lock"};
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(lock.get(), 0) < 0 || pwrite(lock.get(), pid.data(), pid.size(), 0) < 0)
    return error_of(name);
  lock_ = std::move(lock);
  return Done{};
}

Owned RunDir::owned() const {
  Owned owned;
  std::ifstream stream(path(owned_name));
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with("0 ") || line.starts_with("1 ")) owned[line.substr(2)] = line[0] == '1';
  return owned;
}

/// By another file that is put in its place, so that a crash leaves the one or the other.
Result<Done> RunDir::note(const Owned& owned) {
  const std::string text = text_of(owned);
  if (text == noted_) return Done{};
  const std::string name = path(owned_name);
  const std::string fresh = name + ".new";
  std::ofstream stream(fresh, std::ios::trunc);
  stream << text;
  stream.close();
  if (!stream || rename(fresh.c_str(), name.c_str()) < 0) return error_of(name);
  noted_ = text;
  return Done{};
}
