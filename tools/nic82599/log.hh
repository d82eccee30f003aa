// SPDX-License-Identifier: GPL-2.0-only
//
// Lines for whoever runs the program. A guest can cause as many as it likes, so not
// all of them are printed.
#ifndef PIKA_NIC82599_LOG_HH
#define PIKA_NIC82599_LOG_HH

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "tools/nic82599/loop.hh"

namespace pika::nic82599 {

class Log {
 public:
  explicit Log(std::string who) : who_(std::move(who)) {}

  /// Prints @p line to standard error, unless there were too many in this second.
  void write(std::string_view line) {
    const Time now = Loop::now();
    if (now - since_ >= std::chrono::seconds(1)) begin(now);
    if (printed_ < most)
      print(line);
    else
      left_out_++;
    printed_++;
  }

 private:
  static constexpr unsigned most = 20;  ///< in a second

  void begin(Time now) {
    if (left_out_) print(std::to_string(left_out_) + " more lines left out");
    since_ = now;
    printed_ = 0;
    left_out_ = 0;
  }

  void print(std::string_view line) const {
    std::fprintf(stderr, "nic82599: %s: %.*s\n", who_.c_str(), static_cast<int>(line.size()),
                 line.data());
  }

  std::string who_;
  Time since_{};
  unsigned printed_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_LOG_HH
