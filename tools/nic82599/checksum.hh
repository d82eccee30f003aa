// SPDX-License-Identifier: GPL-2.0-only
//
// The internet checksum (RFC 1071) in the machine's byte order, and the CRCs of Ethernet
// and SCTP.
#ifndef PIKA_NIC82599_CHECKSUM_HH
#define PIKA_NIC82599_CHECKSUM_HH

#include "tools/nic82599/host.hh"

namespace pika::nic82599 {

/// Adds @p bytes, as 16-bit numbers in memory order, to @p sum; the result fits 32 bits.
uint64_t add_bytes(uint64_t sum, ConstBytes bytes);

/// The 16-bit ones' complement sum, not inverted, in memory order.
uint16_t fold(uint64_t sum);

/// A number as add_bytes() would have added its two bytes in network order.
inline uint64_t as_added(uint16_t number) { return __builtin_bswap16(number); }

/// Of an SCTP packet (RFC 9260 appendix A), as it lies in memory; the four bytes at @p field
/// count as zero.
uint32_t sctp_checksum(ConstBytes packet, size_t field);

/// The FCS, as it lies in memory.
uint32_t ethernet_crc(ConstBytes frame);

}  // namespace pika::nic82599

#endif  // PIKA_NIC82599_CHECKSUM_HH
