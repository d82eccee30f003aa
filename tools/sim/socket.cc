// SPDX-License-Identifier: GPL-2.0-only

#include "tools/sim/socket.hh"

#include <algorithm>
#include <cstring>

#include "tools/sim/endpoint.hh"

namespace pika::sim {

Socket::Socket(Endpoint& endpoint, uint64_t id, uint16_t server)
    : endpoint_(endpoint), id_(id), server_(server) {}

Socket::~Socket() {
  free_received();
  for (const Piece& piece : unacked_) endpoint_.host().buffers().free(piece.buffer);
}

size_t Socket::writable() const {
  const size_t limit = endpoint_.host().options().ts.send_buffer;
  return unacked_bytes_ < limit ? limit - unacked_bytes_ : 0;
}

Result<size_t> Socket::send(std::span<const uint8_t> bytes, uint8_t flags) {
  if (error_) return Error{error_, "the flow is dead"};
  if (shut_ || gone_) return Error{EPIPE, "shut down"};
  const size_t len = connected_ ? std::min(bytes.size(), writable()) : 0;
  if (len == 0) return Error{EAGAIN, "the send buffer is full"};
  post_piece(bytes.first(len), flags);
  return len;
}

void Socket::post_piece(std::span<const uint8_t> bytes, uint8_t flags) {
  Piece piece{.len = static_cast<uint32_t>(bytes.size()), .buffer = 0};
  pika_msg msg{};
  msg.type = PIKA_MSG_SEND;
  msg.send.len = piece.len;
  msg.send.flags = flags;
  if (bytes.size() <= PIKA_MSG_INLINE) {
    std::memcpy(msg.send.bytes, bytes.data(), bytes.size());
  } else {
    piece.buffer = endpoint_.host().buffers().put(bytes);
    msg.send.buffer = piece.buffer;
  }
  unacked_.push_back(piece);
  unacked_bytes_ += piece.len;
  outgoing_.push_back(msg);
  flush();
}

Result<size_t> Socket::recv(std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size() && !received_.empty()) {
    Received& first = received_.front();
    const auto len = static_cast<uint32_t>(std::min<size_t>(out.size() - done, first.left));
    endpoint_.host().pool().copy(first.packet, first.offset, out.subspan(done, len));
    done += len;
    first.offset += len;
    first.left -= len;
    if (first.left > 0) continue;
    read_truesize_ += first.packet->truesize;
    endpoint_.free_packet(server_, first.packet);
    received_.pop_front();
  }
  readable_ -= done;
  read_ += static_cast<uint32_t>(done);
  if (done > 0) {
    flush();
    return done;
  }
  if (error_) return Error{error_, "the flow is dead"};
  if (eof_) return size_t{0};
  return Error{EAGAIN, "nothing has arrived"};
}

void Socket::shutdown() {
  if (std::exchange(shut_, true)) return;
  pika_msg msg{};
  msg.type = PIKA_MSG_SHUTDOWN;
  outgoing_.push_back(msg);
  flush();
}

void Socket::close() { post_close(0, 0); }

void Socket::abort() { post_close(0, PIKA_CLOSE_RESET); }

void Socket::post_close(uint32_t linger_ms, uint8_t flags) {
  if (std::exchange(closed_, true)) return;
  shut_ = true;
  free_received();
  pika_msg msg{};
  msg.type = PIKA_MSG_CLOSE;
  msg.close.linger_ms = linger_ms;
  msg.close.flags = flags;
  outgoing_.push_back(msg);
  flush();
  touch();
}

void Socket::set_option(uint32_t option, uint32_t value) {
  pika_msg msg{};
  msg.type = PIKA_MSG_OPTION;
  msg.option.option = option;
  msg.option.value = value;
  outgoing_.push_back(msg);
  flush();
}

void Socket::free_received() {
  for (const Received& each : received_) endpoint_.free_packet(server_, each.packet);
  received_.clear();
  readable_ = 0;
}

