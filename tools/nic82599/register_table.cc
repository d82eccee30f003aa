// SPDX-License-Identifier: GPL-2.0-only
//
// The register table: reading it is reading the card. Rows are in the order of offsets in
// each group; a row without handler is memory that the driver reads back.

#include "tools/nic82599/device.hh"
#include "tools/nic82599/offsets.hh"

namespace pika::nic82599 {

namespace {

using reg::bit;

// General, EEPROM, module.

void write_ctrl(Device& device, uint32_t, uint32_t value) {
  if (value & reg::ctrl_reset) device.reset(Reset::every);
}

uint32_t read_eec(Device& device, uint32_t) {
  constexpr uint32_t request = bit(6), grant = bit(7);
  const uint32_t value = device.registers[reg::eec];
  return value & request ? value | grant : value;
}

// Reads a word at once.
void write_eerd(Device& device, uint32_t, uint32_t value) {
  constexpr uint32_t start = bit(0), done = bit(1), address = 0xfffc;
  if (!(value & start)) return;
  const uint32_t word = device.eeprom.read((value & address) >> 2);
  device.registers[reg::eerd] = word << 16 | (value & address) | done;
}

uint32_t read_i2cctl(Device& device, uint32_t) {
  constexpr uint32_t clock_in = bit(0), data_in = bit(2);
  return device.registers[reg::i2cctl] | (device.sfp.clock() ? clock_in : 0) |
         (device.sfp.data() ? data_in : 0);
}

void write_i2cctl(Device& device, uint32_t, uint32_t value) {
  constexpr uint32_t clock_out = bit(1), data_out = bit(3);
  device.sfp.drive(value & clock_out, value & data_out);
}

// Whoever reads SMBI as 0 has taken it.
uint32_t read_swsm(Device& device, uint32_t) {
  constexpr uint32_t smbi = bit(0);
  const uint32_t value = device.registers[reg::swsm];
  device.registers[reg::swsm] |= smbi;
  return value;
}

// Interrupts. Word 0 is the first register of a pair.

uint32_t read_eicr(Device& device, uint32_t) { return device.interrupts.take_causes(); }
void write_eicr(Device& device, uint32_t, uint32_t value) { device.interrupts.clear(value); }
uint32_t read_eics(Device& device, uint32_t) { return device.interrupts.causes(); }
uint32_t read_eims(Device& device, uint32_t) { return device.interrupts.enabled(0, false); }

void write_eics(Device& device, uint32_t, uint32_t value) {
  device.interrupts.force(0, value, false);
}

void write_eims(Device& device, uint32_t, uint32_t value) {
  device.interrupts.enable(0, value, false);
}

void write_eimc(Device& device, uint32_t, uint32_t value) {
  device.interrupts.disable(0, value, false);
}

uint32_t read_eims_ex(Device& device, uint32_t word) {
  return device.interrupts.enabled(word, true);
}

void write_eics_ex(Device& device, uint32_t word, uint32_t value) {
  device.interrupts.force(word, value, true);
}

void write_eims_ex(Device& device, uint32_t word, uint32_t value) {
  device.interrupts.enable(word, value, true);
}

void write_eimc_ex(Device& device, uint32_t word, uint32_t value) {
  device.interrupts.disable(word, value, true);
}

// Rings.

void change_rx_low(Device& device, uint32_t queue, uint32_t) { device.rx.changed(queue); }
void change_rx_high(Device& device, uint32_t queue, uint32_t) { device.rx.changed(queue + 64); }

void write_tdt(Device& device, uint32_t queue, uint32_t) { device.tx.run(queue); }

void write_txdctl(Device& device, uint32_t queue, uint32_t value) {
  if (!(value & reg::txdctl_enable)) device.tx.changed(queue);
  device.tx.run(queue);
}

void write_dmatxctl(Device& device, uint32_t, uint32_t) {
  for (unsigned queue = 0; queue < reg::queues; queue++) device.tx.run(queue);
}

void write_rssrk(Device& device, uint32_t, uint32_t) { device.rss.key_changed(); }

// Flow Director.

void write_fdirctrl(Device& device, uint32_t, uint32_t) { device.flow_director.start(); }

void write_fdircmd(Device& device, uint32_t, uint32_t value) {
  if (device.flow_director.command(value)) device.interrupts.other(reg::cause_flow_director);
}

// Bits of ring registers that a driver can set.
constexpr uint32_t ring_base = 0xffffff80, ring_length = 0x000fff80, ring_index = 0x0000ffff;

constexpr Register table[] = {
    // General.
    {.name = "CTRL", .offset = 0x00000, .writable = ~reg::ctrl_reset, .write = write_ctrl},
    {.name = "CTRL (copy)", .offset = 0x00004, .alias_of = 0x00000, .alias_stride = 4},
    {.name = "STATUS", .offset = 0x00008, .writable = 0},
    {.name = "CTRL_EXT", .offset = 0x00018},
    {.name = "ESDP", .offset = 0x00020, .reset = bit(2), .writable = ~bit(2)},
    {.name = "I2CCTL",
     .offset = 0x00028,
     .reset = 0xa,
     .writable = 0xa,
     .on_reset = Reset::whole_card,
     .read = read_i2cctl,
     .write = write_i2cctl},
    {.name = "FRTIMER", .offset = 0x00048},
    {.name = "TCPTIMER", .offset = 0x0004c},
    {.name = "LEDCTL", .offset = 0x00200},
    {.name = "CORESPARE", .offset = 0x00600},

    // EEPROM, flash, semaphores.
    {.name = "EEC", .offset = 0x10010, .reset = 0x3f00, .writable = bit(6), .read = read_eec},
    {.name = "EERD", .offset = 0x10014, .writable = 0, .write = write_eerd},
    {.name = "EEWR", .offset = 0x10018, .reset = bit(1), .writable = 0},
    {.name = "FLA", .offset = 0x1001c},
    {.name = "EEMNGCTL", .offset = 0x10110, .reset = bit(18) | bit(19)},
    {.name = "EEMNGDATA", .offset = 0x10114},
    {.name = "FLMNGCTL", .offset = 0x10118},
    {.name = "FLMNGDATA", .offset = 0x1011c},
    {.name = "FLMNGCNT", .offset = 0x10120},
    {.name = "FLOP", .offset = 0x1013c},
    {.name = "SWSM",
     .offset = 0x10140,
     .writable = bit(0) | bit(1) | bit(2),
     .on_reset = Reset::whole_card,
     .read = read_swsm},
    {.name = "FWSM", .offset = 0x10148, .reset = bit(15), .writable = 0},
    {.name = "FACTPS", .offset = 0x10150, .writable = 0},
    {.name = "GSSR", .offset = 0x10160, .on_reset = Reset::whole_card},
    {.name = "GRC", .offset = 0x10200},
    {.name = "VPDDIAG", .offset = 0x10204, .count = 2},

    // Interrupts.
    {.name = "PFMBICR", .offset = 0x00710, .count = 4},
    {.name = "PFMBIMR", .offset = 0x00720, .count = 4},
    {.name = "EICR", .offset = 0x00800, .writable = 0, .read = read_eicr, .write = write_eicr},
    {.name = "EICS", .offset = 0x00808, .writable = 0, .read = read_eics, .write = write_eics},
    {.name = "EIAC", .offset = 0x00810},
    {.name = "EITR", .offset = 0x00820, .count = 24, .writable = 0x7fffffff},
    {.name = "EIMS", .offset = 0x00880, .writable = 0, .read = read_eims, .write = write_eims},
    {.name = "EIMC", .offset = 0x00888, .writable = 0, .write = write_eimc},
    {.name = "EIAM", .offset = 0x00890},
    {.name = "EITRSEL", .offset = 0x00894},
    {.name = "GPIE", .offset = 0x00898},
    {.name = "IVAR", .offset = 0x00900, .count = 64},
    {.name = "IVAR_MISC", .offset = 0x00a00},
    {.name = "EICS_EX", .offset = 0x00a90, .count = 2, .writable = 0, .write = write_eics_ex},
    {.name = "EIMS_EX",
     .offset = 0x00aa0,
     .count = 2,
     .writable = 0,
     .read = read_eims_ex,
     .write = write_eims_ex},
    {.name = "EIMC_EX", .offset = 0x00ab0, .count = 2, .writable = 0, .write = write_eimc_ex},
    {.name = "EIAM_EX", .offset = 0x00ad0, .count = 2},
    {.name = "PBACL", .offset = 0x11068, .writable = 0},
    {.name = "PBACL (more)", .offset = 0x110c4, .count = 7, .writable = 0},
    {.name = "EITR (more)", .offset = 0x12300, .count = 105, .writable = 0x7fffffff},

    // Receive rings, 64 and 64.
    {.name = "RDBAL",
     .offset = 0x01000,
     .count = 64,
     .stride = 0x40,
     .writable = ring_base,
     .write = change_rx_low},
    {.name = "RDBAH", .offset = 0x01004, .count = 64, .stride = 0x40, .write = change_rx_low},
    {.name = "RDLEN",
     .offset = 0x01008,
     .count = 64,
     .stride = 0x40,
     .writable = ring_length,
     .write = change_rx_low},
    {.name = "DCA_RXCTRL", .offset = 0x0100c, .count = 64, .stride = 0x40},
    {.name = "RDH",
     .offset = 0x01010,
     .count = 64,
     .stride = 0x40,
     .writable = ring_index,
     .write = change_rx_low},
    {.name = "SRRCTL", .offset = 0x01014, .count = 64, .stride = 0x40, .reset = 0x402},
    {.name = "RDT", .offset = 0x01018, .count = 64, .stride = 0x40, .writable = ring_index},
    {.name = "RXDCTL",
     .offset = 0x01028,
     .count = 64,
     .stride = 0x40,
     .writable = ~reg::rxdctl_swflsh,
     .write = change_rx_low},
    {.name = "RSCCTL", .offset = 0x0102c, .count = 64, .stride = 0x40},
    {.name = "RDBAL (more)",
     .offset = 0x0d000,
     .count = 64,
     .stride = 0x40,
     .writable = ring_base,
     .write = change_rx_high},
    {.name = "RDBAH (more)",
     .offset = 0x0d004,
     .count = 64,
     .stride = 0x40,
     .write = change_rx_high},
    {.name = "RDLEN (more)",
     .offset = 0x0d008,
     .count = 64,
     .stride = 0x40,
     .writable = ring_length,
     .write = change_rx_high},
    {.name = "DCA_RXCTRL (more)", .offset = 0x0d00c, .count = 64, .stride = 0x40},
    {.name = "RDH (more)",
     .offset = 0x0d010,
     .count = 64,
     .stride = 0x40,
     .writable = ring_index,
     .write = change_rx_high},
    {.name = "SRRCTL (more)", .offset = 0x0d014, .count = 64, .stride = 0x40, .reset = 0x402},
    {.name = "RDT (more)", .offset = 0x0d018, .count = 64, .stride = 0x40, .writable = ring_index},
    {.name = "RXDCTL (more)",
     .offset = 0x0d028,
     .count = 64,
     .stride = 0x40,
     .writable = ~reg::rxdctl_swflsh,
     .write = change_rx_high},
    {.name = "RSCCTL (more)", .offset = 0x0d02c, .count = 64, .stride = 0x40},
    {.name = "SRRCTL (first)",
     .offset = 0x02100,
     .count = 16,
     .alias_of = 0x01014,
     .alias_stride = 0x40},
    {.name = "DCA_RXCTRL (first)",
     .offset = 0x02200,
     .count = 16,
     .alias_of = 0x0100c,
     .alias_stride = 0x40},

    // Receiving.
    {.name = "RTRPT4C", .offset = 0x02140, .count = 8},
    {.name = "RTRPT4S", .offset = 0x02160, .count = 8},
    {.name = "RQSMR", .offset = 0x02300, .count = 32},
    {.name = "FCPTRL", .offset = 0x02410},
    {.name = "FCPTRH", .offset = 0x02414},
    {.name = "FCBUFF", .offset = 0x02418},
    {.name = "FCDMARW", .offset = 0x02420},
    {.name = "RTRPCS", .offset = 0x02430},
    {.name = "RDRXCTL", .offset = 0x02f00, .reset = bit(3), .writable = ~bit(3)},
    {.name = "QDE", .offset = 0x02f04},
    {.name = "DRECCCTL", .offset = 0x02f08},
    {.name = "RDDCC", .offset = 0x02f20},
    {.name = "WQBR_RX", .offset = 0x02fb0, .count = 4},
    {.name = "RXCTRL", .offset = 0x03000},
    {.name = "PFCTOP", .offset = 0x03008},
    {.name = "RTRUP2TC", .offset = 0x03020},
    {.name = "STARCTRL", .offset = 0x03024},
    {.name = "RSCDBU", .offset = 0x03028},
    {.name = "RXMEMWRAP", .offset = 0x03190},
    {.name = "FCTTV", .offset = 0x03200, .count = 4},
    {.name = "FCADBU", .offset = 0x03210, .count = 2},
    {.name = "FCRTL", .offset = 0x03220, .count = 8},
    {.name = "FCRTH", .offset = 0x03260, .count = 8},
    {.name = "FCRTV", .offset = 0x032a0},
    {.name = "PFVFMRQC", .offset = 0x03400, .count = 64},
    {.name = "RXPBSIZE", .offset = 0x03c00, .reset = 0x80000},
    {.name = "RXPBSIZE (more)", .offset = 0x03c04, .count = 7},
    {.name = "FCCFG", .offset = 0x03d00},
    {.name = "DROPEN", .offset = 0x03d04},
    {.name = "RXCSUM", .offset = 0x05000},
    {.name = "RFCTL", .offset = 0x05008},
    {.name = "EXVET", .offset = 0x05078},
    {.name = "FCTRL", .offset = 0x05080},
    {.name = "VLNCTRL", .offset = 0x05088, .reset = 0x8100},
    {.name = "MCSTCTRL", .offset = 0x05090},
    {.name = "RUPPBMR", .offset = 0x050a0},
    {.name = "PFFLP", .offset = 0x050b0, .count = 2},
    {.name = "FCRXCTRL", .offset = 0x05100},
    {.name = "FCFLT", .offset = 0x05108},
    {.name = "FCFLTRW", .offset = 0x05110},
    {.name = "ETQF", .offset = 0x05128, .count = 8},
    {.name = "REOFF", .offset = 0x05158},
    {.name = "VMTXSW", .offset = 0x05180, .count = 2},
    {.name = "PFVTCTL", .offset = 0x051b0},
    {.name = "RXFECCERR0", .offset = 0x051b8},
    {.name = "FCPARAM", .offset = 0x051d8},
    {.name = "PFVFRE", .offset = 0x051e0, .count = 2},
    {.name = "RSOFF", .offset = 0x051f8},
    {.name = "MTA", .offset = 0x05200, .count = 128},
    {.name = "RAL (first)",
     .offset = 0x05400,
     .count = 16,
     .stride = 8,
     .alias_of = 0x0a200,
     .alias_stride = 8},
    {.name = "RAH (first)",
     .offset = 0x05404,
     .count = 16,
     .stride = 8,
     .alias_of = 0x0a204,
     .alias_stride = 8},
    {.name = "PSRTYPE (first)",
     .offset = 0x05480,
     .count = 16,
     .alias_of = 0x0ea00,
     .alias_stride = 4},
    {.name = "MRQC", .offset = 0x05818},
    {.name = "PFVMD_CTL", .offset = 0x0581c},
    {.name = "IMIR", .offset = 0x05a80, .count = 8},
    {.name = "IMIREXT", .offset = 0x05aa0, .count = 8},
    {.name = "IMIRVP", .offset = 0x05ac0},
    {.name = "RETA", .offset = 0x05c00, .count = 32},
    {.name = "RSSRK", .offset = 0x05c80, .count = 10, .write = write_rssrk},
    {.name = "SECRXCTRL", .offset = 0x08d00, .reset = bit(0)},
    {.name = "SECRXSTAT", .offset = 0x08d04, .reset = bit(0), .writable = 0},
    {.name = "VFTA", .offset = 0x0a000, .count = 128},
    {.name = "RAL", .offset = 0x0a200, .count = 128, .stride = 8},
    {.name = "RAH", .offset = 0x0a204, .count = 128, .stride = 8, .writable = 0x8000ffff},
    {.name = "MPSAR", .offset = 0x0a600, .count = 256},
    {.name = "SAQF", .offset = 0x0e000, .count = 128},
    {.name = "DAQF", .offset = 0x0e200, .count = 128},
    {.name = "SDPQF", .offset = 0x0e400, .count = 128},
    {.name = "FTQF", .offset = 0x0e600, .count = 128},
    {.name = "L34T_IMIR", .offset = 0x0e800, .count = 128},
    {.name = "PSRTYPE", .offset = 0x0ea00, .count = 64},
    {.name = "ETQS", .offset = 0x0ec00, .count = 8},
    {.name = "SYNQF", .offset = 0x0ec30},
    {.name = "RQTC", .offset = 0x0ec70},
    {.name = "LLITHRESH", .offset = 0x0ec90},
    {.name = "FCRECTL", .offset = 0x0ed00},
    {.name = "FCRETA", .offset = 0x0ed10, .count = 8},
    {.name = "PFVML2FLT", .offset = 0x0f000, .count = 64},
    {.name = "PFVLVF", .offset = 0x0f100, .count = 64},
    {.name = "PFVLVFB", .offset = 0x0f200, .count = 128},
    {.name = "PFUTA", .offset = 0x0f400, .count = 128},
    {.name = "PFMRCTL", .offset = 0x0f600, .count = 4},
    {.name = "PFMRVLAN", .offset = 0x0f610, .count = 8},
    {.name = "PFMRVM", .offset = 0x0f630, .count = 8},

    // Flow Director.
    {.name = "FDIRCTRL",
     .offset = 0x0ee00,
     .writable = ~reg::fdirctrl_init_done,
     .write = write_fdirctrl},
    {.name = "FDIRSIPV6", .offset = 0x0ee0c, .count = 3},
    {.name = "FDIRIPSA", .offset = 0x0ee18},
    {.name = "FDIRIPDA", .offset = 0x0ee1c},
    {.name = "FDIRPORT", .offset = 0x0ee20},
    {.name = "FDIRVLAN", .offset = 0x0ee24},
    {.name = "FDIRHASH", .offset = 0x0ee28},
    {.name = "FDIRCMD", .offset = 0x0ee2c, .writable = 0, .write = write_fdircmd},
    {.name = "FDIRFREE", .offset = 0x0ee38, .writable = 0},
    {.name = "FDIRDIP4M", .offset = 0x0ee3c},
    {.name = "FDIRSIP4M", .offset = 0x0ee40},
    {.name = "FDIRTCPM", .offset = 0x0ee44},
    {.name = "FDIRUDPM", .offset = 0x0ee48},
    {.name = "FDIRLEN", .offset = 0x0ee4c, .writable = 0, .on_read = Read::clears},
    {.name = "FDIRUSTAT", .offset = 0x0ee50, .writable = 0, .on_read = Read::clears},
    {.name = "FDIRFSTAT", .offset = 0x0ee54, .writable = 0, .on_read = Read::clears},
    {.name = "FDIRMATCH", .offset = 0x0ee58, .writable = 0, .on_read = Read::clears},
    {.name = "FDIRMISS", .offset = 0x0ee5c, .writable = 0, .on_read = Read::clears},
    {.name = "FDIRHKEY", .offset = 0x0ee68},
    {.name = "FDIRSKEY", .offset = 0x0ee6c},
    {.name = "FDIRM", .offset = 0x0ee70},
    {.name = "FDIRIP6M", .offset = 0x0ee74},

    // Transmit rings.
    {.name = "TDBAL", .offset = 0x06000, .count = 128, .stride = 0x40, .writable = ring_base},
    {.name = "TDBAH", .offset = 0x06004, .count = 128, .stride = 0x40},
    {.name = "TDLEN", .offset = 0x06008, .count = 128, .stride = 0x40, .writable = ring_length},
    {.name = "DCA_TXCTRL", .offset = 0x0600c, .count = 128, .stride = 0x40},
    {.name = "TDH", .offset = 0x06010, .count = 128, .stride = 0x40, .writable = ring_index},
    {.name = "TDT",
     .offset = 0x06018,
     .count = 128,
     .stride = 0x40,
     .writable = ring_index,
     .write = write_tdt},
    {.name = "TXDCTL",
     .offset = 0x06028,
     .count = 128,
     .stride = 0x40,
     .writable = ~reg::txdctl_swflsh,
     .write = write_txdctl},
    {.name = "TDWBAL", .offset = 0x06038, .count = 128, .stride = 0x40},
    {.name = "TDWBAH", .offset = 0x0603c, .count = 128, .stride = 0x40},

    // Transmitting.
    {.name = "RTTDCS", .offset = 0x04900},
    {.name = "RTTDQSEL", .offset = 0x04904},
    {.name = "RTTDT1C", .offset = 0x04908},
    {.name = "RTTDT1S", .offset = 0x0490c},
    {.name = "RTTDT2C", .offset = 0x04910, .count = 8},
    {.name = "RTTDT2S", .offset = 0x04930, .count = 8},
    {.name = "TXPBTHRESH", .offset = 0x04950, .count = 8},
    {.name = "RTTBCNRM", .offset = 0x04980},
    {.name = "RTTBCNRC", .offset = 0x04984},
    {.name = "RTTBCNRS", .offset = 0x04988},
    {.name = "RTTBCNRD", .offset = 0x0498c},
    {.name = "RTTDTECC", .offset = 0x04990},
    {.name = "DMATXCTL", .offset = 0x04a80, .write = write_dmatxctl},
    {.name = "DTXTCPFLGL", .offset = 0x04a88, .reset = 0x0ff60ff6},
    {.name = "DTXTCPFLGH", .offset = 0x04a8c, .reset = 0x00000f7f},
    {.name = "RTTQCNTG", .offset = 0x04a90},
    {.name = "TEOFF", .offset = 0x04a94},
    {.name = "TSOFF", .offset = 0x04a98},
    {.name = "PFMAILBOX", .offset = 0x04b00, .count = 64},
    {.name = "PFVMVIR", .offset = 0x08000, .count = 64},
    {.name = "DTXMXSZRQ", .offset = 0x08100},
    {.name = "PFVFTE", .offset = 0x08110, .count = 2},
    {.name = "MTQC", .offset = 0x08120},
    {.name = "WQBR_TX", .offset = 0x08130, .count = 4},
    {.name = "PFVFSPOOF", .offset = 0x08200, .count = 8},
    {.name = "PFDTXGSWC", .offset = 0x08220},
    {.name = "TXLLQ", .offset = 0x082e0, .count = 4},
    {.name = "TQSM", .offset = 0x08600, .count = 32},
    {.name = "VMECM", .offset = 0x08790, .count = 2},
    {.name = "SECTXCTRL", .offset = 0x08800, .reset = bit(0)},
    {.name = "SECTXSTAT", .offset = 0x08804, .reset = bit(0), .writable = 0},
    {.name = "SECTXBUFFAF", .offset = 0x08808, .reset = 0x250},
    {.name = "SECTXMINIFG", .offset = 0x08810, .reset = 0x1000},
    {.name = "RTTQCNCR", .offset = 0x08b00},
    {.name = "RTTUP2TC", .offset = 0x0c800},
    {.name = "LBDRPEN", .offset = 0x0ca00},
    {.name = "TIPG", .offset = 0x0cb00},
    {.name = "TXPBSIZE", .offset = 0x0cc00, .reset = 0x28000},
    {.name = "TXPBSIZE (more)", .offset = 0x0cc04, .count = 7},
    {.name = "RTTPCS", .offset = 0x0cd00},
    {.name = "MNGTXMAP", .offset = 0x0cd10},
    {.name = "RTTPT2C", .offset = 0x0cd20, .count = 8},
    {.name = "RTTPT2S", .offset = 0x0cd40, .count = 8},
    {.name = "TFCS", .offset = 0x0ce00},

    // MAC and link.
    {.name = "PCS1GCFIG", .offset = 0x04200},
    {.name = "PCS1GLCTL", .offset = 0x04208},
    {.name = "PCS1GLSTA", .offset = 0x0420c},
    {.name = "PCS1GDBG0", .offset = 0x04210, .count = 2},
    {.name = "PCS1GANA", .offset = 0x04218, .count = 4},
    {.name = "HLREG0", .offset = 0x04240, .reset = 0x08010403},
    {.name = "HLREG1", .offset = 0x04244},
    {.name = "PAP", .offset = 0x04248},
    {.name = "MACA", .offset = 0x0424c},
    {.name = "APAE", .offset = 0x04250},
    {.name = "ARD", .offset = 0x04254},
    {.name = "AIS", .offset = 0x04258},
    {.name = "MSCA", .offset = 0x0425c, .writable = ~bit(30)},
    {.name = "MSRWD", .offset = 0x04260, .reset = 0xffff0000, .writable = 0x0000ffff},
    {.name = "MLADD", .offset = 0x04264},
    {.name = "MAXFRS", .offset = 0x04268, .reset = 0x05ee0000},
    {.name = "TREG", .offset = 0x0426c},
    {.name = "PCSS", .offset = 0x04288, .count = 2},
    {.name = "XPCSS", .offset = 0x04290},
    {.name = "MFLCN", .offset = 0x04294},
    {.name = "SERDESC", .offset = 0x04298},
    {.name = "MACS", .offset = 0x0429c},
    {.name = "AUTOC", .offset = 0x042a0, .reset = 0x6000, .writable = ~bit(12)},
    {.name = "LINKS", .offset = 0x042a4, .writable = 0},
    {.name = "AUTOC2", .offset = 0x042a8, .reset = 0x20000},
    {.name = "AUTOC3", .offset = 0x042ac},
    {.name = "ANLP", .offset = 0x042b0, .reset = 0x10000, .writable = 0},
    {.name = "ANLP2", .offset = 0x042b4, .writable = 0},
    {.name = "MACC", .offset = 0x04330},
    {.name = "MMNGC", .offset = 0x042d0, .writable = 0},
    {.name = "ANLPNP", .offset = 0x042d4, .count = 2},
    {.name = "KRPCSFC", .offset = 0x042e0, .count = 4},
    {.name = "SGMIIC", .offset = 0x04314, .count = 2},
    {.name = "CRCERRC2", .offset = 0x04324},
    {.name = "FCAMAC", .offset = 0x04328, .count = 2},
    {.name = "CORECTL", .offset = 0x14f00},
    {.name = "SMADARCTL", .offset = 0x14f10},

    // Wake-up and management.
    {.name = "MAVTV", .offset = 0x05010, .count = 8},
    {.name = "MFUTP", .offset = 0x05030, .count = 8},
    {.name = "MDEF_EXT", .offset = 0x05160, .count = 8},
    {.name = "METF", .offset = 0x05190, .count = 4},
    {.name = "WUC", .offset = 0x05800},
    {.name = "WUFC", .offset = 0x05808},
    {.name = "WUS", .offset = 0x05810, .writable = 0},
    {.name = "MANC", .offset = 0x05820, .writable = 0},
    {.name = "MFVAL", .offset = 0x05824},
    {.name = "IPAV", .offset = 0x05838},
    {.name = "IP4AT", .offset = 0x05840, .count = 8},
    {.name = "MANC2H", .offset = 0x05860},
    {.name = "IP6AT", .offset = 0x05880, .count = 4},
    {.name = "MDEF", .offset = 0x05890, .count = 8},
    {.name = "MIPAF", .offset = 0x058b0, .count = 16},
    {.name = "WUPL", .offset = 0x05900},
    {.name = "MMA", .offset = 0x05910, .count = 8},
    {.name = "WUPM", .offset = 0x05a00, .count = 32},
    {.name = "FHFT", .offset = 0x09000, .count = 256},
    {.name = "FTFT", .offset = 0x09400, .count = 256},
    {.name = "FHFT_EXT", .offset = 0x09800, .count = 128},

    // Time.
    {.name = "RXSATRL", .offset = 0x051a0},
    {.name = "RXSATRH", .offset = 0x051a8, .count = 2},
    {.name = "RXMTRL", .offset = 0x05120},
    {.name = "RXSTMPL", .offset = 0x051e8, .writable = 0},
    {.name = "RXSTMPH", .offset = 0x051a4, .writable = 0},
    {.name = "TSYNCRXCTL", .offset = 0x05188},
    {.name = "TSYNCTXCTL", .offset = 0x08c00},
    {.name = "TXSTMP", .offset = 0x08c04, .count = 2, .writable = 0},
    {.name = "SYSTIML", .offset = 0x08c0c},
    {.name = "SYSTIMH", .offset = 0x08c10},
    {.name = "TIMINCA", .offset = 0x08c14},
    {.name = "TIMADJ", .offset = 0x08c18, .count = 2},
    {.name = "TSAUXC", .offset = 0x08c20},
    {.name = "TRGTTIM", .offset = 0x08c24, .count = 4},
    {.name = "FREQOUT", .offset = 0x08c34, .count = 2},
    {.name = "AUXSTMP", .offset = 0x08c3c, .count = 4},

    // IPsec and LinkSec: nothing is encrypted.
    {.name = "IPSTXIDX", .offset = 0x08900, .writable = 0x7fffffff},
    {.name = "IPSTXSALT", .offset = 0x08904},
    {.name = "IPSTXKEY", .offset = 0x08908, .count = 4},
    {.name = "LSECTXCAP", .offset = 0x08a00, .count = 20},
    {.name = "IPSRXIDX", .offset = 0x08e00},
    {.name = "IPSRXIPADDR", .offset = 0x08e04, .count = 4},
    {.name = "IPSRXSPI", .offset = 0x08e14},
    {.name = "IPSRXIPIDX", .offset = 0x08e18},
    {.name = "IPSRXKEY", .offset = 0x08e1c, .count = 4},
    {.name = "IPSRXSALT", .offset = 0x08e2c},
    {.name = "IPSRXMOD", .offset = 0x08e30},
    {.name = "LSECRXCAP", .offset = 0x08f00, .count = 33},

    // PCI Express, mailboxes.
    {.name = "GCR", .offset = 0x11000},
    {.name = "GTV", .offset = 0x11004},
    {.name = "FUNCTAG", .offset = 0x11008},
    {.name = "GLT", .offset = 0x1100c},
    {.name = "GSCL", .offset = 0x11010, .count = 4},
    {.name = "GSCN", .offset = 0x11020, .count = 8},
    {.name = "PHYADR", .offset = 0x11040, .count = 3},
    {.name = "GCR_EXT", .offset = 0x11050},
    {.name = "MREVID", .offset = 0x11064},
    {.name = "DCA_ID", .offset = 0x11070},
    {.name = "DCA_CTRL", .offset = 0x11074, .reset = bit(0)},
    {.name = "CIAA", .offset = 0x11088},
    {.name = "CIAD", .offset = 0x1108c},
    {.name = "PICAUSE", .offset = 0x110b0},
    {.name = "CDQ_MBR", .offset = 0x110b4},
    {.name = "PIENA", .offset = 0x110b8},
    {.name = "PCIESPARE", .offset = 0x110bc},
    {.name = "ECC_STATUS", .offset = 0x110e0},
    {.name = "MISC_REG", .offset = 0x110f0},
    {.name = "BAR_CTRL", .offset = 0x110f4},
    {.name = "ECC_CTRL", .offset = 0x11100, .count = 2},
    {.name = "PFMBMEM", .offset = 0x13000, .count = 1024},
    {.name = "LSWFW", .offset = 0x15014},
    {.name = "FLEX_MNG", .offset = 0x15800, .count = 448},
    {.name = "HICR", .offset = 0x15f00, .writable = 0},
    {.name = "HSMC0R", .offset = 0x15f04, .count = 2},
    {.name = "FWSTS", .offset = 0x15f0c, .writable = 0},
    {.name = "SWSR", .offset = 0x15f10},
    {.name = "HFDR", .offset = 0x15fe8},

    // Diagnostics: nothing is measured.
    {.name = "RDSTAT", .offset = 0x02c00, .count = 8},
    {.name = "RDSTATCTL", .offset = 0x02c20},
    {.name = "RIC_DW", .offset = 0x02f10, .count = 4},
    {.name = "RDMAM", .offset = 0x02f30, .count = 2},
    {.name = "RXDSTATCTRL", .offset = 0x02f40},
    {.name = "RXWRPTR", .offset = 0x03100, .count = 32},
    {.name = "PBRXECC", .offset = 0x03300},
    {.name = "RXBUFCTRL", .offset = 0x03600},
    {.name = "RXBUFDATA", .offset = 0x03610, .count = 4},
    {.name = "RXDATAWRPTR", .offset = 0x03700, .count = 16},
    {.name = "RXDBUECC", .offset = 0x03f70, .count = 2},
    {.name = "MDFTC1", .offset = 0x042b8},
    {.name = "MDFTC2", .offset = 0x042c0},
    {.name = "MDFTFIFO", .offset = 0x042c4, .count = 2},
    {.name = "MDFTS", .offset = 0x042cc},
    {.name = "RFVAL", .offset = 0x050a4},
    {.name = "TIC_DW2", .offset = 0x082b0, .count = 4},
    {.name = "TXDESCIC", .offset = 0x082cc},
    {.name = "TDHMPN2", .offset = 0x082fc},
    {.name = "TXWRPTR", .offset = 0x0c100, .count = 32},
    {.name = "PBTXECC", .offset = 0x0c300},
    {.name = "TXBUFCTRL", .offset = 0x0c600},
    {.name = "TXBUFDATA", .offset = 0x0c610, .count = 4},
    {.name = "TXDATAWRPTR", .offset = 0x0c700, .count = 16},
    {.name = "TXDBUECC", .offset = 0x0cf70, .count = 2},
    {.name = "PCIEECCCTL", .offset = 0x1106c},
    {.name = "PCIE_DIAG", .offset = 0x11090, .count = 8},

    // What the card before this one, the 82598, had where this one has nothing: Linux's
    // "ethtool -d" reads it of both.
    {.name = "MSIXPBA (82598)", .offset = 0x02000, .writable = 0},
    {.name = "ATLASCTL (82598)", .offset = 0x04800, .writable = 0},
    {.name = "DCA_TXCTRL (82598)", .offset = 0x07214, .writable = 0},
    {.name = "DCA_TXCTRL (82598)", .offset = 0x0721c, .count = 3, .writable = 0},
    {.name = "DCA_TXCTRL (82598)", .offset = 0x0722c, .count = 3, .writable = 0},
    {.name = "TDSTAT (82598)", .offset = 0x07c14, .writable = 0},
    {.name = "TDSTAT (82598)", .offset = 0x07c1c, .count = 2, .writable = 0},
    {.name = "TIC_DW (82598)", .offset = 0x07f14, .writable = 0},
    {.name = "TIC_DW (82598)", .offset = 0x07f1c, .count = 2, .writable = 0},

    // Statistics.
    {.name = "QPRC",
     .offset = 0x01030,
     .count = 16,
     .stride = 0x40,
     .writable = 0,
     .on_read = Read::clears},
    {.name = "QBRC_L",
     .offset = 0x01034,
     .count = 16,
     .stride = 0x40,
     .writable = 0,
     .on_read = Read::clears},
    {.name = "QBRC_H",
     .offset = 0x01038,
     .count = 16,
     .stride = 0x40,
     .writable = 0,
     .on_read = Read::clears},
    {.name = "QPRDC",
     .offset = 0x01430,
     .count = 16,
     .stride = 0x40,
     .writable = 0,
     .on_read = Read::clears},
    {.name = "FCOERPDC", .offset = 0x0241c, .writable = 0, .on_read = Read::clears},
    {.name = "FCLAST", .offset = 0x02424, .writable = 0, .on_read = Read::clears},
    {.name = "FCOEPRC", .offset = 0x02428, .writable = 0, .on_read = Read::clears},
    {.name = "FCOEDWRC", .offset = 0x0242c, .writable = 0, .on_read = Read::clears},
    {.name = "RXDGPC", .offset = 0x02f50, .count = 3, .writable = 0, .on_read = Read::clears},
    {.name = "RXDDGPC", .offset = 0x02f5c, .count = 9, .writable = 0, .on_read = Read::clears},
    {.name = "PXON2OFFCNT", .offset = 0x03240, .count = 8, .writable = 0, .on_read = Read::clears},
    {.name = "PXONTXC", .offset = 0x03f00, .count = 8, .writable = 0, .on_read = Read::clears},
    {.name = "PXOFFTXC", .offset = 0x03f20, .count = 8, .writable = 0, .on_read = Read::clears},
    {.name = "LXONTXC", .offset = 0x03f60, .writable = 0, .on_read = Read::clears},
    {.name = "LXOFFTXC", .offset = 0x03f68, .writable = 0, .on_read = Read::clears},
    {.name = "MPC", .offset = 0x03fa0, .count = 8, .writable = 0, .on_read = Read::clears},
    {.name = "RNBC", .offset = 0x03fc0, .count = 8, .writable = 0, .on_read = Read::clears},
    {.name = "CRCERRS", .offset = 0x04000, .writable = 0, .on_read = Read::clears},
    {.name = "ILLERRC", .offset = 0x04004, .writable = 0, .on_read = Read::clears},
    {.name = "ERRBC", .offset = 0x04008, .writable = 0, .on_read = Read::clears},
    {.name = "MSPDC", .offset = 0x04010, .writable = 0, .on_read = Read::clears},
    {.name = "MLFC", .offset = 0x04034, .writable = 0, .on_read = Read::clears},
    {.name = "MRFC", .offset = 0x04038, .writable = 0, .on_read = Read::clears},
    {.name = "RLEC", .offset = 0x04040, .writable = 0, .on_read = Read::clears},
    {.name = "PRC", .offset = 0x0405c, .count = 6, .writable = 0, .on_read = Read::clears},
    {.name = "GPRC", .offset = 0x04074, .writable = 0, .on_read = Read::clears},
    {.name = "BPRC", .offset = 0x04078, .writable = 0, .on_read = Read::clears},
    {.name = "MPRC", .offset = 0x0407c, .writable = 0, .on_read = Read::clears},
    {.name = "GPTC", .offset = 0x04080, .writable = 0, .on_read = Read::clears},
    {.name = "GORC", .offset = 0x04088, .count = 2, .writable = 0, .on_read = Read::clears},
    {.name = "GOTC", .offset = 0x04090, .count = 2, .writable = 0, .on_read = Read::clears},
    {.name = "RUC", .offset = 0x040a4, .writable = 0, .on_read = Read::clears},
    {.name = "RFC", .offset = 0x040a8, .writable = 0, .on_read = Read::clears},
    {.name = "ROC", .offset = 0x040ac, .writable = 0, .on_read = Read::clears},
    {.name = "RJC", .offset = 0x040b0, .writable = 0, .on_read = Read::clears},
    {.name = "MNGPRC", .offset = 0x040b4, .writable = 0, .on_read = Read::clears},
    {.name = "MNGPDC", .offset = 0x040b8, .writable = 0, .on_read = Read::clears},
    {.name = "TOR", .offset = 0x040c0, .count = 2, .writable = 0, .on_read = Read::clears},
    {.name = "TPR", .offset = 0x040d0, .writable = 0, .on_read = Read::clears},
    {.name = "TPT", .offset = 0x040d4, .writable = 0, .on_read = Read::clears},
    {.name = "PTC", .offset = 0x040d8, .count = 6, .writable = 0, .on_read = Read::clears},
    {.name = "MPTC", .offset = 0x040f0, .writable = 0, .on_read = Read::clears},
    {.name = "BPTC", .offset = 0x040f4, .writable = 0, .on_read = Read::clears},
    {.name = "XEC", .offset = 0x04120, .writable = 0, .on_read = Read::clears},
    {.name = "PXONRXCNT", .offset = 0x04140, .count = 8, .writable = 0, .on_read = Read::clears},
    {.name = "PXOFFRXCNT", .offset = 0x04160, .count = 8, .writable = 0, .on_read = Read::clears},
    {.name = "LXONRXCNT", .offset = 0x041a4, .writable = 0, .on_read = Read::clears},
    {.name = "LXOFFRXCNT", .offset = 0x041a8, .writable = 0, .on_read = Read::clears},
    {.name = "RXNFGPC", .offset = 0x041b0, .count = 3, .writable = 0, .on_read = Read::clears},
    {.name = "FCCRC", .offset = 0x05118, .writable = 0, .on_read = Read::clears},
    {.name = "QPTC",
     .offset = 0x06030,
     .count = 16,
     .stride = 0x40,
     .writable = 0,
     .on_read = Read::clears},
    {.name = "QPTC (copy)",
     .offset = 0x08680,
     .count = 16,
     .alias_of = 0x06030,
     .alias_stride = 0x40},
    {.name = "QBTC", .offset = 0x08700, .count = 32, .writable = 0, .on_read = Read::clears},
    {.name = "SSVPC", .offset = 0x08780, .writable = 0, .on_read = Read::clears},
    {.name = "FCOEPTC", .offset = 0x08784, .writable = 0, .on_read = Read::clears},
    {.name = "FCOEDWTC", .offset = 0x08788, .writable = 0, .on_read = Read::clears},
    {.name = "TXDGPC", .offset = 0x087a0, .count = 3, .writable = 0, .on_read = Read::clears},
    {.name = "PXONRXC", .offset = 0x0cf00, .count = 8, .writable = 0, .on_read = Read::clears},
    {.name = "PXOFFRXC", .offset = 0x0cf20, .count = 8, .writable = 0, .on_read = Read::clears},
    {.name = "LXONRXC", .offset = 0x0cf60, .writable = 0, .on_read = Read::clears},
    {.name = "LXOFFRXC", .offset = 0x0cf68, .writable = 0, .on_read = Read::clears},
    {.name = "MNGPTC", .offset = 0x0cf90, .writable = 0, .on_read = Read::clears},
};

}  // namespace

std::span<const Register> register_table() { return table; }

}  // namespace pika::nic82599
