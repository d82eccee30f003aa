// SPDX-License-Identifier: GPL-2.0-only

#include "tools/vfio_user/interrupts.hh"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace pika::vfio_user {
namespace {

/// Anything else that is written to could block, or kill by SIGPIPE.
bool is_eventfd(const Descriptor& file) {
  std::array<char, 32> name;
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const ssize_t length = readlink(path.c_str(), name.data(), name.size());
  return length > 0 &&
         std::string_view(name.data(), static_cast<size_t>(length)) == "anon_inode:[eventfd]";
}

/// A counter that is full must not stop us.
bool make_nonblocking(const Descriptor& file) {
  const int flags = fcntl(file.get(), F_GETFL);
  return flags >= 0 && fcntl(file.get(), F_SETFL, flags | O_NONBLOCK) == 0;
}

}  // namespace

void Interrupts::raise(unsigned vector) {
  Vector& which = vectors_[vector];
  which.pending = which.masked || !which.event;
  if (which.pending) return;
  const uint64_t one = 1;
  // A counter that is full is a signal as well.
  [[maybe_unused]] const ssize_t written = write(which.event.get(), &one, sizeof(one));
  raised_++;
}

bool Interrupts::assign(unsigned start, std::span<Descriptor> events) {
  if (!std::all_of(events.begin(), events.end(), [](const Descriptor& event) {
        return is_eventfd(event) && make_nonblocking(event);
      }))
    return false;
  for (size_t i = 0; i < events.size(); i++) {
    Vector& which = vectors_[start + i];
    which.event = std::move(events[i]);
    if (which.pending) raise(static_cast<unsigned>(start + i));
  }
  return true;
}

void Interrupts::unassign(unsigned start, unsigned count) {
  for (unsigned i = start; i < start + count; i++) {
    vectors_[i].event = Descriptor();
    vectors_[i].pending = false;
  }
}

void Interrupts::unmask(unsigned vector) {
  vectors_[vector].masked = false;
  if (vectors_[vector].pending) raise(vector);
}

void Interrupts::clear() {
  for (Vector& each : vectors_) each = Vector();
}

void Interrupts::read_pending(uint64_t offset, Bytes to) const {
  for (size_t i = 0; i < to.size(); i++) {
    unsigned bits = 0;
    for (uint64_t bit = 0, vector = (offset + i) * 8; bit < 8; bit++, vector++)
      if (vector < vectors_.size() && vectors_[vector].pending) bits |= 1U << bit;
    to[i] = std::byte(bits);
  }
}

}  // namespace pika::vfio_user
