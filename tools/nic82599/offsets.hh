// SPDX-License-Identifier: GPL-2.0-only
//
// Where registers lie that more than the register table names, and their bits. Names are
// the datasheet's.
#ifndef PIKA_NIC82599_OFFSETS_HH
#define PIKA_NIC82599_OFFSETS_HH

#include <cstdint>

namespace pika::nic82599::reg {

constexpr uint32_t bit(unsigned n) { return 1u << n; }

// General.
inline constexpr uint32_t ctrl = 0x00000;
inline constexpr uint32_t ctrl_reset = bit(26) | bit(3);  // software, link
inline constexpr uint32_t status = 0x00008;
inline constexpr uint32_t i2cctl = 0x00028;
inline constexpr uint32_t links = 0x042a4;
inline constexpr uint32_t links_up = 0x70000080;  // 10 Gbit/s
inline constexpr uint32_t hlreg0 = 0x04240;
inline constexpr uint32_t hlreg0_rxcrcstrp = bit(1);
inline constexpr uint32_t hlreg0_jumboen = bit(2);
inline constexpr uint32_t hlreg0_txpaden = bit(10);
inline constexpr uint32_t hlreg0_lpbk = bit(15);
inline constexpr uint32_t maxfrs = 0x04268;
inline constexpr uint32_t eec = 0x10010;
inline constexpr uint32_t eerd = 0x10014;
inline constexpr uint32_t swsm = 0x10140;
inline constexpr uint32_t gssr = 0x10160;

// Interrupts.
inline constexpr uint32_t eicr = 0x00800;
inline constexpr uint32_t eiac = 0x00810;
inline constexpr uint32_t eiam = 0x00890;
inline constexpr uint32_t eiam_ex = 0x00ad0;
inline constexpr uint32_t gpie = 0x00898;
inline constexpr uint32_t gpie_multiple_msix = bit(4);
inline constexpr uint32_t gpie_ocd = bit(5);
inline constexpr uint32_t gpie_eiame = bit(30);
inline constexpr uint32_t ivar = 0x00900;
inline constexpr uint32_t ivar_misc = 0x00a00;
inline constexpr uint32_t ivar_valid = 0x80;
constexpr uint32_t eitr(unsigned v) { return v < 24 ? 0x00820 + 4 * v : 0x12300 + 4 * (v - 24); }
inline constexpr uint32_t cause_flow_director = bit(16);
inline constexpr uint32_t cause_link = bit(20);

// Receiving.
inline constexpr unsigned queues = 128;
constexpr uint32_t rx(unsigned q) {
  return q < 64 ? 0x01000 + 0x40 * q : 0x0d000 + 0x40 * (q - 64);
}
inline constexpr uint32_t rdbal = 0x00, rdbah = 0x04, rdlen = 0x08, rdh = 0x10, srrctl = 0x14,
                          rdt = 0x18, rxdctl = 0x28;
inline constexpr uint32_t srrctl_bsizepacket = 0x1f;
inline constexpr uint32_t srrctl_desctype = 0x0e000000;
inline constexpr uint32_t srrctl_drop_en = bit(28);
inline constexpr uint32_t rxdctl_enable = bit(25);
inline constexpr uint32_t rxdctl_swflsh = bit(26);
inline constexpr uint32_t rxdctl_vme = bit(30);
inline constexpr uint32_t rxctrl = 0x03000;
inline constexpr uint32_t rxctrl_rxen = bit(0);
inline constexpr uint32_t rxcsum = 0x05000;
inline constexpr uint32_t mta = 0x05200;
inline constexpr uint32_t fctrl = 0x05080;
inline constexpr uint32_t fctrl_mpe = bit(8), fctrl_upe = bit(9), fctrl_bam = bit(10);
inline constexpr uint32_t vlnctrl = 0x05088;
inline constexpr uint32_t vlnctrl_vfe = bit(30);
inline constexpr uint32_t mcstctrl = 0x05090;
inline constexpr uint32_t mcstctrl_mfe = bit(2);
inline constexpr uint32_t mrqc = 0x05818;
inline constexpr uint32_t reta = 0x05c00;
inline constexpr uint32_t rssrk = 0x05c80;
inline constexpr uint32_t ral = 0x0a200;
inline constexpr uint32_t rah = 0x0a204;
inline constexpr uint32_t rah_av = bit(31);
inline constexpr unsigned addresses = 128;
inline constexpr uint32_t vfta = 0x0a000;
inline constexpr uint32_t rqsmr = 0x02300;

// Flow Director.
inline constexpr uint32_t fdirctrl = 0x0ee00;
inline constexpr uint32_t fdirctrl_init_done = bit(3), fdirctrl_perfect = bit(4),
                          fdirctrl_report = bit(5), fdirctrl_report_always = bit(7);
inline constexpr uint32_t fdiripsa = 0x0ee18, fdiripda = 0x0ee1c, fdirport = 0x0ee20,
                          fdirvlan = 0x0ee24, fdirhash = 0x0ee28, fdircmd = 0x0ee2c;
inline constexpr uint32_t fdirfree = 0x0ee38, fdirdip4m = 0x0ee3c, fdirsip4m = 0x0ee40,
                          fdirtcpm = 0x0ee44, fdirudpm = 0x0ee48, fdirlen = 0x0ee4c,
                          fdirustat = 0x0ee50, fdirfstat = 0x0ee54, fdirmatch = 0x0ee58,
                          fdirmiss = 0x0ee5c;
inline constexpr uint32_t fdirhkey = 0x0ee68, fdirskey = 0x0ee6c, fdirm = 0x0ee70;
inline constexpr uint32_t fdirm_vlanid = bit(0), fdirm_vlanp = bit(1), fdirm_l4p = bit(3),
                          fdirm_flex = bit(4);

// Transmitting.
constexpr uint32_t tx(unsigned q) { return 0x06000 + 0x40 * q; }
inline constexpr uint32_t tdbal = 0x00, tdbah = 0x04, tdlen = 0x08, tdh = 0x10, tdt = 0x18,
                          txdctl = 0x28, tdwbal = 0x38, tdwbah = 0x3c;
inline constexpr uint32_t txdctl_enable = bit(25);
inline constexpr uint32_t txdctl_swflsh = bit(26);
inline constexpr uint32_t dmatxctl = 0x04a80;
inline constexpr uint32_t dmatxctl_te = bit(0);
inline constexpr uint32_t dtxtcpflgl = 0x04a88, dtxtcpflgh = 0x04a8c;
inline constexpr uint32_t tqsm = 0x08600;

// Statistics.
inline constexpr uint32_t mpc = 0x03fa0;
inline constexpr uint32_t prc64 = 0x0405c;  // and five more sizes
inline constexpr uint32_t gprc = 0x04074, bprc = 0x04078, mprc = 0x0407c;
inline constexpr uint32_t gptc = 0x04080;
inline constexpr uint32_t gorcl = 0x04088, gotcl = 0x04090;
inline constexpr uint32_t roc = 0x040ac;
inline constexpr uint32_t torl = 0x040c0;
inline constexpr uint32_t tpr = 0x040d0, tpt = 0x040d4;
inline constexpr uint32_t ptc64 = 0x040d8;  // and five more sizes
inline constexpr uint32_t mptc = 0x040f0, bptc = 0x040f4;
inline constexpr uint32_t rxdgpc = 0x02f50, rxdgbcl = 0x02f54;
inline constexpr uint32_t txdgpc = 0x087a0, txdgbcl = 0x087a4;
constexpr uint32_t qprc(unsigned i) { return 0x01030 + 0x40 * i; }
constexpr uint32_t qbrc(unsigned i) { return 0x01034 + 0x40 * i; }
constexpr uint32_t qprdc(unsigned i) { return 0x01430 + 0x40 * i; }
constexpr uint32_t qptc(unsigned i) { return 0x06030 + 0x40 * i; }
constexpr uint32_t qbtc(unsigned i) { return 0x08700 + 8 * i; }

}  // namespace pika::nic82599::reg

#endif  // PIKA_NIC82599_OFFSETS_HH
