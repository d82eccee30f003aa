// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/sfp.hh"

#include <algorithm>
#include <string_view>

namespace pika::nic82599 {

namespace {

using Page = std::array<uint8_t, 256>;

void put_text(Page& page, unsigned at, unsigned size, std::string_view text) {
  std::fill_n(page.begin() + at, size, ' ');
  std::copy(text.begin(), text.end(), page.begin() + at);
}

void put_checksum(Page& page, unsigned from, unsigned at) {
  unsigned sum = 0;
  for (unsigned i = from; i < at; i++) sum += page[i];
  page[at] = static_cast<uint8_t>(sum);
}

}  // namespace

Sfp::Sfp() {
  Page& page = memory_[0];
  page[0] = 3;     // SFP
  page[1] = 4;     // told by this memory alone
  page[2] = 7;     // LC
  page[3] = 0x10;  // 10GBASE-SR
  page[11] = 6;    // 64B/66B
  page[12] = 103;  // in 100 Mbit/s
  page[16] = 8;    // 80 m of OM2
  page[19] = 30;   // 300 m of OM3
  put_text(page, 20, 16, "PIKA");
  page[38] = 0x1b;  // Intel's OUI: 00 1b 21
  page[39] = 0x21;
  put_text(page, 40, 16, "82599-SR");
  put_text(page, 56, 4, "1");
  page[60] = 850 >> 8;  // nm
  page[61] = 850 & 0xff;
  put_checksum(page, 0, 63);
  put_text(page, 68, 16, "1");
  put_text(page, 84, 8, "260101");
  put_checksum(page, 64, 95);
}

void Sfp::drive(bool clock, bool data) {
  if (clock_ && clock && driven_ != data) {
    // The data wire moves while the clock is high: a start or a stop.
    state_ = data ? State::idle : State::address;
    bits_ = 0;
    own_acknowledgement_ = false;
    pull_ = true;
    driven_ = data;
    return;
  }
  driven_ = data;
  if (clock == clock_) return;
  clock_ = clock;
  if (!present_ || state_ == State::idle) return;
  if (clock)
    rise();
  else
    fall();
}

// Bits are taken when the clock rises.
void Sfp::rise() {
  if (bits_ < 8) {
    if (state_ != State::read) byte_ = static_cast<uint8_t>(byte_ << 1 | driven_);
  } else if (!own_acknowledgement_) {
    acknowledged_ = !driven_;
  }
  bits_++;
}

// The module changes its end when the clock falls.
void Sfp::fall() {
  if (bits_ == 8 && state_ != State::read) {
    byte_received();
    return;
  }
  if (bits_ == 8) {
    pull_ = true;  // the driver acknowledges, or not to stop
    return;
  }
  if (bits_ == 9) {
    bits_ = 0;
    pull_ = true;
    if (state_ == State::read && !own_acknowledgement_ && !acknowledged_) state_ = State::idle;
    own_acknowledgement_ = false;
    if (state_ == State::read) load();
    return;
  }
  if (state_ == State::read) pull_ = byte_ >> (7 - bits_) & 1;
}

void Sfp::byte_received() {
  pull_ = false;
  own_acknowledgement_ = true;
  if (state_ == State::address && (byte_ & 0xfc) == 0xa0) {
    page_ = byte_ >> 1 & 1;
    state_ = byte_ & 1 ? State::read : State::offset;
  } else if (state_ == State::offset) {
    offset_ = byte_;
    state_ = State::write;
  } else if (state_ != State::write) {
    state_ = State::idle;  // another device's
    pull_ = true;
  }
}

void Sfp::load() {
  byte_ = memory_[page_][offset_++];
  pull_ = byte_ >> 7 & 1;
}

}  // namespace pika::nic82599
