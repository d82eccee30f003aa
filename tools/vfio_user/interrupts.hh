// SPDX-License-Identifier: GPL-2.0-only
//
// MSI-X vectors: the eventfds that raise them in the client, which of them it has
// masked, and which are pending for that. The table with addresses is the client's.
#ifndef PIKA_VFIO_USER_INTERRUPTS_HH
#define PIKA_VFIO_USER_INTERRUPTS_HH

#include <cstdint>
#include <span>
#include <vector>

#include "libpika/descriptor.hh"
#include "tools/vfio_user/device.hh"

namespace pika::vfio_user {

/// On one thread. Ranges of vectors are the caller's to check.
class Interrupts {
 public:
  explicit Interrupts(unsigned vectors) : vectors_(vectors) {}

  unsigned count() const { return static_cast<unsigned>(vectors_.size()); }

  /// Raises @p vector, or remembers it until it is unmasked.
  void raise(unsigned vector);

  /// Vectors from @p start on are raised by @p events from now on.
  ///
  /// Returns: false if one of them is not an eventfd; nothing has changed then.
  bool assign(unsigned start, std::span<Descriptor> events);
  void unassign(unsigned start, unsigned count);
  void mask(unsigned vector) { vectors_[vector].masked = true; }
  void unmask(unsigned vector);

  /// As when nobody was there.
  void clear();

  /// Reads the pending bit array of MSI-X.
  void read_pending(uint64_t offset, Bytes to) const;

  uint64_t raised() const { return raised_; }

 private:
  struct Vector {
    Descriptor event;
    bool masked = false;
    bool pending = false;
  };

  std::vector<Vector> vectors_;
  uint64_t raised_ = 0;
};

}  // namespace pika::vfio_user

#endif  // PIKA_VFIO_USER_INTERRUPTS_HH
