// SPDX-License-Identifier: GPL-2.0-only

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <sstream>

#include "selftests/sim/script.hh"

namespace pika::sim {
namespace {

using Words = std::vector<std::string>;

/// A word, a "quoted string" with its first quote and without escapes, or <options>.
class Tokenizer {
 public:
  explicit Tokenizer(const std::string& line) : line_(line) {}

  /// @return the words, or nothing if a quote or bracket stays open.
  std::optional<Words> all() {
    Words words;
    while (skip_blanks()) {
      std::string word;
      const bool whole = line_[at_] == '"' ? quoted(word) : bracketed_or_plain(word);
      if (!whole) return {};
      words.push_back(std::move(word));
    }
    return words;
  }

 private:
  bool skip_blanks() {
    at_ = line_.find_first_not_of(" \t", at_);
    return at_ != std::string::npos && line_[at_] != '#';
  }

  bool quoted(std::string& word) {
    for (word = line_[at_++]; at_ < line_.size() && line_[at_] != '"'; at_++)
      word += line_[at_] == '\\' ? escaped() : line_[at_];
    return at_++ < line_.size();
  }

  char escaped() {
    const char letter = ++at_ < line_.size() ? line_[at_] : '\\';
    return letter == 'n' ? '\n' : letter == 'r' ? '\r' : letter;
  }

  bool bracketed_or_plain(std::string& word) {
    const bool options = line_[at_] == '<' && at_ + 1 < line_.size() && isalpha(line_[at_ + 1]);
    const size_t end = options ? line_.find('>', at_) : line_.find_first_of(" \t", at_);
    if (options && end == std::string::npos) return false;
    word = line_.substr(at_, options ? end + 1 - at_ : end - at_);
    at_ = end == std::string::npos ? line_.size() : end + options;
    return true;
  }

