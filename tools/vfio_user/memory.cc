// SPDX-License-Identifier: GPL-2.0-only

#include "tools/vfio_user/memory.hh"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>

namespace pika::vfio_user {

/// Whoever may cut a file may make us fault. The signal has no other way to find out
/// whose memory it was than a list of all that there are; it comes in the middle of an
/// access, never while the list changes.
struct Memory::Guard {
  static inline std::vector<Memory*> all;
  static inline struct sigaction before;

  static void on_bus_error(int, siginfo_t* info, void*) {
    for (Memory* memory : all)
      if (memory->replace_torn(info->si_addr)) return;
    // Not ours: let it come again, to whom it came before.
    sigaction(SIGBUS, &before, nullptr);
  }

  static void install() {
    struct sigaction ours {};
    ours.sa_sigaction = on_bus_error;
    ours.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGBUS, &ours, &before);
  }
};

Memory::Memory() {
  if (Guard::all.empty()) Guard::install();
  Guard::all.push_back(this);
}

Memory::~Memory() {
  unmap_all();
  std::erase(Guard::all, this);
  if (Guard::all.empty()) sigaction(SIGBUS, &Guard::before, nullptr);
}

namespace {

bool is_inside(const Range& range, const Descriptor& file) {
  struct stat status {};
  if (fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode)) return false;
  const auto length = static_cast<uint64_t>(status.st_size);
  return range.file_offset <= length && range.size <= length - range.file_offset;
}

}  // namespace

/// Returns: false if that cannot be mapped.
bool Memory::map_file(const Range& range, const Descriptor& file, Mapping& mapping) {
  if (!is_inside(range, file)) return false;
  const int access = (range.readable ? PROT_READ : 0) | (range.writeable ? PROT_WRITE : 0);
  void* pages = mmap(nullptr, range.size, access, MAP_SHARED, file.get(),
                     static_cast<off_t>(range.file_offset));
  if (pages == MAP_FAILED) return false;
  mapping.bytes = static_cast<std::byte*>(pages);
  return true;
}

int Memory::map(const Range& range, const Descriptor& file) {
  if (range.size == 0 || range.size - 1 > std::numeric_limits<uint64_t>::max() - range.address)
    return EINVAL;
  if (mappings_.size() >= max_ranges) return ENOSPC;
  Mapping mapping{.first = range.address,
                  .last = range.address + range.size - 1,
                  .bytes = nullptr,
                  .readable = range.readable,
                  .writeable = range.writeable};
  const auto next = std::find_if(mappings_.begin(), mappings_.end(),
                                 [&](const Mapping& each) { return each.last >= mapping.first; });
  if (next != mappings_.end() && next->first <= mapping.last) return EEXIST;
  if (file && !map_file(range, file, mapping)) return EINVAL;
  mappings_.insert(next, mapping);
  recent_ = 0;
  return 0;
}

int Memory::unmap(uint64_t address, uint64_t size) {
  const auto found = std::find_if(mappings_.begin(), mappings_.end(), [&](const Mapping& each) {
    return each.first == address && each.size() == size;
  });
  if (found == mappings_.end()) return ENOENT;
  release(*found);
  mappings_.erase(found);
  recent_ = 0;
  return 0;
}

void Memory::unmap_all() {
  for (const Mapping& each : mappings_) release(each);
  mappings_.clear();
  recent_ = 0;
  torn_ = 0;
}

void Memory::release(const Mapping& mapping) {
  if (mapping.bytes) munmap(mapping.bytes, mapping.size());
}

/// Called by a signal. Pages may be huge, so the whole mapping is replaced.
bool Memory::replace_torn(const void* fault) {
  const auto* at = static_cast<const std::byte*>(fault);
  for (const Mapping& each : mappings_) {
    if (!each.bytes || at < each.bytes || at >= each.bytes + each.size()) continue;
    torn_ = 1;
    return mmap(each.bytes, each.size(), PROT_READ | PROT_WRITE,
                MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED;
  }
  return false;
}

const Memory::Mapping* Memory::find(uint64_t address) const {
  if (recent_ < mappings_.size() && mappings_[recent_].has(address)) return &mappings_[recent_];
  for (size_t i = 0; i < mappings_.size(); i++) {
    if (!mappings_[i].has(address)) continue;
    recent_ = i;
    return &mappings_[i];
  }
  return nullptr;
}

/// Calls @p copy with each piece of memory in turn, and how much came before it.
///
/// Returns: false at the first byte that is not allowed.
template <class Copy>
bool Memory::each_piece(uint64_t address, size_t size, bool Mapping::*allowed, Copy copy) const {
  size_t done = 0;
  while (done < size) {
    const Mapping* mapping = find(address + done);
    if (!mapping || !mapping->bytes || !(mapping->*allowed)) return false;
    const uint64_t offset = address + done - mapping->first;
    const size_t part = std::min<uint64_t>(size - done, mapping->size() - offset);
    copy(mapping->bytes + offset, done, part);
    done += part;
    if (done < size && mapping->last == std::numeric_limits<uint64_t>::max()) return false;
  }
  return true;
}

bool Memory::read(uint64_t address, Bytes to) const {
  return each_piece(address, to.size(), &Mapping::readable,
                    [&](const std::byte* at, size_t done, size_t part) {
                      std::memcpy(to.data() + done, at, part);
                    });
}

bool Memory::write(uint64_t address, ConstBytes from) {
  const auto nothing = [](const std::byte*, size_t, size_t) {};
  // What is written in one piece is checked by writing it.
  const Mapping* mapping = find(address);
  const bool whole = mapping && from.size() <= mapping->size() - (address - mapping->first);
  if (!whole && !each_piece(address, from.size(), &Mapping::writeable, nothing)) return false;
  return each_piece(
      address, from.size(), &Mapping::writeable,
      [&](std::byte* at, size_t done, size_t part) { std::memcpy(at, from.data() + done, part); });
}

}  // namespace pika::vfio_user
