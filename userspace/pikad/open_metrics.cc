// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/open_metrics.hh"

#include <algorithm>

namespace {

bool fits_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

/// In lower case, as is usual.
std::string metric_name(std::string name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!fits_name(c)) c = '_';
  }
  return name;
}

std::string escaped(const std::string& value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  return text;
}

std::string label_text(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels)
    text += (text.empty() ? "{" : ",") + name + "=\"" + escaped(value) + "\"";
  return text.empty() ? "" : text + "}";
}

const char* suffix_of(OpenMetrics::Kind kind) {
  switch (kind) {
    case OpenMetrics::Kind::counter:
      return "_total";
    case OpenMetrics::Kind::info:
      return "_info";
    case OpenMetrics::Kind::gauge:
      break;
  }
  return "";
}

const char* word_for(OpenMetrics::Kind kind) {
  switch (kind) {
    case OpenMetrics::Kind::counter:
      return "counter";
    case OpenMetrics::Kind::info:
      return "info";
    case OpenMetrics::Kind::gauge:
      break;
  }
  return "gauge";
}

}  // namespace

void OpenMetrics::add(Kind kind, const std::string& name, const std::string& help,
                      const Labels& labels, const std::string& value) {
  const std::string family_name = metric_name(name);
  const auto [found, fresh] = families_.emplace(family_name, Family());
  Family& family = found->second;
  if (fresh) {
    family.kind = kind;
    family.help = help;
  }
  family.samples.push_back(family_name + suffix_of(family.kind) + label_text(labels) + " " + value +
                           "\n");
}

std::string OpenMetrics::text() const {
  std::string text;
  for (const auto& [name, family] : families_) {
    text += "# TYPE " + name + " " + word_for(family.kind) + "\n";
    if (!family.help.empty()) text += "# HELP " + name + " " + escaped(family.help) + "\n";
    for (const std::string& sample : family.samples) text += sample;
  }
  return text + "# EOF\n";
}
