// SPDX-License-Identifier: GPL-2.0-only

#include "tcp_app.hh"

#include <cstdlib>
#include <cstring>

#include "tcp_stack.hh"

namespace bench {

namespace {

constexpr uint32_t listener_id = 1;
constexpr uint32_t acceptor_id = 1;

/// Messages that one message makes the program send, at most.
constexpr uint32_t most_answers = 3;

/// The server hears of what was read no earlier: a window that is nearly open need
/// not be opened further. In bytes, and of the memory that held them. CLOSE tells of
/// the rest.
constexpr uint32_t tell_read = 16 * 1024, tell_truesize = 2 * tell_read;

}  // namespace

App::App(uint16_t address, uint16_t server, unsigned sockets, PacketHome& home)
    : address_(address), server_(server), home_(home), sockets_(sockets) {
  for (uint32_t i = 0; i < sockets; ++i) sockets_[i].next = i + 1;
}

void App::attach(const pika_producer& out, const pika_consumer& in, const pika_bell* bell) {
  out_ = out;
  in_ = in;
  bell_ = bell;
}

void App::listen(uint16_t port) {
  pika_msg* msg = begin(PIKA_MSG_LISTEN, PIKA_HANDLE_NONE);
  constexpr pika_addr any_v4{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};
  msg->listen = {.addr = any_v4,
                 .cookie = 1,
                 .listener = listener_id,
                 .backlog = 4096,
                 .port = port,
                 .v6only = false};
  end();
  msg = begin(PIKA_MSG_ACCEPT_CONNECTION, PIKA_HANDLE_NONE);
  msg->acceptor = {.listener = listener_id, .acceptor = acceptor_id, .generation = 1};
  end();
}

bool App::poll() {
  sent_ = false;
  while (out_.limit - out_.head >= most_answers || pika_producer_renew(&out_)) {
    const pika_msg* msg = pika_ring_peek(&in_);
    if (msg == nullptr) break;
    dispatch(*msg);
    pika_ring_pop(&in_);
  }
  pika_consumer_publish(&in_);
  // The server never sleeps while there is work, so both bells stay unrung; to look
  // is part of the price.
  if (pika_consumer_owes_bell(&in_) || (sent_ && pika_bell_armed_after_publish(bell_))) abort();
  return sent_;
}

void App::dispatch(const pika_msg& msg) {
  switch (msg.type) {
    case PIKA_MSG_CONNECTION_AVAILABLE:
      return on_available(msg);
    case PIKA_MSG_CLAIM_RESULT:
    case PIKA_MSG_UPDATE:
      return on_update(msg);
    case PIKA_MSG_LISTENING:
      listening_ = msg.listening.error == 0;
      return;
    default:
      abort();
  }
}

void App::on_available(const pika_msg& msg) {
  const uint32_t id = free_;
  if (id == sockets_.size()) abort();
  Socket& socket = sockets_[id];
  free_ = socket.next;
  socket = {.flow = msg.flow, .read = 0, .read_truesize = 0, .next = 0};
  ++open_;
  pika_msg* claim = begin(PIKA_MSG_CLAIM_CONNECTION, msg.flow);
  claim->claim = {.socket = id, .acceptor = msg.available.acceptor};
  end();
}

void App::on_update(const pika_msg& msg) {
  const pika_msg_update& update = msg.update;
  const auto id = static_cast<uint32_t>(update.socket);
  if (update.error != 0 || (update.flags & PIKA_UPDATE_TIMED_OUT) != 0) abort();
  Socket& socket = sockets_[id];
  if (update.packet != nullptr) read(socket, update.packet);
  if ((update.flags & PIKA_UPDATE_EOF) == 0) return;
  close(socket);
  free(id);
}

void App::read(Socket& socket, pika_packet* packet) {
  while (packet != nullptr) {
    pika_packet* next = packet->next;
    if (packet->data[packet->offset] != request_begins) abort();
    socket.read += packet->bytes;
    socket.read_truesize += packet->truesize;
    home_.put(packet);
    answer(socket);
    packet = next;
  }
  if (socket.read < tell_read && socket.read_truesize < tell_truesize) return;
  begin(PIKA_MSG_RECEIVED, socket.flow)->received = {.bytes = socket.read,
                                                     .truesize = socket.read_truesize};
  end();
  socket.read = 0;
  socket.read_truesize = 0;
}

void App::answer(const Socket& socket) {
  pika_msg_send& send = begin(PIKA_MSG_SEND, socket.flow)->send;
  send.len = sizeof(page);
  send.flags = 0;
  std::memcpy(send.bytes, page, sizeof(page));
  end();
}

/// It has no buffer that is the server's: its pages are sent inline.
void App::close(Socket& socket) {
  begin(PIKA_MSG_CLOSE, socket.flow)->close = {
      .linger_ms = 0, .received = socket.read, .flags = PIKA_CLOSE_FORGET};
  end();
}

void App::free(uint32_t id) {
  sockets_[id].next = free_;
  free_ = id;
  --open_;
}

pika_msg* App::begin(pika_msg_type type, uint64_t flow) {
  pika_msg* msg = pika_ring_reserve(&out_);
  if (msg == nullptr) abort();
  msg->type = type;
  msg->reserved = 0;
  msg->from = address_;
  msg->flow = flow;
  return msg;
}

void App::end() {
  pika_ring_commit(&out_);
  sent_ = true;
}

}  // namespace bench
