// SPDX-License-Identifier: GPL-2.0-only

#include "tools/vfio_user/stream.hh"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace pika::vfio_user {
namespace {

/// Read at once: many posted writes, and no more than fits into a cache.
constexpr size_t chunk = size_t{64} * 1024;

Error protocol_error(const std::string& what) { return {EPROTO, what}; }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

Stream::Stream(Descriptor socket) : socket_(std::move(socket)), buffer_(2 * chunk) {}

void Stream::make_room() {
  if (begin_ > 0 && end_ + chunk > buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
}

Result<bool> Stream::fill() {
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(max_descriptors * sizeof(int))> control;
  make_room();
  iovec room{.iov_base = buffer_.data() + end_, .iov_len = std::min(chunk, buffer_.size() - end_)};
  if (room.iov_len == 0) return true;
  msghdr heard{};
  heard.msg_iov = &room;
  heard.msg_iovlen = 1;
  heard.msg_control = control.data();
  heard.msg_controllen = control.size();
  const ssize_t length = recvmsg(socket_.get(), &heard, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (length < 0 && would_block()) return true;
  if (length < 0) return Error{errno, std::string("socket: ") + strerror(errno)};
  end_ += static_cast<size_t>(length);
  const auto taken = take_descriptors(heard, taken_ + (end_ - begin_));
  if (!taken) return taken.error();
  return length > 0;
}

/// The kernel ends a read behind what descriptors came with, so they are of the message
/// that was read last.
Result<Done> Stream::take_descriptors(msghdr& heard, uint64_t end) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&heard); part; part = CMSG_NXTHDR(&heard, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
      descriptors_.push_back({end, Descriptor(fd)});
    }
  }
  if (heard.msg_flags & MSG_CTRUNC || descriptors_.size() > max_descriptors)
    return protocol_error("more than " + std::to_string(max_descriptors) +
                          " descriptors with one message");
  return Done{};
}

Result<std::optional<Message>> Stream::next() {
  Message message{};
  const size_t have = end_ - begin_;
  if (have < sizeof(Header)) return std::optional<Message>();
  std::memcpy(&message.header, buffer_.data() + begin_, sizeof(Header));
  const uint32_t size = message.header.size;
  if (size < sizeof(Header) || size > max_message)
    return protocol_error("a message of " + std::to_string(size) + " bytes; expected " +
                          std::to_string(sizeof(Header)) + " to " + std::to_string(max_message));
  if (have < size) {
    if (buffer_.size() < size + chunk) buffer_.resize(size + chunk);
    return std::optional<Message>();
  }
  message.payload = ConstBytes(buffer_).subspan(begin_ + sizeof(Header), size - sizeof(Header));
  begin_ += size;
  taken_ += size;
  if (begin_ == end_) begin_ = end_ = 0;
  while (!descriptors_.empty() && descriptors_.front().end <= taken_) {
    message.descriptors.push_back(std::move(descriptors_.front().descriptor));
    descriptors_.erase(descriptors_.begin());
  }
  return std::optional<Message>(std::move(message));
}

Result<Done> Stream::send(ConstBytes message) {
  if (unsent_.empty()) {
    const ssize_t sent =
        ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && !would_block()) return Error{errno, std::string("socket: ") + strerror(errno)};
    if (sent > 0) message = message.subspan(static_cast<size_t>(sent));
  }
  unsent_.insert(unsent_.end(), message.begin(), message.end());
  return Done{};
}

Result<Done> Stream::flush() { return send(std::exchange(unsent_, {})); }

}  // namespace pika::vfio_user
