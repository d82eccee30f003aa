// SPDX-License-Identifier: GPL-2.0-only
//
// Zeroed memory on cache lines, a heap block of its own each, so that the address
// sanitizer sees the first byte beyond it.
#ifndef PIKA_SIM_MEMORY_HH
#define PIKA_SIM_MEMORY_HH

#include <cstring>
#include <memory>
#include <new>

#include "tools/sim/core.hh"

namespace pika::sim {

struct FreeLines {
  void operator()(void* memory) const { ::operator delete (memory, std::align_val_t{PIKA_LINE}); }
};

/// Memory of one owner, freed with it.
template <typename T>
using Lines = std::unique_ptr<T, FreeLines>;

/// @return @p bytes zeroed bytes for a T of the core's, which begins on a line.
template <typename T>
Lines<T> allocate_lines(size_t bytes = sizeof(T)) {
  void* memory = ::operator new (bytes, std::align_val_t{PIKA_LINE});
  return Lines<T>(static_cast<T*>(std::memset(memory, 0, bytes)));
}

}  // namespace pika::sim

#endif  // PIKA_SIM_MEMORY_HH
