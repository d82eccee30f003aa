// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/device.hh"

#include <algorithm>

#include "tools/nic82599/offsets.hh"

namespace pika::nic82599 {

namespace {

// The checksum stays right.
void clear_capabilities(Eeprom& eeprom, uint16_t bits) {
  constexpr uint32_t capabilities = 0x2c, checksum = 0x3f;
  const uint16_t cleared = eeprom.read(capabilities) & bits;
  eeprom.set(capabilities, static_cast<uint16_t>(eeprom.read(capabilities) - cleared));
  eeprom.set(checksum, static_cast<uint16_t>(eeprom.read(checksum) + cleared));
}

}  // namespace

Device::Device(Host& host_, const Settings& settings_)
    : host(host_),
      settings(settings_),
      complaints(host),
      config(settings.mac),
      interrupts(registers, host),
      statistics(registers),
      rss(registers),
      flow_director(registers),
      rx(registers, host, complaints),
      tx(registers, host, complaints, interrupts, *this),
      receiver({registers, rss, flow_director, rx, statistics, interrupts}),
      fault(&faults()[0]) {
  reset(Reset::whole_card);
  set_fault(settings.fault);
}

uint32_t Device::read(uint32_t offset) {
  const Place place = find_register(offset);
  if (!place.row) {
    complaints.say(Complaint::unknown, "a register is read that the card has not");
    return 0;
  }
  uint32_t value = registers[place.offset];
  if (place.row->read) value = place.row->read(*this, place.index);
  if (place.row->on_read == Read::clears && fault->kind != FaultKind::no_clear)
    registers[place.offset] = 0;
  if (fault->kind != FaultKind::reads) return value;
  const bool hit = find_register(fault->where).row == place.row;
  return hit ? (value & fault->keep) | fault->set : value;
}

void Device::write(uint32_t offset, uint32_t value) {
  const Place place = find_register(offset);
  if (!place.row) {
    complaints.say(Complaint::unknown, "a register is written that the card has not");
    return;
  }
  uint32_t& now = registers[place.offset];
  now = (now & ~place.row->writable) | (value & place.row->writable);
  if (place.row->write) place.row->write(*this, place.index, value);
}

void Device::schedule() {
  const bool rest = tx.has_rest() && !removed;
  Time next = rest ? host.now() : interrupts.next();
  // A card that is gone waits for nothing.
  if (removed) next = Time::max();
  if (next == wake && !rest) return;
  wake = next;
  host.wake_at(next);
}

void Device::run() {
  wake = Time::max();
  if (!removed) {
    tx.run_rest();
    interrupts.run();
  }
  schedule();
}

bool Device::looped() const { return registers[reg::hlreg0] & reg::hlreg0_lpbk; }

void Device::receive(ConstBytes frame) {
  if (removed) return;
  if (!settings.link_up || looped() || fault->kind == FaultKind::no_rx)
    statistics.dropped();
  else
    receiver.receive(frame);
  schedule();
}

// Without a link frames go nowhere, and their descriptors are done all the same.
void Device::send(unsigned queue, ConstBytes frame) {
  statistics.sent(queue, frame);
  if (looped())
    receiver.receive(frame);
  else if (settings.link_up && fault->kind != FaultKind::no_tx)
    host.transmit(frame);
}

void Device::reset(Reset which) {
  registers.reset(which);
  if (fault->kind == FaultKind::gssr_cleared) registers[reg::gssr] = 0;
  interrupts.reset();
  flow_director.clear();
  rx.reset();
  tx.reset();
  rss.key_changed();
  const auto mac = fault->kind == FaultKind::no_address ? std::array<uint8_t, 6>{} : settings.mac;
  registers[reg::ral] = static_cast<uint32_t>(mac[0]) | static_cast<uint32_t>(mac[1]) << 8 |
                        static_cast<uint32_t>(mac[2]) << 16 | static_cast<uint32_t>(mac[3]) << 24;
  registers[reg::rah] =
      reg::rah_av | static_cast<uint32_t>(mac[4]) | static_cast<uint32_t>(mac[5]) << 8;
  if (which == Reset::whole_card) config.reset();
  show_link();
}

void Device::show_link() { registers[reg::links] = settings.link_up ? reg::links_up : 0; }

void Device::set_link(bool up) {
  if (settings.link_up == up) return;
  settings.link_up = up;
  show_link();
  if (!removed) interrupts.other(reg::cause_link);
  schedule();
}

void Device::set_fault(unsigned number) {
  fault = &faults()[std::min<size_t>(number, faults().size() - 1)];
  eeprom = Eeprom();
  sfp = Sfp();
  clear_capabilities(eeprom, fault->cannot);
  if (fault->kind == FaultKind::eeprom) eeprom.set(fault->where, static_cast<uint16_t>(fault->set));
  if (fault->kind == FaultKind::sfp)
    sfp.set(static_cast<uint8_t>(fault->where), static_cast<uint8_t>(fault->set));
  sfp.set_present(fault->kind != FaultKind::no_sfp);
  interrupts.no_queue_causes = fault->kind == FaultKind::no_interrupts;
  interrupts.ignore_enable = fault->kind == FaultKind::no_vector_enable;
  interrupts.no_auto_mask = fault->kind == FaultKind::no_auto_mask;
  tx.no_done = fault->kind == FaultKind::no_tx_done;
  rx.no_done = fault->kind == FaultKind::no_rx_done;
}

}  // namespace pika::nic82599
