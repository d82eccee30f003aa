// SPDX-License-Identifier: GPL-2.0-only

#include "kernel_vhost.hh"

#include <fcntl.h>
// What is left out is no C++.
#define VIRTIO_RING_NO_LEGACY
#include <linux/vhost.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace bench {

namespace {

/// vhost-net's numbers: 0 is what a guest receives by.
constexpr unsigned sending = 1;

uint64_t address_of(const void* at) { return reinterpret_cast<uint64_t>(at); }

void set_up(const File& vhost, unsigned long request, const void* argument, const char* what) {
  check(ioctl(vhost.get(), request, argument), what);
}

}  // namespace

Vhost::Vhost(int tap)
    : queue_(std::make_unique<Queue>()),
      vhost_(check(open("/dev/vhost-net", O_RDWR | O_CLOEXEC), "/dev/vhost-net")),
      kick_(check(eventfd(0, EFD_CLOEXEC), "eventfd")),
      call_(check(eventfd(0, EFD_CLOEXEC), "eventfd")) {
  const uint64_t features = uint64_t{1} << VHOST_NET_F_VIRTIO_NET_HDR;
  const vhost_vring_file backend{sending, tap};
  set_up(vhost_, VHOST_SET_OWNER, nullptr, "VHOST_SET_OWNER");
  set_up(vhost_, VHOST_SET_FEATURES, &features, "VHOST_SET_FEATURES");
  give_memory();
  set_up_queue();
  set_up(vhost_, VHOST_NET_SET_BACKEND, &backend, "VHOST_NET_SET_BACKEND");
}

/// The queue is all of the memory that there is; addresses are this process's.
void Vhost::give_memory() {
  std::vector<std::byte> bytes(sizeof(vhost_memory) + sizeof(vhost_memory_region));
  auto* memory = reinterpret_cast<vhost_memory*>(bytes.data());
  const uint64_t at = address_of(queue_.get());
  memory->nregions = 1;
  memory->regions[0] = {at, sizeof(Queue), at, 0};
  set_up(vhost_, VHOST_SET_MEM_TABLE, memory, "VHOST_SET_MEM_TABLE");
}

void Vhost::set_up_queue() {
  for (unsigned i = 0; i < queue_len; ++i)
    queue_->descriptors[i].address = address_of(&queue_->buffers[i]);
  const vhost_vring_state len{sending, queue_len}, base{sending, 0};
  const vhost_vring_file kick{sending, kick_.get()}, call{sending, call_.get()};
  const vhost_vring_addr addresses{sending,
                                   0,
                                   address_of(&queue_->descriptors),
                                   address_of(&queue_->used),
                                   address_of(&queue_->available),
                                   0};
  set_up(vhost_, VHOST_SET_VRING_NUM, &len, "VHOST_SET_VRING_NUM");
  set_up(vhost_, VHOST_SET_VRING_BASE, &base, "VHOST_SET_VRING_BASE");
  set_up(vhost_, VHOST_SET_VRING_ADDR, &addresses, "VHOST_SET_VRING_ADDR");
  set_up(vhost_, VHOST_SET_VRING_KICK, &kick, "VHOST_SET_VRING_KICK");
  set_up(vhost_, VHOST_SET_VRING_CALL, &call, "VHOST_SET_VRING_CALL");
}

void Vhost::put(std::span<const uint8_t> frame) {
  const uint16_t i = next_++ % queue_len;
  if (frame.size() > most_bytes) throw std::runtime_error("a frame that is too long to send");
  std::memcpy(queue_->buffers[i].frame.data(), frame.data(), frame.size());
  queue_->descriptors[i].len = static_cast<uint32_t>(offsetof(Buffer, frame) + frame.size());
  queue_->available.ring[i] = i;
}

void Vhost::send() {
  uint64_t value = 1;
  __atomic_store_n(&queue_->available.index, next_, __ATOMIC_RELEASE);
  check(write(kick_.get(), &value, sizeof(value)), "write to vhost-net");
  while (__atomic_load_n(&queue_->used.index, __ATOMIC_ACQUIRE) != next_)
    check(read(call_.get(), &value, sizeof(value)), "read from vhost-net");
}

}  // namespace bench
