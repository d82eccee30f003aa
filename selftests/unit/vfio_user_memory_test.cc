// SPDX-License-Identifier: GPL-2.0-only

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

#include "tools/vfio_user/memory.hh"

namespace {

using pika::Descriptor;
using pika::vfio_user::Memory;
using pika::vfio_user::Range;

constexpr uint64_t page = 4096;
constexpr uint64_t top = std::numeric_limits<uint64_t>::max();

Descriptor make_file(uint64_t size) {
  Descriptor file(memfd_create("memory_test", MFD_CLOEXEC));
  EXPECT_EQ(ftruncate(file.get(), static_cast<off_t>(size)), 0);
  return file;
}

Range range(uint64_t address, uint64_t size, uint64_t offset = 0) {
  return {
      .address = address, .size = size, .file_offset = offset, .readable = true, .writeable = true};
}

bool put(Memory& memory, uint64_t address, const std::string& text) {
  return memory.write(address, std::as_bytes(std::span(text)));
}

/// "!" if it cannot be read.
std::string get(const Memory& memory, uint64_t address, size_t size) {
  std::string text(size, '?');
  return memory.read(address, std::as_writable_bytes(std::span(text))) ? text : "!";
}

TEST(vfio_user_memory, what_is_written_is_in_the_file_at_its_offset) {
  Memory memory;
  const Descriptor file = make_file(4 * page);
  ASSERT_EQ(memory.map(range(0x10000, page, 2 * page), file), 0);
  ASSERT_TRUE(put(memory, 0x10010, "hello"));
  std::string text(5, '?');
  ASSERT_EQ(pread(file.get(), text.data(), 5, 2 * page + 0x10), 5);
  EXPECT_EQ(text, "hello");
  EXPECT_EQ(get(memory, 0x10010, 5), "hello");
}

TEST(vfio_user_memory, nothing_outside_is_read_or_written) {
  Memory memory;
  const Descriptor file = make_file(page);
  ASSERT_EQ(memory.map(range(0x10000, page), file), 0);
  EXPECT_EQ(get(memory, 0xffff, 1), "!");
  EXPECT_EQ(get(memory, 0x10fff, 1), std::string(1, '\0'));
  EXPECT_EQ(get(memory, 0x10fff, 2), "!");
  EXPECT_EQ(get(memory, 0x11000, 1), "!");
  EXPECT_EQ(get(memory, top, 2), "!");
  EXPECT_EQ(get(memory, 0x10800, 0x10000), "!");
  EXPECT_FALSE(put(memory, 0x10ffe, "abcd"));
  EXPECT_EQ(get(memory, 0x10ffe, 2), std::string(2, '\0')) << "no part of it was written";
}

TEST(vfio_user_memory, an_access_spans_ranges_that_follow_each_other) {
  Memory memory;
  const Descriptor file = make_file(2 * page);
  // In the file they are the other way round.
  ASSERT_EQ(memory.map(range(0x11000, page, 0), file), 0);
  ASSERT_EQ(memory.map(range(0x10000, page, page), file), 0);
  ASSERT_TRUE(put(memory, 0x10ffe, "abcd"));
  EXPECT_EQ(get(memory, 0x10ffe, 4), "abcd");
  EXPECT_EQ(get(memory, 0x11000, 2), "cd");
  EXPECT_EQ(memory.unmap(0x11000, page), 0);
  EXPECT_EQ(get(memory, 0x10ffe, 4), "!");
  EXPECT_EQ(get(memory, 0x10ffe, 2), "ab");
}

TEST(vfio_user_memory, overlaps_are_refused_and_neighbours_are_not) {
  Memory memory;
  const Descriptor file = make_file(4 * page);
  ASSERT_EQ(memory.map(range(2 * page, 2 * page), file), 0);
  EXPECT_EQ(memory.map(range(2 * page, 2 * page), file), EEXIST);
  EXPECT_EQ(memory.map(range(3 * page, 2 * page), file), EEXIST);
  EXPECT_EQ(memory.map(range(page, 2 * page), file), EEXIST);
  EXPECT_EQ(memory.map(range(page, 4 * page), file), EEXIST);
  EXPECT_EQ(memory.map(range(page, page), file), 0);
  EXPECT_EQ(memory.map(range(4 * page, page), file), 0);
}

TEST(vfio_user_memory, sizes_and_offsets_must_make_sense) {
  Memory memory;
  const Descriptor file = make_file(2 * page);
  EXPECT_EQ(memory.map(range(0, 0), file), EINVAL);
  EXPECT_EQ(memory.map(range(top - page + 2, page), file), EINVAL) << "wraps";
  EXPECT_EQ(memory.map(range(0, 3 * page), file), EINVAL) << "more than the file has";
  EXPECT_EQ(memory.map(range(0, 2 * page, page), file), EINVAL);
  EXPECT_EQ(memory.map(range(0, page, 3 * page), file), EINVAL);
  EXPECT_EQ(memory.map(range(0, page, 1), file), EINVAL) << "not aligned";
  EXPECT_EQ(memory.map(range(0, page, top & ~(page - 1)), file), EINVAL);
  EXPECT_EQ(memory.map(range(0, top), file), EINVAL);
  EXPECT_EQ(memory.map(range(top - page + 1, page), file), 0) << "the last page that there is";
  EXPECT_TRUE(put(memory, top, "z"));
  EXPECT_EQ(get(memory, top, 1), "z");
  EXPECT_EQ(get(memory, top, 2), "!");
}

TEST(vfio_user_memory, only_files_can_be_mapped) {
  Memory memory;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Descriptor read_end(ends[0]), write_end(ends[1]);
  EXPECT_EQ(memory.map(range(0, page), read_end), EINVAL);
}

TEST(vfio_user_memory, a_range_without_a_file_takes_its_place_and_cannot_be_used) {
  Memory memory;
  ASSERT_EQ(memory.map(range(0, page), Descriptor()), 0);
  EXPECT_EQ(get(memory, 0, 1), "!");
  EXPECT_FALSE(put(memory, 0, "a"));
  EXPECT_EQ(memory.map(range(0, page), Descriptor()), EEXIST);
  EXPECT_EQ(memory.unmap(0, page), 0);
}

TEST(vfio_user_memory, rights_are_kept) {
  Memory memory;
  const Descriptor file = make_file(2 * page);
  Range only = range(0, page);
  only.writeable = false;
  ASSERT_EQ(memory.map(only, file), 0);
  only = range(page, page, page);
  only.readable = false;
  ASSERT_EQ(memory.map(only, file), 0);
  EXPECT_FALSE(put(memory, 0, "a"));
  EXPECT_EQ(get(memory, 0, 1), std::string(1, '\0'));
  EXPECT_TRUE(put(memory, page, "a"));
  EXPECT_EQ(get(memory, page, 1), "!");
  EXPECT_FALSE(put(memory, page - 1, "ab"));
}

TEST(vfio_user_memory, only_what_was_mapped_is_unmapped) {
  Memory memory;
  const Descriptor file = make_file(2 * page);
  ASSERT_EQ(memory.map(range(page, 2 * page), file), 0);
  EXPECT_EQ(memory.unmap(page, page), ENOENT);
  EXPECT_EQ(memory.unmap(2 * page, page), ENOENT);
  EXPECT_EQ(memory.unmap(0, 2 * page), ENOENT);
  EXPECT_EQ(memory.unmap(page, 2 * page), 0);
  EXPECT_EQ(memory.unmap(page, 2 * page), ENOENT);
  EXPECT_EQ(get(memory, page, 1), "!");
}

TEST(vfio_user_memory, there_are_only_so_many_ranges) {
  Memory memory;
  uint64_t n = 0;
  while (n < 100'000 && memory.map(range(n * page, page), Descriptor()) == 0) n++;
  EXPECT_EQ(n, 1024U);
  EXPECT_EQ(memory.map(range(n * page, page), Descriptor()), ENOSPC);
  memory.unmap_all();
  EXPECT_EQ(memory.map(range(n * page, page), Descriptor()), 0);
}

TEST(vfio_user_memory, there_are_only_so_many_bytes) {
  Memory memory;
  constexpr uint64_t large = uint64_t{1} << 43;
  const Descriptor file = make_file(large);
  ASSERT_EQ(memory.map(range(0, large), file), 0);
  ASSERT_EQ(memory.map(range(large, large), file), 0);
  EXPECT_EQ(memory.map(range(2 * large, page), file), ENOSPC);
  EXPECT_EQ(memory.map(range(2 * large, page), Descriptor()), 0) << "takes no room";
  EXPECT_EQ(memory.unmap(0, large), 0);
  EXPECT_EQ(memory.map(range(0, page), file), 0);
}

/// Its owner cuts the file while we use it.
TEST(vfio_user_memory, memory_that_is_taken_back_cannot_be_used) {
  Memory other, memory;
  const Descriptor file = make_file(2 * page), kept = make_file(page);
  ASSERT_EQ(memory.map(range(0, 2 * page), file), 0);
  ASSERT_EQ(memory.map(range(2 * page, page), kept), 0);
  ASSERT_EQ(other.map(range(0, page), kept), 0);
  ASSERT_TRUE(put(memory, page, "abc"));
  EXPECT_FALSE(memory.is_torn());
  ASSERT_EQ(ftruncate(file.get(), page), 0);
  EXPECT_EQ(get(memory, page, 3), "!");
  EXPECT_TRUE(memory.is_torn());
  EXPECT_FALSE(put(memory, page, "x"));
  EXPECT_EQ(get(memory, 2 * page, 1), "!") << "who did that gets no more";
  EXPECT_FALSE(other.is_torn());
  EXPECT_TRUE(put(other, 0, "x"));
  memory.unmap_all();
  EXPECT_FALSE(memory.is_torn());
  ASSERT_EQ(memory.map(range(0, page), kept), 0);
  EXPECT_EQ(get(memory, 0, 1), "x");
  ASSERT_EQ(ftruncate(kept.get(), 0), 0);
  EXPECT_FALSE(put(memory, 0, "y")) << "a second time";
}

}  // namespace
