// SPDX-License-Identifier: GPL-2.0-only
//
// pika-run: runs a program whose TCP sockets are PIKA's. It only prepares the
// environment and becomes the program; the work is done by preload.cc in there.

#include <sys/socket.h>
#include <uapi/linux/pika.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>

namespace {

/// Those above 2 are the shell's and env's, so that they are told from the program's own.
enum ExitStatus {
  exit_ok = 0,
  exit_usage = 2,
  exit_failed = 125,
  exit_cannot_execute = 126,
  exit_not_found = 127
};

constexpr char help[] =
    "Usage: pika-run [--require] [--] COMMAND [ARGUMENT...]\n"
    "\n"
    "Runs COMMAND, and what it starts, with PIKA's sockets in place of TCP's. Where\n"
    "there is no PIKA for it (no module, no stack in this network namespace, a stack\n"
    "that is not for this user, IPv6 if the module has none), it gets TCP.\n"
    "\n"
    "  --require   fail if a PIKA socket cannot be made now\n"
    "  --help      print this\n"
    "  --version   print the version\n"
    "\n"
    "Exit status: COMMAND's; 127 if it is not found, 126 if it cannot be executed,\n"
    "125 if pika-run itself fails, 2 for wrong usage.\n"
    "\n"
    "Static programs, Go's and setuid ones are not reached: they go on with TCP.\n"
    "\n"
    "Example:\n"
    "  pika-run nginx -g 'daemon off;'\n";

struct Options {
  bool require = false;
  bool help = false;
  bool version = false;
  /// Index of COMMAND in argv; argc if there is none.
  int command = 0;
  /// An option that is not known, or empty.
  std::string_view unknown;
};

Options parse(int argc, char** argv) {
  Options options;
  int i = 1;
  for (; i < argc && argv[i][0] == '-'; i++) {
    const std::string_view word = argv[i];
    if (word == "--") {
      i++;
      break;
    }
    if (word == "--require")
      options.require = true;
    else if (word == "--help" || word == "-h")
      options.help = true;
    else if (word == "--version")
      options.version = true;
    else if (options.unknown.empty())
      options.unknown = word;
  }
  options.command = i;
  return options;
}

int fail(ExitStatus status, const std::string& reason) {
  std::fprintf(stderr, "pika-run: %s\n", reason.c_str());
  return status;
}

/// Beside this program as it was built or installed: bin/pika-run, lib/pika/pika-run.so.
std::string library_path() {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return self.parent_path().parent_path() / "lib/pika/pika-run.so";
}

/// Puts the library before those that the caller wants to be loaded.
int prepare_environment() {
  const std::string library = library_path();
  if (access(library.c_str(), R_OK) != 0)
    return fail(exit_failed, library + ": " + std::strerror(errno));
  // The dynamic loader knows no way to quote them.
  if (library.find_first_of(" :") != std::string::npos)
    return fail(exit_failed,
                library + ": a space or a colon in the path, which LD_PRELOAD forbids");

  const char* others = std::getenv("LD_PRELOAD");
  const std::string all = others && *others ? library + ":" + others : library;
  setenv("LD_PRELOAD", all.c_str(), 1);
  return exit_ok;
}

int check_offered() {
  const int fd = socket(AF_INET, SOCK_STREAM, PIKA_IPPROTO);
  if (fd < 0)
    return fail(exit_failed, std::string("a PIKA socket: ") + std::strerror(errno) +
                                 "; load pika.ko, run 'pikactl start', be root");
  close(fd);
  return exit_ok;
}

int become(char** command) {
  execvp(command[0], command);
  const std::string name = command[0];
  if (errno == ENOENT) return fail(exit_not_found, name + ": not found");
  return fail(exit_cannot_execute, name + ": cannot be executed: " + std::strerror(errno));
}

int run(int argc, char** argv) {
  const Options options = parse(argc, argv);
  if (!options.unknown.empty())
    return fail(exit_usage, std::string(options.unknown) + ": no such option; see pika-run --help");
  if (options.help || options.version) {
    std::fputs(options.help ? help : "pika-run " PIKA_VERSION "\n", stdout);
    return std::fflush(stdout) == 0
               ? exit_ok
               : fail(exit_failed, std::string("standard output: ") + std::strerror(errno));
  }
  if (options.command == argc) return fail(exit_usage, "no command; see pika-run --help");

  if (options.require)
    if (const int status = check_offered()) return status;
  if (const int status = prepare_environment()) return status;
  return become(argv + options.command);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return fail(exit_failed, error.what());
  }
}
