// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/config.hh"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>

// Errors are values; and no library is to be linked for the little that is read here.
#define TOML_EXCEPTIONS 0
// It asserts that a key follows "[", and has an error for what follows instead; with
// NDEBUG it would not look (toml++ 3.3, parse_key()).
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "pikad/cpu_list.hh"
#include "pikad/toml_text.hh"

extern "C" {
#include "core/composition.h"
}

namespace {

using pika::Error;
using pika::Result;

// As the kernel has them: kmod/linux/stack.h, stack.c, allow.h.
constexpr int64_t conns_least = 256;
constexpr int64_t conns_most = 1048576;
constexpr size_t allow_most = 255;

constexpr std::streamsize file_most = 1 << 20;

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(line.begin(), line.end(), is_control, '?');
  return line;
}

/// A value as it may stand in a line of text.
std::string shown(std::string_view value) {
  return "'" + one_line(value.substr(0, 64)) + (value.size() > 64 ? "...'" : "'");
}

std::string kind_of(const toml::node& node) {
  static const std::map<toml::node_type, const char*> names = {
      {toml::node_type::table, "a table"},
      {toml::node_type::array, "an array"},
      {toml::node_type::string, "a string"},
      {toml::node_type::integer, "an integer"},
      {toml::node_type::floating_point, "a float"},
      {toml::node_type::boolean, "a boolean"},
      {toml::node_type::date, "a date"},
      {toml::node_type::time, "a time"},
      {toml::node_type::date_time, "a date and time"}};
  const auto found = names.find(node.type());
  return found == names.end() ? "nothing" : found->second;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// Reads on after an error, and keeps the one that comes first in the file.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  Config read(const toml::table& root);
  const std::optional<Error>& error() const { return error_; }

  void fail(uint32_t line, const std::string& what);

 private:
  void fail(const toml::node& at, const std::string& what) { fail(at.source().begin.line, what); }
  void check_keys(const toml::table& table, const char* where,
                  const std::vector<std::string>& known);
  void expect(const toml::node& node, const char* key, const std::string& expected) {
    fail(node, std::string(key) + ": " + kind_of(node) + ", expected " + expected);
  }

  std::optional<std::string> text(const toml::table& table, const char* key, const char* expected);
  uint32_t number(const toml::table& table, const char* key, uint32_t otherwise, int64_t least,
                  int64_t most);
  bool flag(const toml::table& table, const char* key);
  std::optional<std::string> choice(const toml::table& table, const char* key, const char* expected,
                                    bool (*fits)(std::string_view));

  uint16_t read_metrics(const toml::table& root);
  void read_stacks(const toml::node& node, Config& config);
  void read_stack(const toml::table& table, Config& config);
  std::string read_composition(const toml::table& table);
  std::string read_links(const toml::table& table);
  void read_link(const toml::node& node, std::vector<std::string>& links);
  std::string read_cores(const toml::table& table, uint32_t servers);
  void claim_netns(const toml::table& table, const std::string& netns);
  void claim_cores(const toml::node& node, const CpuSet& cores);

  std::string file_;
  std::optional<Error> error_;
  uint32_t line_ = 0;
  /// Lines of the stacks that have them.
  std::map<std::string, uint32_t> netns_;
  std::map<uint32_t, uint32_t> cores_;
};

void Reader::fail(uint32_t line, const std::string& what) {
  if (error_ && line_ <= line) return;
  line_ = line;
  error_ = Error{EINVAL, file_ + ":" + std::to_string(line) + ": " + what};
}

void Reader::check_keys(const toml::table& table, const char* where,
                        const std::vector<std::string>& known) {
  for (const auto& [key, node] : table)
    if (std::find(known.begin(), known.end(), key.str()) == known.end())
      fail(key.source().begin.line,
           shown(key.str()) + ": unknown " + where + ", expected one of " + joined(known));
}

std::optional<std::string> Reader::text(const toml::table& table, const char* key,
                                        const char* expected) {
  const toml::node* node = table.get(key);
  if (!node) return {};
  auto value = node->value_exact<std::string>();
  if (!value) expect(*node, key, expected);
  return value;
}

uint32_t Reader::number(const toml::table& table, const char* key, uint32_t otherwise,
                        int64_t least, int64_t most) {
  const std::string range = std::to_string(least) + " to " + std::to_string(most);
  const toml::node* node = table.get(key);
  if (!node) return otherwise;
  const auto value = node->value_exact<int64_t>();
  if (!value)
    expect(*node, key, "an integer, " + range);
  else if (*value < least || *value > most)
    fail(*node, std::string(key) + ": " + std::to_string(*value) + ", expected " + range);
  else
    return static_cast<uint32_t>(*value);
  return otherwise;
}

