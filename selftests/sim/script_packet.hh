// SPDX-License-Identifier: GPL-2.0-only
//
// The scripted peer's flows: script packets to segments and back.
#ifndef PIKA_SELFTESTS_SCRIPT_PACKET_HH
#define PIKA_SELFTESTS_SCRIPT_PACKET_HH

#include <string>

#include "selftests/sim/script.hh"

namespace pika::sim {

/// What the peer knows of one flow.
struct ScriptFlow {
  unsigned number = 1;
  Place host;
  Place peer;
  uint32_t host_isn = 0;
  uint32_t peer_isn = 0;
  uint32_t host_next = 0;  ///< after the last that the host sent, counted from host_isn
  uint32_t peer_next = 0;  ///< likewise
  bool host_has_ts = false;
  uint32_t host_first_ts = 0;
  uint32_t host_last_ts = 0;
  std::string host_stream;  ///< what programs of the host have written
  std::string peer_stream;  ///< what the peer has sent
};

/// Byte number @p at of a stream whose text nobody wrote down.
inline char usual_byte(size_t at) { return static_cast<char>('a' + at % 26); }

/// @return the segment that @p packet stands for; @p flow remembers it.
Segment to_segment(const ScriptPacket& packet, ScriptFlow& flow);

/// Takes note of @p segment, which the host has sent.
void note_sent(const Segment& segment, ScriptFlow& flow);

/// @return "> P. 1:5 ack 1 win 65535 <mss 1460>", as a script would say it.
std::string describe(const Segment& segment, const ScriptFlow& flow);

/// @return what of @p segment is not as @p packet says, or nothing.
std::string difference(const ScriptPacket& packet, const Segment& segment, const ScriptFlow& flow);

}  // namespace pika::sim

#endif  // PIKA_SELFTESTS_SCRIPT_PACKET_HH
