// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/log.hh"

#include <sys/stat.h>
#include <sys/uio.h>
// Its macros add the place in our source, which tells an administrator nothing.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <cstdio>
#include <cstdlib>

namespace {

class StderrLog : public Log {
 public:
  void write(Level, const std::string& text, const Fields&) override {
    std::fprintf(stderr, "pikad: %s\n", text.c_str());
  }
};

class JournalLog : public Log {
 public:
  void write(Level level, const std::string& text, const Fields& fields) override {
    std::vector<std::string> all = {"MESSAGE=" + text, "SYSLOG_IDENTIFIER=pikad",
                                    "PRIORITY=" + std::to_string(static_cast<int>(level))};
    for (const Field& field : fields) all.push_back(std::string(field.name) + "=" + field.value);
    std::vector<iovec> parts;
    parts.reserve(all.size());
    for (std::string& each : all) parts.push_back({each.data(), each.size()});
    if (sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) < 0)
      StderrLog().write(level, text, fields);
  }
};

/// systemd.exec(5), JOURNAL_STREAM: device and inode of what the journal reads.
bool journal_reads_stderr() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (!stream || fstat(fileno(stderr), &status) < 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

}  // namespace

std::unique_ptr<Log> make_log() {
  if (journal_reads_stderr()) return std::make_unique<JournalLog>();
  return std::make_unique<StderrLog>();
}
