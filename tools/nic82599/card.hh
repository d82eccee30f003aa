// SPDX-License-Identifier: GPL-2.0-only
//
// An Intel 82599 10GbE controller, as a driver sees it through its PCI configuration
// space and BAR 0. (BAR 4, the MSI-X table, is the host's: Host::interrupt().)
#ifndef PIKA_NIC82599_CARD_HH
#define PIKA_NIC82599_CARD_HH

#include <array>
#include <cstdint>
#include <memory>

#include "tools/nic82599/host.hh"
#include "tools/nic82599/totals.hh"

namespace pika::nic82599 {

struct Device;

/// What differs from card to card.
struct Settings {
  std::array<uint8_t, 6> mac = {0x00, 0x1b, 0x21, 0x82, 0x59, 0x90};
  bool link_up = true;
  unsigned fault = 0;  ///< one deliberate error for tests of drivers, of faults(); 0: none
};

class Card {
 public:
  /// @p host outlives the card.
  Card(Host& host, const Settings& settings);
  ~Card();

  static constexpr uint32_t bar0_size = 128 * 1024;
  static constexpr uint32_t bar4_size = 16 * 1024;
  static constexpr unsigned vectors = 64;

  /// Reads the PCI configuration space. Any offset, any length.
  void read_config(uint32_t offset, Bytes to);
  void write_config(uint32_t offset, ConstBytes from);

  /// Reads BAR 0. What is not inside, or not 4 or 8 aligned bytes, reads all ones and is
  /// complained about.
  void read_bar0(uint32_t offset, Bytes to);
  void write_bar0(uint32_t offset, ConstBytes from);

  /// A frame from the wire, without its FCS. What finds no descriptor is counted as
  /// missed and dropped, as the card does.
  void receive(ConstBytes frame);

  /// True if receive() of a frame would find a descriptor, whichever enabled queue it is
  /// for; what reads a back end that can wait asks first.
  bool may_receive() const;

  /// Any receive queue is enabled, with or without room.
  bool has_rings() const;

  /// What Host::wake_at() asked for.
  void run();

  /// The whole device is reset (PCI function-level or bus reset).
  void reset();

  void set_link(bool up);

  /// One of faults(), or 0 for none.
  void set_fault(unsigned fault);

  /// Pulled out: everything reads all ones and nothing happens any more. Put in again,
  /// the card is as new.
  void set_removed(bool removed);

  Totals totals() const;

 private:
  std::unique_ptr<Device> device_;
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_CARD_HH
