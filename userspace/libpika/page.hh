// SPDX-License-Identifier: GPL-2.0-only
//
// What the kernel tells page by page: some of many, and where to go on.
#ifndef PIKA_LIBPIKA_PAGE_HH
#define PIKA_LIBPIKA_PAGE_HH

#include <cstdint>
#include <optional>
#include <vector>

namespace pika {

/// A page: some of them, and the next one's cursor, or nothing: there are no more.
template <class T>
struct Page {
  std::vector<T> all;
  std::optional<uint64_t> cursor;
};

}  // namespace pika

#endif  // PIKA_LIBPIKA_PAGE_HH
