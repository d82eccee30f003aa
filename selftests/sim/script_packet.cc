// SPDX-License-Identifier: GPL-2.0-only

#include "selftests/sim/script_packet.hh"

#include <algorithm>

namespace pika::sim {
namespace {

enum : uint8_t { kind_end, kind_nop, kind_mss, kind_wscale, kind_sackok, kind_sack, kind_ts = 8 };

void append(Bytes& bytes, uint32_t value, int len) {
  for (int shift = (len - 1) * 8; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<uint8_t>(value >> shift));
}

uint32_t number_at(const Bytes& bytes, size_t at, size_t len) {
  uint32_t value = 0;
  while (len-- > 0) value = value << 8 | bytes[at++];
  return value;
}

/// What the peer has of the host's stream.
void append_blocks(Bytes& bytes, const ScriptOption& option, const ScriptFlow& flow) {
  bytes.insert(bytes.end(), {kind_sack, static_cast<uint8_t>(2 + 8 * option.blocks.size())});
  for (const auto& [start, end] : option.blocks) {
    append(bytes, flow.host_isn + start, 4);
    append(bytes, flow.host_isn + end, 4);
  }
}

void append_option(Bytes& bytes, const ScriptOption& option, const ScriptFlow& flow) {
  const uint32_t value = option.value.value_or(0);
  if (option.name == "nop") bytes.push_back(kind_nop);
  if (option.name == "sackok") bytes.insert(bytes.end(), {kind_sackok, 2});
  if (option.name == "wscale")
    bytes.insert(bytes.end(), {kind_wscale, 3, static_cast<uint8_t>(value)});
  if (option.name == "raw") bytes.push_back(static_cast<uint8_t>(value));
  if (option.name == "mss") {
    bytes.insert(bytes.end(), {kind_mss, 4});
    append(bytes, value, 2);
  }
  if (option.name == "sack") append_blocks(bytes, option, flow);
  if (option.name == "ts") {
    bytes.insert(bytes.end(), {kind_ts, 10});
    append(bytes, value, 4);
    append(bytes, option.echo ? flow.host_first_ts + *option.echo : flow.host_last_ts, 4);
  }
}

Bytes encode_options(const std::vector<ScriptOption>& options, const ScriptFlow& flow) {
  Bytes bytes;
  for (const ScriptOption& option : options) append_option(bytes, option, flow);
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return bytes;
}

ScriptOption decode_blocks(const Bytes& bytes, size_t at, size_t len) {
  ScriptOption option{.name = "sack", .value = {}, .echo = {}};
  for (size_t i = 2; i + 8 <= len; i += 8)
    option.blocks.emplace_back(number_at(bytes, at + i, 4), number_at(bytes, at + i + 4, 4));
  return option;
}

ScriptOption decode_option(const Bytes& bytes, size_t at, size_t len) {
  ScriptOption option;
  switch (bytes[at]) {
    case kind_mss:
      option.name = "mss";
      break;
    case kind_wscale:
      option.name = "wscale";
      break;
    case kind_sackok:
      option.name = "sackok";
      return option;
    case kind_sack:
      return decode_blocks(bytes, at, len);
    case kind_ts:
      option.name = "ts";
      option.value = number_at(bytes, at + 2, 4);
      option.echo = number_at(bytes, at + 6, 4);
      return option;
    default:
      option.name = "kind" + std::to_string(bytes[at]);
      return option;
  }
  option.value = number_at(bytes, at + 2, len - 2);
  return option;
}

std::vector<ScriptOption> decode_options(const Bytes& bytes) {
  std::vector<ScriptOption> options;
  for (size_t at = 0; at < bytes.size() && bytes[at] != kind_end;) {
    if (bytes[at] == kind_nop) {
      at++;
      continue;
    }
    const size_t len = at + 1 < bytes.size() ? bytes[at + 1] : 0;
    if (len < 2 || at + len > bytes.size()) break;
    options.push_back(decode_option(bytes, at, len));
    at += len;
  }
  return options;
}

std::string flags_of(const Segment& segment) {
  const std::pair<uint8_t, char> names[] = {{PIKA_TCP_SYN, 'S'}, {PIKA_TCP_FIN, 'F'},
                                            {PIKA_TCP_RST, 'R'}, {PIKA_TCP_PSH, 'P'},
                                            {PIKA_TCP_URG, 'U'}, {PIKA_TCP_ACK, '.'}};
  std::string text;
  for (const auto& [bit, letter] : names)
    if (segment.has(bit)) text += letter;
  return text.empty() ? "-" : text;
}

std::string describe_options(const Segment& segment, const ScriptFlow& flow) {
  std::string text;
  for (const ScriptOption& option : decode_options(segment.options)) {
    text += (text.empty() ? " <" : ", ") + option.name;
    const uint32_t base = option.name == "ts" ? flow.host_first_ts : 0;
    if (option.value) text += " " + std::to_string(*option.value - base);
    if (option.echo) text += " ecr " + std::to_string(*option.echo);
    for (const auto& [start, end] : option.blocks)
      text += " " + std::to_string(static_cast<int32_t>(start - flow.peer_isn)) + ":" +
              std::to_string(static_cast<int32_t>(end - flow.peer_isn));
  }
  return text.empty() ? text : text + ">";
}

/// @p wanted counts from the peer's initial sequence number.
bool same_blocks(const ScriptOption& wanted, const ScriptOption& found, const ScriptFlow& flow) {
  return std::equal(wanted.blocks.begin(), wanted.blocks.end(), found.blocks.begin(),
                    found.blocks.end(), [&flow](const auto& a, const auto& b) {
                      return flow.peer_isn + a.first == b.first &&
                             flow.peer_isn + a.second == b.second;
                    });
}

std::string differing_option(const ScriptOption& wanted, const std::vector<ScriptOption>& all,
                             const ScriptFlow& flow) {
  const auto found = std::find_if(all.begin(), all.end(), [&wanted](const ScriptOption& each) {
    return each.name == wanted.name;
  });
  if (wanted.absent != (found == all.end())) return "option " + wanted.name;
  if (wanted.absent) return {};
  const uint32_t base = wanted.name == "ts" ? flow.host_first_ts : 0;
  if (!wanted.blocks.empty() && !same_blocks(wanted, *found, flow)) return "option sack";
  if (wanted.value && *wanted.value != *found->value - base) return "option " + wanted.name;
  if (wanted.echo && wanted.echo != found->echo) return "option " + wanted.name + "'s echo";
  return {};
}

std::string different_payload(const ScriptPacket& packet, const Segment& segment,
                              const ScriptFlow& flow) {
  const std::string payload(segment.payload.begin(), segment.payload.end());
  if (packet.payload) return *packet.payload == payload ? "" : "payload";
  if (payload.empty()) return {};
  const uint32_t at = segment.seq - flow.host_isn - 1;
  if (at > flow.host_stream.size() || flow.host_stream.compare(at, payload.size(), payload) != 0)
    return "payload: not what the program wrote";
  return {};
}

}  // namespace

Segment to_segment(const ScriptPacket& packet, ScriptFlow& flow) {
  Segment segment;
  const uint32_t seq = packet.seq.value_or(flow.peer_next);
  segment.from = flow.peer;
  segment.to = flow.host;
  segment.flags = packet.flags;
  segment.seq = flow.peer_isn + seq;
  if (packet.flags & PIKA_TCP_ACK)
    segment.ack = flow.host_isn + packet.ack.value_or(flow.host_next);
  segment.window = static_cast<uint16_t>(packet.window.value_or(65'535));
  segment.urgent = static_cast<uint16_t>(packet.urgent.value_or(0));
  segment.tos = static_cast<uint8_t>(packet.tos.value_or(0));
  segment.options = encode_options(packet.options, flow);
  const uint32_t len = packet.end.value_or(seq) - seq;
  std::string text = packet.payload.value_or("");
  for (uint32_t i = static_cast<uint32_t>(text.size()); i < len; i++)
    text += usual_byte(seq - 1 + i);
  segment.payload.assign(text.begin(), text.end());
  if (!text.empty() && static_cast<int32_t>(seq) > 0) {
    flow.peer_stream.resize(std::max(flow.peer_stream.size(), seq - 1 + text.size()));
    flow.peer_stream.replace(seq - 1, text.size(), text);
  }
  const uint32_t next = seq + segment.length();
  if (static_cast<int32_t>(next - flow.peer_next) > 0 && !segment.has(PIKA_TCP_RST))
    flow.peer_next = next;
  return segment;
}

void note_sent(const Segment& segment, ScriptFlow& flow) {
  if (segment.has(PIKA_TCP_SYN) && segment.seq != flow.host_isn) {
    flow.host_isn = segment.seq;
    flow.host_next = 0;
    flow.host_has_ts = false;
  }
  const uint32_t next = segment.seq + segment.length() - flow.host_isn;
  if (static_cast<int32_t>(next - flow.host_next) > 0 && !segment.has(PIKA_TCP_RST))
    flow.host_next = next;
  for (const ScriptOption& option : decode_options(segment.options)) {
    if (option.name != "ts") continue;
    if (!std::exchange(flow.host_has_ts, true)) flow.host_first_ts = *option.value;
    flow.host_last_ts = *option.value;
  }
}

std::string describe(const Segment& segment, const ScriptFlow& flow) {
  const auto relative = [](uint32_t n) { return std::to_string(static_cast<int32_t>(n)); };
  const uint32_t seq = segment.seq - flow.host_isn;
  std::string text = ">" + (flow.number == 1 ? "" : std::to_string(flow.number)) + " " +
                     flags_of(segment) + " " + relative(seq) + ":" +
                     relative(seq + static_cast<uint32_t>(segment.payload.size()));
  if (segment.has(PIKA_TCP_ACK)) text += " ack " + relative(segment.ack - flow.peer_isn);
  text += " win " + std::to_string(segment.window);
  if (segment.has(PIKA_TCP_URG)) text += " urg " + std::to_string(segment.urgent);
  return text + describe_options(segment, flow);
}

std::string difference(const ScriptPacket& packet, const Segment& segment, const ScriptFlow& flow) {
  const uint32_t seq = segment.seq - flow.host_isn;
  const auto end = seq + static_cast<uint32_t>(segment.payload.size());
  if (packet.flow != flow.number) return "flow";
  if (packet.flags != segment.flags) return "flags";
  if (packet.seq && *packet.seq != seq) return "sequence number";
  if (packet.end && *packet.end != end) return "length";
  if (packet.ack && *packet.ack != segment.ack - flow.peer_isn) return "acknowledgment";
  if (packet.window && *packet.window != segment.window) return "window";
  if (packet.window_open && !segment.window) return "window";
  if (packet.urgent && *packet.urgent != segment.urgent) return "urgent pointer";
  if (packet.tos && *packet.tos != segment.tos) return "type of service";
  const auto options = decode_options(segment.options);
  for (const ScriptOption& option : packet.options)
    if (const std::string what = differing_option(option, options, flow); !what.empty())
      return what;
  return different_payload(packet, segment, flow);
}

}  // namespace pika::sim
