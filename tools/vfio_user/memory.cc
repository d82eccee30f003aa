// SPDX-License-Identifier: GPL-2.0-only

#include "tools/vfio_user/memory.hh"

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <limits>

namespace pika::vfio_user {
namespace {

/// Whoever may cut a file may make us fault. Copying from or to one is left by a jump then:
/// to put other pages there instead is not always possible.
class Guard {
 public:
  static void enter() {
    if (users_++ > 0) return;
    struct sigaction ours {};
    ours.sa_handler = on_bus_error;
    // The jump does not put the mask back.
    ours.sa_flags = SA_NODEFER;
    sigaction(SIGBUS, &ours, &before_);
  }

  static void leave() {
    if (--users_ == 0) sigaction(SIGBUS, &before_, nullptr);
  }

  /// As memcpy().
  ///
  /// Returns: false if pages were missing; some of it is copied then.
  static bool copy(std::byte* to, const std::byte* from, size_t size) {
    if (sigsetjmp(back_, 0)) {
      copying_ = 0;
      return false;
    }
    copying_ = 1;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::memcpy(to, from, size);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    copying_ = 0;
    return true;
  }

 private:
  static void on_bus_error(int) {
    if (copying_) siglongjmp(back_, 1);
    // Not ours: let it come again, to whom it came before.
    sigaction(SIGBUS, &before_, nullptr);
  }

  static inline unsigned users_ = 0;
  static inline struct sigaction before_;
  static inline sigjmp_buf back_;
  static inline volatile std::sig_atomic_t copying_ = 0;
};

/// Of memory that @p file is.
uint64_t page_size(const Descriptor& file) {
  struct statfs status {};
  if (fstatfs(file.get(), &status) == 0 && status.f_type == HUGETLBFS_MAGIC)
    return static_cast<uint64_t>(status.f_bsize);
  return static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

bool is_inside(const Range& range, const Descriptor& file) {
  struct stat status {};
  if (fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode)) return false;
  const auto length = static_cast<uint64_t>(status.st_size);
  return range.file_offset <= length && range.size <= length - range.file_offset;
}

}  // namespace

Memory::Memory() { Guard::enter(); }

Memory::~Memory() {
  unmap_all();
  Guard::leave();
}

/// Huge pages are mapped whole, as they can be unmapped only so.
///
/// Returns: false if that cannot be mapped.
bool Memory::map_file(const Range& range, const Descriptor& file, Mapping& mapping) {
  if (range.file_offset % min_page) return false;
  const uint64_t page = page_size(file);
  const uint64_t before = range.file_offset % page;
  mapping.mapped = (before + range.size + page - 1) / page * page;
  const int access = (range.readable ? PROT_READ : 0) | (range.writeable ? PROT_WRITE : 0);
  void* pages = mmap(nullptr, mapping.mapped, access, MAP_SHARED, file.get(),
                     static_cast<off_t>(range.file_offset - before));
  if (pages == MAP_FAILED) return false;
  mapping.pages = static_cast<std::byte*>(pages);
  mapping.bytes = mapping.pages + before;
  return true;
}

int Memory::map(const Range& range, const Descriptor& file) {
  if (range.size == 0 || range.size - 1 > std::numeric_limits<uint64_t>::max() - range.address)
    return EINVAL;
  if (mappings_.size() >= max_ranges) return ENOSPC;
  if (file && !is_inside(range, file)) return EINVAL;
  if (file && range.size > max_bytes - mapped_) return ENOSPC;
  Mapping mapping{.first = range.address,
                  .last = range.address + range.size - 1,
                  .readable = range.readable,
                  .writeable = range.writeable};
  const auto next = std::find_if(mappings_.begin(), mappings_.end(),
                                 [&](const Mapping& each) { return each.last >= mapping.first; });
  if (next != mappings_.end() && next->first <= mapping.last) return EEXIST;
  if (file && !map_file(range, file, mapping)) return EINVAL;
  mappings_.insert(next, mapping);
  mapped_ += mapping.mapped;
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
  torn_ = false;
}

void Memory::release(const Mapping& mapping) {
  if (mapping.pages) munmap(mapping.pages, mapping.mapped);
  mapped_ -= mapping.mapped;
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
/// Returns: false at the first byte that is not allowed, or at what @p copy refuses.
template <class Copy>
bool Memory::each_piece(uint64_t address, size_t size, bool Mapping::*allowed, Copy copy) const {
  size_t done = 0;
  while (done < size) {
    const Mapping* mapping = find(address + done);
    if (!mapping || !mapping->bytes || !(mapping->*allowed)) return false;
    const uint64_t offset = address + done - mapping->first;
    const size_t part = std::min<uint64_t>(size - done, mapping->size() - offset);
    if (!copy(mapping->bytes + offset, done, part)) return false;
    done += part;
    if (done < size && mapping->last == std::numeric_limits<uint64_t>::max()) return false;
  }
  return true;
}

bool Memory::copy(std::byte* to, const std::byte* from, size_t size) const {
  if (!torn_) torn_ = !Guard::copy(to, from, size);
  return !torn_;
}

bool Memory::read(uint64_t address, Bytes to) const {
  return each_piece(address, to.size(), &Mapping::readable,
                    [&](const std::byte* at, size_t done, size_t part) {
                      return copy(to.data() + done, at, part);
                    });
}

bool Memory::write(uint64_t address, ConstBytes from) {
  const auto nothing = [](const std::byte*, size_t, size_t) { return true; };
  // What is written in one piece is checked by writing it.
  const Mapping* mapping = find(address);
  const bool whole = mapping && from.size() <= mapping->size() - (address - mapping->first);
  if (!whole && !each_piece(address, from.size(), &Mapping::writeable, nothing)) return false;
  return each_piece(
      address, from.size(), &Mapping::writeable,
      [&](std::byte* at, size_t done, size_t part) { return copy(at, from.data() + done, part); });
}

}  // namespace pika::vfio_user
