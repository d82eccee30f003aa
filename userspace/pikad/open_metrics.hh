// SPDX-License-Identifier: GPL-2.0-only
//
// Writes OpenMetrics 1.0 text: families with their samples together, names and values
// escaped as the format wants. Knows nothing of PIKA.
#ifndef PIKA_PIKAD_OPEN_METRICS_HH
#define PIKA_PIKAD_OPEN_METRICS_HH

#include <map>
#include <string>
#include <utility>
#include <vector>

using Labels = std::vector<std::pair<std::string, std::string>>;

class OpenMetrics {
 public:
  enum class Kind { counter, gauge, info };

  /// Adds a sample. The first one of a family says what the family is.
  ///
  /// @param name of the family, without _total or _info; what a name cannot have becomes _
  /// @param value as text, such as 12 or 0.5
  void add(Kind kind, const std::string& name, const std::string& help, const Labels& labels,
           const std::string& value);

  /// All of it, with its end.
  std::string text() const;

 private:
  struct Family {
    Kind kind = Kind::gauge;
    std::string help;
    std::vector<std::string> samples;
  };

  std::map<std::string, Family> families_;
};

#endif  // PIKA_PIKAD_OPEN_METRICS_HH
