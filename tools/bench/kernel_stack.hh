// SPDX-License-Identifier: GPL-2.0-only
//
// The stack of the kernel that runs, for the TCP benchmark's clients: packets go in and
// out by a tap device, and a server's program accepts, reads, answers and closes by
// ordinary system calls, all on one thread. A ledger says what took how long.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "file.hh"
#include "kernel_vhost.hh"
#include "tcp_stack.hh"

namespace bench {

/// What the server's side of a connection consists of.
enum class Part { input, thread, epoll_wait, accept, epoll_ctl, recv, send, close, count };

constexpr const char* part_names[] = {"packets in", "stack's thread", "epoll_wait", "accept4",
                                      "epoll_ctl",  "recv",           "send",       "close"};

/// Ticks of the time-stamp counter by part: instructions, where the guest's clock counts
/// those.
class Ledger {
 public:
  /// Calls @p f, which is @p part.
  template <class F>
  auto timed(Part part, F f) {
    const uint64_t begin = now();
    const auto result = f();
    add(part, static_cast<int64_t>(now() - begin));
    return result;
  }
  void add(Part part, int64_t ticks) { ticks_[static_cast<size_t>(part)] += ticks; }
  double ticks(Part part) const { return static_cast<double>(ticks_[static_cast<size_t>(part)]); }
  void clear() { ticks_ = {}; }

  static uint64_t now();

 private:
  std::array<int64_t, static_cast<size_t>(Part::count)> ticks_{};
};

/// The tap must be there, up, and lead to the clients. Throws std::system_error.
class KernelStack : public Stack {
 public:
  /// @param protocol of the server's sockets: 0 or PIKA_IPPROTO
  KernelStack(const char* tap, int protocol);

  void set_now(uint64_t) override {}
  void set_offload(bool) override {}
  uint8_t* buffer() override;
  void deliver(uint32_t len) override;
  void work() override;
  unsigned open() const override { return open_; }

  /// Do packets come one by one, as they are written to the tap, or in bursts?
  void set_bursts(bool bursts) { bursts_ = bursts; }

  Ledger& ledger() { return ledger_; }
  /// Frames sent since the last call.
  unsigned take_frames();

 private:
  struct Packet {
    uint32_t len;
    std::array<uint8_t, WIRE_FRAME> bytes;
  };

  void calibrate();
  void put(const Packet& packet);
  void put_burst(const Packet* first, unsigned n);
  void put_all();
  bool read_frames();
  bool serve();
  void accept_one();
  void answer(int fd);
  bool yield();

  File tap_;
  Vhost vhost_;
  File listener_;
  File epoll_;
  Ledger ledger_;
  std::vector<Packet> packets_;
  unsigned open_ = 0;
  unsigned frames_ = 0;
  bool bursts_ = false;
  int64_t write_ticks_ = 0;               ///< of a packet that the host drops
  std::array<int64_t, 2> burst_ticks_{};  ///< likewise: of a burst, and of each packet
  int64_t yield_ticks_ = 0;               ///< with nobody to run
  int64_t epoll_ticks_ = 0;               ///< without an event
};

/// The same system calls on AF_UNIX sockets, for a connection with one request: what no
/// TCP can save. @return ticks
double floor_of_calls();

}  // namespace bench
