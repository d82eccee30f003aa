// SPDX-License-Identifier: GPL-2.0-only

#include "tools/nic82599/fault.hh"

#include "tools/nic82599/offsets.hh"

namespace pika::nic82599 {

namespace {

using enum FaultKind;

constexpr uint32_t all = 0xffffffff;

// Capabilities that the EEPROM tells.
constexpr uint16_t any_module = 1 << 0, no_crosstalk = 1 << 7;

constexpr Fault table[] = {
    {"none", "nothing", none},
    {"reset", "CTRL.RST stays set", reads, 0x00000, all, reg::bit(26)},
    {"master", "CTRL.GIO_DIS reads 0", reads, 0x00000, ~reg::bit(2)},
    {"status", "STATUS.GIO stays set", reads, 0x00008, all, reg::bit(19)},
    {"eeprom-absent", "EEC.PRES reads 0", reads, 0x10010, ~reg::bit(8)},
    {"eerd", "EERD is never done", reads, 0x10014, ~reg::bit(1)},
    {"checksum", "a word of the EEPROM is wrong", eeprom, 0x2d, 0, 0x1234},
    {"eeprom-sfp", "the EEPROM has no list of modules", eeprom, 0x2b, 0, 0xffff},
    {"smbi", "SWSM.SMBI is always taken", reads, 0x10140, all, reg::bit(0)},
    {"swesmbi", "SWSM.SWESMBI reads 0", reads, 0x10140, ~reg::bit(1)},
    {"gssr", "GSSR: firmware has everything", reads, 0x10160, all, 0x3e0},
    {"fwsm", "FWSM: no firmware", reads, 0x10148, 0},
    {"mac", "there is no Ethernet address", no_address},
    {"no-sfp", "the cage is empty", no_sfp},
    {"sfp-kind", "the module is a QSFP+", sfp, 0, 0, 0xd},
    {"sfp-maker", "the module is not Intel's", sfp, 39, 0, 0x22},
    {"sfp-refused", "the module is not Intel's and has to be", sfp, 39, 0, 0x22, any_module},
    {"esdp", "ESDP.SDP2 reads 0", reads, 0x00020, ~reg::bit(2)},
    {"esdp-counts", "ESDP.SDP2 reads 0 and counts", reads, 0x00020, ~reg::bit(2), 0, no_crosstalk},
    {"msca", "MSCA never ends", reads, 0x0425c, all, reg::bit(30)},
    {"autoc", "AUTOC reads 0", reads, 0x042a0, 0},
    {"anlp1", "ANLP1 reads 0", reads, 0x042b0, 0},
    {"links", "LINKS reads 0", reads, 0x042a4, 0},
    {"speed", "LINKS has no speed", reads, 0x042a4, ~(reg::bit(28) | reg::bit(29))},
    {"packet-buffer", "RXPBSIZE0 reads 0", reads, 0x03c00, 0},
    {"dma-idone", "RDRXCTL.DMAIDONE reads 0", reads, 0x02f00, ~reg::bit(3)},
    {"security", "SECRXSTAT is never ready", reads, 0x08d04, 0},
    {"rxdctl", "RXDCTL.ENABLE reads 0", reads, 0x01028, ~reg::bit(25)},
    {"rxdctl-stuck", "RXDCTL.ENABLE reads 1", reads, 0x01028, all, reg::bit(25)},
    {"txdctl", "TXDCTL.ENABLE reads 0", reads, 0x06028, ~reg::bit(25)},
    {"eics", "EICS reads 0", reads, 0x00808, 0},
    {"rdlen", "RDLEN has its lowest bits", reads, 0x01008, all, 0x7f},
    {"fdir-init", "FDIRCTRL.INIT_DONE reads 0", reads, 0x0ee00, ~reg::bit(3)},
    {"fdir-command", "FDIRCMD never ends", reads, 0x0ee2c, all, 1},
    {"all-ones", "STATUS reads all ones", reads, 0x00008, all, all},
    {"no-interrupts", "queues raise no interrupt", no_interrupts},
    {"eims-ex", "EIMS_EX has no effect", no_vector_enable},
    {"auto-mask", "delivery masks nothing", no_auto_mask},
    {"tx-done", "sent descriptors are not told", no_tx_done},
    {"rx-done", "received descriptors are not told", no_rx_done},
    {"clear-on-read", "statistics that are read stay", no_clear},
    {"gssr-reset", "a software reset clears GSSR", gssr_cleared},
    {"tx", "nothing reaches the wire", no_tx},
    {"rx", "nothing comes from the wire", no_rx},
};

}  // namespace

std::span<const Fault> faults() { return table; }

}  // namespace pika::nic82599
