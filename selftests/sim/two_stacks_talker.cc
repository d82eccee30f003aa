// SPDX-License-Identifier: GPL-2.0-only

#include <algorithm>
#include <array>
#include <cerrno>

#include "selftests/sim/two_stacks_traffic.hh"

namespace pika::sim {

Talker::Talker(Loop& loop, Random random, const ConnectionPlan& what, bool client)
    : loop_(loop), random_(random), what_(what), client_(client) {}

void Talker::start(Socket& socket, size_t read) {
  socket_ = &socket;
  started_ = true;
  read_ = read;
  socket.on_event = [this] { go(); };
  go();
}

/// The first bytes of a client without a port of its own say which connection it is.
uint8_t Talker::byte_at(bool from_client, size_t at) const {
  if (from_client && !what_.local_port && at < 4) return (what_.number >> at * 8) & 0xff;
  const uint64_t n = (at >> 2) + (from_client ? 0x40000000u : 0);
  const uint64_t mixed = (n ^ what_.key) * 0x9e3779b97f4a7c15;
  return static_cast<uint8_t>(mixed >> (32 + (at & 3) * 8));
}

/// As much as can be done now.
void Talker::go() {
  if (finished_ || pausing_ || loop_.failed()) return;
  if (socket_->error()) return die(socket_->error());
  if (!socket_->connected()) return;
  while (!pauses() && !check_abort() && (write() | read()))
    if (finished_) return;
  if (!finished_ && !pausing_) check_end();
}

bool Talker::pauses() {
  if (pausing_ || !random_.chance(mine().pause)) return pausing_;
  pausing_ = true;
  loop_.after(random_.below(mine().pause_max), [this] {
    pausing_ = false;
    go();
  });
  return true;
}

bool Talker::write() {
  std::array<uint8_t, 4096> bytes;
  const size_t left = mine().bytes - written_;
  if (left == 0) return false;
  const size_t len = std::min<size_t>(random_.between(1, mine().piece_max), left);
  for (size_t i = 0; i < len; i++) bytes[i] = byte_at(client_, written_ + i);
  const uint8_t flags = random_.chance(mine().more) ? PIKA_SEND_MORE : 0;
  const auto sent = socket_->send({bytes.data(), len}, flags);
  if (!sent) {
    if (sent.error().code != EAGAIN) die(sent.error().code);
    return false;
  }
  written_ += *sent;
  return true;
}

bool Talker::read() {
  std::array<uint8_t, 4096> bytes;
  if (end_) return false;
  const size_t len = random_.between(1, std::min(bytes.size(), mine().piece_max * 2));
  const auto got = socket_->recv({bytes.data(), len});
  if (!got) {
    if (got.error().code != EAGAIN) die(got.error().code);
    return false;
  }
  if (*got == 0) end_ = true;
  return check_read({bytes.data(), *got});
}

bool Talker::check_read(std::span<const uint8_t> bytes) {
  for (const uint8_t byte : bytes) {
    if (byte != byte_at(!client_, read_)) fail("wrong byte");
    read_++;
  }
  if (peer_ && read_ > peer_->written_) fail("more bytes than were written");
  if (end_ && read_ < other().bytes) fail("the stream ends early");
  return !end_;
}

bool Talker::check_abort() {
  if (finished_) return true;
  if (!mine().aborts || std::max(read_, written_) < mine().abort_at) return false;
  aborted_ = true;
  socket_->abort();
  finish();
  return true;
}

/// All is written, and perhaps all is read.
void Talker::check_end() {
  if (written_ < mine().bytes) return;
  if (!shut_ && (mine().shuts_down || !other().shuts_down) && !end_) {
    shut_ = true;
    socket_->shutdown();
  }
  if (!end_) return;
  socket_->close();
  finish();
}

void Talker::die(int error) {
  error_ = error;
  socket_->close();
  finish();
  if (!what_.aborted()) fail("errno " + std::to_string(error));
}

void Talker::finish() {
  finished_ = true;
  socket_ = nullptr;
}

void Talker::give_up() {
  if (finished_ || !started_) return;
  socket_->abort();
  finish();
  gave_up_ = true;
}

std::string Talker::outcome() const {
  return std::to_string(read_) + " of " + std::to_string(other().bytes) + " bytes" +
         (end_ ? ", end" : ", no end") + (error_ ? ", errno " + std::to_string(error_) : "");
}

void Talker::fail(const std::string& why) {
  loop_.fail("connection " + std::to_string(what_.number) + (client_ ? " client" : " server") +
             ": " + why + " after " + outcome() + ", " + std::to_string(written_) + " written");
}

}  // namespace pika::sim