  const std::string& line_;
  size_t at_ = 0;
};

/// A number that may be negative, as a sequence number.
bool parse_number(std::string_view text, uint32_t& value) {
  int64_t wide = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wide);
  value = static_cast<uint32_t>(wide);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_number(std::string_view text, std::optional<uint32_t>& value) {
  return parse_number(text, value.emplace());
}

/// 10ms, 2.5s, 300us; milliseconds without a unit.
bool parse_duration(std::string_view text, Nanos& value) {
  static const std::map<std::string_view, double> units = {
      {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"", 1e6}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto unit = units.find(text.substr(static_cast<size_t>(end - text.data())));
  if (error != std::errc() || unit == units.end() || number < 0) return false;
  value = static_cast<Nanos>(number * unit->second + 0.5);
  return true;
}

bool parse_time(std::string_view text, ScriptLine& line) {
  line.relative = text.starts_with('+');
  if (line.relative) text.remove_prefix(1);
  const size_t tilde = text.find('~');
  if (tilde != std::string_view::npos && !parse_duration(text.substr(tilde + 1), line.tolerance))
    return false;
  return parse_duration(text.substr(0, tilde), line.time);
}

bool parse_flags(std::string_view text, uint8_t& flags) {
  static const std::map<char, uint8_t> bits = {{'F', PIKA_TCP_FIN},
                                               {'S', PIKA_TCP_SYN},
                                               {'R', PIKA_TCP_RST},
                                               {'P', PIKA_TCP_PSH},
                                               {'.', PIKA_TCP_ACK},
                                               {'U', PIKA_TCP_URG},
                                               {'-', 0}};
  for (const char c : text) {
    const auto bit = bits.find(c);
    if (bit == bits.end()) return false;
    flags |= bit->second;
  }
  return !text.empty();
}

/// 5:10, of sack.
bool parse_block(std::string_view text, ScriptOption& option) {
  const size_t colon = text.find(':');
  auto& [start, end] = option.blocks.emplace_back();
  return colon != std::string_view::npos && parse_number(text.substr(0, colon), start) &&
         parse_number(text.substr(colon + 1), end);
}

bool parse_option_word(const std::string& word, bool echo, ScriptOption& option) {
  if (option.name == "sack") return parse_block(word, option);
  return parse_number(word, echo ? option.echo : option.value);
}

/// "mss 1460, ts 5 ecr 3, sack 5:10 15:20, no sackok" in brackets.
bool parse_options(const std::string& text, std::vector<ScriptOption>& options) {
  std::istringstream list(text.substr(1, text.size() - 2));
  for (std::string item; std::getline(list, item, ',');) {
    std::istringstream words(item);
    ScriptOption option;
    std::string word;
    words >> option.name;
    option.absent = option.name == "no" && words >> option.name;
    while (words >> word) {
      const bool echo = word == "ecr" && words >> word;
      if (word == "last") continue;
      if (!parse_option_word(word, echo, option)) return false;
    }
    options.push_back(std::move(option));
  }
  return true;
}

/// 5:10, 5 for 5:5.
bool parse_range(std::string_view text, ScriptPacket& packet) {
  const size_t colon = text.find(':');
  if (!parse_number(text.substr(0, colon), packet.seq)) return false;
  return parse_number(colon == std::string_view::npos ? text : text.substr(colon + 1), packet.end);
}

bool parse_field(const Words& words, size_t& at, ScriptPacket& packet) {
  const std::map<std::string_view, std::optional<uint32_t>*> fields = {
      {"ack", &packet.ack}, {"win", &packet.window}, {"urg", &packet.urgent}, {"tos", &packet.tos}};
  const std::string& word = words[at];
  if (word == "win" && at + 1 < words.size() && words[at + 1] == "open")
    return at++, packet.window_open = true;
  if (const auto field = fields.find(word); field != fields.end())
    return ++at < words.size() && parse_number(words[at], *field->second);
  if (word == "badsum") return packet.bad_checksum = true;
  if (word[0] == '"') {
    packet.payload = word.substr(1);
    return true;
  }
  return word[0] == '<' && parse_options(word, packet.options);
}

/// < icmp too-big 1280 seq 1; words[0] may have the flow's number.
bool parse_icmp(const Words& words, ScriptIcmp& icmp) {
  static const std::map<std::string_view, IcmpKind> kinds = {
      {"too-big", IcmpKind::too_big},
      {"net-unreachable", IcmpKind::net_unreachable},
      {"host-unreachable", IcmpKind::host_unreachable},
      {"port-unreachable", IcmpKind::port_unreachable}};
  if (words[0].size() > 1 && !parse_number(std::string_view(words[0]).substr(1), icmp.flow))
    return false;
  const auto kind = words.size() > 2 ? kinds.find(words[2]) : kinds.end();
  if (kind == kinds.end()) return false;
  icmp.kind = kind->second;
  size_t at = 3;
  if (icmp.kind == IcmpKind::too_big)
    if (at == words.size() || !parse_number(words[at++], icmp.mtu)) return false;
  return words.size() == at + 2 && words[at] == "seq" && parse_number(words[at + 1], icmp.seq);
}

/// words[0] is < or >, with the flow's number.
bool parse_packet(const Words& words, ScriptPacket& packet) {
  if (words[0].size() > 1 && !parse_number(std::string_view(words[0]).substr(1), packet.flow))
    return false;
  if (words.size() < 2 || !parse_flags(words[1], packet.flags)) return false;
  size_t at = 2;
  if (at < words.size() && (isdigit(words[at][0]) || words[at][0] == '-'))
    if (!parse_range(words[at++], packet)) return false;
  for (; at < words.size(); at++)
    if (!parse_field(words, at, packet)) return false;
  return true;
}

bool parse_line(Words words, ScriptLine& line) {
  if (words.size() < 2 || !parse_time(words[0], line)) return false;
  words.erase(words.begin());
  line.words = words;
  if (words[0][0] == '<') line.kind = ScriptLine::Kind::send;
  if (words[0][0] == '>') line.kind = ScriptLine::Kind::expect;
  if (words[0] == "nothing") line.kind = ScriptLine::Kind::nothing;
  const bool is_packet = words[0][0] == '<' || words[0][0] == '>';
  if (line.kind == ScriptLine::Kind::send && words[1] == "icmp") {
    line.kind = ScriptLine::Kind::icmp;
    return parse_icmp(words, line.icmp);
  }
  return !is_packet || parse_packet(words, line.packet);
}

/// set NAME VALUE
bool parse_setting(const Words& words, Script& script) {
  if (words.size() != 3) return false;
  if (words[1] == "composition") {
    script.host.composition = words[2];
    return true;
  }
  const std::map<std::string_view, uint32_t*> settings = {
      {"receive-buffer", &script.host.ts.receive_buffer},
      {"send-buffer", &script.host.ts.send_buffer},
      {"max-flows", &script.host.ts.max_flows},
      {"max-time-wait", &script.host.ts.max_time_wait},
      {"peer-isn", &script.peer_isn}};
  uint32_t value = 0;
  if (!parse_number(words[2], value)) return false;
  if (words[1] == "mtu") {
    script.host.ts.mtu = static_cast<u16>(value);
    return true;
  }
  const auto setting = settings.find(words[1]);
  if (setting != settings.end()) *setting->second = value;
  return setting != settings.end();
}

bool parse_words(const Words& words, ScriptLine line, Script& script) {
  if (words[0] == "set") return parse_setting(words, script);
  if (words[0] == "only") {
    script.v4 = words.size() == 2 && words[1] == "ipv4";
    script.v6 = words.size() == 2 && words[1] == "ipv6";
    return script.v4 || script.v6;
  }
  if (!parse_line(words, line)) return false;
  script.lines.push_back(std::move(line));
  return true;
}

}  // namespace

Result<Script> parse_script(const std::string& name, const std::string& text) {
  Script script;
  script.name = name;
  std::istringstream lines(text);
  ScriptLine line;
  while (std::getline(lines, line.text)) {
    line.number++;
    const auto words = Tokenizer(line.text).all();
    if (words && words->empty()) continue;
    if (!words || !parse_words(*words, line, script))
      return Error{EINVAL, std::to_string(line.number) + ": cannot be read: " + line.text};
  }
  return script;
}

}  // namespace pika::sim
