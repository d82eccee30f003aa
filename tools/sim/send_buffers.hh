// SPDX-License-Identifier: GPL-2.0-only
//
// Payload on its way out: the application's until the peer has acknowledged it,
// named by a number in SEND and in a frame's fragments.
#ifndef PIKA_SIM_SEND_BUFFERS_HH
#define PIKA_SIM_SEND_BUFFERS_HH

#include <algorithm>
#include <unordered_map>

#include "tools/sim/segment.hh"

namespace pika::sim {

/// All such buffers of a host. A name is never used again, so that a frame made from
/// a buffer that is gone is noticed.
class SendBuffers {
 public:
  SendBuffers() = default;
  virtual ~SendBuffers() = default;
  SendBuffers(const SendBuffers&) = delete;
  SendBuffers& operator=(const SendBuffers&) = delete;

  virtual uint64_t put(std::span<const uint8_t> bytes) {
    buffers_.emplace(++last_, Bytes(bytes.begin(), bytes.end()));
    return last_;
  }

  virtual void free(uint64_t name) { buffers_.erase(name); }

  /// See ReadBuffer.
  virtual bool read(uint64_t name, uint32_t offset, std::span<uint8_t> out) const {
    const auto found = buffers_.find(name);
    if (found == buffers_.end() || found->second.size() < offset + out.size()) return false;
    std::copy_n(found->second.begin() + offset, out.size(), out.begin());
    return true;
  }

  size_t count() const { return buffers_.size(); }

 private:
  uint64_t last_ = 0;
  std::unordered_map<uint64_t, Bytes> buffers_;
};

}  // namespace pika::sim

#endif  // PIKA_SIM_SEND_BUFFERS_HH
