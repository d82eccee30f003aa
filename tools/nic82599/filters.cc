// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/filters.hh"

#include "tools/nic82599/bytes.hh"
#include "tools/nic82599/offsets.hh"

namespace pika::nic82599 {

namespace {

bool is_own(const Registers& registers, uint32_t low, uint32_t high) {
  for (uint32_t i = 0; i < reg::addresses; i++) {
    const uint32_t own_high = registers[reg::rah + 8 * i];
    if (own_high & reg::rah_av && (own_high & 0xffff) == high && registers[reg::ral + 8 * i] == low)
      return true;
  }
  return false;
}

// 12 bits of the last two bytes of the address choose a bit of MTA.
bool in_multicast_table(const Registers& registers, uint32_t high) {
  static constexpr unsigned shifts[] = {4, 3, 2, 0};
  const uint32_t control = registers[reg::mcstctrl];
  const uint32_t hash = high >> shifts[control & 3] & 0xfff;
  return control & reg::mcstctrl_mfe && registers[reg::mta + hash / 32 * 4] >> hash % 32 & 1;
}

}  // namespace

Match match_address(const Registers& registers, ConstBytes frame) {
  const auto low = load<uint32_t>(frame);
  const uint32_t high = load<uint16_t>(frame, 4);
  const uint32_t modes = registers[reg::fctrl];
  if (low == ~0u && high == 0xffff) return modes & reg::fctrl_bam ? Match::exact : Match::none;
  if (is_own(registers, low, high)) return Match::exact;
  if (low & 1) {
    const bool taken = modes & reg::fctrl_mpe || in_multicast_table(registers, high);
    return taken ? Match::inexact : Match::none;
  }
  return modes & reg::fctrl_upe ? Match::inexact : Match::none;
}

bool match_vlan(const Registers& registers, const Headers& headers) {
  if (!headers.tagged || !(registers[reg::vlnctrl] & reg::vlnctrl_vfe)) return true;
  const uint32_t vlan = headers.tag & 0xfff;
  return registers[reg::vfta + vlan / 32 * 4] >> vlan % 32 & 1;
}

size_t longest_frame(const Registers& registers, bool tagged) {
  constexpr size_t fcs = 4, standard = 1518, tag = 4;
  if (!(registers[reg::hlreg0] & reg::hlreg0_jumboen)) return standard - fcs + (tagged ? tag : 0);
  const size_t limit = registers[reg::maxfrs] >> 16;
  return (limit < fcs ? 0 : limit - fcs) + (tagged ? tag : 0);
}

}  // namespace pika::nic82599
