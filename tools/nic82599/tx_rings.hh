// SPDX-License-Identifier: GPL-2.0-only
//
// The transmit rings: descriptors from the guest become frames, and are told done.
#ifndef PIKA_NIC82599_TX_RINGS_HH
#define PIKA_NIC82599_TX_RINGS_HH

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tools/nic82599/complaints.hh"
#include "tools/nic82599/interrupts.hh"
#include "tools/nic82599/offsets.hh"
#include "tools/nic82599/registers.hh"
#include "tools/nic82599/tx_offload.hh"

namespace pika::nic82599 {

class TxRings {
 public:
  TxRings(Registers& registers, Host& host, Complaints& complaints, Interrupts& interrupts,
          FrameSink& sink);

  /// TDT was written, or something that lets a ring run. Does a bounded amount of work,
  /// until run_rest() in all.
  void run(unsigned queue);

  /// Goes on where run() stopped because it was too much at once. For another time: it
  /// too may leave a rest.
  void run_rest();
  bool has_rest() const { return rest_[0] || rest_[1]; }

  /// TXDCTL or where the ring is was written.
  void changed(unsigned queue) { rings_[queue] = {}; }

  void reset();

  bool no_done = false;  ///< for faults: DD is not written

 private:
  struct Descriptor {
    uint64_t address;
    uint32_t command;
    uint32_t status;
  };
  static constexpr uint32_t batch = 64;
  static constexpr size_t most_buffers = 256;

  struct Ring {
    std::array<TxContext, 2> contexts;
  };

  // What one frame's descriptors said, so far.
  struct Frame {
    struct Buffer {
      uint64_t address;
      uint32_t size;
    };
    std::array<Buffer, most_buffers> buffers;
    uint32_t count = 0;
    TxRequest request;
    bool begun = false;
    std::array<uint32_t, most_buffers> to_report;  // when it was sent
    uint32_t report_count = 0;

    void clear() {
      begun = false;
      count = 0;
    }
    bool report(uint32_t index) {
      if (report_count == most_buffers) return false;
      to_report[report_count++] = index;
      return true;
    }
  };

  enum class Step { more, complete, wrong, too_many };

  uint32_t value(unsigned queue, uint32_t what) const { return registers_[reg::tx(queue) + what]; }
  uint64_t base(unsigned queue) const;
  bool may_run(unsigned queue) const;
  bool fetch(unsigned queue, uint32_t index, uint32_t end);
  Step take(Ring& ring, const Descriptor& descriptor);
  void take_context(Ring& ring, const Descriptor& descriptor);
  void begin(const Ring& ring, const Descriptor& descriptor);
  void begin_legacy(const Descriptor& descriptor);
  void send(unsigned queue);
  void write_back(unsigned queue);
  void tell(unsigned queue);
  void stop(unsigned queue, Complaint kind, std::string_view what);

  Registers& registers_;
  Host& host_;
  Complaints& complaints_;
  Interrupts& interrupts_;
  TxOffload offload_;
  std::vector<Ring> rings_{reg::queues};
  std::array<uint64_t, reg::queues / 64> rest_{};
  unsigned first_of_rest_ = 0;
  size_t budget_;
  // Of the ring that runs.
  std::array<Descriptor, batch> fetched_;
  uint32_t fetched_first_ = 0;
  uint32_t fetched_count_ = 0;
  Frame frame_;
  bool reported_ = false;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_TX_RINGS_HH
