// SPDX-License-Identifier: GPL-2.0-only
//
// What pikad says: lines with a level and fields, to the journal if it collects our
// standard error, else there.
#ifndef PIKA_PIKAD_LOG_HH
#define PIKA_PIKAD_LOG_HH

#include <memory>
#include <string>
#include <vector>

/// As syslog(3) numbers them.
enum class Level { error = 3, warning = 4, notice = 5, info = 6 };

/// A field of a journal's entry; its name is upper case and begins with PIKA_.
struct Field {
  const char* name;
  std::string value;
};
using Fields = std::vector<Field>;

class Log {
 public:
  virtual ~Log() = default;

  /// @param text one line
  virtual void write(Level level, const std::string& text, const Fields& fields) = 0;
  void write(Level level, const std::string& text) { write(level, text, {}); }
};

/// The right one of the two.
std::unique_ptr<Log> make_log();

#endif  // PIKA_PIKAD_LOG_HH
