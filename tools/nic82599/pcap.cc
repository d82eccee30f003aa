// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/pcap.hh"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <span>

namespace pika::nic82599 {
namespace {

/// As pcap-savefile(5) has them; times in nanoseconds.
struct FileHeader {
  uint32_t magic = 0xa1b23c4d;
  uint16_t major = 2;
  uint16_t minor = 4;
  uint32_t reserved[2] = {};
  uint32_t longest = 256 * 1024;
  uint32_t link_type = 1;  // Ethernet
};
static_assert(sizeof(FileHeader) == 24);

struct FrameHeader {
  uint32_t seconds;
  uint32_t nanoseconds;
  uint32_t kept;
  uint32_t length;
};
static_assert(sizeof(FrameHeader) == 16);

/// From the loop's clock to the calendar's.
Time calendar_offset() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) - Loop::now();
}

}  // namespace

Result<Pcap> Pcap::create(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (!file) return Error{errno, path + ": " + strerror(errno)};
  Pcap pcap(path, file);
  const FileHeader header;
  pcap.put(std::as_bytes(std::span(&header, 1)));
  if (auto flushed = pcap.flush(); !flushed) return flushed.error();
  return pcap;
}

void Pcap::put(ConstBytes bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) < bytes.size()) error_ = errno;
}

Result<Done> Pcap::flush() {
  if (file_ && !error_ && std::fflush(file_.get()) != 0) error_ = errno;
  if (!file_ || !error_) return Done{};
  file_.reset();
  return Error{error_, path_ + ": " + strerror(error_)};
}

void Pcap::write(ConstBytes frame, Time now) {
  if (!file_ || error_) return;
  static const Time offset = calendar_offset();
  const Time time = now + offset;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const auto length = static_cast<uint32_t>(frame.size());
  const FrameHeader header{.seconds = static_cast<uint32_t>(seconds.count()),
                           .nanoseconds = static_cast<uint32_t>((time - seconds).count()),
                           .kept = length,
                           .length = length};
  put(std::as_bytes(std::span(&header, 1)));
  put(frame);
}

}  // namespace pika::nic82599
