// SPDX-License-Identifier: GPL-2.0-only
//
// A guest's memory by the addresses that its devices use: pieces of files that the
// client hands over, mapped here. Bounds are checked at each access, as addresses come
// from a guest that may say anything.
#ifndef PIKA_VFIO_USER_MEMORY_HH
#define PIKA_VFIO_USER_MEMORY_HH

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
  /// or not inside the file; EEXIST where another range is; ENOSPC for too many, or 16 TiB
  /// of them.
  int map(const Range& range, const Descriptor& file);

  /// Returns: ENOENT if no range begins at @p address and has @p size.
  int unmap(uint64_t address, uint64_t size);
  void unmap_all();

  /// Copies, also across ranges that follow each other.
  ///
  /// Returns: false if not all of it may be read; @p to is then undefined.
  bool read(uint64_t address, Bytes to) const;

  /// Returns: false if not all of it may be written; nothing was written then, unless
  /// is_torn().
  bool write(uint64_t address, ConstBytes from);

  /// The owner of a file took away what was mapped of it. Nothing can be accessed from
  /// then on, until all is unmapped.
  bool is_torn() const { return torn_; }

 private:
  static constexpr size_t max_ranges = 1024;
  static constexpr uint64_t max_bytes = uint64_t{1} << 44;  ///< our own need room beside them
  static constexpr uint64_t min_page = 4096;

  struct Mapping {
    uint64_t first;
    uint64_t last;               ///< the last byte's address, as an end may not fit
    std::byte* bytes = nullptr;  ///< of first; nullptr: cannot be accessed
    std::byte* pages = nullptr;  ///< where they are
    uint64_t mapped = 0;         ///< bytes, of the pages
    bool readable;
    bool writeable;

    bool has(uint64_t address) const { return first <= address && address <= last; }
    size_t size() const { return last - first + 1; }
  };

  const Mapping* find(uint64_t address) const;
  template <class Copy>
  bool each_piece(uint64_t address, size_t size, bool Mapping::*allowed, Copy copy) const;
  static bool map_file(const Range& range, const Descriptor& file, Mapping& mapping);
  void release(const Mapping& mapping);
  bool copy(std::byte* to, const std::byte* from, size_t size) const;

  std::vector<Mapping> mappings_;  ///< by address
  uint64_t mapped_ = 0;            ///< bytes
  mutable size_t recent_ = 0;      ///< where the last access was
  mutable bool torn_ = false;
};

}  // namespace pika::vfio_user

#endif  // PIKA_VFIO_USER_MEMORY_HH
