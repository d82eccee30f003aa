// SPDX-License-Identifier: GPL-2.0-only
//
// Receive-side scaling: the Toeplitz hash of addresses and ports, and the queue that the
// redirection table gives it.
#ifndef PIKA_NIC82599_RSS_HH
#define PIKA_NIC82599_RSS_HH

#include <array>
#include <cstdint>
#include <vector>

#include "tools/nic82599/headers.hh"
#include "tools/nic82599/registers.hh"

namespace pika::nic82599 {

/// The hash, with a table for each byte of its input.
class Toeplitz {
 public:
  static constexpr size_t key_size = 40;
  static constexpr size_t input_size = 36;

  void set_key(const std::array<uint8_t, key_size>& key);

  /// At most input_size bytes.
  uint32_t hash(ConstBytes input) const;

 private:
  std::array<uint8_t, key_size> key_{};
  std::vector<std::array<uint32_t, 256>> table_{input_size};
};

struct RssResult {
  uint32_t hash = 0;
  uint8_t type = 0;  ///< as descriptors tell it; 0: not hashed
};

class Rss {
 public:
  explicit Rss(Registers& registers) : registers_(registers) {}

  /// The key was written.
  void key_changed() { key_known_ = false; }

  bool enabled() const;
  RssResult hash(ConstBytes frame, const Headers& headers);
  unsigned queue(uint32_t hash) const;

 private:
  uint8_t type(const Headers& headers) const;

  Registers& registers_;
  Toeplitz toeplitz_;
  bool key_known_ = false;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_RSS_HH
