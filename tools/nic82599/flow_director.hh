// SPDX-License-Identifier: GPL-2.0-only
//
// Flow Director: filters that send flows to queues, by signature (two hashes) or perfectly
// (every field, under one mask). The driver computes the hashes of what it adds; the card
// finds it only if its own are the same.
#ifndef PIKA_NIC82599_FLOW_DIRECTOR_HH
#define PIKA_NIC82599_FLOW_DIRECTOR_HH

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tools/nic82599/headers.hh"
#include "tools/nic82599/registers.hh"

namespace pika::nic82599 {

/// The fields of a flow that take part. IPv6 addresses are the xor of their words.
struct FlowFields {
  uint16_t vlan = 0;  ///< with priority
  uint8_t type = 0;   ///< UDP 1, TCP 2, SCTP 3; 4 more for IPv6
  uint32_t source = 0;
  uint32_t destination = 0;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint16_t flexible = 0;  ///< two bytes of the frame, at the place that FDIRCTRL says

  bool operator==(const FlowFields&) const = default;
};

/// 15 bits. Buckets and signatures are both this, of different keys.
uint32_t flow_hash(const FlowFields& fields, uint32_t key);

class FlowDirector {
 public:
  explicit FlowDirector(Registers& registers);

  struct Decision {
    unsigned queue = 0;
    bool to_queue = false;  ///< otherwise it only matched
    bool drop = false;
    uint32_t hash = 0;
    uint16_t identifier = 0;  ///< its signature, or the driver's number of the filter
  };

  bool enabled() const { return size_class() != 0; }

  /// What a filter says about the frame, if one does.
  std::optional<Decision> find(ConstBytes frame, const Headers& headers) const;

  /// FDIRCTRL was written: the table is empty and of the size that it says.
  void start();

  /// FDIRCMD was written.
  /// Returns: true if the table has just become as full as FDIRCTRL wants to be told.
  bool command(uint32_t value);

  void clear();

  size_t size() const { return size_; }
  size_t capacity() const;

 private:
  struct Filter {
    uint16_t identifier = 0;
    bool to_queue = false;
    bool drop = false;
    uint8_t queue = 0;
    FlowFields fields;  // masked; of perfect filters
  };
  using Bucket = std::vector<Filter>;

  unsigned size_class() const;
  bool perfect() const;
  uint32_t bucket_mask() const;
  bool add(uint32_t value);
  void remove();
  Filter* written_filter();
  void count_free();
  FlowFields written_fields(uint32_t value) const;
  FlowFields masked(FlowFields fields) const;
  FlowFields fields_of(ConstBytes frame, const Headers& headers) const;

  Registers& registers_;
  std::unordered_map<uint32_t, Bucket> buckets_;  // by hash
  size_t size_ = 0;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_FLOW_DIRECTOR_HH
