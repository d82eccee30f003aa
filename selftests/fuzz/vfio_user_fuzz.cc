// SPDX-License-Identifier: GPL-2.0-only
//
// Messages of a vfio-user client that says anything, with files and eventfds or what is
// neither, cut into pieces or not, while the device uses the memory that it was given.
// The session must stay in its bounds, and end or go on.
//
// Input: a program. Each step begins with a byte that says what is done (enum Step) and
// reads as many bytes as that takes; the end of the input reads as zeroes.

#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tools/vfio_user/session.hh"

namespace {

using namespace pika::vfio_user;
using pika::Descriptor;

enum Step : uint8_t { kMap, kUnmap, kIrqs, kAccess, kMulti, kAny, kRaw, kUse, kCut, kRaise };
constexpr uint8_t kSteps = kRaise + 1;
constexpr uint64_t kPage = 4096;
constexpr unsigned kFiles = 4;

/// Reads the program.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(data, size) {}

  bool done() const { return left_.empty(); }
  uint8_t byte() {
    if (left_.empty()) return 0;
    const uint8_t first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }
  std::string bytes(size_t length) {
    length = std::min(length, left_.size());
    std::string text(reinterpret_cast<const char*>(left_.data()), length);
    left_ = left_.subspan(length);
    return text;
  }
  /// Small, or anything.
  uint64_t number(uint64_t small) {
    const uint8_t how = byte();
    if (how < 192) return how % small;
    uint64_t value = 0;
    std::memcpy(&value, bytes(8).append(8, '\0').data(), sizeof(value));
    return value;
  }

 private:
  std::span<const uint8_t> left_;
};

/// Regions of odd sizes; checks that accesses are inside.
struct Target final : Device {
  uint64_t region_size(unsigned region) const override {
    switch (region) {
      case VFIO_PCI_BAR0_REGION_INDEX:
        return sizeof(bytes);
      case VFIO_PCI_CONFIG_REGION_INDEX:
        return 256;
      default:
        return 0;
    }
  }
  void read_region(unsigned region, uint64_t offset, Bytes to) override {
    require(region, offset, to.size());
    std::memcpy(to.data(), bytes.data() + offset, to.size());
  }
  void write_region(unsigned region, uint64_t offset, ConstBytes from) override {
    require(region, offset, from.size());
    std::memcpy(bytes.data() + offset, from.data(), from.size());
  }
  void reset_device() override {}

  void require(unsigned region, uint64_t offset, size_t size) const {
    if (offset > region_size(region) || size > region_size(region) - offset) std::abort();
  }

  std::array<std::byte, 1000> bytes{};
};

template <class T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

