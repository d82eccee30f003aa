// SPDX-License-Identifier: GPL-2.0-only
//
// A PCI device as the server shows it to its client.
#ifndef PIKA_VFIO_USER_DEVICE_HH
#define PIKA_VFIO_USER_DEVICE_HH

#include <cstddef>
#include <cstdint>
#include <span>

namespace pika::vfio_user {

using Bytes = std::span<std::byte>;
using ConstBytes = std::span<const std::byte>;

/// All calls are on the server's thread. Regions are numbered as in <linux/vfio.h>:
/// BARs 0 to 5, the ROM, the configuration space.
class Device {
 public:
  virtual ~Device() = default;

  /// Returns: 0 if there is no such region.
  virtual uint64_t region_size(unsigned region) const = 0;

  /// @p offset and what is read or written lie inside the region.
  virtual void read_region(unsigned region, uint64_t offset, Bytes to) = 0;
  virtual void write_region(unsigned region, uint64_t offset, ConstBytes from) = 0;

  /// A reset by the client: of the machine, or of this function.
  virtual void reset_device() = 0;
};

}  // namespace pika::vfio_user

#endif  // PIKA_VFIO_USER_DEVICE_HH
