// SPDX-License-Identifier: GPL-2.0-only

#include "tcp_pika.hh"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace bench {

namespace {

constexpr uint16_t server_id = 0;
constexpr uint16_t app_id = 1;
constexpr uint32_t budget = 256;

/// Packets: those in the card's ring, and those that wait for the program.
constexpr unsigned pool_packets = 2 * WIRE_RECEIVE;

pika_ts_config ts_config(unsigned connections) {
  return {.max_flows = connections,
          .max_chunks = 4096,
          .max_time_wait = 0,
          .receive_buffer = 128 * 1024,
          .send_buffer = 64 * 1024,
          .mtu = 1500,
          .max_segments = 1};
}

constexpr pika_cm_config cm_config{.max_listeners = 16,
                                   .max_acceptors = 16,
                                   .max_waiting = 4096,
                                   .max_half_open = 0,
                                   .max_flows = 0};

unsigned power_of_two(unsigned least) {
  unsigned n = 1;
  while (n < least) n *= 2;
  return n;
}

/// Xorshift (Marsaglia, 2003).
uint32_t next_random(uint32_t& state) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

/// The field has the pseudo-header's sum already.
void complete_checksum(uint8_t* tcp, uint32_t len) {
  constexpr uint32_t checksum = 16;
  const auto sum = static_cast<uint16_t>(~pika_fold(pika_sum_bytes(0, tcp, len)));
  std::memcpy(tcp + checksum, &sum, sizeof(sum));
}

}  // namespace

Lines::Lines(size_t bytes) {
  constexpr size_t huge = 2 << 20;
  const size_t align = bytes < huge ? PIKA_LINE : huge;
  const size_t whole = (bytes + align - 1) / align * align;
  memory_ = std::aligned_alloc(align, whole);
  if (memory_ == nullptr) abort();
  if (align == huge) madvise(memory_, whole, MADV_HUGEPAGE);
  std::memset(memory_, 0, bytes);
}

const pika_env_ops PikaStack::ops = {
    .now_ns = [](pika_env* env) -> u64 { return of(env).now_ns_; },
    .random = [](pika_env* env) -> u32 { return next_random(of(env).random_); },
    .ring_bell = [](pika_env*, u16) { abort(); },
    .rx_burst = [](pika_env* env, u16, pika_packet** packets, u32 n) -> u32 {
      return of(env).burst(packets, n);
    },
    .transmit = [](pika_env* env, u16,
                   const pika_frame* frame) { return of(env).transmit(*frame); },
    .flush = [](pika_env*, u16) {},
    .append = [](pika_env*, pika_packet*, const pika_packet*) { return false; },
    .free_packet = [](pika_env* env, pika_packet* packet) { of(env).put(packet); },
    .pass = [](pika_env*, pika_packet*) { abort(); },
};

PikaStack::PikaStack(unsigned connections)
    : pika_env{&ops},
      arena_(arena_bytes(power_of_two(connections))),
      app_(app_id, server_id, connections, *this),
      pool_(pool_packets) {
  for (Packet& packet : pool_) {
    packet.data = packet.memory;
    packet.truesize = sizeof(packet);
    put(&packet);
  }
  for (Packet*& packet : received_) packet = take();
  const unsigned flows = power_of_two(connections);
  pika_server_init(server_, this, server_id, 1, bells_.as<pika_bell>());
  server_->cm = server_->ls = server_id;
  server_->ts_of = steering_.as<uint16_t>();
  pika_arena arena{.at = arena_.as<uint8_t>(), .left = arena_bytes(flows), .taken = 0};
  if (set_up(server_, arena, flows) != 0) abort();
  join();
  app_.listen(server_port);
  work();
  if (!app_.listening()) abort();
}

int PikaStack::set_up(pika_server* s, pika_arena& arena, unsigned connections) {
  const pika_ts_config ts = ts_config(connections);
  return pika_link_init(s, &arena, 0) | pika_ts_init(s, &arena, &ts) |
         pika_cm_init(s, &arena, &cm_config);
}

/// What set_up() takes; an arena without memory only counts.
size_t PikaStack::arena_bytes(unsigned connections) {
  const Lines memory(sizeof(pika_server));
  const Lines bell(sizeof(pika_bell));
  pika_env_ops counting = ops;
  counting.now_ns = [](pika_env*) -> u64 { return 0; };
  counting.random = [](pika_env*) -> u32 { return 0; };
  pika_env env{&counting};
  auto* s = memory.as<pika_server>();
  pika_server_init(s, &env, server_id, 1, bell.as<pika_bell>());
  pika_arena arena{.at = nullptr, .left = SIZE_MAX, .taken = 0};
  set_up(s, arena, connections);
  return arena.taken;
}

double PikaStack::bytes_per_connection() {
  constexpr unsigned few = 1 << 10;
  constexpr unsigned many = 1 << 20;
  return static_cast<double>(arena_bytes(many) - arena_bytes(few)) / (many - few);
}

/// Rings in both directions between server and endpoint.
void PikaStack::join() {
  auto* down = down_.as<pika_ring_out>();
  auto* up = up_.as<pika_ring_out>();
  auto* tails = tails_.as<pika_ring_in>();
  pika_bell* bells = bells_.as<pika_bell>();
  pika_server_attach_out(server_, app_id, down, &tails[0], PIKA_RING_SLOTS, &bells[1]);
  pika_server_attach_in(server_, app_id, up, &tails[1], PIKA_RING_SLOTS);
  pika_producer out;
  pika_consumer in;
  pika_producer_init(&out, up, &tails[1], PIKA_RING_SLOTS);
  pika_consumer_init(&in, down, &tails[0], PIKA_RING_SLOTS);
  app_.attach(out, in, &bells[0]);
}

void PikaStack::work() {
  do {
    pika_server_run(server_, budget);
  } while (poll_app() || head_ != tail_);
}

bool PikaStack::poll_app() {
  if (app_watch_ == nullptr) return app_.poll();
  app_watch_->start();
  const bool sent = app_.poll();
  app_watch_->stop();
  return sent;
}

/// The card's ring always has a buffer in each place.
uint32_t PikaStack::burst(pika_packet** packets, uint32_t n) {
  n = std::min(n, tail_ - head_);
  const uint8_t flags = offload_ ? PIKA_PACKET_CHECKED : 0;
  for (uint32_t i = 0; i < n; ++i) {
    Packet*& place = received_[(head_ + i) % WIRE_RECEIVE];
    place->linear = place->len;
    place->flags = flags;
    packets[i] = place;
    place = take();
  }
  head_ += n;
  return n;
}

bool PikaStack::transmit(const pika_frame& frame) {
  wire& out = sent();
  if (out.sent == WIRE_FRAMES) return false;
  wire_frame& to = out.frames[out.sent++];
  // All of it: its length is known, a copy of as much as is needed would be a call.
  std::memcpy(to.bytes, frame.header, sizeof(frame.header));
  to.len = frame.header_len;
  for (uint32_t i = 0; i < frame.fragments_len; ++i) {
    const pika_fragment& fragment = frame.fragments[i];
    std::memcpy(to.bytes + to.len, fragment.bytes, fragment.len);
    to.len += fragment.len;
  }
  if (!offload_) complete_checksum(to.bytes + frame.tcp_offset, to.len - frame.tcp_offset);
  return true;
}

PikaStack::Packet* PikaStack::take() {
  auto* packet = static_cast<Packet*>(free_);
  if (packet == nullptr) abort();
  free_ = packet->next;
  return packet;
}

void PikaStack::put(pika_packet* packet) {
  packet->next = free_;
  free_ = packet;
}

}  // namespace bench