class Run {
 public:
  Run() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends)) std::abort();
    client_ = Descriptor(ends[0]);
    session_.emplace(Descriptor(ends[1]), device_, memory_, interrupts_);
    for (unsigned i = 0; i < kFiles; i++) {
      Descriptor& file = files_[i];
      file = Descriptor(i < 2 ? memfd_create("fuzz", MFD_CLOEXEC)
                              : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
      if (i < 2 && ftruncate(file.get(), 4 * kPage)) std::abort();
    }
    say(command(cmd_version, bytes_of(Version{0, 1}), 0));
  }

  void play(Input& in) {
    while (!in.done() && alive_) step(in);
  }

 private:
  void step(Input& in) {
    switch (in.byte() % kSteps) {
      case kMap:
        return map(in);
      case kUnmap:
        return unmap(in);
      case kIrqs:
        return irqs(in);
      case kAccess:
        return access(in);
      case kMulti:
        return multi(in);
      case kAny:
        return any(in);
      case kRaw:
        return say(in.bytes(in.byte()));
      case kUse:
        return use(in);
      case kCut:
        if (ftruncate(files_[in.byte() % 2].get(), static_cast<off_t>(in.byte() % 5 * kPage)))
          std::abort();
        return;
      default:
        interrupts_.raise(in.byte() % interrupts_.count());
    }
  }

  static std::string command(uint16_t what, const std::string& payload, uint32_t flags) {
    return bytes_of(Header{.id = 1,
                           .command = what,
                           .size = static_cast<uint32_t>(sizeof(Header) + payload.size()),
                           .flags = flags,
                           .error = 0}) +
           payload;
  }

  void map(Input& in) {
    const DmaMap request{.argsz = sizeof(DmaMap),
                         .flags = in.byte() & 0x1fU,
                         .offset = in.number(6) * kPage,
                         .address = in.number(8) * kPage,
                         .size = in.number(6) * kPage};
    say(command(cmd_dma_map, bytes_of(request), 0), files(in));
  }

  void unmap(Input& in) {
    const DmaUnmap request{.argsz = sizeof(DmaUnmap),
                           .flags = in.byte() & 3U,
                           .address = in.number(8) * kPage,
                           .size = in.number(6) * kPage};
    say(command(cmd_dma_unmap, bytes_of(request), 0));
  }

  void irqs(Input& in) {
    const IrqSet request{.argsz = sizeof(IrqSet),
                         .flags = in.byte() & 0x3fU,
                         .index = static_cast<uint32_t>(in.number(6)),
                         .start = static_cast<uint32_t>(in.number(40)),
                         .count = static_cast<uint32_t>(in.number(40))};
    say(command(cmd_device_set_irqs, bytes_of(request) + in.bytes(in.byte() % 40), 0), files(in));
  }

  void access(Input& in) {
    const RegionAccess request{.offset = in.number(255) * 4,
                               .region = static_cast<uint32_t>(in.number(10)),
                               .count = static_cast<uint32_t>(in.number(100))};
    const uint8_t how = in.byte();
    const std::string data = how & 1 ? in.bytes(request.count % 128) : "";
    say(command(how & 1 ? cmd_region_write : cmd_region_read, bytes_of(request) + data,
                how & 2 ? flag_no_reply : 0));
  }

  void multi(Input& in) {
    std::string writes;
    const uint64_t count = in.number(5);
    for (unsigned i = in.byte() % 5; i > 0; i--)
      writes += bytes_of(SmallWrite{.offset = in.number(255) * 4,
                                    .region = static_cast<uint32_t>(in.number(10)),
                                    .count = static_cast<uint32_t>(in.number(10)),
                                    .data = {}});
    say(command(cmd_region_write_multi, bytes_of(count) + writes, 0));
  }

  void any(Input& in) {
    const auto what = static_cast<uint16_t>(in.number(20));
    const uint32_t flags = in.byte();
    say(command(what, in.bytes(in.byte()), flags & 0x3f), files(in));
  }

  /// The device's own accesses.
  void use(Input& in) {
    std::array<std::byte, 64> part{};
    const uint64_t address = in.number(8 * 255) * (kPage / 255);
    const size_t size = in.byte() % part.size();
    if (in.byte() & 1)
      memory_.write(address, ConstBytes(part).first(size));
    else
      memory_.read(address, Bytes(part).first(size));
  }

  std::vector<int> files(Input& in) {
    std::vector<int> some;
    for (unsigned i = in.byte() % 20; i > 0; i--) some.push_back(files_[in.byte() % kFiles].get());
    return some;
  }

  void say(const std::string& text, const std::vector<int>& fds = {}) {
    iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(20 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
      cmsghdr* rights = CMSG_FIRSTHDR(&message);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
      std::memcpy(CMSG_DATA(rights), fds.data(), fds.size() * sizeof(int));
    }
    if (text.empty()) return;
    if (sendmsg(client_.get(), &message, MSG_NOSIGNAL) < 0) alive_ = false;
    turn();
  }

  void turn() {
    std::array<char, 4096> heard;
    const auto more = session_->advance();
    alive_ = alive_ && more && *more;
    while (recv(client_.get(), heard.data(), heard.size(), 0) > 0) {
    }
  }

  Target device_;
  Memory memory_;
  Interrupts interrupts_{33};
  std::array<Descriptor, kFiles> files_;
  Descriptor client_;
  std::optional<Session> session_;
  bool alive_ = true;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input in(data, size);
  Run run;
  run.play(in);
  return 0;
}