bool Reader::flag(const toml::table& table, const char* key) {
  const toml::node* node = table.get(key);
  if (node && !node->is_boolean()) expect(*node, key, "true or false");
  return node && node->value_exact<bool>().value_or(false);
}

/// A text of which @p fits knows whether it can be.
std::optional<std::string> Reader::choice(const toml::table& table, const char* key,
                                          const char* expected, bool (*fits)(std::string_view)) {
  auto value = text(table, key, expected);
  if (!value || fits(*value)) return value;
  fail(*table.get(key), std::string(key) + ": " + shown(*value) + ", expected " + expected);
  return {};
}

bool is_firewall(std::string_view text) { return text == "syn" || text == "none"; }

/// Of a file or a device, in one word.
bool is_name(std::string_view text, size_t most) {
  return !text.empty() && text.size() <= most && text != "." && text != ".." &&
         text.find_first_of("/ ") == text.npos &&
         std::none_of(text.begin(), text.end(), is_control);
}

/// As ip-netns(8) could make a file of.
bool is_netns(std::string_view text) { return is_name(text, 255); }

/// As the kernel's dev_valid_name(), and without what separates links.
bool is_device(std::string_view text) {
  return is_name(text, IFNAMSIZ - 1) && text.find_first_of(":,") == text.npos;
}

bool is_gid(std::string_view text) {
  uint32_t gid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), gid);
  return error == std::errc() && end == text.data() + text.size() && gid != UINT32_MAX;
}

bool is_allow(std::string_view text) {
  if (text.size() > allow_most || std::any_of(text.begin(), text.end(), is_control)) return false;
  return text == "root" || text == "all" || (text.starts_with("gid:") && is_gid(text.substr(4))) ||
         text.starts_with("cgroup:/");
}

/// What the core says about a composition that it cannot read.
std::string composition_fault(const std::string& text) {
  constexpr char expected[] = ", expected the servers, as TS1LS1CM1";
  pika_composition composition;
  pika_composition_fault fault;
  if (text.empty() || text.find('\0') != text.npos) return shown(text) + expected;
  if (pika_composition_parse(text.c_str(), &composition, &fault)) return "";
  std::array<char, 96> why{};
  pika_composition_explain(text.c_str(), &fault, why.data(), why.size());
  const std::string said = one_line(why.data());
  return said.find("expected") == said.npos ? said + expected : said;
}

std::string Reader::read_composition(const toml::table& table) {
  constexpr char expected[] = "the servers, as TS1LS1CM1";
  const toml::node* node = table.get("composition");
  if (!node) fail(table, std::string("composition: missing, expected ") + expected);
  const auto value = text(table, "composition", expected);
  if (!value) return "";
  const std::string fault = composition_fault(*value);
  if (fault.empty()) return *value;
  fail(*node, "composition: " + fault);
  return "";
}

uint32_t servers_of(const std::string& text) {
  pika_composition composition;
  pika_composition_fault fault;
  return !text.empty() && pika_composition_parse(text.c_str(), &composition, &fault)
             ? composition.servers
             : 0;
}

void Reader::read_link(const toml::node& node, std::vector<std::string>& links) {
  const auto name = node.value_exact<std::string>();
  if (!name)
    expect(node, "links", "names of devices");
  else if (!is_device(*name))
    fail(node, "links: " + shown(*name) + ", expected a device's name of 1 to 15 characters");
  else if (*name == "lo")
    fail(node, "links: 'lo', expected a device other than loopback, which is Linux's");
  else if (std::find(links.begin(), links.end(), *name) != links.end())
    fail(node, "links: " + shown(*name) + " twice, expected each device once");
  else
    links.push_back(*name);
}

std::string Reader::read_links(const toml::table& table) {
  constexpr char expected[] = "an array of devices' names, as [\"eth0\"]";
  const toml::node* node = table.get("links");
  if (!node) fail(table, std::string("links: missing, expected ") + expected);
  if (!node) return "";
  const toml::array* array = node->as_array();
  if (!array) expect(*node, "links", expected);
  if (!array) return "";
  if (array->empty() || array->size() > max_links)
    fail(*node, "links: " + std::to_string(array->size()) + " devices, expected 1 to " +
                    std::to_string(max_links));
  std::vector<std::string> links;
  for (const toml::node& each : *array) read_link(each, links);
  std::string text;
  for (const std::string& link : links) text += (text.empty() ? "" : ",") + link;
  return text;
}

void Reader::claim_cores(const toml::node& node, const CpuSet& cores) {
  for (const uint32_t core : cores) {
    const auto [other, fresh] = cores_.emplace(core, node.source().begin.line);
    if (!fresh)
      fail(node, "cores: core " + std::to_string(core) + " is taken at line " +
                     std::to_string(other->second) + ", expected each core in one stack");
  }
}

