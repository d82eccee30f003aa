// SPDX-License-Identifier: GPL-2.0-only
//
// What is said over a vfio-user socket: layouts and numbers, after QEMU's "vfio-user
// Protocol Specification". All in the byte order of the machine.
#ifndef PIKA_VFIO_USER_PROTOCOL_HH
#define PIKA_VFIO_USER_PROTOCOL_HH

#include <array>
#include <cstddef>
#include <cstdint>

namespace pika::vfio_user {

enum Command : uint16_t {
  cmd_version = 1,
  cmd_dma_map = 2,
  cmd_dma_unmap = 3,
  cmd_device_get_info = 4,
  cmd_device_get_region_info = 5,
  cmd_device_get_irq_info = 7,
  cmd_device_set_irqs = 8,
  cmd_region_read = 9,
  cmd_region_write = 10,
  cmd_device_reset = 13,
  cmd_region_write_multi = 15,
};

/// Header::flags.
constexpr uint32_t flag_type = 0xf;
constexpr uint32_t type_command = 0;
constexpr uint32_t type_reply = 1;
constexpr uint32_t flag_no_reply = 1 << 4;
constexpr uint32_t flag_error = 1 << 5;

struct Header {
  uint16_t id;
  uint16_t command;
  uint32_t size;  ///< of the whole message
  uint32_t flags;
  uint32_t error;  ///< errno, in a reply
};
static_assert(sizeof(Header) == 16);

constexpr uint16_t version_major = 0;
constexpr uint16_t version_minor = 1;

/// JSON text, with its NUL, may follow.
struct Version {
  uint16_t major;
  uint16_t minor;
};
static_assert(sizeof(Version) == 4);

/// DmaMap::flags.
constexpr uint32_t dma_readable = 1 << 0;
constexpr uint32_t dma_writeable = 1 << 1;
constexpr uint32_t dma_by_mmap = 1 << 2;
constexpr uint32_t dma_by_file = 1 << 3;

struct DmaMap {
  uint32_t argsz;
  uint32_t flags;
  uint64_t offset;  ///< in the file
  uint64_t address;
  uint64_t size;
};
static_assert(sizeof(DmaMap) == 32);

struct DmaUnmap {
  uint32_t argsz;
  uint32_t flags;  ///< VFIO_DMA_UNMAP_FLAG_ALL
  uint64_t address;
  uint64_t size;
};
static_assert(sizeof(DmaUnmap) == 24);

/// struct vfio_device_info as it was first.
struct DeviceInfo {
  uint32_t argsz;
  uint32_t flags;
  uint32_t regions;
  uint32_t irqs;
};
static_assert(sizeof(DeviceInfo) == 16);

/// struct vfio_irq_set without its data.
struct IrqSet {
  uint32_t argsz;
  uint32_t flags;
  uint32_t index;
  uint32_t start;
  uint32_t count;
};
static_assert(sizeof(IrqSet) == 20);

/// Its data follow.
struct RegionAccess {
  uint64_t offset;
  uint32_t region;
  uint32_t count;
};
static_assert(sizeof(RegionAccess) == 16);

/// One of those that follow the 64-bit count in a cmd_region_write_multi.
struct SmallWrite {
  uint64_t offset;
  uint32_t region;
  uint32_t count;
  std::array<std::byte, 8> data;
};
static_assert(sizeof(SmallWrite) == 24);

/// What a client may ask for in one message if nothing else was agreed on.
constexpr uint32_t max_transfer = 1 << 20;
constexpr uint32_t max_message = sizeof(Header) + sizeof(RegionAccess) + max_transfer;
/// Descriptors that come with one message. QEMU wants to hear of no more.
constexpr size_t max_descriptors = 16;

}  // namespace pika::vfio_user

#endif  // PIKA_VFIO_USER_PROTOCOL_HH
