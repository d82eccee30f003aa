// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/card.hh"

#include <algorithm>

#include "tools/nic82599/bytes.hh"
#include "tools/nic82599/device.hh"

namespace pika::nic82599 {

namespace {

// Registers have 4 bytes; two can be had at once.
bool is_access(uint32_t offset, size_t size) {
  return (size == 4 || size == 8) && offset % 4 == 0 && offset < Card::bar0_size &&
         size <= Card::bar0_size - offset;
}

}  // namespace

Card::Card(Host& host, const Settings& settings)
    : device_(std::make_unique<Device>(host, settings)) {}

Card::~Card() = default;

void Card::read_config(uint32_t offset, Bytes to) {
  if (device_->removed)
    std::fill(to.begin(), to.end(), std::byte{0xff});
  else
    device_->config.read(offset, to);
}

void Card::write_config(uint32_t offset, ConstBytes from) {
  if (device_->removed) return;
  if (device_->config.write(offset, from)) reset();
}

void Card::read_bar0(uint32_t offset, Bytes to) {
  std::fill(to.begin(), to.end(), std::byte{0xff});
  if (device_->removed) return;
  if (!is_access(offset, to.size())) {
    device_->complaints.say(Complaint::access, "a read of no register's place or size");
    return;
  }
  for (size_t i = 0; i < to.size(); i += 4)
    store(to, i, device_->read(offset + static_cast<uint32_t>(i)));
  device_->schedule();
}

void Card::write_bar0(uint32_t offset, ConstBytes from) {
  if (device_->removed) return;
  if (!is_access(offset, from.size())) {
    device_->complaints.say(Complaint::access, "a write of no register's place or size");
    return;
  }
  for (size_t i = 0; i < from.size(); i += 4)
    device_->write(offset + static_cast<uint32_t>(i), load<uint32_t>(from, i));
  device_->schedule();
}

void Card::receive(ConstBytes frame) { device_->receive(frame); }

bool Card::may_receive() const { return device_->rx.has_room(); }

bool Card::has_rings() const { return device_->rx.any_enabled(); }

void Card::run() { device_->run(); }

void Card::reset() {
  device_->reset(Reset::whole_card);
  device_->schedule();
}

void Card::set_link(bool up) { device_->set_link(up); }

void Card::set_fault(unsigned fault) { device_->set_fault(fault); }

void Card::set_removed(bool removed) {
  device_->removed = removed;
  if (!removed) reset();
}

Totals Card::totals() const { return device_->statistics.totals(); }

}  // namespace pika::nic82599