bool Socket::post(const pika_msg& msg) {
  pika_msg filled = msg;
  filled.flow = flow_;
  if (msg.type == PIKA_MSG_CLOSE) {
    filled.close.received = read_;
    if (may_forget()) filled.close.flags |= PIKA_CLOSE_FORGET;
  }
  if (waiting_ || !endpoint_.push(server_, filled)) {
    endpoint_.wait_for_room(server_, *this);
    return false;
  }
  if ((filled.close.flags & PIKA_CLOSE_FORGET) != 0 && msg.type == PIKA_MSG_CLOSE) {
    gone_ = true;
    endpoint_.forget(id_);
  }
  return true;
}

/// Is nothing of it in use by a server, nor will an answer be missed?
bool Socket::may_forget() const {
  const auto lent = [](const Piece& piece) { return piece.buffer != 0; };
  return acceptor_ == nullptr && std::none_of(unacked_.begin(), unacked_.end(), lent);
}

/// Sends what there is to say. @return false if the ring is full: it is called again.
bool Socket::flush() {
  if (gone_) outgoing_.clear();
  if (gone_ || flow_ == PIKA_HANDLE_NONE) return true;
  if (!closed_ && !flush_received()) return false;
  while (!outgoing_.empty()) {
    if (!post(outgoing_.front())) return false;
    outgoing_.pop_front();
  }
  return true;
}

bool Socket::flush_received() {
  if (read_ == 0) return true;
  pika_msg msg{};
  msg.type = PIKA_MSG_RECEIVED;
  msg.received.bytes = read_;
  msg.received.truesize = read_truesize_;
  if (!post(msg)) return false;
  read_ = 0;
  read_truesize_ = 0;
  return true;
}

void Socket::on_update(const pika_msg& msg) {
  const pika_msg_update& update = msg.update;
  if (msg.type == PIKA_MSG_CLAIM_RESULT) {
    if (!acceptor_) return fail("CLAIM_RESULT without a claim");
    std::exchange(acceptor_, nullptr)->on_claim_result(msg, this);
    if (gone_) return;
  }
  if (gone_) return fail("UPDATE after GONE");
  if (flow_ == PIKA_HANDLE_NONE) {
    flow_ = msg.flow;
    server_ = msg.from;
  }
  if (msg.flow != flow_) return fail("UPDATE for another flow");
  if (update.flags & PIKA_UPDATE_CONNECTED) {
    if (std::exchange(connected_, true)) fail("CONNECTED twice");
  }
  take_packets(update);
  take_acked(update.acked);
  if (update.flags & PIKA_UPDATE_EOF) {
    if (std::exchange(eof_, true)) fail("the end of the stream twice");
  }
  if (update.error) error_ = update.error;
  if (update.flags & PIKA_UPDATE_GONE) gone_ = true;
  flush();
  touch();
}

void Socket::take_packets(const pika_msg_update& update) {
  uint32_t bytes = 0;
  if (update.packet && eof_) fail("bytes after the end of the stream");
  for (pika_packet *next, *packet = update.packet; packet; packet = next) {
    next = packet->next;
    bytes += packet->bytes;
    if (packet->offset + packet->bytes > packet->len) fail("a packet longer than it is");
    if (closed_)
      endpoint_.free_packet(server_, packet);
    else
      received_.push_back({packet, packet->offset, packet->bytes});
  }
  if (bytes != update.bytes) fail("UPDATE with another number of bytes than its packets");
  if (!closed_) readable_ += bytes;
}

void Socket::take_acked(uint32_t bytes) {
  if (bytes > unacked_bytes_) return fail("more acknowledged than was sent");
  acked_ += bytes;
  unacked_bytes_ -= bytes;
  acked_of_first_ += bytes;
  while (!unacked_.empty() && acked_of_first_ >= unacked_.front().len) {
    acked_of_first_ -= unacked_.front().len;
    endpoint_.host().buffers().free(unacked_.front().buffer);
    unacked_.pop_front();
  }
}

void Socket::touch() {
  endpoint_.touch(*this);
  endpoint_.wake();
}

void Socket::fail(const std::string& what) {
  endpoint_.fail("socket " + to_string(local_) + " - " + to_string(remote_) + ": " + what);
}

}  // namespace pika::sim
