// SPDX-License-Identifier: GPL-2.0-only
//
// A guest's memory by the addresses that its devices use: pieces of files that the
// client hands over, mapped here. Bounds are checked at each access, as addresses come
// from a guest that may say anything.
#ifndef PIKA_VFIO_USER_MEMORY_HH
#define PIKA_VFIO_USER_MEMORY_HH

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "libpika/descriptor.hh"
#include "tools/vfio_user/device.hh"

namespace pika::vfio_user {

/// One mapping as a client asks for it.
struct Range {
  uint64_t address = 0;
  uint64_t size = 0;
  uint64_t file_offset = 0;
  bool readable = false;
  bool writeable = false;
};

/// On one thread.
class Memory {
 public:
  Memory();
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /// Maps @p range of @p file. Without a file the range is known and cannot be accessed.
  ///
  /// Returns: 0 or an errno: EINVAL for what has no size, wraps, is not aligned to pages
  /// or not inside the file; EEXIST where another range is; ENOSPC for too many.
  int map(const Range& range, const Descriptor& file);

  /// Returns: ENOENT if no range begins at @p address and has @p size.
  int unmap(uint64_t address, uint64_t size);
  void unmap_all();

  /// Copies, also across ranges that follow each other.
  ///
  /// Returns: false if not all of it may be read; @p to is then undefined.
  bool read(uint64_t address, Bytes to) const;

  /// Returns: false if not all of it may be written; nothing was written then.
  bool write(uint64_t address, ConstBytes from);

  /// The owner of a file took away what was mapped of it. What was there reads as
  /// zeroes from then on.
  bool is_torn() const { return torn_; }

 private:
  static constexpr size_t max_ranges = 1024;

  struct Mapping {
    uint64_t first;
    uint64_t last;     ///< the last byte's address, as an end may not fit
    std::byte* bytes;  ///< nullptr: cannot be accessed
    bool readable;
    bool writeable;

    bool has(uint64_t address) const { return first <= address && address <= last; }
    size_t size() const { return last - first + 1; }
  };
  struct Guard;

  const Mapping* find(uint64_t address) const;
  template <class Copy>
  bool each_piece(uint64_t address, size_t size, bool Mapping::*allowed, Copy copy) const;
  static bool map_file(const Range& range, const Descriptor& file, Mapping& mapping);
  static void release(const Mapping& mapping);
  bool replace_torn(const void* fault);

  std::vector<Mapping> mappings_;  ///< by address
  mutable size_t recent_ = 0;      ///< where the last access was
  volatile std::sig_atomic_t torn_ = 0;
};

}  // namespace pika::vfio_user

#endif  // PIKA_VFIO_USER_MEMORY_HH
