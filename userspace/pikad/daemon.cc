// SPDX-License-Identifier: GPL-2.0-only

#include "pikad/daemon.hh"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

#include "pikad/pages.hh"

namespace {

using pika::Done;
using pika::Error;
using pika::Result;

/// Changes come in crowds, and a file is often written twice.
constexpr uint64_t settle_us = 100'000;

/// How long to wait after a failure; each time twice as long.
constexpr uint64_t retry_first_us = 1'000'000;
constexpr uint64_t retry_most_us = 60'000'000;

Error loop_error(int negative) {
  return {-negative, std::string("event loop: ") + strerror(-negative)};
}

Loop make_loop() {
  sd_event* loop = nullptr;
  sd_event_new(&loop);
  return Loop(loop);
}

/// Fires once, @p delay_us from now, unless it is about to.
void arm(sd_event_source* timer, uint64_t delay_us) {
  int armed = SD_EVENT_OFF;
  sd_event_source_get_enabled(timer, &armed);
  if (armed != SD_EVENT_OFF) return;
  sd_event_source_set_time_relative(timer, delay_us);
  sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

std::string monotonic_us() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1'000);
}

}  // namespace

Daemon::Daemon(std::string file, pika::Kernel& kernel, Log& log, RunDir& run_dir)
    : file_(std::move(file)),
      kernel_(kernel),
      log_(log),
      run_dir_(run_dir),
      keeper_(kernel, log),
      loop_(make_loop()),
      watch_(loop_.get(), [this] { arm(changed_.get(), settle_us); }),
      server_(loop_.get(), make_pages()) {}

Snapshot Daemon::snapshot() const {
  Snapshot all = take_snapshot(kernel_, keeper_.wanted(), keeper_.standings());
  all.file = file_;
  all.refusal = refusal_;
  return all;
}

Pages Daemon::make_pages() {
  return {{"/metrics",
           {"application/openmetrics-text; version=1.0.0; charset=utf-8",
            [this] { return metrics_page(snapshot()); }}},
          {"/status", {"application/json", [this] { return status_page(snapshot()); }}}};
}

/// That nobody can ask is no reason not to work.
void Daemon::serve(const Config& config) {
  for (const auto& listening :
       {server_.listen_at(run_dir_.path(socket_name)), server_.listen_on(config.metrics_port)})
    if (!listening) log_.write(Level::error, listening.error().text);
}

int Daemon::on_hangup(sd_event_source*, const signalfd_siginfo*, void* daemon) {
  static_cast<Daemon*>(daemon)->reload();
  return 0;
}

int Daemon::on_file(sd_event_source*, uint64_t, void* daemon) {
  static_cast<Daemon*>(daemon)->reload();
  return 0;
}

int Daemon::on_changed(sd_event_source*, uint64_t, void* pointer) {
  auto* daemon = static_cast<Daemon*>(pointer);
  daemon->retry_after_us_ = 0;
  daemon->look();
  return 0;
}

int Daemon::on_retry(sd_event_source*, uint64_t, void* daemon) {
  static_cast<Daemon*>(daemon)->look();
  return 0;
}

Result<Done> Daemon::add_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  sd_event_source* source = nullptr;
  int err = sd_event_add_signal(loop_.get(), &source, SIGHUP, on_hangup, this);
  hangup_.reset(source);
  // Without a handler they end the loop.
  for (const int signal : {SIGTERM, SIGINT})
    if (err >= 0) err = sd_event_add_signal(loop_.get(), nullptr, signal, nullptr, nullptr);
  if (err < 0) return loop_error(err);
  return Done{};
}

Result<Done> Daemon::add_timer(Source& timer, sd_event_time_handler_t handler) {
  sd_event_source* source = nullptr;
  int err = sd_event_add_time(loop_.get(), &source, CLOCK_MONOTONIC, 0, 1, handler, this);
  timer.reset(source);
  if (err >= 0) err = sd_event_source_set_enabled(source, SD_EVENT_OFF);
  if (err < 0) return loop_error(err);
  return Done{};
}

Result<Done> Daemon::set_up() {
  if (!loop_) return Error{ENOMEM, "event loop: out of memory"};
  auto done = add_signals();
  if (done) done = add_timer(changed_, on_changed);
  if (done) done = add_timer(retry_, on_retry);
  if (done) done = add_timer(reread_, on_file);
  if (done) done = watch_.watch_module();
  if (done) done = watch_.watch_file(file_, [this] { arm(reread_.get(), settle_us); });
  if (const int err = sd_event_set_watchdog(loop_.get(), true); done && err < 0)
    return loop_error(err);
  return done;
}

/// Looks, and does what is needed.
void Daemon::look() {
  watch_.follow(keeper_.wanted());
  sd_event_source_set_enabled(retry_.get(), SD_EVENT_OFF);
  if (keeper_.keep())
    retry_after_us_ = 0;
  else
    retry_later();
  if (const auto noted = run_dir_.note(keeper_.owned()); !noted)
    log_.write(Level::warning, noted.error().text);
  tell("");
}

void Daemon::retry_later() {
  retry_after_us_ = std::clamp(2 * retry_after_us_, retry_first_us, retry_most_us);
  arm(retry_.get(), retry_after_us_);
}

Result<Done> Daemon::adopt_file() {
  const auto config = read_config(file_);
  if (!config) return config.error();
  const uint16_t before = server_.port();
  if (const auto listening = server_.listen_on(config->metrics_port); !listening)
    return listening.error();
  auto adopted = keeper_.adopt(*config);
  if (!adopted) (void)server_.listen_on(before);
  return adopted;
}

void Daemon::reload() {
  tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic_us() + "\n");
  const auto adopted = adopt_file();
  refusal_ = adopted ? "" : adopted.error().text;
  if (adopted)
    log_.write(Level::notice, file_ + ": holds now");
  else
    log_.write(Level::error, refusal_, {{"PIKA_REFUSED", file_}});
  look();
  tell("READY=1\n");
}

std::string Daemon::status() const {
  size_t running = 0, waiting = 0, failed = 0;
  std::string why;
  for (const auto& [netns, standing] : keeper_.standings()) {
    running += standing.state == Standing::State::running;
    waiting += standing.state == Standing::State::waiting;
    failed += standing.state == Standing::State::failed;
    if (why.empty() && !standing.why.empty()) why = "; " + name_of(netns) + ": " + standing.why;
  }
  if (!refusal_.empty()) why = "; the file is refused: " + refusal_;
  return std::to_string(running) + " stacks as they should be, " + std::to_string(waiting) +
         " waiting, " + std::to_string(failed) + " failed" + why;
}

/// Tells systemd, if it started us.
void Daemon::tell(const std::string& states) {
  sd_notify(0, (states + "STATUS=" + status()).c_str());
}

Result<Done> Daemon::run(const Config& config) {
  if (auto ready = set_up(); !ready) return ready;
  keeper_.begin(config, run_dir_.owned());
  serve(config);
  look();
  tell("READY=1\n");
  const int err = sd_event_loop(loop_.get());
  tell("STOPPING=1\n");
  if (err < 0) return loop_error(err);
  return Done{};
}