/// @param servers how many there are; 0: that is not known
std::string Reader::read_cores(const toml::table& table, uint32_t servers) {
  const std::string expected =
      "a list of CPUs below " + std::to_string(cpu_limit) + ", as \"0-3,8\"";
  const auto value = text(table, "cores", expected.c_str());
  if (!value) return "";
  const toml::node& node = *table.get("cores");
  const auto cores = parse_cpus(*value);
  if (!cores) {
    fail(node, "cores: " + shown(*value) + ", expected " + expected);
    return "";
  }
  if (servers && cores->size() != servers)
    fail(node, "cores: " + std::to_string(cores->size()) + " of them, expected " +
                   std::to_string(servers) + ", one for each server");
  claim_cores(node, *cores);
  return format_cpus(*cores);
}

void Reader::claim_netns(const toml::table& table, const std::string& netns) {
  const auto [other, fresh] = netns_.emplace(netns, table.source().begin.line);
  if (!fresh)
    fail(table, "stack: a second one for " +
                    (netns.empty() ? "pikad's own namespace" : shown(netns)) +
                    ", which has one at line " + std::to_string(other->second) +
                    ", expected one for each namespace");
}

void Reader::read_stack(const toml::table& table, Config& config) {
  check_keys(table, "key of [[stack]]",
             {"namespace", "composition", "links", "cores", "idle-us", "max-conns", "firewall",
              "allow", "force"});
  WantedStack stack;
  stack.netns =
      choice(table, "namespace", "the name of a network namespace", is_netns).value_or("");
  claim_netns(table, stack.netns);
  stack.config.composition = read_composition(table);
  stack.config.links = read_links(table);
  stack.config.cores = read_cores(table, servers_of(stack.config.composition));
  stack.config.idle_us = number(table, "idle-us", 0, 0, UINT32_MAX);
  stack.config.max_conns =
      std::bit_ceil(number(table, "max-conns", default_max_conns, conns_least, conns_most));
  if (choice(table, "firewall", "\"syn\" or \"none\"", is_firewall) == "none")
    stack.config.firewall = PIKA_FIREWALL_NONE;
  stack.config.allow =
      choice(table, "allow", "\"root\", \"all\", \"gid:N\" or \"cgroup:/PATH\"", is_allow)
          .value_or("root");
  stack.force = flag(table, "force");
  config.stacks.push_back(std::move(stack));
}

void Reader::read_stacks(const toml::node& node, Config& config) {
  const toml::array* stacks = node.as_array();
  if (!stacks) expect(node, "stack", "[[stack]], which may come more than once");
  if (!stacks) return;
  for (const toml::node& each : *stacks) {
    if (const toml::table* table = each.as_table())
      read_stack(*table, config);
    else
      expect(each, "stack", "[[stack]] and lines of keys");
  }
}

uint16_t Reader::read_metrics(const toml::table& root) {
  const toml::node* node = root.get("metrics");
  if (!node) return 0;
  const toml::table* table = node->as_table();
  if (!table) expect(*node, "metrics", "[metrics] and lines of keys");
  if (!table) return 0;
  check_keys(*table, "key of [metrics]", {"port"});
  return static_cast<uint16_t>(number(*table, "port", 0, 1, UINT16_MAX));
}

Config Reader::read(const toml::table& root) {
  Config config;
  check_keys(root, "key", {"stack", "metrics"});
  if (const toml::node* stacks = root.get("stack")) read_stacks(*stacks, config);
  config.metrics_port = read_metrics(root);
  return config;
}

Error unreadable(const std::string& file, const std::string& why) {
  return Error{EINVAL, file + ":1: cannot be read (" + why + "), expected a file of TOML"};
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& file) {
  Reader reader(file);
  std::string ascii(text);
  if (const uint32_t line = make_ascii(ascii)) {
    reader.fail(line, "a character beyond ASCII outside a comment, expected \\uXXXX in a string");
    return *reader.error();
  }
  const toml::parse_result parsed = toml::parse(ascii);
  if (!parsed) {
    reader.fail(std::max(parsed.error().source().begin.line, 1U),
                "not TOML (" + one_line(parsed.error().description()) + "), expected TOML 1.0");
    return *reader.error();
  }
  Config config = reader.read(parsed.table());
  if (reader.error()) return *reader.error();
  return config;
}

Result<Config> read_config(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return unreadable(file, strerror(errno));
  std::string text(static_cast<size_t>(file_most) + 1, '\0');
  stream.read(text.data(), file_most + 1);
  if (stream.bad() || (stream.fail() && !stream.eof())) return unreadable(file, strerror(errno));
  if (stream.gcount() > file_most) return unreadable(file, "more than 1 MiB");
  text.resize(static_cast<size_t>(stream.gcount()));
  return parse_config(text, file);
}
