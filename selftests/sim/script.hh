// SPDX-License-Identifier: GPL-2.0-only
//
// A packet script as it is written: Documentation/packet-scripts.rst.
#ifndef PIKA_SELFTESTS_SCRIPT_HH
#define PIKA_SELFTESTS_SCRIPT_HH

#include <optional>
#include <string>
#include <vector>

#include "libpika/result.hh"
#include "tools/sim/host.hh"
#include "tools/sim/icmp.hh"

namespace pika::sim {

/// A TCP option of a packet to be sent, or what an expected one must have.
struct ScriptOption {
  std::string name;  ///< mss, wscale, sackok, sack, ts, nop, raw
  bool absent = false;
  std::optional<uint32_t> value;
  std::optional<uint32_t> echo;                            ///< of ts
  std::vector<std::pair<uint32_t, uint32_t>> blocks = {};  ///< of sack
};

/// A packet; sequence numbers count from each side's initial one. What is not there is
/// usual in a packet to be sent, and any in one that is expected.
struct ScriptPacket {
  unsigned flow = 1;
  uint8_t flags = 0;
  std::optional<uint32_t> seq;
  std::optional<uint32_t> end;
  std::optional<uint32_t> ack;
  std::optional<uint32_t> window;
  std::optional<uint32_t> urgent;
  std::optional<uint32_t> tos;
  std::optional<std::string> payload;
  std::vector<ScriptOption> options;
  bool window_open = false;  ///< any window but 0
  bool bad_checksum = false;
};

/// An ICMP error about a segment of the host's.
struct ScriptIcmp {
  unsigned flow = 1;
  IcmpKind kind = IcmpKind::too_big;
  uint32_t mtu = 0;
  uint32_t seq = 0;
};

/// One line.
struct ScriptLine {
  enum class Kind { send, icmp, expect, nothing, call };

  size_t number = 0;
  std::string text;
  bool relative = false;
  Nanos time = 0;
  Nanos tolerance = 2_ms;
  Kind kind = Kind::call;
  ScriptPacket packet;             ///< send, expect
  ScriptIcmp icmp;                 ///< icmp
  std::vector<std::string> words;  ///< call: the socket's name, if any, what, with what
};

struct Script {
  std::string name;
  std::string title;
  bool v4 = true;
  bool v6 = true;
  uint32_t peer_isn = 0x7fffff00;
  HostOptions host;
  std::vector<ScriptLine> lines;
};

/// Reads the script @p text. Errors begin with the line's number.
Result<Script> parse_script(const std::string& name, const std::string& text);

/// Runs @p script.
/// @param v6 in which family
/// @param trace print every packet
/// @return nothing of interest, or what line failed and why: several lines of text
Result<bool> run_script(const Script& script, bool v6, bool trace);

}  // namespace pika::sim

#endif  // PIKA_SELFTESTS_SCRIPT_HH
