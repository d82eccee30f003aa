// SPDX-License-Identifier: GPL-2.0-only
//
// The parts of a card and what binds them. The register table's handlers work on this.
#ifndef PIKA_NIC82599_DEVICE_HH
#define PIKA_NIC82599_DEVICE_HH

#include "tools/nic82599/card.hh"
#include "tools/nic82599/complaints.hh"
#include "tools/nic82599/eeprom.hh"
#include "tools/nic82599/fault.hh"
#include "tools/nic82599/flow_director.hh"
#include "tools/nic82599/interrupts.hh"
#include "tools/nic82599/pci_config.hh"
#include "tools/nic82599/receiver.hh"
#include "tools/nic82599/registers.hh"
#include "tools/nic82599/rss.hh"
#include "tools/nic82599/rx_rings.hh"
#include "tools/nic82599/sfp.hh"
#include "tools/nic82599/statistics.hh"
#include "tools/nic82599/tx_rings.hh"

namespace pika::nic82599 {

struct Device final : FrameSink {
  Device(Host& host, const Settings& settings);

  uint32_t read(uint32_t offset);
  void write(uint32_t offset, uint32_t value);

  /// Asks the host for run() when a part needs it. Last in everything that may change that.
  void schedule();
  void run();

  void receive(ConstBytes frame);
  /// The transmit rings' frames.
  void send(unsigned queue, ConstBytes frame) override;

  void reset(Reset which);
  void set_link(bool up);
  void set_fault(unsigned fault);
  bool looped() const;

  Host& host;
  Settings settings;
  Complaints complaints;
  Registers registers;
  PciConfig config;
  Eeprom eeprom;
  Sfp sfp;
  Interrupts interrupts;
  Statistics statistics;
  Rss rss;
  FlowDirector flow_director;
  RxRings rx;
  TxRings tx;
  Receiver receiver;
  const Fault* fault;
  bool removed = false;
  Time wake = Time::max();

 private:
  void show_link();
};

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_DEVICE_HH
