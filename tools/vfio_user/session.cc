// SPDX-License-Identifier: GPL-2.0-only

#include "tools/vfio_user/session.hh"

#include <linux/vfio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <type_traits>

#include "tools/vfio_user/version.hh"

namespace pika::vfio_user {
namespace {

/// Copies what a payload begins with.
///
/// Returns: false if it is shorter.
template <class T>
bool take(ConstBytes payload, T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (payload.size() < sizeof(T)) return false;
  std::memcpy(&value, payload.data(), sizeof(T));
  return true;
}

constexpr uint32_t irq_count(uint32_t index, const Interrupts& interrupts) {
  return index == VFIO_PCI_MSIX_IRQ_INDEX ? interrupts.count() : 0;
}

bool is_one_bit(uint32_t flags) { return flags && !(flags & (flags - 1)); }

}  // namespace

Session::Session(Descriptor socket, Device& device, Memory& memory, Interrupts& interrupts)
    : stream_(std::move(socket)), device_(device), memory_(memory), interrupts_(interrupts) {}

Session::~Session() {
  memory_.unmap_all();
  interrupts_.clear();
}

Result<bool> Session::advance() {
  if (stream_.is_stuck()) {
    if (auto flushed = stream_.flush(); !flushed) return flushed.error();
    if (auto handled = handle_all(); !handled) return handled.error();
    return true;
  }
  auto filled = stream_.fill();
  if (!filled || !*filled) return filled;
  if (auto handled = handle_all(); !handled) return handled.error();
  return true;
}

Result<Done> Session::handle_all() {
  while (!stream_.is_stuck()) {
    auto message = stream_.next();
    if (!message) return message.error();
    if (!*message) break;
    if (auto handled = handle(**message); !handled) return handled;
    if (memory_.is_torn()) return Error{EFAULT, "took back memory that it had handed over"};
  }
  return Done{};
}

Result<Done> Session::handle(Message& message) {
  const Header& header = message.header;
  if ((header.flags & flag_type) != type_command)
    return Error{EPROTO, "message type " + std::to_string(header.flags & flag_type) +
                             "; expected a command"};
  if (!agreed_ && header.command != cmd_version)
    return Error{EPROTO,
                 "command " + std::to_string(header.command) + " before a version was agreed on"};
  reply_.resize(sizeof(Header));
  const int error = execute(message);
  if (!agreed_) return Error{EPROTO, "no version that both know; expected 0.x"};
  return header.flags & flag_no_reply ? Done{} : reply(header, error);
}

Result<Done> Session::reply(const Header& header, int error) {
  if (error) reply_.resize(sizeof(Header));
  const Header answer{.id = header.id,
                      .command = header.command,
                      .size = static_cast<uint32_t>(reply_.size()),
                      .flags = type_reply | (error ? flag_error : 0),
                      .error = static_cast<uint32_t>(error)};
  std::memcpy(reply_.data(), &answer, sizeof(answer));
  return stream_.send(reply_);
}

int Session::execute(Message& message) {
  switch (message.header.command) {
    case cmd_region_read:
      return on_region_read(message);
    case cmd_region_write:
      return on_region_write(message);
    case cmd_region_write_multi:
      return on_region_write_multi(message);
    default:
      counts_.others++;
  }
  switch (message.header.command) {
    case cmd_version:
      return on_version(message);
    case cmd_dma_map:
      return on_dma_map(message);
    case cmd_dma_unmap:
      return on_dma_unmap(message);
    case cmd_device_get_info:
      return on_get_info(message);
    case cmd_device_get_region_info:
      return on_get_region_info(message);
    case cmd_device_get_irq_info:
      return on_get_irq_info(message);
    case cmd_device_set_irqs:
      return on_set_irqs(message);
    case cmd_device_reset:
      return on_reset(message);
    default:
      return ENOSYS;
  }
}

/// Appends to the reply.
template <class T>
void Session::put(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  const size_t at = reply_.size();
  reply_.resize(at + sizeof(T));
  std::memcpy(reply_.data() + at, &value, sizeof(T));
}

int Session::on_version(const Message& message) {
  Version version{};
  if (agreed_ || !take(message.payload, version) || version.major != version_major) return EINVAL;
  const auto text = capabilities_reply(message.payload.subspan(sizeof(version)));
  if (!text) return EINVAL;
  agreed_ = true;
  put(Version{version_major, std::min(version.minor, version_minor)});
  for (const char each : *text) put(each);
  return 0;
}

int Session::on_dma_map(const Message& message) {
  constexpr uint32_t known = dma_readable | dma_writeable | dma_by_mmap | dma_by_file;
  DmaMap request{};
  if (message.payload.size() != sizeof(request) || !take(message.payload, request) ||
      request.argsz < sizeof(request) || request.flags & ~known || message.descriptors.size() > 1)
    return EINVAL;
  const Range range{.address = request.address,
                    .size = request.size,
                    .file_offset = request.offset,
                    .readable = (request.flags & dma_readable) != 0,
                    .writeable = (request.flags & dma_writeable) != 0};
  if (!message.descriptors.empty()) return memory_.map(range, message.descriptors.front());
  if (request.flags & (dma_by_mmap | dma_by_file)) return EINVAL;
  return memory_.map(range, Descriptor());
}

int Session::on_dma_unmap(const Message& message) {
  DmaUnmap request{};
  if (message.payload.size() != sizeof(request) || !take(message.payload, request) ||
      request.flags & ~VFIO_DMA_UNMAP_FLAG_ALL)
    return EINVAL;
  if (request.flags & VFIO_DMA_UNMAP_FLAG_ALL) {
    if (request.address || request.size) return EINVAL;
    memory_.unmap_all();
  } else if (const int error = memory_.unmap(request.address, request.size)) {
    return error;
  }
  put(request);
  return 0;
}

int Session::on_get_info(const Message& message) {
  DeviceInfo info{};
  if (!take(message.payload, info) || info.argsz < sizeof(info)) return EINVAL;
  put(DeviceInfo{.argsz = sizeof(info),
                 .flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
                 .regions = VFIO_PCI_NUM_REGIONS,
                 .irqs = VFIO_PCI_NUM_IRQS});
  return 0;
}

int Session::on_get_region_info(const Message& message) {
  vfio_region_info info{};
  if (!take(message.payload, info) || info.argsz < sizeof(info) ||
      info.index >= VFIO_PCI_NUM_REGIONS)
    return EINVAL;
  const uint32_t index = info.index;
  info = {};
  info.argsz = sizeof(info);
  info.index = index;
  info.size = device_.region_size(index);
  if (info.size) info.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
  put(info);
  return 0;
}

int Session::on_get_irq_info(const Message& message) {
  vfio_irq_info info{};
  if (!take(message.payload, info) || info.argsz < sizeof(info) || info.index >= VFIO_PCI_NUM_IRQS)
    return EINVAL;
  const uint32_t index = info.index;
  info = {};
  info.argsz = sizeof(info);
  info.index = index;
  info.count = irq_count(index, interrupts_);
  if (info.count) info.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE;
  put(info);
  return 0;
}

int Session::set_events(uint32_t start, uint32_t count, std::vector<Descriptor>& events) {
  if (events.empty()) {
    interrupts_.unassign(start, count);
    return 0;
  }
  return events.size() == count && interrupts_.assign(start, events) ? 0 : EINVAL;
}

int Session::on_set_irqs(Message& message) {
  IrqSet request{};
  if (!take(message.payload, request) || request.argsz < sizeof(request)) return EINVAL;
  const ConstBytes data = message.payload.subspan(sizeof(request));
  const uint32_t kind = request.flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
  const uint32_t action = request.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
  if (request.flags != (kind | action) || !is_one_bit(kind) || !is_one_bit(action) ||
      request.index >= VFIO_PCI_NUM_IRQS)
    return EINVAL;
  if (kind == VFIO_IRQ_SET_DATA_NONE && action == VFIO_IRQ_SET_ACTION_TRIGGER &&
      request.start == 0 && request.count == 0) {
    if (request.index == VFIO_PCI_MSIX_IRQ_INDEX) interrupts_.clear();
    return 0;
  }
  const uint32_t most = irq_count(request.index, interrupts_);
  if (request.count == 0 || request.count > most || request.start > most - request.count)
    return EINVAL;
  if (kind == VFIO_IRQ_SET_DATA_EVENTFD)
    return action == VFIO_IRQ_SET_ACTION_TRIGGER
               ? set_events(request.start, request.count, message.descriptors)
               : ENOTSUP;
  if (kind == VFIO_IRQ_SET_DATA_BOOL && data.size() < request.count) return EINVAL;
  for (uint32_t i = 0; i < request.count; i++) {
    if (kind == VFIO_IRQ_SET_DATA_BOOL && data[i] == std::byte{0}) continue;
    const uint32_t vector = request.start + i;
    if (action == VFIO_IRQ_SET_ACTION_MASK)
      interrupts_.mask(vector);
    else if (action == VFIO_IRQ_SET_ACTION_UNMASK)
      interrupts_.unmask(vector);
    else
      interrupts_.raise(vector);
  }
  return 0;
}

bool Session::is_inside(uint32_t region, uint64_t offset, uint64_t count) const {
  const uint64_t size = device_.region_size(region);
  return count <= max_transfer && offset < size && count <= size - offset;
}

int Session::on_region_read(const Message& message) {
  RegionAccess request{};
  counts_.reads++;
  if (message.payload.size() != sizeof(request) || !take(message.payload, request) ||
      !is_inside(request.region, request.offset, request.count))
    return EINVAL;
  put(request);
  const size_t at = reply_.size();
  reply_.resize(at + request.count);
  device_.read_region(request.region, request.offset, Bytes(reply_).subspan(at));
  return 0;
}

int Session::on_region_write(const Message& message) {
  RegionAccess request{};
  counts_.writes++;
  if (!take(message.payload, request) ||
      message.payload.size() - sizeof(request) != request.count ||
      !is_inside(request.region, request.offset, request.count))
    return EINVAL;
  device_.write_region(request.region, request.offset, message.payload.subspan(sizeof(request)));
  put(request);
  return 0;
}

int Session::on_region_write_multi(const Message& message) {
  uint64_t count = 0;
  if (!take(message.payload, count)) return EINVAL;
  const ConstBytes writes = message.payload.subspan(sizeof(count));
  if (writes.size() % sizeof(SmallWrite) || writes.size() / sizeof(SmallWrite) != count)
    return EINVAL;
  for (size_t at = 0; at < writes.size(); at += sizeof(SmallWrite)) {
    SmallWrite each{};
    counts_.writes++;
    if (!take(writes.subspan(at), each) || each.count > each.data.size() ||
        !is_inside(each.region, each.offset, each.count))
      return EINVAL;
    device_.write_region(each.region, each.offset, ConstBytes(each.data).first(each.count));
  }
  put(count);
  return 0;
}

int Session::on_reset(const Message& message) {
  if (!message.payload.empty()) return EINVAL;
  device_.reset_device();
  return 0;
}

}  // namespace pika::vfio_user
