// SPDX-License-Identifier: GPL-2.0-only
//
// From what the driver gave to frames on the wire: VLAN tags, checksums, segmentation.
#ifndef PIKA_NIC82599_TX_OFFLOAD_HH
#define PIKA_NIC82599_TX_OFFLOAD_HH

#include <vector>

#include "tools/nic82599/complaints.hh"
#include "tools/nic82599/headers.hh"
#include "tools/nic82599/registers.hh"

namespace pika::nic82599 {

/// Where headers are, from a context descriptor.
struct TxContext {
  uint16_t tag = 0;
  uint32_t ethernet_size = 0;
  uint32_t ip_size = 0;
  uint32_t transport_size = 0;
  uint32_t segment_size = 0;  ///< of payload
  bool v4 = false;
  Transport transport = Transport::none;
};

/// What a data descriptor wants done.
struct TxRequest {
  TxContext context;
  bool insert_tag = false;
  bool insert_ip_checksum = false;
  bool insert_transport_checksum = false;
  bool segment = false;
  // Legacy descriptors: a sum from here to the end goes there.
  bool insert_checksum = false;
  uint32_t checksum_from = 0;
  uint32_t checksum_to = 0;
};

/// Where frames go.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual void send(unsigned queue, ConstBytes frame) = 0;
};

class TxOffload {
 public:
  TxOffload(const Registers& registers, Complaints& complaints, FrameSink& sink);

  /// The most that one frame, or what becomes several, can have.
  static constexpr size_t largest = size_t{256} * 1024;

  /// Room for what a driver sends.
  Bytes buffer() { return {&memory_[headroom], largest}; }

  /// Sends the first @p size bytes of buffer(), as @p request says. What cannot be done
  /// is complained about and not sent.
  /// Returns: what that took, as that of so many bytes.
  size_t send(unsigned queue, size_t size, const TxRequest& request);

 private:
  static constexpr size_t headroom = 64;
  static constexpr size_t shortest = 60;

  bool insert_checksums(Bytes frame, const TxRequest& request);
  bool insert_legacy_checksum(Bytes frame, const TxRequest& request);
  bool insert_transport_checksum(Bytes frame, const TxContext& context, uint32_t more);
  size_t send_whole(unsigned queue, Bytes frame, const TxRequest& request);
  size_t send_segments(unsigned queue, Bytes frame, const TxRequest& request);
  bool can_segment(size_t size, size_t headers, const TxContext& context);
  void fix_headers(Bytes segment, size_t headers, const TxRequest& request, uint32_t number,
                   bool last) const;
  uint16_t flags_mask(uint32_t number, bool last) const;
  Bytes tagged(Bytes frame, uint16_t tag);
  size_t send_one(unsigned queue, ConstBytes frame);
  size_t refuse(Complaint kind, const char* what);

  const Registers& registers_;
  Complaints& complaints_;
  FrameSink& sink_;
  std::vector<std::byte> memory_;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_TX_OFFLOAD_HH
