// SPDX-License-Identifier: GPL-2.0-only
//
// Writes the frames of a port, both ways, into a file that tcpdump and Wireshark read.
#ifndef PIKA_NIC82599_PCAP_HH
#define PIKA_NIC82599_PCAP_HH

#include <cstdio>
#include <memory>
#include <string>

#include "libpika/result.hh"
#include "tools/nic82599/loop.hh"
#include "tools/nic82599/sink.hh"

namespace pika::nic82599 {

class Pcap {
 public:
  /// Makes the file, or empties it.
  static Result<Pcap> create(const std::string& path);

  void write(ConstBytes frame, Time now);

  /// What was written is seen by others from now on.
  ///
  /// Returns: what went wrong, once: nothing is written after it.
  Result<Done> flush();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  Pcap(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  void put(ConstBytes bytes);

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  int error_ = 0;  ///< an errno
};

/// Passes frames on, and writes them down.
class Tee final : public Sink {
 public:
  /// Both outlive it.
  Tee(Pcap& pcap, Sink& to) : pcap_(pcap), to_(to) {}

  void take(ConstBytes frame) override {
    pcap_.write(frame, Loop::now());
    to_.take(frame);
  }
  bool has_room() override { return to_.has_room(); }

 private:
  Pcap& pcap_;
  Sink& to_;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_PCAP_HH
